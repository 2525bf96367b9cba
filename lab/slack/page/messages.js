/** A list of messages: who, when, text or blocks, files, reactions, and the way into the thread. */
import { avatar } from './avatar.js';
import { renderBlock } from './blocks.js';
import { h, reconcile } from './dom.js';
import { emoji } from './emoji.js';
import { channelName, control, go, notice, store } from './store.js';
import { mrkdwn } from './text.js';
import { clock, day, dayKey, full } from './time.js';

/** Messages of one person that follow each other within this many seconds share one head. */
const GROUP = 300;

const TAGS = { app: 'APP', guest: 'GUEST', external: 'EXTERNAL' };

function head(message) {
  const user = store.users.get(message.user);
  const tag = message.slackbot ? undefined : TAGS[user?.role];
  return h(
    'p',
    { class: 'head' },
    h('b', {}, message.slackbot ? 'Slackbot' : (user?.realName ?? message.user)),
    tag && h('span', { class: 'tag' }, tag),
    h('time', { title: full(message.ts) }, clock(message.ts)),
  );
}

const kilobytes = (size) => (size < 1024 ? `${size} B` : `${(size / 1024).toFixed(size < 10240 ? 1 : 0)} kB`);

function file(each, previews) {
  const shown = previews?.find((preview) => preview.id === each.id);
  return h(
    'div',
    { class: 'file' },
    h(
      'a',
      { class: 'card', href: `upload/${each.id}`, download: each.name, title: `Download ${each.name}` },
      h('span', { class: 'sheet', 'aria-hidden': 'true' }, '⤓'),
      h('span', {}, h('b', {}, each.title), h('small', {}, `${each.name} · ${kilobytes(each.size)}`)),
    ),
    shown?.preview && h('pre', { tabindex: '0' }, shown.preview, shown.more && '\n…'),
  );
}

function reactions(message) {
  const chip = ({ name, users, count }) =>
    h(
      'span',
      { class: 'chip', title: users.map((id) => store.users.get(id)?.realName ?? id).join(', ') },
      `${emoji(name) ?? `:${name}:`} ${count}`,
    );
  return message.reactions && h('div', { class: 'chips' }, message.reactions.map(chip));
}

function replies(message, channel) {
  if (!message.reply_count) return null;
  return h(
    'a',
    { class: 'replies', href: `#/${channelName(channel)}/${message.ts}` },
    message.reply_users.slice(0, 4).map((id) => avatar(id, 'tiny')),
    h('b', {}, `${message.reply_count} ${message.reply_count === 1 ? 'reply' : 'replies'}`),
    h(
      'span',
      { class: 'quiet' },
      `Last reply ${day(message.latest_reply).toLowerCase()} at ${clock(message.latest_reply)}`,
    ),
  );
}

const FAILURE = { operation_timeout: 'the app did not answer in time', dispatch_failed: 'the app is not connected' };

/** What the elements of a message call. */
function contextOf(message, channel) {
  const act = async (element, choice) => {
    const place = { channel: channel.id, ts: message.ts };
    const body = { user: store.me, message: place, actionId: element.action_id, patience: { waitMs: 0 } };
    const seen = await control('click', choice === undefined ? body : { ...body, choice }).catch((error) => ({
      failure: error.message,
    }));
    if (seen.failure !== null)
      notice(channel.id, `⚠️ That did not work: ${FAILURE[seen.failure] ?? seen.failure}.`, message.thread_ts);
    document.dispatchEvent(new Event('redraw'));
  };
  const busy = async (node, work) => {
    if (node.getAttribute('aria-busy') === 'true') return;
    node.setAttribute('aria-busy', 'true');
    await work();
    node.removeAttribute('aria-busy');
  };
  return { act, busy };
}

function content(message, channel) {
  const context = contextOf(message, channel);
  if (message.blocks?.length > 0) return message.blocks.map((block) => renderBlock(block, context));
  return message.text ? h('div', { class: 'text' }, mrkdwn(message.text)) : null;
}

function build({ message, channel, compact, divider, inThread }) {
  const own = message.ephemeral || message.slackbot;
  const openThread = () => go(channelName(channel), message.ts);
  const reply =
    !inThread &&
    !own &&
    h('button', { type: 'button', class: 'reply', title: 'Reply in thread', onclick: openThread }, '💬 Reply');
  return h(
    'li',
    { class: `message ${compact ? 'compact' : ''} ${own ? 'ephemeral' : ''}`, 'data-ts': message.ts },
    divider && h('p', { class: 'day' }, h('span', {}, divider)),
    own && h('p', { class: 'only' }, '👁 Only visible to you'),
    h(
      'div',
      { class: 'row' },
      compact
        ? h('time', { class: 'gutter', title: full(message.ts) }, clock(message.ts))
        : avatar(message.slackbot ? '' : message.user),
      h(
        'div',
        { class: 'content' },
        !compact && head(message),
        message.subtype === 'thread_broadcast' && !inThread && h('p', { class: 'quiet' }, 'replied to a thread'),
        content(message, channel),
        message.edited && h('small', { class: 'quiet' }, '(edited)'),
        message.files?.map((each) => file(each, message.previews)),
        reactions(message),
        !inThread && replies(message, channel),
      ),
      reply,
    ),
  );
}

/** Slack's own words to this person, which only this page knows. */
function withNotices(messages, channel, thread) {
  const own = store.notices.filter((each) => each.channel === channel.id && (each.thread ?? '') === (thread ?? ''));
  const shown = own.map((each) => ({ ts: each.ts, text: each.text, slackbot: true, user: 'slackbot' }));
  return [...messages, ...shown].sort((a, b) => Number(a.ts) - Number(b.ts));
}

/** Draws `messages` into `list`, keeping what didn't change. `thread` is the root's timestamp in a thread. */
export function drawMessages(list, messages, channel, thread) {
  const inThread = thread !== undefined;
  const all = withNotices(messages, channel, thread);
  const items = all.map((message, index) => {
    const before = all[index - 1];
    const divider =
      !inThread && (before === undefined || dayKey(before.ts) !== dayKey(message.ts)) ? day(message.ts) : null;
    const near = before !== undefined && message.ts - before.ts < GROUP && before.user === message.user;
    const root = inThread && index === 1;
    return {
      message,
      channel,
      inThread,
      divider,
      compact: near && !divider && !root && !message.ephemeral && !before.ephemeral && !message.slackbot,
    };
  });
  reconcile(list, items, {
    key: (item) => item.message.ts,
    fingerprint: (item) => JSON.stringify([item.message, item.compact, item.divider, store.users.size]),
    build,
  });
}
