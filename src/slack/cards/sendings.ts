import type { Answered, Check, CheckName } from '../../operation/checks.ts';
import {
  type Attempt,
  type Driven,
  everDriven,
  latest,
  type Operation,
  type Track,
} from '../../operation/operation.ts';
import type { Step } from '../../operation/plan.ts';

/** One sending of a step, with the step and the track that it belongs to. */
export type Sending = { readonly track: Track; readonly step: Step; readonly attempt: Attempt };

/** The tracks driven until now, each once, as far as it came; the present one last. */
export function tracksOf(operation: Operation): readonly Driven[] {
  const all = everDriven(operation);
  return all.filter((one, index) => all.findLastIndex((other) => other.track.number === one.track.number) === index);
}

/** The track with this number, driven now or before. */
export function trackOf(operation: Operation, number: number): Driven | null {
  return tracksOf(operation).find(({ track }) => track.number === number) ?? null;
}

/** Every sending of every step until now. */
export function sendings(operation: Operation): readonly Sending[] {
  return tracksOf(operation).flatMap(({ track, attempts }) =>
    track.steps.flatMap((step) => (attempts.get(step.id) ?? []).map((attempt) => ({ track, step, attempt }))),
  );
}

type CheckOf<K extends CheckName> = Extract<Check, { check: K }>;
type AnsweredOf<K extends CheckName> = Extract<Answered, { check: K }>;
/** What was answered to one check after a step. */
export type Said<K extends CheckName> = {
  readonly check: CheckOf<K>;
  readonly answered: AnsweredOf<K>;
  readonly step: Step;
};

/** The answers to one kind of check after a sending: a step may ask it more than once, and answers keep its order. */
export function answersIn<K extends CheckName>(step: Step, attempt: Attempt | undefined, name: K): readonly Said<K>[] {
  const asked = step.after.filter((one): one is CheckOf<K> => one.check === name);
  const said = (attempt?.end?.after ?? []).filter((one): one is AnsweredOf<K> => one.check === name);
  return said.flatMap((answered, index) => {
    const check = asked[index];
    return check === undefined ? [] : [{ check, answered, step }];
  });
}

/** The answers of the latest sending of each step, those of earlier tracks first. */
export function answersTo<K extends CheckName>(operation: Operation, name: K): readonly Said<K>[] {
  return tracksOf(operation).flatMap(({ track, attempts }) =>
    track.steps.flatMap((step) => answersIn(step, latest({ attempts }, step), name)),
  );
}
