import type { MessageMetadata } from '@slack/types';
import { z } from 'zod';
import { faults, LIMITS, type Message } from './limits.ts';
import { cap } from './text.ts';
import { type Clients, type Log, RootGone, troubleOf } from './web.ts';

/** Which messages are ours: what others write can look like anything. */
export type Self = { readonly user: string; readonly bot: string | null };

/** A message of our own bot, as far as we look at it. */
export type OwnMessage = { readonly ts: string; readonly metadata: unknown; readonly files: readonly string[] };

/** A page of a thread or channel. */
const PAGE = 200;
/** How many pages are read at most: a thread of 10,000 messages. */
const PAGES_MAX = 50;
/** How many cards that can't be edited are remembered, so that each is logged once. */
const UNEDITED_MAX = 1_000;
/** How many pages of a channel are searched for a root card. */
const HISTORY_PAGES_MAX = 10;

const message = z.object({
  ts: z.string(),
  thread_ts: z.string().optional(),
  subtype: z.string().optional(),
  user: z.string().optional(),
  bot_id: z.string().optional(),
  metadata: z.unknown().optional(),
  files: z.array(z.object({ name: z.string().nullish() })).optional(),
});
const page = z.object({
  messages: z.array(message).default([]),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});
const posted = z.object({ ts: z.string(), message: z.object({ thread_ts: z.string().optional() }).optional() });

/** What Slack says of a thread whose root is gone. */
const ROOT_LOST: ReadonlySet<string> = new Set(['thread_not_found', 'message_not_found']);

/** Slack's refusals of a message's form; without blocks and metadata it may pass. */
const FORM: ReadonlySet<string> = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'invalid_attachments',
  'msg_blocks_too_long',
  'msg_too_long',
  'metadata_too_large',
  'invalid_metadata_format',
  'invalid_metadata_schema',
  'metadata_must_be_sent_from_app',
]);

/** Slack's words for a thread whose root was deleted. */
export const ROOT_GONE: ReadonlySet<string> = new Set([
  'thread_not_found',
  'message_not_found',
  'cannot_reply_to_message',
]);
/** Refusals of the token, not of what was asked: with a good one it may pass. */
const LOCKED_OUT: ReadonlySet<string> = new Set([
  'invalid_auth',
  'not_authed',
  'token_revoked',
  'token_expired',
  'account_inactive',
]);

/** The few things that are done to a channel's threads. Each call is made once; who calls decides about repeating it. */
export interface ThreadDoor {
  /** The new message's ts. Rejects with RootGone when `thread` was deleted. */
  post(channel: string, thread: string | null, what: Message, mark: MessageMetadata): Promise<string>;
  /** What Slack lets nobody edit any more is left as it is; that is only logged. */
  update(channel: string, ts: string, what: Message): Promise<void>;
  /** Our own messages of a thread, its root included, oldest first. */
  own(channel: string, root: string): Promise<readonly OwnMessage[]>;
  /** Our own root message in a channel since `since` (ms) whose metadata fits; its ts, or null. */
  findRoot(channel: string, since: number, fits: (metadata: unknown) => boolean): Promise<string | null>;
  /** Attaches files to a thread. */
  attach(channel: string, root: string, files: readonly Attachment[], comment: string): Promise<void>;
  link(channel: string, ts: string): Promise<string | null>;
}
export type Attachment = { readonly name: string; readonly title: string; readonly text: string };

export function threadDoor({ posts, lookups, files }: Clients, self: Self, log: Log): ThreadDoor {
  const unedited = new Set<string>();
  const ours = (one: z.infer<typeof message>) =>
    one.user === self.user && (self.bot === null || one.bot_id === undefined || one.bot_id === self.bot);

  async function post(channel: string, thread: string | null, what: Message, mark: MessageMetadata): Promise<string> {
    const place = {
      channel,
      ...(thread === null ? {} : { thread_ts: thread }),
      unfurl_links: false,
      unfurl_media: false,
    };
    const found = [...faults(what)];
    if (found.length === 0) {
      try {
        const said = await posts.chat.postMessage({
          ...place,
          text: what.text,
          blocks: [...what.blocks],
          metadata: mark,
        });
        return await placed(channel, thread, said);
      } catch (error) {
        found.push(formFault(error));
      }
    }
    // A word that arrives plainly is worth more than a card that doesn't.
    log.error({ channel, faults: found }, 'a card does not fit into Slack; its text is posted without blocks');
    const said = await posts.chat.postMessage({ ...place, text: plain(what), ...markIfSmall(mark, found) });
    return await placed(channel, thread, said);
  }

  /** The ts of what was posted where it was to be; a reply that Slack put into the channel is taken away again. */
  async function placed(channel: string, thread: string | null, said: unknown): Promise<string> {
    const { ts, message } = posted.parse(said);
    if (thread === null || message === undefined || message.thread_ts === thread || (await stands(channel, thread)))
      return ts;
    await posts.chat.delete({ channel, ts }).catch((error: unknown) => {
      log.error({ channel, ts, trouble: troubleOf(error) }, 'a reply whose root was deleted stands in the channel');
    });
    throw new RootGone();
  }

  /** Whether a root is there, or can't be looked at: only a root that is known to be gone gets a successor. */
  async function stands(channel: string, root: string): Promise<boolean> {
    try {
      const read = page.parse(await lookups.conversations.replies({ channel, ts: root, limit: 1 }));
      return read.messages.some(({ ts, subtype }) => ts === root && subtype !== 'tombstone');
    } catch (error) {
      const trouble = troubleOf(error);
      return trouble.kind !== 'refused' || !ROOT_LOST.has(trouble.error);
    }
  }

  async function update(channel: string, ts: string, what: Message): Promise<void> {
    const found = [...faults(what)];
    try {
      if (found.length === 0) {
        try {
          await posts.chat.update({ channel, ts, text: plain(what), blocks: [...what.blocks] });
          return;
        } catch (error) {
          found.push(formFault(error));
        }
      }
      log.error({ channel, faults: found }, 'a root card does not fit into Slack; its text is shown');
      await posts.chat.update({ channel, ts, text: plain(what), blocks: [] });
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble.kind !== 'refused' || ROOT_GONE.has(trouble.error) || LOCKED_OUT.has(trouble.error)) throw error;
      // The thread tells everything all the same, and must not stay behind for a card that Slack lets nobody edit.
      if (unedited.size >= UNEDITED_MAX) unedited.clear();
      if (!unedited.has(ts)) log.error({ channel, ts, error: trouble.error }, 'Slack refuses to update a root card');
      unedited.add(ts);
    }
  }

  async function own(channel: string, root: string): Promise<readonly OwnMessage[]> {
    const found: OwnMessage[] = [];
    let cursor: string | undefined;
    for (let pages = 0; pages < PAGES_MAX; pages += 1) {
      const read = page.parse(
        await lookups.conversations.replies({
          channel,
          ts: root,
          limit: PAGE,
          include_all_metadata: true,
          ...(cursor === undefined ? {} : { cursor }),
        }),
      );
      found.push(...read.messages.filter(ours).map(toOwn));
      cursor = read.response_metadata?.next_cursor;
      if (!cursor) break;
    }
    return found;
  }

  async function findRoot(
    channel: string,
    since: number,
    fits: (metadata: unknown) => boolean,
  ): Promise<string | null> {
    let cursor: string | undefined;
    for (let pages = 0; pages < HISTORY_PAGES_MAX; pages += 1) {
      const read = page.parse(
        await lookups.conversations.history({
          channel,
          oldest: String(Math.floor(since / 1000)),
          limit: PAGE,
          include_all_metadata: true,
          ...(cursor === undefined ? {} : { cursor }),
        }),
      );
      // A root has no thread above it; with replies it names itself.
      const root = read.messages.find((one) => ours(one) && (one.thread_ts ?? one.ts) === one.ts && fits(one.metadata));
      if (root) return root.ts;
      cursor = read.response_metadata?.next_cursor;
      if (!cursor) break;
    }
    return null;
  }

  async function attach(
    channel: string,
    root: string,
    attachments: readonly Attachment[],
    comment: string,
  ): Promise<void> {
    await files.filesUploadV2({
      channel_id: channel,
      thread_ts: root,
      initial_comment: comment,
      file_uploads: attachments.map(({ name, title, text }) => ({ file: Buffer.from(text), filename: name, title })),
    });
  }

  async function link(channel: string, ts: string): Promise<string | null> {
    try {
      return (await lookups.chat.getPermalink({ channel, message_ts: ts })).permalink ?? null;
    } catch {
      return null; // a link is a convenience
    }
  }

  return { post, update, own, findRoot, attach, link };
}

function toOwn({ ts, metadata, files }: z.infer<typeof message>): OwnMessage {
  return { ts, metadata, files: (files ?? []).flatMap(({ name }) => (name ? [name] : [])) };
}

/** Slack's word for what is wrong with a message's form; any other error is thrown on. */
function formFault(error: unknown): string {
  const trouble = troubleOf(error);
  if (trouble.kind !== 'refused' || !FORM.has(trouble.error)) throw error;
  return trouble.error;
}

function plain({ text }: Message): string {
  return cap(text, LIMITS.fallbackText) || '–';
}

function markIfSmall(mark: MessageMetadata, found: readonly string[]): { metadata?: MessageMetadata } {
  return found.some((fault) => fault.includes('metadata')) ? {} : { metadata: mark };
}
