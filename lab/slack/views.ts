/** Modals: their shape, their checks, and each person's stack of them. */
import { z } from 'zod';
import type { ModalBlock } from './blocks/blocks.ts';
import { checkModalBlocks } from './blocks/check.ts';
import { slackMessages } from './blocks/issues.ts';
import { plainText } from './blocks/objects.ts';
import { TIME, VIEW } from './limits.ts';
import type { State, Trigger } from './model.ts';
import { Refusal } from './refusal.ts';
import { newId, secret } from './state.ts';

const shape = z.strictObject({
  type: z.literal('modal'),
  title: plainText(VIEW.title),
  blocks: z.array(z.unknown()).min(1),
  close: plainText(VIEW.close).optional(),
  submit: plainText(VIEW.submit).optional(),
  private_metadata: z.string().max(VIEW.privateMetadata).optional(),
  callback_id: z.string().min(1).max(VIEW.callbackId).optional(),
  clear_on_close: z.boolean().optional(),
  notify_on_close: z.boolean().optional(),
  external_id: z.string().min(1).max(VIEW.externalId).optional(),
  submit_disabled: z.boolean().optional(),
});

type Asked = Omit<z.infer<typeof shape>, 'blocks'> & { readonly blocks: ModalBlock[] };

export type View = Asked & {
  readonly id: string;
  readonly rootId: string;
  readonly previousId: string | null;
  hash: string;
};

/** Throws `invalid_arguments` or `view_too_large`. */
export function checkView(raw: unknown): Asked {
  if (JSON.stringify(raw ?? null).length > VIEW.json) throw new Refusal('view_too_large');
  const parsed = shape.safeParse(raw);
  if (!parsed.success) throw new Refusal('invalid_arguments', { messages: slackMessages(parsed.error, '/view') });
  const blocks = checkModalBlocks(parsed.data.blocks);
  if (blocks.some((block) => block.type === 'input') && parsed.data.submit === undefined)
    throw new Refusal('invalid_arguments', {
      messages: ['[ERROR] missing required field: submit [json-pointer:/view]'],
    });
  return { ...parsed.data, blocks };
}

/** Good for one modal within three seconds. */
export function newTrigger(state: State, user: string): string {
  const at = state.clock.now();
  const id = `${at}.${Math.floor(Math.random() * 1e12)}.${secret()}`;
  state.triggers.set(id, { id, user, at, used: false });
  return id;
}

/** Takes a trigger. Throws when it is unknown, too old or was used before. */
function useTrigger(state: State, id: string): Trigger {
  const trigger = state.triggers.get(id);
  if (trigger === undefined) throw new Refusal('invalid_trigger_id');
  if (trigger.used) throw new Refusal('exchanged_trigger_id');
  if (state.clock.now() - trigger.at > TIME.trigger) throw new Refusal('expired_trigger_id');
  trigger.used = true;
  return trigger;
}

function refuseSameExternalId(state: State, asked: Asked, except?: string): void {
  const open = [...state.stacks.values()].flat();
  const taken = open.some((view) => view.id !== except && view.external_id === asked.external_id);
  if (asked.external_id !== undefined && taken) throw new Refusal('duplicate_external_id');
}

const freshHash = (state: State) => `${state.clock.ts()}.${secret().slice(0, 8)}`;

function place(state: State, user: string, asked: Asked, below: readonly View[]): View {
  const id = newId('V');
  const under = below.at(-1);
  const view = { ...asked, id, hash: freshHash(state), rootId: under?.rootId ?? id, previousId: under?.id ?? null };
  state.stacks.set(user, [...below, view]);
  state.changes.tell({ kind: 'view', user });
  return view;
}

/** `views.open`: a new stack in the place of the one that was there. */
export function openView(state: State, triggerId: string, raw: unknown): View {
  const asked = checkView(raw);
  refuseSameExternalId(state, asked);
  const trigger = useTrigger(state, triggerId);
  return place(state, trigger.user, asked, []);
}

/** `views.push`: on top of an open modal. */
export function pushView(state: State, triggerId: string, raw: unknown): View {
  const asked = checkView(raw);
  refuseSameExternalId(state, asked);
  const trigger = useTrigger(state, triggerId);
  return pushOn(state, trigger.user, asked);
}

/** Also what `response_action: push` does. */
export function pushOn(state: State, user: string, asked: Asked): View {
  const stack = state.stacks.get(user) ?? [];
  if (stack.length === 0) throw new Refusal('not_found');
  if (stack.length >= VIEW.stack) throw new Refusal('push_limit_reached');
  return place(state, user, asked, stack);
}

export type ViewKey = { readonly viewId?: string | undefined; readonly externalId?: string | undefined };

/** `views.update`: the hash, where one is given, must be the one of what is open. */
export function updateView(state: State, key: ViewKey, raw: unknown, hash?: string): View {
  const asked = checkView(raw);
  const matches = (view: View) =>
    key.viewId === undefined ? view.external_id === key.externalId : view.id === key.viewId;
  for (const [user, stack] of state.stacks) {
    const old = stack.find(matches);
    if (old === undefined) continue;
    if (hash !== undefined && hash !== old.hash) throw new Refusal('hash_conflict');
    refuseSameExternalId(state, asked, old.id);
    const { id, rootId, previousId } = old;
    const view: View = { ...asked, id, rootId, previousId, hash: freshHash(state) };
    state.stacks.set(
      user,
      stack.map((each) => (each === old ? view : each)),
    );
    state.changes.tell({ kind: 'view', user });
    return view;
  }
  throw new Refusal('not_found');
}

/** The visible modal is taken away; with `all`, the whole stack. */
export function closeTop(state: State, user: string, all = false): void {
  const stack = state.stacks.get(user) ?? [];
  state.stacks.set(user, all ? [] : stack.slice(0, -1));
  state.changes.tell({ kind: 'view', user });
}

export type Values = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A view as payloads and answers carry it, with all its keys. */
export function viewJson(state: State, view: View, values: Values = {}) {
  return {
    id: view.id,
    team_id: state.team.id,
    type: 'modal',
    blocks: view.blocks,
    private_metadata: view.private_metadata ?? '',
    callback_id: view.callback_id ?? '',
    state: { values },
    hash: view.hash,
    title: view.title,
    clear_on_close: view.clear_on_close ?? false,
    notify_on_close: view.notify_on_close ?? false,
    close: view.close ?? null,
    submit: view.submit ?? null,
    previous_view_id: view.previousId,
    root_view_id: view.rootId,
    app_id: state.app.id,
    external_id: view.external_id ?? '',
    app_installed_team_id: state.team.id,
    bot_id: state.app.botId,
  };
}
