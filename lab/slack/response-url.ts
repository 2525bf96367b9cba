/** The address that a command or a click brings along: five answers within half an hour. */
import { z } from 'zod';
import { MESSAGE, RESPONSE_URL_USES, TIME } from './limits.ts';
import { findMessage, post, postEphemeral, readBlocks, readMetadata, remove, replace } from './messages.ts';
import type { Ephemeral, Message, ResponseUrl, State } from './model.ts';
import { Refusal } from './refusal.ts';
import { secret } from './state.ts';

const shape = z.strictObject({
  text: z.string().max(MESSAGE.postText).optional(),
  blocks: z.unknown().optional(),
  response_type: z.enum(['ephemeral', 'in_channel']).optional(),
  replace_original: z.boolean().optional(),
  delete_original: z.boolean().optional(),
  thread_ts: z.string().optional(),
  metadata: z.unknown().optional(),
  unfurl_links: z.boolean().optional(),
  unfurl_media: z.boolean().optional(),
});

type Origin = Pick<ResponseUrl, 'user' | 'channel' | 'message' | 'threadTs'>;

/** The path of a fresh address. */
export function newResponseUrl(state: State, kind: 'commands' | 'actions', origin: Origin): string {
  const id = secret();
  state.responseUrls.set(id, { id, ...origin, expires: state.clock.now() + TIME.responseUrl, uses: 0 });
  return `/response/${kind}/${state.team.id}/${id}`;
}

function original(state: State, { message, channel }: Origin): Message | Ephemeral | undefined {
  if (message === undefined) return undefined;
  return message.ephemeral
    ? state.ephemerals.find((each) => each.ts === message.ts)
    : findMessage(state, channel, message.ts);
}

function isEphemeral(state: State, message: Message | Ephemeral): message is Ephemeral {
  return state.ephemerals.some((each) => each === message);
}

function dropOriginal(state: State, message: Message | Ephemeral | undefined): void {
  if (message === undefined) return;
  if (isEphemeral(state, message)) {
    state.ephemerals.splice(state.ephemerals.indexOf(message), 1);
    state.changes.tell({ kind: 'ephemeral', user: message.user, channel: message.channel });
  } else remove(state, message);
}

type Said = { readonly text: string; readonly blocks: Message['blocks'] | undefined };

function putInPlace(state: State, message: Message | Ephemeral, said: Said): void {
  if (isEphemeral(state, message)) {
    message.text = said.text;
    message.blocks = said.blocks ?? [];
    state.changes.tell({ kind: 'ephemeral', user: message.user, channel: message.channel });
  } else replace(state, message, said);
}

function postAnswer(state: State, origin: Origin, body: z.infer<typeof shape>, said: Said): void {
  const draft = { ...said, threadTs: body.thread_ts ?? origin.threadTs, metadata: readMetadata(body.metadata) };
  const channel = state.channels.get(origin.channel);
  if (channel === undefined) throw new Refusal('channel_not_found');
  if (body.response_type === 'in_channel') post(state, channel, { ...draft, user: state.app.botUser });
  else postEphemeral(state, channel.id, origin.user, draft);
}

/**
 * An answer through such an address, or one that came with the acknowledgement of a command (then `uses` isn't
 * touched). Throws a `Refusal`. Slack's cumulative limit was seen not to apply here.
 */
export function respond(state: State, origin: Origin, raw: unknown): void {
  const parsed = shape.safeParse(raw);
  if (!parsed.success) throw new Refusal('invalid_payload');
  const body = parsed.data;
  const message = original(state, origin);
  if (body.delete_original) dropOriginal(state, message);
  else {
    const said = { text: body.text ?? '', blocks: readBlocks(body.blocks, { cumulative: false }) };
    if (said.text === '' && (said.blocks ?? []).length === 0) throw new Refusal('no_text');
    if (body.replace_original && message !== undefined) putInPlace(state, message, said);
    else postAnswer(state, origin, body, said);
  }
}

export type ResponseAnswer = { readonly status: number; readonly body: string };

/** What the address answers: 200 `ok`, 404 for one that is unknown, too old or used up, 400 for a bad body. */
export function answerAt(state: State, id: string, raw: unknown): ResponseAnswer {
  const refuse = (status: number, error: string) => ({ status, body: JSON.stringify({ ok: false, error }) });
  const url = state.responseUrls.get(id);
  if (url === undefined || state.clock.now() > url.expires) return refuse(404, 'expired_url');
  if (url.uses >= RESPONSE_URL_USES) return refuse(404, 'used_url');
  try {
    respond(state, url, raw);
  } catch (error) {
    if (error instanceof Refusal) return refuse(400, error.code);
    throw error;
  }
  url.uses += 1;
  return { status: 200, body: 'ok' };
}
