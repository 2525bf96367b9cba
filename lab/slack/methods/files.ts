/** files.*: the upload in three calls (a ticket, the bytes, the sharing). */
import { z } from 'zod';
import { slackMessages } from '../blocks/issues.ts';
import { expectFile, fileJson } from '../files.ts';
import { FILE_BYTES } from '../limits.ts';
import { post, readBlocks, readJson } from '../messages.ts';
import type { SharedFile, State } from '../model.ts';
import { joinedChannel } from '../people.ts';
import { Refusal } from '../refusal.ts';
import { arg, method, notImitated } from './method.ts';

const getUploadUrl = method({
  tier: 't4',
  json: false,
  scopes: ['files:write'],
  args: z.strictObject({
    filename: arg.id,
    length: arg.count,
    snippet_type: arg.id.optional(),
    alt_txt: arg.text.max(1_000).optional(),
  }),
  run(args, { state, origin }) {
    if (state.settings.filesForbidden) throw new Refusal('file_uploads_disabled');
    if (args.length === 0) throw new Refusal('invalid_arguments', { messages: ['[ERROR] length must be at least 1'] });
    if (args.length > FILE_BYTES) throw new Refusal('file_upload_size_restricted');
    const { file, ticket } = expectFile(state, args.filename, args.length, args.snippet_type);
    return { upload_url: `${origin}/upload/v1/${ticket}`, file_id: file.id };
  },
});

const fileList = z.array(z.strictObject({ id: z.string(), title: z.string().optional() })).min(1);

function readFiles(state: State, raw: unknown): SharedFile[] {
  const parsed = fileList.safeParse(readJson(raw, 'invalid_arguments'));
  if (!parsed.success) throw new Refusal('invalid_arguments', { messages: slackMessages(parsed.error, '/files') });
  return parsed.data.map(({ id, title }) => {
    const file = state.files.get(id);
    if (file === undefined || file.state === 'waiting') throw new Refusal('file_not_found');
    if (file.state === 'shared') throw new Refusal('file_update_failed');
    file.title = title ?? file.title;
    return file;
  });
}

/** As Slack does: the answer doesn't wait for the message, which now and then never comes. */
function share({ settings: { shareMs } }: State, posts: () => void): void {
  if (shareMs === 0) posts();
  else if (shareMs !== null) setTimeout(posts, shareMs).unref();
}

const completeUpload = method({
  tier: 't4',
  scopes: ['files:write'],
  args: z.strictObject({
    files: arg.json,
    channel_id: arg.id.optional(),
    thread_ts: arg.ts.optional(),
    initial_comment: arg.text.optional(),
    blocks: arg.json.optional(),
    ...notImitated('channels', 'username', 'icon_url', 'icon_emoji'),
  }),
  run(args, { state }) {
    if (state.settings.filesForbidden) throw new Refusal('access_denied');
    const files = readFiles(state, args.files);
    const blocks = readBlocks(args.blocks);
    if (blocks !== undefined && args.initial_comment !== undefined) throw new Refusal('invalid_arguments');
    if (args.channel_id !== undefined) {
      const channel = joinedChannel(state, args.channel_id);
      const ids = files.map((file) => file.id);
      const said = { text: args.initial_comment ?? '', blocks, threadTs: args.thread_ts };
      share(state, () => post(state, channel, { ...said, user: state.app.botUser, files: ids }));
    }
    for (const file of files) file.state = 'shared';
    return { files: files.map((file) => fileJson(state, file)) };
  },
});

const info = method({
  tier: 't4',
  json: false,
  scopes: ['files:read'],
  args: z.strictObject({ file: arg.id, cursor: arg.text.optional(), limit: arg.count.optional() }),
  run(args, { state }) {
    const file = state.files.get(args.file);
    if (file === undefined || file.state === 'waiting') throw new Refusal('file_not_found');
    return { file: fileJson(state, file), comments: [], response_metadata: { next_cursor: '' } };
  },
});

export const files = {
  'files.getUploadURLExternal': getUploadUrl,
  'files.completeUploadExternal': completeUpload,
  'files.info': info,
} as const;
