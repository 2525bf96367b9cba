/** Rich text: values are shown as they are. */
import { h } from './dom.js';
import { emoji } from './emoji.js';
import { broadcast, channelMention, dateText, groupMention, link, mention } from './text.js';

const INLINE = {
  text: (node) => node.text,
  link: (node) => link(node.url, node.text),
  emoji: (node) => emoji(node.name) ?? `:${node.name}:`,
  user: (node) => mention(node.user_id),
  usergroup: (node) => groupMention(node.usergroup_id),
  channel: (node) => channelMention(node.channel_id),
  broadcast: (node) => broadcast(node.range),
  date: (node) => h('span', { class: 'date', title: node.fallback }, dateText(node.timestamp, node.format)),
};

const STYLES = [
  ['code', 'code'],
  ['bold', 'b'],
  ['italic', 'i'],
  ['strike', 's'],
  ['underline', 'u'],
];

function inline(node) {
  const make = INLINE[node.type];
  if (make === undefined) return h('span', { class: 'unknown' }, `Unknown text: ${node.type}`);
  return STYLES.reduce((inner, [style, tag]) => (node.style?.[style] ? h(tag, {}, inner) : inner), make(node));
}

const content = (element) => element.elements.map(inline);

const ELEMENTS = {
  rich_text_section: (element) => h('div', { class: 'lines' }, content(element)),
  rich_text_quote: (element) => h('blockquote', { class: 'lines' }, content(element)),
  rich_text_preformatted: (element) => h('pre', {}, content(element)),
  rich_text_list: (element) =>
    h(
      element.style === 'ordered' ? 'ol' : 'ul',
      { style: `margin-left:${(element.indent ?? 0) * 24}px`, start: element.offset ? element.offset + 1 : undefined },
      element.elements.map((item) => h('li', { class: 'lines' }, content(item))),
    ),
};

export function richText(block) {
  return block.elements.map((element) => {
    const make = ELEMENTS[element.type];
    return make ? make(element) : h('p', { class: 'unknown' }, `Unknown rich text: ${element.type}`);
  });
}
