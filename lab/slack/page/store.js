/** What the page knows: the snapshot of the workspace for one person, and what only this page knows. */

export const store = {
  team: { name: '' },
  me: '',
  app: {},
  commands: [],
  users: new Map(),
  groups: [],
  channels: [],
  view: null,
  /** What Slack itself said to this person, by channel; gone on reload. */
  notices: [],
  /** The newest message that was seen, by channel. */
  seen: new Map(),
};

export const myName = () => new URLSearchParams(location.search).get('as') ?? '';

/** `#/cloud-ops/1700000000.000100`: a channel's name and the root of the open thread. */
export function route() {
  const [, channel = '', thread = ''] = decodeURIComponent(location.hash).split('/');
  return { channel, thread };
}

export function go(channel, thread = '') {
  location.hash = `#/${encodeURIComponent(channel)}${thread ? `/${thread}` : ''}`;
}

/** The name of a channel in addresses; a conversation has its person's. */
export const channelName = (channel) => channel.name || store.users.get(channel.with)?.name || channel.id;

export const currentChannel = () =>
  store.channels.find((channel) => channelName(channel) === route().channel) ?? store.channels[0];

export async function refresh() {
  const answer = await fetch(`state?as=${encodeURIComponent(myName())}`);
  if (!answer.ok) throw new Error(await answer.text());
  const fresh = await answer.json();
  Object.assign(store, fresh, { users: new Map(fresh.users.map((user) => [user.id, user])) });
}

/** Calls a verb of the control surface. Rejects with what it said. */
export async function control(verb, body) {
  const answer = await fetch(`control/${verb}`, { method: 'POST', body: JSON.stringify(body) });
  const result = await answer.json();
  if (!answer.ok) throw new Error(result.error);
  return result;
}

export function notice(channel, text, thread) {
  store.notices.push({ channel, text, thread, ts: String(Date.now() / 1000), key: `notice-${store.notices.length}` });
}
