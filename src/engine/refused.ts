import { awaited } from '../operation/approval.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import { changeStarted, destroyStarted, type JournaledProblem, latest } from '../operation/operation.ts';
import type { Step } from '../operation/plan.ts';
import { fail } from './aftermath.ts';
import { type Drive, DriveStopped, Refused } from './drive.ts';
import { aboutPlan, closeIfEnded, trackOf } from './runs.ts';

/** The step that was about to start. */
type Starting = { readonly step: Step; readonly attempt: number };

/**
 * What can't be asked, or isn't as it must be, before anything was destroyed ends the operation with its reason; after
 * it, or where something is removed, the step counts as one that didn't work.
 */
export async function orRefused(
  drive: Drive,
  act: () => Promise<unknown>,
  starting: Starting | null = null,
): Promise<true> {
  try {
    await act();
  } catch (error) {
    const foreseen = error instanceof Refused || error instanceof KollaBackupError;
    // What went wrong on our own side is no reason to end it.
    if (!foreseen || /^(?:REDIS_AWAY|REDIS_REFUSED|EVENT_)/.test(error.problem.code)) throw error;
    await refused(drive, error.problem, starting, error);
  }
  return true;
}

async function refused(
  drive: Drive,
  problem: JournaledProblem,
  starting: Starting | null,
  error: unknown,
): Promise<void> {
  const operation = drive.operation();
  const { claim } = drive;
  if (operation.wish.kind === 'backup') {
    // After a start was written nobody can tell by this what became of it.
    if (changeStarted(operation)) throw error;
    return fail(drive, problem, false);
  }
  if (problem.code === 'HOST_REMEMBERS_MORE') return leaveToPeople(drive, problem);
  const clearing = operation.track?.kind === 'clearing';
  if (starting !== null && (clearing || destroyStarted(operation))) {
    if (latest(operation, starting.step)?.end === null) throw error;
    return notStarted(drive, starting, problem);
  }
  if (operation.withdrawal !== null) throw error;
  if (awaited(operation) === null) await drive.write({ type: 'given_up', claim, problem });
  else await drive.write({ type: 'voided', claim, ...aboutPlan(operation), problem });
  await closeIfEnded(drive);
}

/** A journal that has forgotten something ends nothing by what is left of it: MariaDB may be down, and the copies live. */
async function leaveToPeople(drive: Drive, problem: JournaledProblem): Promise<never> {
  if (drive.operation().attention?.problem.code !== problem.code)
    await drive.write({ type: 'attention', claim: drive.claim, problem });
  throw new DriveStopped(problem.code);
}

/** A step whose checks weren't met: nothing was sent, and the journal says so as of one that didn't work. */
async function notStarted(drive: Drive, { step, attempt }: Starting, problem: JournaledProblem): Promise<void> {
  const { claim } = drive;
  const at = { plan: trackOf(drive.operation()).number, step: step.id, attempt };
  const own = destroyStarted(drive.operation()) ? ({ own: 'need' } as const) : {};
  const said = await drive.writeStart({ type: 'step_started', claim, ...at, checks: [] }, own);
  if (said !== 'written') return;
  await drive.write({ type: 'step_finished', claim, ...at, outcome: 'failed', exit: null, checks: [], problem });
}
