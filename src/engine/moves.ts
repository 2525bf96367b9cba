import { KollaBackupError } from '../operation/catalogue.ts';
import type { Facts } from '../operation/facts.ts';
import { nextMove } from '../operation/next.ts';
import { highestNumber, type JournaledProblem, latest, type Operation, stepsOf } from '../operation/operation.ts';
import { digestOf, type Plan } from '../operation/plan.ts';
import { MAX_PLAN_BYTES } from '../operation/record.ts';
import { fail } from './aftermath.ts';
import type { Drive } from './drive.ts';
import type { CloudHosts } from './hosts.ts';
import { askQuestions } from './question.ts';
import { orRefused } from './refused.ts';
import { resumeProgram } from './resume.ts';
import { aboutPlan, closeIfEnded } from './runs.ts';
import { startProgram } from './start.ts';

/** What makes the facts and the plans of operations. */
export type Makers = {
  readonly probe: (operation: Operation, hosts: CloudHosts, signal: AbortSignal) => Promise<Facts>;
  readonly plan: (operation: Operation, facts: Facts, number: number) => Plan;
};

/** Makes the next move; false when there is none. */
export async function makeMove(makers: Makers, drive: Drive): Promise<boolean> {
  const operation = drive.operation();
  const next = nextMove(operation, await drive.journal.now());
  const { claim } = drive;
  switch (next.move) {
    case 'none':
      return false;
    case 'probe':
      return orRefused(drive, async () => {
        const facts = await makers.probe(operation, drive.hosts, drive.signal);
        await drive.write({ type: 'probed', claim, facts });
      });
    case 'plan':
      return orRefused(drive, () => planIt(makers, drive));
    case 'start': {
      const { step, attempt, notAfter } = next;
      const { program } = step;
      return orRefused(
        drive,
        () =>
          program
            ? startProgram(drive, step, program, attempt, notAfter)
            : askQuestions(drive, step, attempt, notAfter),
        { step, attempt },
      );
    }
    case 'resume': {
      const { step, attempt, startedAt } = next;
      await (step.program ? resumeProgram(drive, step, attempt, startedAt) : askQuestions(drive, step, attempt, null));
      return true;
    }
    case 'fail':
      await fail(drive, next.problem, next.changed);
      return true;
    case 'give_up':
      await drive.write({ type: 'given_up', claim, problem: next.problem });
      return closeIfEnded(drive);
    case 'expire': {
      const { what, why } = next;
      await drive.write({ type: 'expired', claim, ...aboutPlan(operation), what, why });
      return closeIfEnded(drive);
    }
    case 'clear':
      await drive.write({ type: 'clearing', claim, number: highestNumber(operation) + 1 });
      return true;
    case 'cleared':
      await drive.write({ type: 'cleared', claim, left: leftBehindOn(operation) });
      return closeIfEnded(drive);
    case 'ask':
      await drive.write({ type: 'attention', claim, problem: next.problem });
      return true;
    case 'succeed':
      await drive.write({ type: 'succeeded', claim });
      return closeIfEnded(drive);
  }
}

async function planIt(makers: Makers, drive: Drive): Promise<void> {
  const operation = drive.operation();
  if (operation.facts === null) throw new TypeError('a plan without facts');
  const plan = makers.plan(operation, operation.facts, highestNumber(operation) + 1);
  const bytes = Buffer.byteLength(JSON.stringify(plan));
  if (bytes > MAX_PLAN_BYTES)
    throw new KollaBackupError('PLAN_TOO_LARGE', { bytes: String(bytes), most: String(MAX_PLAN_BYTES) });
  await drive.write({ type: 'planned', claim: drive.claim, plan, digest: digestOf(plan) });
}

/** The hosts on which what was prepared could not be removed, and why. */
function leftBehindOn(operation: Operation): { host: string; problem: JournaledProblem }[] {
  return stepsOf(operation).flatMap((step) => {
    const end = latest(operation, step)?.end;
    if (!end || end.outcome === 'worked') return [];
    return [{ host: step.host, problem: end.problem ?? { code: 'STEP_FAILED', params: { step: step.title } } }];
  });
}
