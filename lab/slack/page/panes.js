/** The channel in the middle and the thread at its side. Both are built once and then kept up to date. */
import { composer } from './composer.js';
import { h } from './dom.js';
import { drawMessages } from './messages.js';
import { toChannel, toChannels } from './sidebar.js';
import { channelName, currentChannel, go, route } from './store.js';

/** As near to the end as this, in pixels, a list follows new messages. */
const NEAR = 120;

function following(scroller, draw) {
  const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;
  draw();
  if (atEnd) scroller.scrollTop = scroller.scrollHeight;
}

function pane(node, key, title, back, close, form) {
  if (node.dataset.for === key) return node.querySelector('.messages');
  node.dataset.for = key;
  const list = h('ol', { class: 'messages', role: 'log', 'aria-label': 'Messages' });
  node.replaceChildren(h('header', {}, back, title, close), h('div', { class: 'scroll' }, list), form);
  return list;
}

export function drawChannel(node) {
  const channel = currentChannel();
  if (channel === undefined) {
    node.replaceChildren(h('p', { class: 'empty' }, 'You are in no channel.'));
    return;
  }
  const sign = channel.kind === 'private' ? '🔒 ' : channel.kind === 'im' ? '' : '# ';
  const title = h('h1', {}, sign, channelName(channel), h('small', {}, `${channel.members} members`));
  const list = pane(node, channel.id, title, toChannels(), null, composer(channel));
  const roots = channel.messages.filter(
    (each) => each.thread_ts === undefined || each.thread_ts === each.ts || each.subtype === 'thread_broadcast',
  );
  following(list.parentElement, () => drawMessages(list, roots, channel));
}

export function drawThread(node) {
  const { thread } = route();
  const channel = currentChannel();
  const root = channel?.messages.find((each) => each.ts === thread);
  node.hidden = !thread || channel === undefined;
  if (node.hidden) {
    node.dataset.for = '';
    return;
  }
  const close = h(
    'button',
    { type: 'button', class: 'close', 'aria-label': 'Close the thread', onclick: () => go(channelName(channel)) },
    '✕',
  );
  const title = h('h1', {}, 'Thread', h('small', {}, `# ${channelName(channel)}`));
  const list = pane(node, `${channel.id} ${thread}`, title, toChannel(channel), close, composer(channel, thread));
  const replies = channel.messages.filter((each) => each.thread_ts === thread && each.ts !== thread);
  following(list.parentElement, () => drawMessages(list, root ? [root, ...replies] : replies, channel, thread));
}
