/** conversations.* */
import { z } from 'zod';
import { PAGE_SIZE } from '../limits.ts';
import { channelMessages, findMessage, messageJson, repliesTo } from '../messages.ts';
import type { Channel, Message } from '../model.ts';
import { channelJson, directMessage, joinedChannel, visibleChannel } from '../people.ts';
import { Refusal } from '../refusal.ts';
import { arg, method, needChannelScope } from './method.ts';

const span = {
  cursor: arg.text.optional(),
  include_all_metadata: arg.flag.optional(),
  inclusive: arg.flag.optional(),
  latest: arg.text.optional(),
  oldest: arg.text.optional(),
  limit: arg.count.optional(),
};

type Span = {
  readonly latest?: string | undefined;
  readonly oldest?: string | undefined;
  readonly inclusive?: boolean | undefined;
};

const encode = (place: number) => Buffer.from(`next_ts:${place}`).toString('base64');

function decode(cursor: string | undefined): number {
  if (cursor === undefined || cursor === '') return 0;
  const place = /^next_ts:(\d+)$/.exec(Buffer.from(cursor, 'base64').toString())?.[1];
  if (place === undefined) throw new Refusal('invalid_cursor');
  return Number(place);
}

/** One page of a list; `next` is empty on the last one. */
function page<T>(items: readonly T[], cursor: string | undefined, size: number): { items: T[]; next: string } {
  const start = decode(cursor);
  const end = start + Math.min(Math.max(size, 1), PAGE_SIZE.most);
  return { items: items.slice(start, end), next: end < items.length ? encode(end) : '' };
}

/** Timestamps, `0` and plain seconds; compared as numbers of microseconds. */
function micros(ts: string, code: string): bigint {
  const match = /^(\d+)(?:\.(\d{1,6}))?$/.exec(ts);
  if (match === null) throw new Refusal(code);
  return BigInt(match[1] ?? '0') * 1_000_000n + BigInt((match[2] ?? '').padEnd(6, '0'));
}

function within(span: Span): (message: Message) => boolean {
  const newest = span.latest === undefined || span.latest === '' ? undefined : micros(span.latest, 'invalid_ts_latest');
  const oldest = micros(span.oldest || '0', 'invalid_ts_oldest');
  return ({ ts }) => {
    const at = micros(ts, 'invalid_ts_latest');
    if (span.inclusive && (at === newest || at === oldest)) return true;
    return at > oldest && (newest === undefined || at < newest);
  };
}

const info = method({
  tier: 't3',
  json: false,
  args: z.strictObject({
    channel: arg.id,
    include_locale: arg.flag.optional(),
    include_num_members: arg.flag.optional(),
  }),
  run(args, { state }) {
    const channel = visibleChannel(state, args.channel);
    needChannelScope(state, channel.id, 'read');
    const count = args.include_num_members ? { num_members: channel.members.size } : {};
    return { channel: { ...channelJson(state, channel), ...count } };
  },
});

const replies = method({
  tier: 't3',
  json: false,
  args: z.strictObject({ channel: arg.id, ts: arg.ts, ...span }),
  run(args, { state }) {
    needChannelScope(state, args.channel, 'history');
    const channel = joinedChannel(state, args.channel);
    const root = findMessage(state, channel.id, args.ts);
    if (root === undefined) throw new Refusal('thread_not_found');
    // The root comes first on every first page, whatever the time span.
    const rest = repliesTo(state, channel.id, root.ts).filter(within(args));
    const { items, next } = page([root, ...rest], args.cursor, args.limit ?? PAGE_SIZE.replies);
    const messages = items.map((each) => messageJson(state, each, { metadata: args.include_all_metadata ?? false }));
    return { messages, has_more: next !== '', response_metadata: { next_cursor: next } };
  },
});

const history = method({
  tier: 't3',
  args: z.strictObject({ channel: arg.id, ...span }),
  run(args, { state }) {
    needChannelScope(state, args.channel, 'history');
    const channel = joinedChannel(state, args.channel);
    const roots = [...channelMessages(state, channel.id).values()].filter(
      (each) => each.threadTs === undefined || each.broadcast,
    );
    const found = roots.filter(within(args)).reverse();
    const { items, next } = page(found, args.cursor, args.limit ?? PAGE_SIZE.history);
    const messages = items.map((each) => messageJson(state, each, { metadata: args.include_all_metadata ?? false }));
    return { messages, has_more: next !== '', pin_count: 0, response_metadata: { next_cursor: next } };
  },
});

const join = method({
  tier: 't3',
  scopes: ['channels:join'],
  args: z.strictObject({ channel: arg.id }),
  run(args, { state }) {
    const channel: Channel = visibleChannel(state, args.channel);
    if (channel.kind !== 'public') throw new Refusal('method_not_supported_for_channel_type');
    if (channel.isArchived) throw new Refusal('is_archived');
    channel.members.add(state.app.botUser);
    state.changes.tell({ kind: 'workspace' });
    return { channel: channelJson(state, channel) };
  },
});

const members = method({
  tier: 't4',
  json: false,
  args: z.strictObject({ channel: arg.id, cursor: arg.text.optional(), limit: arg.count.optional() }),
  run(args, { state }) {
    const channel = visibleChannel(state, args.channel);
    needChannelScope(state, channel.id, 'read');
    const { items, next } = page([...channel.members], args.cursor, args.limit ?? PAGE_SIZE.members);
    return { members: items, response_metadata: { next_cursor: next } };
  },
});

const open = method({
  tier: 't3',
  scopes: ['im:write'],
  args: z.strictObject({
    channel: arg.id.optional(),
    users: arg.id.optional(),
    return_im: arg.flag.optional(),
    prevent_creation: arg.flag.optional(),
  }),
  run(args, { state }) {
    if (args.users === undefined) throw new Refusal('users_list_not_supplied');
    const user = state.users.get(args.users);
    if (user === undefined) throw new Refusal('user_not_found');
    if (user.deleted) throw new Refusal('user_disabled');
    const channel = directMessage(state, user);
    return { channel: args.return_im ? channelJson(state, channel) : { id: channel.id } };
  },
});

export const conversations = {
  'conversations.info': info,
  'conversations.replies': replies,
  'conversations.history': history,
  'conversations.join': join,
  'conversations.members': members,
  'conversations.open': open,
} as const;
