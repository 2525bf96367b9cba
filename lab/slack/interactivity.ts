/** What people do: commands, clicks, modals. Each resolves with what the person saw. */

import type { Block } from './blocks/blocks.ts';
import { interactives } from './blocks/check.ts';
import { type Choice, elementValue, Impossible, initialChoice } from './choices.ts';
import type { Deliver, Delivery } from './delivery.ts';
import { findMessage } from './messages.ts';
import type { Channel, Ephemeral, Message, State, User } from './model.ts';
import {
  type Clicked,
  type Context,
  closedPayload,
  messageActionPayload,
  slashPayload,
  submissionPayload,
  viewActionPayload,
} from './payloads.ts';
import { Refusal } from './refusal.ts';
import { respond } from './response-url.ts';
import { type Seen, type Watch, watch } from './seen.ts';
import { type Fields, fieldErrors, modalValues, type Submitted, TROUBLE, takeAnswer } from './submission.ts';
import { closeTop, type View } from './views.ts';

export type Place = { readonly channel: string; readonly ts: string };

/** How long to wait, after the acknowledgement, for something that the person sees. 0: not at all. */
export type Patience = { readonly waitMs?: number };

const DEFAULT_PATIENCE_MS = 2_000;

export type Interactivity = {
  readonly slash: (user: User, channel: Channel, command: string, text: string, patience?: Patience) => Promise<Seen>;
  readonly click: (user: User, at: Place, actionId: string, choice?: Choice, patience?: Patience) => Promise<Seen>;
  readonly clickInView: (user: User, actionId: string, choice?: Choice, patience?: Patience) => Promise<Seen>;
  readonly submit: (user: User, fields: Fields) => Promise<Submitted>;
  readonly close: (user: User) => Promise<void>;
};

const FAILURES = { 'not acked': 'operation_timeout', 'no connection': 'dispatch_failed' } as const;

function mustBeIn(user: User, channel: Channel | undefined): Channel {
  if (user.deleted) throw new Impossible(`${user.name} is deactivated and can't sign in`);
  if (channel === undefined || !channel.members.has(user.id))
    throw new Impossible(`${user.name} is not in this channel`);
  return channel;
}

function findElement(blocks: readonly Block[], actionId: string): Omit<Clicked, 'choice'> {
  for (const block of blocks)
    for (const element of interactives(block))
      if (element.action_id === actionId) return { blockId: block.block_id ?? '', element };
  throw new Impossible(`there is no ${actionId} to click`);
}

function openModal(state: State, user: User): View {
  const view = state.stacks.get(user.id)?.at(-1);
  if (view === undefined) throw new Impossible(`${user.name} has no modal open`);
  return view;
}

export function makeInteractivity(context: Context, deliver: Deliver): Interactivity {
  const { state } = context;
  /** What people have chosen in messages, by person and message; a client keeps it until the message changes. */
  const chosen = new Map<string, Record<string, Choice>>();

  const finish = async (seen: Watch, delivery: Delivery, failure: string | null, patience: Patience) => {
    if (delivery.outcome === 'acked' && failure === null) await seen.answered(patience.waitMs ?? DEFAULT_PATIENCE_MS);
    const result = seen.see(delivery.outcome === 'acked', failure);
    seen.end();
    return result;
  };
  const dispatchClick = async (payload: object, seen: Watch, patience: Patience): Promise<Seen> => {
    const delivery = await deliver('interactive', payload, false);
    return finish(seen, delivery, delivery.outcome === 'acked' ? null : FAILURES[delivery.outcome], patience);
  };

  return {
    async slash(user, channel, command, text, patience = {}) {
      mustBeIn(user, channel);
      const known = state.settings.commands.some((each) => each.command === command);
      const seen = watch(state, { user: user.id, channel: channel.id, message: undefined });
      // People of another organisation don't have this workspace's commands.
      if (!known || user.isStranger || !state.settings.scopes.includes('commands')) {
        seen.end();
        return seen.see(false, `${command} is not a valid command.`);
      }
      const delivery = await deliver('slash_commands', slashPayload(context, user, channel, command, text), true);
      const failed = (error: string) => `${command} failed with the error "${error}"`;
      if (delivery.outcome !== 'acked') return finish(seen, delivery, failed(FAILURES[delivery.outcome]), patience);
      let failure: string | null = null;
      try {
        const origin = { user: user.id, channel: channel.id, message: undefined, threadTs: undefined };
        if ('text' in delivery.ack || 'blocks' in delivery.ack) respond(state, origin, delivery.ack);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        failure = failed(error.code);
      }
      return finish(seen, delivery, failure, patience);
    },

    async click(user, at, actionId, choice, patience = {}) {
      mustBeIn(user, state.channels.get(at.channel));
      const own = state.ephemerals.find((each) => each.ts === at.ts && each.user === user.id);
      const message: Message | Ephemeral | undefined = own ?? findMessage(state, at.channel, at.ts);
      if (message === undefined) throw new Impossible(`there is no message ${at.ts}`);
      const clicked = { ...findElement(message.blocks, actionId), choice };
      const key = `${user.id} ${at.ts}`;
      if (choice !== undefined) chosen.set(key, { ...chosen.get(key), [actionId]: choice });
      const values = messageValues(state, message.blocks, chosen.get(key) ?? {});
      const seen = watch(state, { user: user.id, channel: at.channel, message: message.threadTs ?? at.ts });
      return dispatchClick(messageActionPayload(context, user, message, clicked, values), seen, patience);
    },

    async clickInView(user, actionId, choice, patience = {}) {
      const view = openModal(state, user);
      const clicked = { ...findElement(view.blocks, actionId), choice };
      const seen = watch(state, { user: user.id, channel: '', message: undefined });
      const values = modalValues(state, view, choice === undefined ? {} : { [actionId]: choice });
      return dispatchClick(viewActionPayload(context, user, view, clicked, values), seen, patience);
    },

    async submit(user, fields) {
      const view = openModal(state, user);
      const values = modalValues(state, view, fields);
      const errors = fieldErrors(view, fields);
      if (Object.keys(errors).length > 0) return { outcome: 'errors', errors, failure: null };
      const delivery = await deliver('interactive', submissionPayload(context, user, view, values), true);
      if (delivery.outcome !== 'acked') return { outcome: 'trouble', errors: {}, failure: TROUBLE };
      return takeAnswer(state, user.id, view, delivery.ack);
    },

    async close(user) {
      const view = openModal(state, user);
      closeTop(state, user.id, view.clear_on_close);
      if (view.notify_on_close) {
        const payload = closedPayload(context, user, view, view.clear_on_close ?? false);
        await deliver('interactive', payload, false);
      }
    },
  };
}

/** `state.values` of a message: every element that holds a value. */
function messageValues(state: State, blocks: readonly Block[], choices: Readonly<Record<string, Choice>>) {
  const values: Record<string, Record<string, unknown>> = {};
  for (const block of blocks)
    for (const element of interactives(block)) {
      const id = element.action_id ?? '';
      const value = elementValue(state, element, choices[id] ?? initialChoice(element));
      if (value !== undefined) values[block.block_id ?? ''] = { ...values[block.block_id ?? ''], [id]: value };
    }
  return values;
}
