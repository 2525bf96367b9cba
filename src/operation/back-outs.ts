import { attemptsIn, type Operation, stuckAt } from './operation.ts';
import type { BackOut, Plan } from './plan.ts';

/** The back-outs that may be started now: something didn't work, and the plan offers them from where it stands. */
export function offeredBackOuts(operation: Operation): readonly BackOut[] {
  if (operation.plan === null || stuckAt(operation) === null) return [];
  const offered = operation.plan.plan.backOuts.filter((one) => isOffered(operation, operation.plan?.plan, one));
  // From halfway back there is no way on: the plan's questions could be answered well by what was gone back to.
  return turnedBack(operation) ? offered.filter(({ then }) => then === 'end') : offered;
}

/** Whether a back-out was started with which the operation is to end. */
function turnedBack({ track, past }: Operation): boolean {
  return [track, ...past.map((one) => one.track)].some((one) => one?.backOut?.then === 'end');
}

function isOffered(operation: Operation, plan: Plan | undefined, { offered }: BackOut): boolean {
  if (plan === undefined) return false;
  const attempts = attemptsIn(operation, plan.number);
  const worked = (step: string) => attempts.get(step)?.at(-1)?.end?.outcome === 'worked';
  return attempts.has(offered.from) && (offered.until === null || !worked(offered.until));
}
