/** Blocks. One that isn't in the table is shown as an error, never left out. */
import { h } from './dom.js';
import { interactive } from './elements.js';
import { richText } from './rich-text.js';
import { textObject } from './text.js';

const image = (element) =>
  h('img', { src: element.image_url, alt: element.alt_text, title: element.alt_text, loading: 'lazy' });

function section(block, context) {
  const accessory =
    block.accessory &&
    (block.accessory.type === 'image' ? image(block.accessory) : interactive(block.accessory, context));
  return h(
    'div',
    { class: 'section' },
    h(
      'div',
      { class: 'words' },
      block.text && h('div', { class: 'text' }, textObject(block.text)),
      block.fields &&
        h(
          'div',
          { class: 'fields' },
          block.fields.map((field) => h('div', {}, textObject(field))),
        ),
    ),
    accessory && h('div', { class: 'accessory' }, accessory),
  );
}

const align = (block, column) => block.column_settings?.[column]?.align ?? 'left';
const cell = (content) => (content.type === 'rich_text' ? richText(content) : content.text);

function table(block) {
  const row = (cells, tag) =>
    h(
      'tr',
      {},
      cells.map((each, column) => h(tag, { style: `text-align:${align(block, column)}` }, cell(each))),
    );
  const [head, ...rows] = block.rows;
  return h(
    'div',
    { class: 'table', tabindex: '0', role: 'region', 'aria-label': 'Table' },
    h(
      'table',
      {},
      h('thead', {}, row(head, 'th')),
      h(
        'tbody',
        {},
        rows.map((each) => row(each, 'td')),
      ),
    ),
  );
}

function input(block, context) {
  const { element } = block;
  const group = ['radio_buttons', 'checkboxes', 'multi_static_select', 'multi_users_select'].includes(element.type);
  return h(
    'div',
    { class: 'input' },
    h(
      group ? 'div' : 'label',
      {},
      h('b', {}, textObject(block.label), block.optional && h('span', { class: 'quiet' }, ' (optional)')),
      interactive(element, { ...context, name: block.block_id, label: block.label.text, act: () => {} }),
    ),
    h('p', { class: 'error', role: 'alert', 'data-error': block.block_id, hidden: true }),
    block.hint && h('p', { class: 'quiet' }, textObject(block.hint)),
  );
}

const BLOCKS = {
  section,
  table,
  input,
  header: (block) => h('h3', {}, textObject(block.text)),
  divider: () => h('hr'),
  context: (block) =>
    h(
      'div',
      { class: 'context' },
      block.elements.map((each) => (each.type === 'image' ? image(each) : h('span', {}, textObject(each)))),
    ),
  actions: (block, context) =>
    h(
      'div',
      { class: 'actions' },
      block.elements.map((each) => interactive(each, context)),
    ),
  image: (block) => h('figure', {}, block.title && h('figcaption', {}, textObject(block.title)), image(block)),
  rich_text: (block) => h('div', { class: 'rich' }, richText(block)),
};

/** `context.act(element, choice)` does the click; `context.busy(node, act)` shows that it is under way. */
export function renderBlock(block, context) {
  const make = BLOCKS[block.type];
  if (make === undefined) return h('div', { class: 'unknown block' }, `Unknown block: ${block.type}`);
  const node = make(block, context);
  node.classList.add('block');
  return node;
}
