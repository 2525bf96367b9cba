/** chat.* */
import { z } from 'zod';
import type { MessageBlock } from '../blocks/blocks.ts';
import { MESSAGE } from '../limits.ts';
import {
  findMessage,
  messageJson,
  post,
  postEphemeral,
  readBlocks,
  readMetadata,
  remove,
  replace,
} from '../messages.ts';
import type { Channel, Message, State } from '../model.ts';
import { directMessage, joinedChannel, visibleChannel } from '../people.ts';
import { Refusal } from '../refusal.ts';
import { arg, method, needScopes, notImitated } from './method.ts';

const content = {
  channel: arg.id,
  text: arg.text.optional(),
  blocks: arg.json.optional(),
  metadata: arg.json.optional(),
  parse: z.enum(['', 'none', 'full', 'mrkdwn', 'false']).optional(),
  link_names: arg.flag.optional(),
  ...notImitated('attachments', 'markdown_text', 'as_user'),
};

const guise = { username: arg.text.optional(), icon_emoji: arg.text.optional(), icon_url: arg.text.optional() };

/** Text and blocks; throws `no_text` where there is neither. */
function readContent(args: { text?: string | undefined; blocks?: unknown }, maxText: number) {
  const blocks: MessageBlock[] | undefined = readBlocks(args.blocks);
  const text = args.text ?? '';
  if (text === '' && (blocks ?? []).length === 0) throw new Refusal('no_text');
  if (text.length > maxText) throw new Refusal('msg_too_long');
  return { text, blocks };
}

type Guise = { [K in keyof typeof guise]?: string | undefined };

function needGuise(state: State, args: Guise): void {
  if ([args.username, args.icon_emoji, args.icon_url].some((value) => value !== undefined))
    needScopes(state, ['chat:write.customize']);
}

/** Where to post: a channel's id, or a person's, which means the conversation with them. */
function target(state: State, id: string): Channel {
  const user = state.users.get(id);
  return user === undefined ? joinedChannel(state, id) : directMessage(state, user);
}

function ownMessage(state: State, channel: string, ts: string, refusal: string): Message {
  const message = findMessage(state, visibleChannel(state, channel).id, ts);
  if (message === undefined) throw new Refusal('message_not_found');
  if (!message.byBot) throw new Refusal(refusal);
  return message;
}

const postMessage = method({
  tier: 't5',
  scopes: ['chat:write'],
  args: z.strictObject({
    ...content,
    ...guise,
    thread_ts: arg.ts.optional(),
    reply_broadcast: arg.flag.optional(),
    mrkdwn: arg.flag.optional(),
    unfurl_links: arg.flag.optional(),
    unfurl_media: arg.flag.optional(),
  }),
  run(args, { state }) {
    needGuise(state, args);
    const channel = target(state, args.channel);
    const draft = { ...readContent(args, MESSAGE.postText), metadata: readMetadata(args.metadata) };
    const thread = { threadTs: args.thread_ts, broadcast: args.reply_broadcast };
    const message = post(state, channel, { ...draft, ...thread, user: state.app.botUser });
    return { channel: channel.id, ts: message.ts, message: messageJson(state, message) };
  },
});

const update = method({
  tier: 't3',
  scopes: ['chat:write'],
  args: z.strictObject({
    ...content,
    ts: arg.ts,
    reply_broadcast: arg.flag.optional(),
    ...notImitated('file_ids', 'unfurled_attachments'),
  }),
  run(args, { state }) {
    const message = ownMessage(state, args.channel, args.ts, 'cant_update_message');
    replace(state, message, { ...readContent(args, MESSAGE.updateText), metadata: readMetadata(args.metadata) });
    const { text, channel, ts } = message;
    return { channel, ts, text, message: messageJson(state, message) };
  },
});

const ephemeral = method({
  tier: 't4',
  scopes: ['chat:write'],
  args: z.strictObject({ ...content, ...guise, user: arg.id, thread_ts: arg.ts.optional() }),
  run(args, { state }) {
    needGuise(state, args);
    const channel = joinedChannel(state, args.channel);
    if (!channel.members.has(args.user)) throw new Refusal('user_not_in_channel');
    const draft = { ...readContent(args, MESSAGE.postText), threadTs: args.thread_ts };
    return { message_ts: postEphemeral(state, channel.id, args.user, draft).ts };
  },
});

const deleteMessage = method({
  tier: 't3',
  scopes: ['chat:write'],
  args: z.strictObject({ channel: arg.id, ts: arg.ts, ...notImitated('as_user') }),
  run(args, { state }) {
    remove(state, ownMessage(state, args.channel, args.ts, 'cant_delete_message'));
    return { channel: args.channel, ts: args.ts };
  },
});

const getPermalink = method({
  tier: 't5',
  json: false,
  args: z.strictObject({ channel: arg.id, message_ts: arg.ts }),
  run(args, { state }) {
    const channel = visibleChannel(state, args.channel);
    const message = findMessage(state, channel.id, args.message_ts);
    if (message === undefined) throw new Refusal('message_not_found');
    const thread = message.threadTs === undefined ? '' : `?thread_ts=${message.threadTs}&cid=${channel.id}`;
    const place = `archives/${channel.id}/p${message.ts.replace('.', '')}`;
    return { channel: channel.id, permalink: `https://${state.team.domain}.slack.com/${place}${thread}` };
  },
});

export const chat = {
  'chat.postMessage': postMessage,
  'chat.update': update,
  'chat.postEphemeral': ephemeral,
  'chat.delete': deleteMessage,
  'chat.getPermalink': getPermalink,
} as const;
