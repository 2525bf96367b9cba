/** A modal's fields: what was filled in, what the client itself refuses, and what the app answers. */
import { z } from 'zod';
import { interactives } from './blocks/check.ts';
import type { Interactive } from './blocks/elements.ts';
import { type Choice, elementValue, Impossible, initialChoice } from './choices.ts';
import type { State } from './model.ts';
import { Refusal } from './refusal.ts';
import { checkView, closeTop, pushOn, updateView, type Values, type View } from './views.ts';

/** By block_id, or by action_id where that is unique in the modal. */
export type Fields = Readonly<Record<string, Choice>>;

export const TROUBLE = 'We had some trouble connecting. Try again?';

export type Submitted = {
  readonly outcome: 'closed' | 'cleared' | 'errors' | 'updated' | 'pushed' | 'trouble';
  /** By block_id: what stands under each field. */
  readonly errors: Readonly<Record<string, string>>;
  readonly failure: string | null;
};

const REQUIRED = 'Please complete this required field.';

const choiceFor = (fields: Fields, blockId: string, element: Interactive): Choice | undefined =>
  fields[blockId] ?? fields[element.action_id ?? ''] ?? initialChoice(element);

function entries(view: View) {
  return view.blocks.flatMap((block) =>
    interactives(block).map((element) => ({ block, blockId: block.block_id ?? '', element })),
  );
}

function refuseUnknown(view: View, fields: Fields): void {
  const known = new Set(entries(view).flatMap(({ blockId, element }) => [blockId, element.action_id ?? '']));
  const unknown = Object.keys(fields).find((key) => !known.has(key));
  if (unknown !== undefined) throw new Impossible(`the modal has no field ${unknown}`);
}

/** `state.values` of a modal. Throws `Impossible` for a field or an option that isn't there. */
export function modalValues(state: State, view: View, fields: Fields): Values {
  refuseUnknown(view, fields);
  const values: Record<string, Record<string, unknown>> = {};
  for (const { blockId, element } of entries(view)) {
    const value = elementValue(state, element, choiceFor(fields, blockId, element));
    if (value !== undefined) values[blockId] = { ...values[blockId], [element.action_id ?? '']: value };
  }
  return values;
}

/** What Slack's client refuses before the app hears of it. */
export function fieldErrors(view: View, fields: Fields): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const { block, blockId, element } of entries(view)) {
    if (block.type !== 'input') continue;
    const choice = choiceFor(fields, blockId, element);
    const empty = choice === undefined || choice.length === 0;
    if (empty && !block.optional) errors[blockId] = REQUIRED;
    if (empty || element.type !== 'plain_text_input') continue;
    const { min_length: min = 0, max_length: max = Number.POSITIVE_INFINITY } = element;
    if (choice.length < min) errors[blockId] = `Please use at least ${min} characters.`;
    if (choice.length > max) errors[blockId] = `Please use at most ${max} characters.`;
  }
  return errors;
}

const answer = z.discriminatedUnion('response_action', [
  z.strictObject({ response_action: z.literal('errors'), errors: z.record(z.string(), z.string().min(1)) }),
  z.strictObject({ response_action: z.literal('update'), view: z.unknown() }),
  z.strictObject({ response_action: z.literal('push'), view: z.unknown() }),
  z.strictObject({ response_action: z.literal('clear') }),
]);

type Acted = z.infer<typeof answer>;

function act(state: State, user: string, view: View, ack: Acted): Submitted {
  const fine = (outcome: Submitted['outcome']): Submitted => ({ outcome, errors: {}, failure: null });
  switch (ack.response_action) {
    case 'errors': {
      const inputs = view.blocks.filter((block) => block.type === 'input').map((block) => block.block_id);
      const known = Object.keys(ack.errors).every((id) => inputs.includes(id));
      return known ? { ...fine('errors'), errors: ack.errors } : { ...fine('trouble'), failure: TROUBLE };
    }
    case 'update':
      updateView(state, { viewId: view.id }, ack.view);
      return fine('updated');
    case 'push':
      pushOn(state, user, checkView(ack.view));
      return fine('pushed');
    case 'clear':
      closeTop(state, user, true);
      return fine('cleared');
  }
}

/** Does what the acknowledgement says; an empty one closes the modal. A bad one is the person's trouble. */
export function takeAnswer(state: State, user: string, view: View, ack: Readonly<Record<string, unknown>>): Submitted {
  if (Object.keys(ack).length === 0) {
    // The app may have changed the stack meanwhile; only this modal is closed.
    const open = state.stacks.get(user) ?? [];
    if (open.at(-1)?.id === view.id) closeTop(state, user);
    return { outcome: 'closed', errors: {}, failure: null };
  }
  const parsed = answer.safeParse(ack);
  try {
    if (parsed.success) return act(state, user, view, parsed.data);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  return { outcome: 'trouble', errors: {}, failure: TROUBLE };
}
