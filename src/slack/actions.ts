import { z } from 'zod';
import { acknowledge, backOut } from './attention.ts';
import { cancelOperation } from './cancel.ts';
import { type Claims, readClaims } from './cards/claims.ts';
import type { ACTIONS } from './cards/root.ts';
import { askApproval, askDecline, revoke } from './consent.ts';
import { agreeGone, askGone } from './gone.ts';
import type { Message } from './limits.ts';
import { type Asked, demandRequester, type Office, readSound, refuse } from './office.ts';
import { request } from './request.ts';
import { agree, askResolution } from './resolution.ts';

type ActionId = (typeof ACTIONS)[keyof typeof ACTIONS];
/** The answer, or null where a form is it. */
type Handler = (office: Office, asked: Asked, claims: Claims) => Promise<Message | null>;

/** What each button does. What it carries are claims; the journal decides. */
const handlers: Readonly<Record<ActionId, Handler>> = {
  cancel: (office, asked, claims) => cancelOperation(office, claims.operation, claims.operation, asked, claims),
  approve: askApproval,
  decline: askDecline,
  revoke,
  back_out: backOut,
  acknowledge,
  resolve_ran: (office, asked, claims) => askResolution(office, asked, claims, 'ran'),
  resolve_not_run: (office, asked, claims) => askResolution(office, asked, claims, 'not_run'),
  resolve_agree: agree,
  gone: askGone,
  gone_agree: agreeGone,
  backup_again: backupAgain,
};

/** A full backup of the cloud that an operation was on. */
async function backupAgain(office: Office, asked: Asked, { operation: id }: Claims): Promise<Message> {
  const { cloud } = (await readSound(office, id, id)).operation;
  await demandRequester(office, asked.by, cloud);
  return request(office, asked, cloud, { kind: 'backup', type: 'full' });
}

const click = z.object({
  user: z.object({ id: z.string() }),
  trigger_id: z.string().optional(),
  channel: z.object({ id: z.string() }).optional(),
  container: z.object({ channel_id: z.string().optional(), message_ts: z.string().optional() }).optional(),
  actions: z
    .array(z.object({ action_id: z.string(), action_ts: z.string().optional(), value: z.string().optional() }))
    .min(1),
});

/** One click, as far as we look at its payload. */
type Click = {
  readonly by: string;
  readonly channel: string;
  readonly message: string;
  readonly action: string;
  readonly value: string | undefined;
  /** Slack's trigger for one form. */
  readonly form: string;
  /** The same for each delivery of this click, another for each click. */
  readonly key: string;
};

/** A click out of Slack's payload; null for anything else. */
export function readClick(body: unknown): Click | null {
  const parsed = click.safeParse(body);
  const action = parsed.success ? parsed.data.actions[0] : undefined;
  if (!parsed.success || action === undefined) return null;
  const { user, channel, container, trigger_id: form = '' } = parsed.data;
  const place = channel?.id ?? container?.channel_id ?? '';
  const message = container?.message_ts ?? '';
  const key = `click:${place}:${message}:${action.action_id}:${action.action_ts ?? ''}:${user.id}`;
  return { by: user.id, channel: place, message, action: action.action_id, value: action.value, form, key };
}

export async function runClick(office: Office, click: Click): Promise<Message | null> {
  const { by, channel, value, form, key } = click;
  // Buttons of one kind in one block carry what they differ in behind a colon, for Slack wants their ids to differ.
  const action = click.action.split(':')[0] ?? '';
  if (!isAction(action)) return refuse('BUTTON_UNKNOWN');
  const claims = readClaims(value);
  if (claims === null) return refuse('BUTTON_UNKNOWN');
  return handlers[action](office, { by, channel, trigger: key, form }, claims);
}

function isAction(id: string): id is ActionId {
  return Object.hasOwn(handlers, id);
}
