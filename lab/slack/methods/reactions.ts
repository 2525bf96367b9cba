/** reactions.* */
import { z } from 'zod';
import { findMessage } from '../messages.ts';
import type { Message, State } from '../model.ts';
import { visibleChannel } from '../people.ts';
import { Refusal } from '../refusal.ts';
import { arg, method } from './method.ts';

const which = z.strictObject({ channel: arg.id, timestamp: arg.ts, name: arg.id });

type Which = z.output<typeof which>;

function reactedMessage(state: State, args: Which): Message {
  const channel = visibleChannel(state, args.channel);
  if (!/^[a-z0-9_+'-]+(::skin-tone-[2-6])?$/.test(args.name)) throw new Refusal('invalid_name');
  const message = findMessage(state, channel.id, args.timestamp);
  if (message === undefined) throw new Refusal('message_not_found');
  return message;
}

/** Throws `already_reacted` or `no_reaction`. */
export function react(state: State, message: Message, user: string, name: string, on: boolean): void {
  const users = message.reactions.get(name) ?? [];
  if (users.includes(user) === on) throw new Refusal(on ? 'already_reacted' : 'no_reaction');
  const next = on ? [...users, user] : users.filter((each) => each !== user);
  if (next.length === 0) message.reactions.delete(name);
  else message.reactions.set(name, next);
  state.changes.tell({ kind: 'update', channel: message.channel, ts: message.ts });
}

const turn = (on: boolean) =>
  method({
    tier: on ? 't3' : 't2',
    scopes: ['reactions:write'],
    args: which,
    run(args, { state }) {
      react(state, reactedMessage(state, args), state.app.botUser, args.name, on);
      return {};
    },
  });

export const reactions = { 'reactions.add': turn(true), 'reactions.remove': turn(false) } as const;
