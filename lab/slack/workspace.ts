/** Putting people, channels and user groups into the workspace. */
import { Impossible } from './choices.ts';
import type { Channel, Group, State, User } from './model.ts';
import { blankUser, newId } from './state.ts';

export type UserKind =
  | 'member'
  | 'guest'
  | 'single-channel guest'
  | 'bot'
  | 'app user'
  | 'workflow bot'
  | 'deactivated'
  | 'invited'
  | 'external';

const KINDS: Readonly<Record<UserKind, Partial<User>>> = {
  member: {},
  guest: { isRestricted: true },
  // Slack sets both for these.
  'single-channel guest': { isRestricted: true, isUltraRestricted: true },
  bot: { isBot: true },
  'app user': { isAppUser: true },
  'workflow bot': { isBot: true, isWorkflowBot: true },
  deactivated: { deleted: true },
  invited: { isInvitedUser: true },
  external: { isStranger: true },
};

const EXTERNAL_TEAM = 'T0EXTERNAL0';

export type NewUser = {
  readonly name: string;
  readonly realName?: string;
  readonly kind?: UserKind;
  /** Names or ids. Default: the public channels. */
  readonly channels?: readonly string[];
};

export type NewChannel = {
  readonly name: string;
  readonly private?: boolean;
  /** Shared with another organisation. */
  readonly external?: boolean;
  /** Whether the app is in it. Default true. */
  readonly bot?: boolean;
  /** Names or ids. Default: everybody. */
  readonly members?: readonly string[];
};

export type NewGroup = { readonly handle: string; readonly members: readonly string[]; readonly disabled?: boolean };

/** By id or name. Throws `Impossible`. */
export function findUser(state: State, key: string): User {
  const found = state.users.get(key) ?? [...state.users.values()].find((user) => user.name === key);
  if (found === undefined) throw new Impossible(`there is no user ${key}`);
  return found;
}

export function findChannel(state: State, key: string): Channel {
  const name = key.replace(/^#/, '');
  const found = state.channels.get(key) ?? [...state.channels.values()].find((channel) => channel.name === name);
  if (found === undefined) throw new Impossible(`there is no channel ${key}`);
  return found;
}

export function findGroup(state: State, key: string): Group {
  const found = state.groups.get(key) ?? [...state.groups.values()].find((group) => group.handle === key);
  if (found === undefined) throw new Impossible(`there is no user group ${key}`);
  return found;
}

export function addUser(state: State, { name, realName, kind = 'member', channels }: NewUser): User {
  const team = kind === 'external' ? EXTERNAL_TEAM : state.team.id;
  const user: User = {
    ...blankUser(newId('U'), team, name, state.users.size),
    realName: realName ?? name,
    ...KINDS[kind],
  };
  state.users.set(user.id, user);
  const all = [...state.channels.values()].filter((channel) => channel.kind === 'public');
  for (const channel of channels?.map((key) => findChannel(state, key)) ?? all) channel.members.add(user.id);
  state.changes.tell({ kind: 'workspace' });
  return user;
}

/** Makes somebody another kind of user than before, as an admin would. */
export function setKind(state: State, user: User, kind: UserKind): void {
  const { id, name, realName, colour } = user;
  const team = kind === 'external' ? EXTERNAL_TEAM : state.team.id;
  Object.assign(user, blankUser(id, team, name), { realName, colour }, KINDS[kind]);
  state.changes.tell({ kind: 'workspace' });
}

export function addChannel(state: State, options: NewChannel): Channel {
  const people = options.members?.map((key) => findUser(state, key).id) ?? [...state.users.keys()];
  const members = new Set(people.filter((id) => id !== state.app.botUser));
  if (options.bot ?? true) members.add(state.app.botUser);
  const channel: Channel = {
    id: newId('C'),
    name: options.name,
    kind: options.private ? 'private' : 'public',
    isExtShared: options.external ?? false,
    isPendingExtShared: false,
    isArchived: false,
    members,
  };
  state.channels.set(channel.id, channel);
  state.changes.tell({ kind: 'workspace' });
  return channel;
}

export function addGroup(state: State, { handle, members, disabled = false }: NewGroup): Group {
  const users = members.map((key) => findUser(state, key).id);
  const group: Group = { id: newId('S'), handle, name: handle, disabled, users };
  state.groups.set(group.id, group);
  state.changes.tell({ kind: 'workspace' });
  return group;
}

/** Alice and Bob, operators; Carol, who isn't one; Gus, a guest; #cloud-ops with the app in it, and #random. */
export function fillWorkspace(state: State): void {
  addChannel(state, { name: 'cloud-ops' });
  addChannel(state, { name: 'random', bot: false });
  addUser(state, { name: 'alice', realName: 'Alice Adler' });
  addUser(state, { name: 'bob', realName: 'Bob Brandt' });
  addUser(state, { name: 'carol', realName: 'Carol Conti' });
  addUser(state, { name: 'gus', realName: 'Gus Gast', kind: 'guest' });
  addGroup(state, { handle: 'cloud-operators', members: ['alice', 'bob'] });
}
