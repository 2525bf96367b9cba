/** Making and keeping elements. Text always becomes text nodes: nothing that a message holds is read as HTML. */

/** `h('p', { class: 'x', onclick: f }, 'text', child)`; `null`, `undefined` and `false` children are left out. */
export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'value') node.value = value;
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/**
 * Makes the children of `parent` show `items`, building anew only those whose fingerprint changed, so that focus,
 * open menus and selected text elsewhere stay as they are.
 */
export function reconcile(parent, items, { key, fingerprint, build }) {
  const old = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const id = key(item);
    const mark = fingerprint(item);
    let node = old.get(id);
    if (node === undefined || node.fingerprint !== mark) {
      const fresh = build(item);
      fresh.dataset.key = id;
      fresh.fingerprint = mark;
      if (node === undefined) parent.insertBefore(fresh, place);
      else {
        if (node === place) place = fresh;
        node.replaceWith(fresh);
      }
      node = fresh;
    }
    old.delete(id);
    if (node === place) place = node.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  for (const node of old.values()) node.remove();
}
