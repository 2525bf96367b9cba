import {
  type Attempt,
  attemptsIn,
  hasWorked,
  latest,
  mainTrack,
  type Operation,
  stuckAt,
  type Track,
} from './operation.ts';
import type { BackOut, Plan, Step } from './plan.ts';

/**
 * The back-outs that may be started now: something didn't work, and the plan offers them from where it stands. Of those
 * that are alike, what `later` says comes after the others.
 */
export function offeredBackOuts(operation: Operation, later?: (one: BackOut) => boolean): readonly BackOut[] {
  const main = mainTrack(operation);
  if (operation.plan === null || main === null || stuckAt(operation) === null) return [];
  const { plan } = operation.plan;
  const gone = new Set(operation.gone.map(({ host }) => host));
  const needs = ({ steps }: BackOut, hosts: ReadonlySet<string>) => steps.some(({ host }) => hosts.has(host));
  const left = new Set(main.backOut?.without);
  const offered = plan.backOuts.filter((one) =>
    one.leads === 'end'
      ? isBetween(operation, plan, one)
      : isBetween(operation, main, one) && goesOn(operation, main, one) && !needs(one, left),
  );
  // Each is about one node: were two declared, one of them perhaps by mistake, whether it is off is asked before anything.
  const fits = ({ without = [] }: BackOut) => without.every((name) => gone.has(name));
  // What needs nothing of a node that is gone comes first, and first of that what leaves it out.
  const group = (one: BackOut) => (needs(one, gone) ? 2 : one.without === undefined ? 1 : 0);
  const rank = (one: BackOut) => 2 * group(one) + Number(later?.(one) ?? false);
  return offered.filter(fits).toSorted((one, other) => rank(one) - rank(other));
}

function isBetween(operation: Operation, { number }: Pick<Plan, 'number'>, { offered }: BackOut): boolean {
  const attempts = attemptsIn(operation, number);
  const begun = offered.from === null || attempts.has(offered.from);
  return begun && (offered.until === null || !hasWorked({ attempts }, { id: offered.until }));
}

/** Whether what is stuck, the plan or a way back, could go on after it: only where what didn't work may be done or judged again. */
function goesOn(operation: Operation, { number, steps }: Track, backOut: BackOut): boolean {
  const attempts = attemptsIn(operation, number);
  const step = steps.find((one) => !hasWorked({ attempts }, one));
  const last = step && latest({ attempts }, step);
  return step !== undefined && last !== undefined && resumedBy(backOut, step, last) !== null;
}

/** The last sending of a step as a remedy leaves it: to be sent again, or under way until its end was seen anew; else null. */
export function resumedBy({ again, anew = [] }: BackOut, { id, program }: Step, last: Attempt): Attempt | null {
  const { end } = last;
  if (end === null || end.outcome === 'worked') return null;
  // What only looks is asked again; of what failed or never began, that of which the remedy says so.
  const repeats = program === null || (end.outcome !== 'unclear' && again.includes(id));
  if (repeats) return { ...last, end: { ...end, again: true } };
  // Where its program was never sent no host knows of an end, and looking for one would begin it.
  return end.outcome === 'failed' && end.exit !== null && anew.includes(id) ? { ...last, end: null } : null;
}
