/** The typed control surface: what tests and the demonstration do with the workspace, and what they look at. */

import { waitForChange } from './changes.ts';
import type { Choice } from './choices.ts';
import type { Fault, Faults, FaultTarget } from './faults.ts';
import type { Interactivity, Patience } from './interactivity.ts';
import { channelMessages, findMessage, messageJson, post, repliesTo } from './messages.ts';
import type { Seen } from './seen.ts';
import type { DisconnectReason, SocketMode } from './socket-mode.ts';
import type { Channel, Ephemeral, Group, Settings, SharedFile, SlashCommand, State, User } from './state.ts';
import type { Fields, Submitted } from './submission.ts';
import { viewJson } from './views.ts';
import type { CallRecord } from './web-api.ts';
import * as workspace from './workspace.ts';

export type MessageJson = ReturnType<typeof messageJson>;
export type ViewJson = ReturnType<typeof viewJson>;
export type At = { readonly channel: string; readonly ts: string };

/** People and channels are named by id or by name (`alice`, `cloud-ops`, `#cloud-ops`). */
export type Control = {
  addUser(user: workspace.NewUser): User;
  /** A full member becomes a guest, is deactivated, and so on. */
  setUserKind(user: string, kind: workspace.UserKind): void;
  addChannel(channel: workspace.NewChannel): Channel;
  /** Whether the app is in the channel; whether it is shared, archived. */
  changeChannel(channel: string, change: ChannelChange): void;
  addGroup(group: workspace.NewGroup): Group;
  setGroupMembers(group: string, members: readonly string[]): void;
  user(user: string): User;
  channel(channel: string): Channel;
  group(group: string): Group;

  /** Types a slash command, and resolves with what the person saw. Text beginning elsewhere is refused by Slack. */
  slash(user: string, channel: string, command: string, text?: string, patience?: Patience): Promise<Seen>;
  click(user: string, message: At, actionId: string, choice?: Choice, patience?: Patience): Promise<Seen>;
  /** Clicks or chooses something in the open modal that isn't Submit. */
  clickInView(user: string, actionId: string, choice?: Choice, patience?: Patience): Promise<Seen>;
  submit(user: string, fields?: Fields): Promise<Submitted>;
  closeView(user: string): Promise<void>;
  /** An ordinary message by a person. */
  say(user: string, channel: string, text: string, threadTs?: string): MessageJson;
  /** A person deletes a message, or the whole thread's root; an admin may delete anybody's. */
  deleteMessage(message: At): void;
  /** The person's client starts again: ephemeral messages are gone where that was asked for. */
  reload(user: string): void;

  /** The root messages of a channel, oldest first. */
  messages(channel: string): MessageJson[];
  /** Root and replies, oldest first; empty where the root is gone. */
  thread(channel: string, ts: string): MessageJson[];
  ephemerals(user: string): readonly Ephemeral[];
  view(user: string): ViewJson | null;
  files(): readonly SharedFile[];
  /** Every call of the Web API until now. */
  calls(method?: string): readonly CallRecord[];
  connections(): number;
  acks(): SocketMode['acks'];
  /** Resolves true when `happened` does, looked at after every change; false after `ms`. */
  until(happened: () => boolean, ms?: number): Promise<boolean>;

  /** The next `times` calls of a method (or `upload`, `response_url`, `*`) go wrong. */
  fail(target: FaultTarget, fault: Fault, times?: number): void;
  clearFaults(): void;
  dropSockets(): void;
  disconnectSockets(reason: DisconnectReason): void;
  duplicateEnvelopes(times?: number): void;
  /** Refuses connections and cuts those that are there. The page and this control stay. */
  takeAway(): Promise<void>;
  /** On the same port as before. */
  bringBack(): Promise<void>;
  revokeToken(token: 'bot' | 'app'): void;
  restoreTokens(): void;
  setScopes(scopes: readonly string[]): void;
  setCommands(commands: readonly SlashCommand[]): void;
  set(settings: Partial<Pick<Settings, SimpleSetting>>): void;
  /** Skips time: triggers, response addresses and rate limits see it, people's clocks don't. */
  advance(ms: number): void;
};

export type SimpleSetting =
  | 'filesForbidden'
  | 'plan'
  | 'tierLimits'
  | 'channelLimit'
  | 'ephemeralsSurviveReload'
  | 'ackMs';
export type ChannelChange = {
  readonly bot?: boolean;
  readonly external?: boolean;
  readonly pendingExternal?: boolean;
  readonly archived?: boolean;
};

export type ControlParts = {
  readonly state: State;
  readonly faults: Faults;
  readonly sockets: SocketMode;
  readonly interactivity: Interactivity;
  readonly calls: readonly CallRecord[];
  readonly takeAway: () => Promise<void>;
  readonly bringBack: () => Promise<void>;
};

const DEFAULT_WAIT_MS = 10_000;

function applyChange(state: State, channel: Channel, change: ChannelChange): void {
  const { botUser } = state.app;
  if (change.bot === true) channel.members.add(botUser);
  if (change.bot === false) channel.members.delete(botUser);
  channel.isExtShared = change.external ?? channel.isExtShared;
  channel.isPendingExtShared = change.pendingExternal ?? channel.isPendingExtShared;
  channel.isArchived = change.archived ?? channel.isArchived;
  state.changes.tell({ kind: 'workspace' });
}

function forgetEphemerals(state: State, user: string): void {
  if (state.settings.ephemeralsSurviveReload) return;
  const kept = state.ephemerals.filter((each) => each.user !== user);
  state.ephemerals.splice(0, Number.POSITIVE_INFINITY, ...kept);
  state.changes.tell({ kind: 'workspace' });
}

function actsOf({ state, interactivity }: ControlParts) {
  const user = (key: string) => workspace.findUser(state, key);
  const channel = (key: string) => workspace.findChannel(state, key);
  const place = (at: At) => ({ channel: channel(at.channel).id, ts: at.ts });
  return {
    slash: (who, where, command, text = '', patience) =>
      interactivity.slash(user(who), channel(where), command, text, patience),
    click: (who, message, actionId, choice, patience) =>
      interactivity.click(user(who), place(message), actionId, choice, patience),
    clickInView: (who, actionId, choice, patience) => interactivity.clickInView(user(who), actionId, choice, patience),
    submit: (who, fields = {}) => interactivity.submit(user(who), fields),
    closeView: (who) => interactivity.close(user(who)),
    say: (who, where, text, threadTs) =>
      messageJson(state, post(state, channel(where), { user: user(who).id, text, threadTs })),
    deleteMessage(at) {
      const { channel: id, ts } = place(at);
      channelMessages(state, id).delete(ts);
      state.changes.tell({ kind: 'delete', channel: id, ts });
    },
    reload: (who) => forgetEphemerals(state, user(who).id),
  } satisfies Partial<Control>;
}

function looksOf({ state, sockets, calls }: ControlParts) {
  const channel = (key: string) => workspace.findChannel(state, key);
  return {
    user: (key) => workspace.findUser(state, key),
    channel,
    group: (key) => workspace.findGroup(state, key),
    messages: (where) =>
      [...channelMessages(state, channel(where).id).values()]
        .filter((each) => each.threadTs === undefined)
        .map((each) => messageJson(state, each)),
    thread(where, ts) {
      const { id } = channel(where);
      const root = findMessage(state, id, ts);
      return [...(root === undefined ? [] : [root]), ...repliesTo(state, id, ts)].map((each) =>
        messageJson(state, each),
      );
    },
    ephemerals: (who) => state.ephemerals.filter((each) => each.user === workspace.findUser(state, who).id),
    view(who) {
      const open = state.stacks.get(workspace.findUser(state, who).id)?.at(-1);
      return open === undefined ? null : viewJson(state, open);
    },
    files: () => [...state.files.values()].filter((file) => file.state === 'shared'),
    calls: (method) => calls.filter((each) => method === undefined || each.method === method),
    connections: () => sockets.connections(),
    acks: () => sockets.acks,
    until: (happened, ms = DEFAULT_WAIT_MS) => waitForChange(state.changes, happened, ms),
  } satisfies Partial<Control>;
}

function settingsOf({ state, faults, sockets, takeAway, bringBack }: ControlParts) {
  const { settings } = state;
  return {
    addUser: (user) => workspace.addUser(state, user),
    setUserKind: (user, kind) => workspace.setKind(state, workspace.findUser(state, user), kind),
    addChannel: (channel) => workspace.addChannel(state, channel),
    changeChannel: (channel, change) => applyChange(state, workspace.findChannel(state, channel), change),
    addGroup: (group) => workspace.addGroup(state, group),
    setGroupMembers(group, members) {
      workspace.findGroup(state, group).users = members.map((key) => workspace.findUser(state, key).id);
    },
    fail: (target, fault, times = 1) => faults.add(target, fault, times),
    clearFaults: () => faults.clear(),
    dropSockets: () => sockets.drop(),
    disconnectSockets: (reason) => sockets.disconnect(reason),
    duplicateEnvelopes: (times = 1) => sockets.duplicate(times),
    takeAway,
    bringBack,
    revokeToken: (token) => void settings.revoked.add(token),
    restoreTokens: () => settings.revoked.clear(),
    setScopes(scopes) {
      settings.scopes = [...scopes];
    },
    setCommands(commands) {
      settings.commands = [...commands];
    },
    set: (changes) => void Object.assign(settings, changes),
    advance: (ms) => state.clock.advance(ms),
  } satisfies Partial<Control>;
}

export function makeControl(parts: ControlParts): Control {
  return { ...actsOf(parts), ...looksOf(parts), ...settingsOf(parts) };
}
