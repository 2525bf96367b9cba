/** The control surface: what tests and the demonstration do with the workspace, and what they look at. */
import type { Choice } from './choices.ts';
import type { Fault, FaultTarget } from './faults.ts';
import type { Patience } from './interactivity.ts';
import type { messageJson } from './messages.ts';
import type { Channel, Ephemeral, Group, Settings, SharedFile, SlashCommand, User } from './model.ts';
import type { Seen } from './seen.ts';
import type { DisconnectReason, SocketMode } from './socket-mode.ts';
import type { Fields, Submitted } from './submission.ts';
import type { viewJson } from './views.ts';
import type { CallRecord } from './web-api.ts';
import type * as workspace from './workspace.ts';

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
  /** Commands and clicks are posted there, signed, in turn; with none they go through Socket Mode. */
  setRequestUrls(urls: readonly string[]): void;
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
  | 'shareMs'
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
