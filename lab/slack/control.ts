/** Makes the control surface out of the parts of the stand-in. */

import { waitForChange } from './changes.ts';
import type { At, ChannelChange, Control } from './control-type.ts';
import type { Faults } from './faults.ts';
import type { Interactivity } from './interactivity.ts';
import { channelMessages, findMessage, messageJson, post, remove, repliesTo } from './messages.ts';
import type { Channel, State } from './model.ts';
import type { SignedRequests } from './signed-requests.ts';
import type { SocketMode } from './socket-mode.ts';
import { viewJson } from './views.ts';
import type { CallRecord } from './web-api.ts';
import * as workspace from './workspace.ts';

export type ControlParts = {
  readonly state: State;
  readonly faults: Faults;
  readonly sockets: SocketMode;
  readonly requests: SignedRequests;
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
      const message = findMessage(state, id, ts);
      if (message !== undefined) remove(state, message);
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

function settingsOf({ state, faults, sockets, requests, takeAway, bringBack }: ControlParts) {
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
    duplicateEnvelopes: (times = 1) => (settings.requestUrls.length > 0 ? requests : sockets).duplicate(times),
    setRequestUrls(urls) {
      settings.requestUrls = [...urls];
    },
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
