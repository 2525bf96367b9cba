/** The workspace, its channels and people, and who one is. */
import { avatar } from './avatar.js';
import { h } from './dom.js';
import { channelName, control, currentChannel, go, route, store } from './store.js';

const newest = (channel) => channel.messages.at(-1)?.ts ?? '0';

function entry(channel) {
  const open = channel === currentChannel();
  if (open) store.seen.set(channel.id, newest(channel));
  if (!store.seen.has(channel.id)) store.seen.set(channel.id, newest(channel));
  const unread = store.seen.get(channel.id) < newest(channel);
  const sign =
    channel.kind === 'im'
      ? avatar(channel.with, 'tiny')
      : h('span', { class: 'sign' }, channel.kind === 'private' ? '🔒' : '#');
  return h(
    'li',
    {},
    h(
      'a',
      { href: `#/${channelName(channel)}`, class: unread ? 'unread' : '', 'aria-current': open ? 'page' : undefined },
      sign,
      channelName(channel),
      channel.external && h('span', { class: 'tag' }, 'SHARED'),
    ),
  );
}

/** Somebody else sits down at this screen: everything is read again as they see it. */
async function become(name) {
  const address = new URL(location.href);
  address.searchParams.set('as', name);
  await control('reload', { user: name });
  location.assign(address);
}

function picker() {
  const people = [...store.users.values()].filter((user) => user.role !== 'app' && !user.deleted);
  const node = h(
    'select',
    { id: 'who', onchange: () => become(node.value) },
    people.map((user) =>
      h(
        'option',
        { value: user.name, selected: user.id === store.me },
        user.realName + (user.role ? ` (${user.role})` : ''),
      ),
    ),
  );
  return h('label', { class: 'who', for: 'who' }, avatar(store.me), h('span', {}, 'you are:', node));
}

export function drawSidebar(nav) {
  const shown = document.activeElement?.id === 'who';
  const mark = JSON.stringify([
    store.me,
    route(),
    [...store.users.values()],
    store.channels.map((each) => [each.id, each.name, newest(each)]),
  ]);
  if (shown || nav.fingerprint === mark) return;
  nav.fingerprint = mark;
  const rooms = store.channels.filter((channel) => channel.kind !== 'im');
  const direct = store.channels.filter((channel) => channel.kind === 'im');
  const person = (user) =>
    h(
      'li',
      { class: user.deleted ? 'gone' : '' },
      h(
        'span',
        {},
        avatar(user.id, 'tiny'),
        user.realName,
        user.role && h('span', { class: 'tag' }, user.role.toUpperCase()),
        user.id === store.me && h('em', {}, 'you'),
      ),
    );
  nav.replaceChildren(
    h('header', {}, h('b', {}, store.team.name), h('small', {}, 'a stand-in for Slack, on this machine')),
    h('h2', {}, 'Channels'),
    h('ul', {}, rooms.map(entry)),
    ...(direct.length > 0 ? [h('h2', {}, 'Direct messages'), h('ul', {}, direct.map(entry))] : []),
    h('h2', {}, 'People'),
    h('ul', { class: 'people' }, [...store.users.values()].map(person)),
    picker(),
  );
}

export const toChannels = () =>
  h(
    'button',
    {
      type: 'button',
      class: 'back',
      'aria-label': 'Back to channels',
      onclick: () => (document.getElementById('app').dataset.pane = 'sidebar'),
    },
    '‹',
  );

export const toChannel = (channel) =>
  h(
    'button',
    { type: 'button', class: 'back', 'aria-label': 'Back to the channel', onclick: () => go(channelName(channel)) },
    '‹',
  );
