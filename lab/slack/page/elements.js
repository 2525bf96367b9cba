/** Interactive elements. `act(element, choice)` is called when somebody has clicked or chosen, confirm included. */
import { confirmed } from './confirm.js';
import { h } from './dom.js';
import { store } from './store.js';
import { textObject } from './text.js';

const people = () =>
  [...store.users.values()]
    .filter((user) => !user.deleted)
    .map((user) => ({ value: user.id, text: { type: 'plain_text', text: user.realName } }));

const initial = (element) => {
  const many = element.initial_options?.map((option) => option.value) ?? element.initial_users;
  const one = element.initial_option?.value ?? element.initial_user ?? element.initial_value;
  return many ?? (one === undefined ? [] : [one]);
};

async function fire(element, act, choice, undo) {
  if (element.confirm !== undefined && !(await confirmed(element.confirm))) return undo?.();
  return act(element, choice);
}

function button(element, { act, busy }) {
  if (element.url !== undefined)
    return h(
      'a',
      { class: 'button', href: element.url, target: '_blank', rel: 'noreferrer', onclick: () => act(element) },
      textObject(element.text),
    );
  const node = h(
    'button',
    {
      type: 'button',
      class: `button ${element.style ?? ''}`,
      'aria-label': element.accessibility_label,
      'data-action': element.action_id,
      onclick: () => busy(node, () => fire(element, act)),
    },
    textObject(element.text),
  );
  return node;
}

function overflow(element, { act }) {
  const toggle = (open) => {
    menu.hidden = !open;
    opener.setAttribute('aria-expanded', String(open));
    if (open) menu.querySelector('button')?.focus();
  };
  const pick = (option) => {
    toggle(false);
    if (option.url !== undefined) window.open(option.url, '_blank', 'noreferrer');
    fire(element, act, option.value);
  };
  const menu = h(
    'ul',
    { class: 'menu', role: 'menu', hidden: true },
    element.options.map((option) =>
      h(
        'li',
        { role: 'none' },
        h(
          'button',
          { type: 'button', role: 'menuitem', onclick: () => pick(option) },
          textObject(option.text),
          describe(option),
        ),
      ),
    ),
  );
  const opener = h(
    'button',
    {
      type: 'button',
      class: 'button',
      'aria-label': 'More actions',
      'aria-haspopup': 'menu',
      'aria-expanded': 'false',
      onclick: () => toggle(menu.hidden),
    },
    '⋯',
  );
  const leave = (event) => {
    if (event.key === 'Escape') {
      toggle(false);
      opener.focus();
    }
  };
  const blur = (event) => !event.currentTarget.contains(event.relatedTarget) && toggle(false);
  return h('span', { class: 'overflow', onkeydown: leave, onfocusout: blur }, opener, menu);
}

const describe = (option) => option.description && h('small', {}, textObject(option.description));

function select(element, { act, name }) {
  const groups = element.option_groups ?? [
    { options: element.type.endsWith('users_select') ? people() : element.options },
  ];
  const label = element.placeholder?.text ?? 'Choose an option';
  const [chosen = ''] = initial(element);
  const item = (option) =>
    h('option', { value: option.value, selected: option.value === chosen }, textObject(option.text));
  const node = h(
    'select',
    {
      name,
      'aria-label': label,
      'data-action': element.action_id,
      onchange: () => fire(element, act, node.value, () => (node.value = chosen)),
    },
    h('option', { value: '', disabled: true, selected: chosen === '' }, label),
    groups.map((group) =>
      group.label ? h('optgroup', { label: group.label.text }, group.options.map(item)) : group.options.map(item),
    ),
  );
  return node;
}

let unique = 0;

/** Radio buttons, checkboxes, and menus in which several can be chosen. */
function choices(element, { act, name, label }) {
  const type = element.type === 'radio_buttons' ? 'radio' : 'checkbox';
  const groups = element.option_groups ?? [
    { options: element.type === 'multi_users_select' ? people() : element.options },
  ];
  const chosen = initial(element);
  unique += 1;
  const group = name ?? `choice-${unique}`;
  const read = () => [...set.querySelectorAll('input:checked')].map((input) => input.value);
  const item = (option) =>
    h(
      'label',
      { class: 'choice' },
      h('input', { type, name: group, value: option.value, checked: chosen.includes(option.value) }),
      h('span', {}, textObject(option.text), describe(option)),
    );
  const set = h(
    'fieldset',
    {
      class: 'choices',
      'aria-label': label ?? element.placeholder?.text,
      'data-action': element.action_id,
      onchange: () => fire(element, act, type === 'radio' ? read()[0] : read()),
    },
    groups.flatMap((each) => each.options.map(item)),
  );
  return set;
}

function textInput(element, { name }) {
  const common = {
    name,
    placeholder: element.placeholder?.text,
    maxlength: element.max_length,
    'data-action': element.action_id,
    value: element.initial_value ?? '',
  };
  return element.multiline
    ? h('textarea', { ...common, rows: 4 })
    : h('input', { ...common, type: 'text', autocomplete: 'off' });
}

const ELEMENTS = {
  button,
  overflow,
  static_select: select,
  users_select: select,
  multi_static_select: choices,
  multi_users_select: choices,
  radio_buttons: choices,
  checkboxes: choices,
  plain_text_input: textInput,
};

/** `name` is set in modals, whose fields are read when they are sent. */
export function interactive(element, context) {
  const make = ELEMENTS[element.type];
  return make ? make(element, context) : h('span', { class: 'unknown' }, `Unknown element: ${element.type}`);
}
