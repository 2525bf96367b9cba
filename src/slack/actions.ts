import { z } from 'zod';
import { cancelOperation } from './cancel.ts';
import { type Claims, readClaims } from './cards/claims.ts';
import type { ACTIONS } from './cards/root.ts';
import type { Message } from './limits.ts';
import { type Asked, type Office, refuse } from './office.ts';

type ActionId = (typeof ACTIONS)[keyof typeof ACTIONS];
type Handlers = { readonly [K in ActionId]: (office: Office, asked: Asked, claims: Claims) => Promise<Message> };

/** What each button does. What it carries are claims; the journal decides. */
const handlers: Handlers = {
  cancel: (office, asked, claims) => cancelOperation(office, claims.operation, claims.operation, asked, claims),
};

const click = z.object({
  user: z.object({ id: z.string() }),
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
  /** The same for each delivery of this click, another for each click. */
  readonly key: string;
};

/** A click out of Slack's payload; null for anything else. */
export function readClick(body: unknown): Click | null {
  const parsed = click.safeParse(body);
  const action = parsed.success ? parsed.data.actions[0] : undefined;
  if (!parsed.success || action === undefined) return null;
  const { user, channel, container } = parsed.data;
  const place = channel?.id ?? container?.channel_id ?? '';
  const message = container?.message_ts ?? '';
  const key = `click:${place}:${message}:${action.action_id}:${action.action_ts ?? ''}:${user.id}`;
  return { by: user.id, channel: place, message, action: action.action_id, value: action.value, key };
}

export async function runClick(office: Office, { by, channel, action, value, key }: Click): Promise<Message> {
  if (!isAction(action)) return refuse('BUTTON_UNKNOWN');
  const claims = readClaims(value);
  if (claims === null) return refuse('BUTTON_UNKNOWN');
  return handlers[action](office, { by, channel, trigger: key }, claims);
}

function isAction(id: string): id is ActionId {
  return Object.hasOwn(handlers, id);
}
