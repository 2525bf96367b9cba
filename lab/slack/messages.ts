/** Messages: post, change, remove, and the shape in which the Web API and payloads show them. */
import { z } from 'zod';
import type { MessageBlock } from './blocks/blocks.ts';
import { checkMessageBlocks } from './blocks/check.ts';
import { slackMessages } from './blocks/issues.ts';
import { fileJson } from './files.ts';
import { MESSAGE } from './limits.ts';
import type { Channel, Ephemeral, Message, Metadata, State } from './model.ts';
import { Refusal } from './refusal.ts';

const metadataShape = z.strictObject({
  event_type: z.string().min(1).max(MESSAGE.metadataEventType),
  event_payload: z.record(z.string(), z.unknown()),
});

/** An argument that is JSON, as a string (forms) or already a value (JSON bodies). */
export function readJson(raw: unknown, code: string): unknown {
  if (typeof raw !== 'string') return raw;
  try {
    return JSON.parse(raw);
  } catch {
    throw new Refusal(code);
  }
}

/** `undefined` when there were none; throws the error that Slack would answer with. */
export function readBlocks(raw: unknown, options = { cumulative: true }): MessageBlock[] | undefined {
  if (raw === undefined) return undefined;
  const value = readJson(raw, 'invalid_blocks_format');
  if (!Array.isArray(value)) throw new Refusal('invalid_blocks_format');
  return checkMessageBlocks(value, options);
}

/** `{}` is what removes metadata in `chat.update`: it reads as null. */
export function readMetadata(raw: unknown): Metadata | null | undefined {
  if (raw === undefined) return undefined;
  const value = readJson(raw, 'invalid_metadata_format');
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new Refusal('invalid_metadata_format');
  if (Object.keys(value).length === 0) return null;
  if (JSON.stringify(value).length > MESSAGE.metadataJson) throw new Refusal('metadata_too_large');
  const parsed = metadataShape.safeParse(value);
  if (!parsed.success)
    throw new Refusal('invalid_metadata_schema', { messages: slackMessages(parsed.error, '/metadata') });
  return parsed.data;
}

export function channelMessages(state: State, channel: string): Map<string, Message> {
  const known = state.messages.get(channel);
  if (known !== undefined) return known;
  const fresh = new Map<string, Message>();
  state.messages.set(channel, fresh);
  return fresh;
}

export function findMessage(state: State, channel: string, ts: string): Message | undefined {
  return state.messages.get(channel)?.get(ts);
}

/** The replies to a root message, oldest first. */
export function repliesTo(state: State, channel: string, ts: string): Message[] {
  return [...channelMessages(state, channel).values()].filter((each) => each.threadTs === ts);
}

export type Draft = {
  readonly user: string;
  readonly text: string;
  readonly blocks?: MessageBlock[] | undefined;
  readonly threadTs?: string | undefined;
  readonly broadcast?: boolean | undefined;
  readonly metadata?: Metadata | null | undefined;
  readonly files?: readonly string[];
};

/** What was there and was deleted, as channel and ts. */
const deleted = new WeakMap<State, Set<string>>();

/**
 * A reply to a root that was deleted is posted into the channel, without a word, as Slack does.
 * Throws `thread_not_found` or `cannot_reply_to_message` when it is to be a reply to what can't have one.
 */
export function post(state: State, channel: Channel, draft: Draft): Message {
  if (channel.isArchived) throw new Refusal('is_archived');
  const threadTs = wasDeleted(state, channel.id, draft.threadTs) ? undefined : draft.threadTs;
  if (threadTs !== undefined) {
    const root = findMessage(state, channel.id, threadTs);
    if (root === undefined) throw new Refusal('thread_not_found');
    if (root.threadTs !== undefined) throw new Refusal('cannot_reply_to_message');
  }
  const message: Message = {
    ts: state.clock.ts(),
    channel: channel.id,
    user: draft.user,
    byBot: draft.user === state.app.botUser,
    threadTs,
    broadcast: draft.broadcast ?? false,
    files: draft.files ?? [],
    text: draft.text,
    blocks: draft.blocks ?? [],
    metadata: draft.metadata ?? undefined,
    edited: undefined,
    reactions: new Map(),
  };
  channelMessages(state, channel.id).set(message.ts, message);
  state.changes.tell({ kind: 'message', channel: channel.id, ts: message.ts });
  return message;
}

/** What `chat.update` and an answer with `replace_original` do. Text without blocks takes the blocks away. */
export function replace(state: State, message: Message, next: Pick<Draft, 'text' | 'blocks' | 'metadata'>): void {
  message.text = next.text;
  message.blocks = next.blocks ?? [];
  if (next.metadata !== undefined) message.metadata = next.metadata ?? undefined;
  // Slack marks as edited only what has no blocks.
  if (next.blocks === undefined) message.edited = { user: message.user, ts: state.clock.ts() };
  state.changes.tell({ kind: 'update', channel: message.channel, ts: message.ts });
}

function wasDeleted(state: State, channel: string, ts: string | undefined): boolean {
  return ts !== undefined && (deleted.get(state)?.has(`${channel} ${ts}`) ?? false);
}

export function remove(state: State, message: Message): void {
  const before = deleted.get(state) ?? new Set();
  deleted.set(state, before.add(`${message.channel} ${message.ts}`));
  channelMessages(state, message.channel).delete(message.ts);
  state.changes.tell({ kind: 'delete', channel: message.channel, ts: message.ts });
}

export function postEphemeral(state: State, channel: string, user: string, draft: Omit<Draft, 'user'>): Ephemeral {
  const ephemeral: Ephemeral = {
    ts: state.clock.ts(),
    channel,
    user,
    threadTs: draft.threadTs,
    text: draft.text,
    blocks: draft.blocks ?? [],
  };
  state.ephemerals.push(ephemeral);
  state.changes.tell({ kind: 'ephemeral', user, channel });
  return ephemeral;
}

function threadKeys(state: State, message: Message) {
  if (message.threadTs !== undefined) {
    const root = findMessage(state, message.channel, message.threadTs);
    return { thread_ts: message.threadTs, ...(root === undefined ? {} : { parent_user_id: root.user }) };
  }
  const replies = repliesTo(state, message.channel, message.ts);
  const last = replies.at(-1);
  if (last === undefined) return {};
  const users = [...new Set(replies.map((each) => each.user))];
  return {
    thread_ts: message.ts,
    reply_count: replies.length,
    reply_users_count: users.length,
    latest_reply: last.ts,
    reply_users: users,
    is_locked: false,
    subscribed: false,
  };
}

export type MessageView = { readonly metadata: boolean };

/** A message as history, replies and payloads show it. */
export function messageJson(state: State, message: Message, view: MessageView = { metadata: true }) {
  const { app, team } = state;
  const reactions = [...message.reactions].map(([name, users]) => ({ name, users, count: users.length }));
  const files = message.files.flatMap((id) => {
    const file = state.files.get(id);
    return file === undefined ? [] : [fileJson(state, file)];
  });
  return {
    ...(message.broadcast ? { subtype: 'thread_broadcast' } : {}),
    type: 'message',
    user: message.user,
    ts: message.ts,
    ...(message.byBot ? { bot_id: app.botId, app_id: app.id } : {}),
    team: team.id,
    text: message.text,
    ...(message.blocks.length > 0 ? { blocks: message.blocks } : {}),
    ...threadKeys(state, message),
    ...(view.metadata && message.metadata !== undefined ? { metadata: message.metadata } : {}),
    ...(message.edited === undefined ? {} : { edited: message.edited }),
    ...(files.length > 0 ? { files, upload: false } : {}),
    ...(reactions.length > 0 ? { reactions } : {}),
  };
}
