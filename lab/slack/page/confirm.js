/** The dialog that asks "are you sure?". */
import { h } from './dom.js';
import { textObject } from './text.js';

/** Resolves with the answer; Escape is no. */
export function confirmed(confirm) {
  const dialog = document.getElementById('confirm');
  return new Promise((resolve) => {
    const close = (answer) => {
      dialog.close();
      resolve(answer);
    };
    const yes = confirm.confirm?.text ?? 'Yes';
    const no = confirm.deny?.text ?? 'No';
    dialog.replaceChildren(
      h('h2', {}, confirm.title === undefined ? 'Are you sure?' : textObject(confirm.title)),
      h('div', { class: 'body' }, textObject(confirm.text)),
      h(
        'footer',
        {},
        h('button', { type: 'button', class: 'button', onclick: () => close(false) }, no),
        h(
          'button',
          { type: 'button', class: `button solid ${confirm.style ?? 'primary'}`, onclick: () => close(true) },
          yes,
        ),
      ),
    );
    dialog.oncancel = () => resolve(false);
    dialog.showModal();
  });
}
