/** The open modal: its fields, Submit and Close, and what Slack or the app says about the fields. */
import { renderBlock } from './blocks.js';
import { h } from './dom.js';
import { control, store } from './store.js';

const dialog = document.getElementById('modal');
let shown = '';

/** What is filled in, by block. */
function readFields() {
  const fields = {};
  for (const field of dialog.querySelectorAll('[name]')) {
    const { name, type, value } = field;
    if (type === 'radio') {
      if (field.checked) fields[name] = value;
    } else if (type === 'checkbox') {
      fields[name] ??= [];
      if (field.checked) fields[name].push(value);
    } else if (value !== '' || field.tagName !== 'SELECT') fields[name] = value;
  }
  return fields;
}

/** What was typed stays when the app changes the modal under somebody's hands. */
function writeFields(fields) {
  for (const field of dialog.querySelectorAll('[name]')) {
    const old = fields[field.name];
    if (old === undefined) continue;
    if (field.type === 'radio') field.checked = field.value === old;
    else if (field.type === 'checkbox') field.checked = old.includes(field.value);
    else field.value = old;
  }
}

function showErrors(errors, failure) {
  for (const place of dialog.querySelectorAll('[data-error]')) {
    const said = errors[place.dataset.error];
    place.hidden = said === undefined;
    place.textContent = said ?? '';
  }
  const banner = dialog.querySelector('.trouble');
  banner.hidden = !failure;
  banner.textContent = failure ?? '';
  dialog.querySelector('[data-error]:not([hidden])')?.scrollIntoView({ block: 'nearest' });
}

async function submit(event) {
  event.preventDefault();
  const send = dialog.querySelector('[type=submit]');
  if (send.getAttribute('aria-busy') === 'true') return;
  send.setAttribute('aria-busy', 'true');
  const result = await control('submit', { user: store.me, fields: readFields() }).catch((error) => ({
    errors: {},
    failure: error.message,
  }));
  send.removeAttribute('aria-busy');
  showErrors(result.errors, result.failure);
}

const close = () => control('close-view', { user: store.me }).catch(() => dialog.close());

const context = {
  act: (element, choice) => {
    const body = { user: store.me, actionId: element.action_id, patience: { waitMs: 0 } };
    return control('click-in-view', choice === undefined ? body : { ...body, choice }).catch((error) =>
      showErrors({}, error.message),
    );
  },
  busy: async (node, work) => {
    node.setAttribute('aria-busy', 'true');
    await work();
    node.removeAttribute('aria-busy');
  },
};

function build(view) {
  return h(
    'form',
    { onsubmit: submit, novalidate: true },
    h(
      'header',
      {},
      view.stacked && h('span', { 'aria-hidden': 'true' }, '‹ '),
      h('h2', {}, view.title.text),
      h('button', { type: 'button', class: 'close', 'aria-label': 'Close', onclick: close }, '✕'),
    ),
    h(
      'div',
      { class: 'body' },
      h('p', { class: 'trouble', role: 'alert', hidden: true }),
      view.blocks.map((block) => renderBlock(block, context)),
    ),
    h(
      'footer',
      {},
      h('button', { type: 'button', class: 'button', onclick: close }, view.close?.text ?? 'Cancel'),
      view.submit && h('button', { type: 'submit', class: 'button solid primary' }, view.submit.text),
    ),
  );
}

dialog.addEventListener('cancel', (event) => {
  event.preventDefault();
  close();
});

export function drawModal() {
  const { view } = store;
  const mark = view === null ? '' : `${view.id} ${view.hash}`;
  if (mark === shown) return;
  const same = view !== null && shown.startsWith(`${view.id} `);
  const fields = same ? readFields() : {};
  shown = mark;
  if (view === null) {
    dialog.close();
    return;
  }
  dialog.replaceChildren(build(view));
  writeFields(fields);
  if (!dialog.open) dialog.showModal();
  dialog.querySelector('.body input, .body textarea, .body select')?.focus();
}
