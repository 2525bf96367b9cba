import type { Logger } from 'pino';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Facts } from '../operation/facts.ts';
import { newId } from '../operation/ids.ts';
import type { Journal } from '../operation/journal.ts';
import { nextMove } from '../operation/next.ts';
import { changeStarted, type Operation } from '../operation/operation.ts';
import { digestOf, type Plan } from '../operation/plan.ts';
import type { StepNotes, Wake } from '../operation/ports.ts';
import { fail } from './aftermath.ts';
import { type Drive, DriveStopped, driveWriter, Refused } from './drive.ts';
import type { CloudHosts } from './hosts.ts';
import { keepLease } from './keeper.ts';
import { askQuestions } from './question.ts';
import { resumeProgram } from './resume.ts';
import { closeRuns } from './runs.ts';
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
  readonly plan: (operation: Operation, facts: Facts) => Plan;
};

/** After a driver let go with one of these told, the operation is tried again only when so much time has passed (ms). */
const AGAIN_AFTER_MS: Readonly<Record<string, number>> = {
  ATTENTION_UNEXPECTED: 1_800_000,
  RUN_DIRECTORY_GONE: 600_000,
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
  if (operation.end || tooSoon(operation)) return;
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

function tooSoon({ attention, headAt }: Operation): boolean {
  const pause = AGAIN_AFTER_MS[attention?.problem.code ?? ''] ?? 0;
  return Date.now() - headAt < pause;
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
  const next = nextMove(operation);
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
      const { step, attempt } = next;
      const { program } = step;
      return orFail(drive, () =>
        program ? startProgram(drive, step, program, attempt) : askQuestions(drive, step, attempt),
      );
    }
    case 'resume': {
      const { step, attempt, startedAt } = next;
      await (step.program ? resumeProgram(drive, step, attempt, startedAt) : askQuestions(drive, step, attempt));
      return true;
    }
    case 'fail':
      await fail(drive, next.problem, next.changed);
      return true;
    case 'succeed':
      if (await drive.write({ type: 'succeeded', claim: drive.claim })) await closeRuns(drive);
      return true;
  }
}

async function planIt(parts: DriverParts, drive: Drive): Promise<void> {
  const operation = drive.operation();
  if (operation.facts === null) throw new TypeError('a plan without facts');
  const plan = parts.plan(operation, operation.facts);
  await drive.write({ type: 'planned', claim: drive.claim, plan, digest: digestOf(plan) });
}

/** What can't be asked before anything was changed ends the operation with its reason. */
async function orFail(drive: Drive, act: () => Promise<unknown>): Promise<true> {
  try {
    await act();
  } catch (error) {
    const foreseen = error instanceof Refused || error instanceof KollaBackupError;
    // What went wrong on our own side, or after a start was written, is no reason to end it.
    if (!foreseen || /^(?:REDIS|EVENT)_/.test(error.problem.code) || changeStarted(drive.operation())) throw error;
    await fail(drive, error.problem, false);
  }
  return true;
}
