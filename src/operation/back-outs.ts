import { attemptsIn, hasWorked, latest, mainTrack, type Operation, stuckAt, type Track } from './operation.ts';
import type { BackOut, Plan } from './plan.ts';

/** The back-outs that may be started now: something didn't work, and the plan offers them from where it stands. */
export function offeredBackOuts(operation: Operation): readonly BackOut[] {
  const main = mainTrack(operation);
  if (operation.plan === null || main === null || stuckAt(operation) === null) return [];
  const { plan } = operation.plan;
  const offered = plan.backOuts.filter((one) =>
    one.leads === 'end'
      ? isBetween(operation, plan, one)
      : isBetween(operation, main, one) && goesOn(operation, main, one),
  );
  const gone = operation.gone.map(({ host }) => host);
  const fits = ({ without = [] }: BackOut) =>
    without.length === 0 || (without.length === gone.length && without.every((name) => gone.includes(name)));
  // What needs nothing of a node that is gone comes first.
  return offered
    .filter(fits)
    .toSorted((one, other) => Number(other.without !== undefined) - Number(one.without !== undefined));
}

function isBetween(operation: Operation, { number }: Pick<Plan, 'number'>, { offered }: BackOut): boolean {
  const attempts = attemptsIn(operation, number);
  return attempts.has(offered.from) && (offered.until === null || !hasWorked({ attempts }, { id: offered.until }));
}

/** Whether what is stuck, the plan or a way back, could go on after it: only where what didn't work may be done again. */
function goesOn(operation: Operation, { number, steps }: Track, { again }: BackOut): boolean {
  const attempts = attemptsIn(operation, number);
  const step = steps.find((one) => !hasWorked({ attempts }, one));
  const failed = step !== undefined && latest({ attempts }, step)?.end?.outcome === 'failed';
  return failed && (step.program === null || again.includes(step.id));
}
