import { runName } from '../operation/next.ts';
import type { Operation } from '../operation/operation.ts';
import type { Plan, Step } from '../operation/plan.ts';
import type { StepName } from '../operation/run-directory.ts';
import type { Drive } from './drive.ts';

/** The plan of an operation that has one; a step is never driven without. */
export function planOf(operation: Operation): Plan {
  if (operation.plan === null) throw new TypeError(`${operation.id} has no plan`);
  return operation.plan.plan;
}

/** Where one attempt at a step stands in its host's run directories. */
export function runOf(operation: Operation, step: Step, attempt: number): StepName {
  return { operation: operation.id, plan: String(planOf(operation).number), step: runName(step.id, attempt) };
}

/**
 * Ends a plan on every host where a program of it may have been sent, so that nothing of it can begin any more. Only
 * after the operation's end is in the journal: the one who takes over must find the plan open.
 */
export async function closeRuns(drive: Drive): Promise<void> {
  const operation = drive.operation();
  if (operation.plan === null || operation.attempts.size === 0) return;
  const plan = { operation: operation.id, plan: String(operation.plan.plan.number) };
  for (const host of new Set(operation.plan.plan.steps.filter(({ program }) => program).map((step) => step.host))) {
    await drive.hosts
      .runs(host)
      .close(plan)
      .then((closed) => {
        if (closed.running.length > 0)
          drive.log.warn({ ...plan, host, running: closed.running }, 'something of an ended plan still runs');
      })
      .catch((error: unknown) =>
        drive.log.warn({ ...plan, host, error: String(error) }, 'its run directory stays open'),
      );
  }
}
