import { attemptsIn, type Operation, stuckAt } from './operation.ts';
import type { BackOut, Plan } from './plan.ts';

/** The back-outs that may be started now: something didn't work, and the plan offers them from where it stands. */
export function offeredBackOuts(operation: Operation): readonly BackOut[] {
  if (operation.plan === null || stuckAt(operation) === null) return [];
  const { plan } = operation.plan;
  return plan.backOuts.filter((one) => isOffered(operation, plan, one));
}

function isOffered(operation: Operation, plan: Plan, { offered, then, again }: BackOut): boolean {
  const attempts = attemptsIn(operation, plan.number);
  const worked = (step: string) => attempts.get(step)?.at(-1)?.end?.outcome === 'worked';
  if (!attempts.has(offered.from) || (offered.until !== null && worked(offered.until))) return false;
  return then === 'end' || goesOn(operation, plan, again);
}

/** A plan goes on only where what didn't work may be done again, and never once a way back was begun. */
function goesOn(operation: Operation, plan: Plan, again: readonly string[]): boolean {
  const { track, past } = operation;
  const given = [track, ...past.map((one) => one.track)].some((one) => one?.backOut?.then === 'end');
  const attempts = attemptsIn(operation, plan.number);
  const step = plan.steps.find(({ id }) => attempts.get(id)?.at(-1)?.end?.outcome !== 'worked');
  if (given || step === undefined) return false;
  const failed = attempts.get(step.id)?.at(-1)?.end?.outcome === 'failed';
  return failed && (step.program === null || again.includes(step.id));
}
