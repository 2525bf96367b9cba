/** The workspace as one person sees it: what the page draws. */
import { isText } from './files.ts';
import { channelMessages, messageJson } from './messages.ts';
import type { Channel, Ephemeral, State, User } from './model.ts';
import { viewJson } from './views.ts';

/** Characters of a text file that its card shows. */
const PREVIEW = 1_200;

function userCard(state: State, user: User) {
  const role = user.id === state.app.botUser || user.isBot ? 'app' : user.isRestricted ? 'guest' : '';
  const tags = { role: user.isStranger ? 'external' : role, deleted: user.deleted };
  return { id: user.id, name: user.name, realName: user.realName, colour: user.colour, ...tags };
}

function previews(state: State, ids: readonly string[]) {
  return ids.flatMap((id) => {
    const file = state.files.get(id);
    if (file === undefined) return [];
    const text = isText(file) ? (file.content?.toString() ?? '') : '';
    return [{ id, preview: text.slice(0, PREVIEW), more: text.length > PREVIEW }];
  });
}

function ephemeralCard(state: State, each: Ephemeral) {
  const { ts, text, blocks, threadTs } = each;
  return { ts, text, blocks, thread_ts: threadTs, user: state.app.botUser, bot_id: state.app.botId, ephemeral: true };
}

function channelCard(state: State, channel: Channel, user: User) {
  const messages = [...channelMessages(state, channel.id).values()].map((each) => ({
    ...messageJson(state, each, { metadata: false }),
    previews: previews(state, each.files),
  }));
  const own = state.ephemerals.filter((each) => each.channel === channel.id && each.user === user.id);
  return {
    id: channel.id,
    name: channel.name,
    kind: channel.kind,
    external: channel.isExtShared,
    archived: channel.isArchived,
    members: channel.members.size,
    with: [...channel.members].find((id) => id !== user.id) ?? '',
    messages: [...messages, ...own.map((each) => ephemeralCard(state, each))],
  };
}

export function snapshot(state: State, user: User) {
  const channels = [...state.channels.values()].filter((channel) => channel.members.has(user.id));
  const view = state.stacks.get(user.id)?.at(-1);
  return {
    team: state.team,
    me: user.id,
    app: state.app,
    commands: state.settings.commands,
    users: [...state.users.values()].map((each) => userCard(state, each)),
    groups: [...state.groups.values()].map(({ id, handle }) => ({ id, handle })),
    channels: channels.map((channel) => channelCard(state, channel, user)),
    view: view === undefined ? null : { ...viewJson(state, view), stacked: view.previousId !== null },
  };
}
