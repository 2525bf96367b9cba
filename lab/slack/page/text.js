/** Text in the page: mrkdwn, plain text, mentions. */
import { h } from './dom.js';
import { emoji, withEmoji } from './emoji.js';
import { parseMrkdwn } from './mrkdwn.js';
import { store } from './store.js';

const safe = (url) => /^(https?:|mailto:)/i.test(url);

export const link = (url, label) =>
  safe(url) ? h('a', { href: url, target: '_blank', rel: 'noreferrer noopener' }, label ?? url) : `${label ?? url}`;

export function mention(id) {
  const user = store.users.get(id);
  return h('span', { class: id === store.me ? 'mention me' : 'mention' }, `@${user?.name ?? id}`);
}

export const groupMention = (id) =>
  h('span', { class: 'mention' }, `@${store.groups.find((group) => group.id === id)?.handle ?? id}`);

export const channelMention = (id) =>
  h('span', { class: 'mention' }, `#${store.channels.find((channel) => channel.id === id)?.name ?? id}`);

export const broadcast = (range) => h('span', { class: 'mention me' }, `@${range}`);

const FORMATS = {
  date: { dateStyle: 'long' },
  date_num: { dateStyle: 'short' },
  date_short: { dateStyle: 'medium' },
  date_long: { dateStyle: 'full' },
  date_pretty: { dateStyle: 'long' },
  date_short_pretty: { dateStyle: 'medium' },
  date_long_pretty: { dateStyle: 'full' },
  time: { timeStyle: 'short' },
  time_secs: { timeStyle: 'medium' },
};

/** `{date_short_pretty} at {time}`, in the reader's own time zone. */
export function dateText(seconds, format) {
  const at = new Date(seconds * 1000);
  return format.replace(/\{(\w+)\}/g, (whole, name) =>
    FORMATS[name] ? new Intl.DateTimeFormat(undefined, FORMATS[name]).format(at) : name === 'ago' ? ago(at) : whole,
  );
}

function ago(at) {
  const minutes = Math.round((Date.now() - at) / 60000);
  return minutes < 60 ? `${minutes} min ago` : `${Math.round(minutes / 60)} h ago`;
}

const INLINE = {
  text: (node) => node.text,
  code: (node) => h('code', {}, node.text),
  bold: (node) => h('b', {}, node.children.map(inline)),
  italic: (node) => h('i', {}, node.children.map(inline)),
  strike: (node) => h('s', {}, node.children.map(inline)),
  emoji: (node) => emoji(node.code) ?? `:${node.code}:`,
  link: (node) => link(node.url, node.label),
  user: (node) => mention(node.id),
  channel: (node) => channelMention(node.id),
  usergroup: (node) => groupMention(node.id),
  broadcast: (node) => broadcast(node.range),
  date: (node) => h('span', { class: 'date', title: node.label }, dateText(node.seconds, node.format)),
};

function inline(node) {
  return INLINE[node.type](node);
}

const withBreaks = (lines) => lines.flatMap((line, index) => [index > 0 && h('br'), line.map(inline)]);

const GROUPS = {
  lines: (group) => h('div', {}, withBreaks(group.lines)),
  quote: (group) => h('blockquote', {}, withBreaks(group.lines)),
  bullets: (group) =>
    h(
      'ul',
      {},
      group.lines.map((line) => h('li', {}, line.map(inline))),
    ),
  pre: (group) => h('pre', {}, group.text),
};

export const mrkdwn = (text) => parseMrkdwn(text).map((group) => GROUPS[group.type](group));

/** A text object of Block Kit. */
export function textObject(object) {
  if (object.type === 'mrkdwn') return mrkdwn(object.text);
  return object.emoji === false ? object.text : withEmoji(object.text);
}
