import type { Logger } from 'pino';
import { awaited } from '../operation/approval.ts';
import { KollaBackupError, type Problem } from '../operation/catalogue.ts';
import type { Facts } from '../operation/facts.ts';
import { newId } from '../operation/ids.ts';
import type { Journal } from '../operation/journal.ts';
import { nextMove } from '../operation/next.ts';
import {
  changeStarted,
  destroyStarted,
  highestNumber,
  type JournaledProblem,
  latest,
  type Operation,
  stepsOf,
} from '../operation/operation.ts';
import { digestOf, type Plan, type Step } from '../operation/plan.ts';
import type { StepNotes, Wake } from '../operation/ports.ts';
import { MAX_PLAN_BYTES } from '../operation/record.ts';
import { fail } from './aftermath.ts';
import { type Drive, DriveStopped, driveWriter, Refused } from './drive.ts';
import type { CloudHosts } from './hosts.ts';
import { keepLease } from './keeper.ts';
import { askQuestions } from './question.ts';
import { resumeProgram } from './resume.ts';
import { closeRuns, trackOf } from './runs.ts';
import { startProgram } from './start.ts';

export type DriverParts = {
  readonly journal: Journal;
  readonly wake: Wake;
  readonly notes: StepNotes;
  readonly log: Logger;
  readonly logDirectory: string;
  /** This process, for people: host and pid. */
  readonly worker: string;
  /** Null for a cloud that the config doesn't name. */
  readonly hostsOf: (cloud: string) => CloudHosts | null;
  readonly probe: (operation: Operation, hosts: CloudHosts, signal: AbortSignal) => Promise<Facts>;
  readonly plan: (operation: Operation, facts: Facts, number: number) => Plan;
  readonly durable: () => Promise<Problem | null>;
};

/** After a driver let go with one of these told, the operation is tried again only when so much time has passed (ms). */
const AGAIN_AFTER_MS: Readonly<Record<string, number>> = {
  ATTENTION_UNEXPECTED: 1_800_000,
  RUN_DIRECTORY_GONE: 600_000,
  HOST_REMEMBERS_MORE: 600_000,
};

/**
 * Drives one operation as far as it goes. Rung twice, late or by several workers it is harmless: the claim is refused
 * while another's lease is alive. Resolves when there is nothing more to do here; rejects only when Redis fails.
 */
export async function driveOperation(parts: DriverParts, id: string, leaving: AbortSignal): Promise<void> {
  const { journal, log } = parts;
  const read = await journal.read(id);
  if (read.state !== 'sound') return log.error({ operation: id, journal: read }, 'this journal is not followed');
  const { operation } = read;
  const now = await journal.now();
  if (operation.end || tooSoon(operation, now) || nextMove(operation, now).move === 'none') return;
  const hosts = parts.hostsOf(operation.cloud);
  if (hosts === null) return log.error({ operation: id, cloud: operation.cloud }, 'this cloud is not in the config');

  const claim = newId();
  const takenAt = performance.now();
  const claimed = { type: 'claimed', claim, worker: parts.worker } as const;
  const said = await journal.append(operation, claimed, { lease: { mode: 'take', claim } });
  if (said.answer !== 'appended') return log.debug({ operation: id, answer: said.answer }, 'not claimed');

  const keeper = keepLease(() => journal.renew(id, claim), takenAt);
  const signal = AbortSignal.any([keeper.signal, leaving]);
  const writer = driveWriter(journal, parts.wake, claim, said.operation);
  const drive: Drive = { ...parts, ...writer, claim, keeper, signal, hosts };
  try {
    while (await move(parts, drive)) signal.throwIfAborted();
  } catch (error) {
    await letGo(drive, error);
  } finally {
    keeper.stop();
    await journal.letGo(id, claim).catch(() => {}); // it ends by itself
    if (leaving.aborted) await parts.wake.drive(id).catch(() => {}); // another may go on at once; else the sweep rings
  }
}

/** Counted from the last try and by the journal's clock: what people say meanwhile doesn't put the next one off. */
function tooSoon({ attention, claim }: Operation, now: number): boolean {
  const pause = AGAIN_AFTER_MS[attention?.problem.code ?? ''] ?? 0;
  return now - (claim?.at ?? 0) < pause;
}

/** Leaves an operation where it stands. What nobody foresaw is told to people, once, with a reference into the log. */
async function letGo(drive: Drive, error: unknown): Promise<void> {
  const { id, attention } = drive.operation();
  if (error instanceof DriveStopped || drive.signal.aborted) {
    return drive.log.info(
      { operation: id, why: error instanceof Error ? error.message : String(error) },
      'left where it stands',
    );
  }
  if (error instanceof KollaBackupError && error.problem.code.startsWith('REDIS_')) throw error;
  const reference = newId().slice(0, 8);
  drive.log.error(
    { operation: id, reference, error: error instanceof Error ? error.stack : String(error) },
    'unexpected',
  );
  if (attention?.problem.code === 'ATTENTION_UNEXPECTED') return;
  const problem = { code: 'ATTENTION_UNEXPECTED', params: { reference } };
  await drive.write({ type: 'attention', claim: drive.claim, problem });
}

/** Makes the next move; false when there is none. */
async function move(parts: DriverParts, drive: Drive): Promise<boolean> {
  const operation = drive.operation();
  const next = nextMove(operation, await parts.journal.now());
  const { claim } = drive;
  switch (next.move) {
    case 'none':
      return false;
    case 'probe':
      return orFail(drive, async () => {
        const facts = await parts.probe(operation, drive.hosts, drive.signal);
        await drive.write({ type: 'probed', claim: drive.claim, facts });
      });
    case 'plan':
      return orFail(drive, () => planIt(parts, drive));
    case 'start': {
      const { step, attempt, notAfter } = next;
      const { program } = step;
      return orFail(
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

async function closeIfEnded(drive: Drive): Promise<true> {
  if (drive.operation().end) await closeRuns(drive);
  return true;
}

function aboutPlan({ plan }: Operation): { plan: number; digest: string } {
  if (plan === null) throw new TypeError('no plan');
  return { plan: plan.plan.number, digest: plan.digest };
}

/** The hosts on which what was prepared could not be removed, and why. */
function leftBehindOn(operation: Operation): { host: string; problem: JournaledProblem }[] {
  return stepsOf(operation).flatMap((step) => {
    const end = latest(operation, step)?.end;
    if (!end || end.outcome === 'worked') return [];
    return [{ host: step.host, problem: end.problem ?? { code: 'STEP_FAILED', params: { step: step.title } } }];
  });
}

async function planIt(parts: DriverParts, drive: Drive): Promise<void> {
  const operation = drive.operation();
  if (operation.facts === null) throw new TypeError('a plan without facts');
  const plan = parts.plan(operation, operation.facts, highestNumber(operation) + 1);
  const bytes = Buffer.byteLength(JSON.stringify(plan));
  if (bytes > MAX_PLAN_BYTES)
    throw new KollaBackupError('PLAN_TOO_LARGE', { bytes: String(bytes), most: String(MAX_PLAN_BYTES) });
  await drive.write({ type: 'planned', claim: drive.claim, plan, digest: digestOf(plan) });
}

/** The step that was about to start. */
type Starting = { readonly step: Step; readonly attempt: number };

/**
 * What can't be asked, or isn't as it must be, before anything was destroyed ends the operation with its reason; after
 * it, or where something is removed, the step counts as one that didn't work.
 */
async function orFail(drive: Drive, act: () => Promise<unknown>, starting: Starting | null = null): Promise<true> {
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
