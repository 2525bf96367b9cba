import type { Logger } from 'pino';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Facts } from '../operation/facts.ts';
import { newId } from '../operation/ids.ts';
import type { Journal } from '../operation/journal.ts';
import { nextMove } from '../operation/next.ts';
import type { Operation } from '../operation/operation.ts';
import { digestOf, type Plan } from '../operation/plan.ts';
import type { StepNotes, Wake } from '../operation/ports.ts';
import { fail } from './aftermath.ts';
import { closeRuns, resumeProgram, startProgram } from './change.ts';
import { type Drive, DriveStopped, driveWriter, Refused } from './drive.ts';
import type { CloudHosts } from './hosts.ts';
import { keepLease } from './keeper.ts';
import { askQuestions } from './question.ts';

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

/**
 * Drives one operation as far as it goes. Rung twice, late or by several workers it is harmless: the claim is refused
 * while another's lease is alive. Resolves when there is nothing more to do here; rejects only when Redis fails.
 */
export async function driveOperation(parts: DriverParts, id: string, leaving: AbortSignal): Promise<void> {
  const { journal, log } = parts;
  const read = await journal.read(id);
  if (read.state !== 'sound') return log.error({ operation: id, journal: read.state }, 'this journal is not followed');
  if (read.operation.end) return;
  const hosts = parts.hostsOf(read.operation.cloud);
  if (hosts === null)
    return log.error({ operation: id, cloud: read.operation.cloud }, 'this cloud is not in the config');

  const claim = newId();
  const takenAt = performance.now();
  const said = await journal.append(
    read.operation,
    { type: 'claimed', claim, worker: parts.worker },
    { lease: { mode: 'take', claim } },
  );
  if (said.answer !== 'appended') return log.debug({ operation: id, answer: said.answer }, 'not claimed');

  const keeper = keepLease(() => journal.renew(id, claim), takenAt);
  const signal = AbortSignal.any([keeper.signal, leaving]);
  const drive: Drive = {
    ...parts,
    ...driveWriter(journal, parts.wake, claim, said.operation),
    claim,
    keeper,
    signal,
    hosts,
  };
  try {
    while (await move(parts, drive)) signal.throwIfAborted();
  } catch (error) {
    if (!(error instanceof DriveStopped || signal.aborted)) throw error;
    log.info({ operation: id, why: error instanceof Error ? error.message : String(error) }, 'left where it stands');
  } finally {
    keeper.stop();
    await journal.letGo(id, claim).catch(() => {}); // it ends by itself
    if (leaving.aborted) await parts.wake.drive(id).catch(() => {}); // another may go on at once; else the sweep rings
  }
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
    case 'plan': {
      if (operation.facts === null) return false;
      const plan = parts.plan(operation, operation.facts);
      await drive.write({ type: 'planned', claim: drive.claim, plan, digest: digestOf(plan) });
      return true;
    }
    case 'start':
      return orFail(drive, () =>
        next.step.program ? startProgram(drive, next.step, next.attempt) : askQuestions(drive, next.step, next.attempt),
      );
    case 'resume':
      await (next.step.program
        ? resumeProgram(drive, next.step, next.attempt, next.startedAt)
        : askQuestions(drive, next.step, next.attempt));
      return true;
    case 'fail':
      await fail(drive, next.problem, next.changed);
      return true;
    case 'succeed':
      await closeRuns(drive);
      await drive.write({ type: 'succeeded', claim: drive.claim });
      return true;
  }
}

/** What can't be asked before anything was changed ends the operation with its reason. */
async function orFail(drive: Drive, act: () => Promise<unknown>): Promise<true> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Refused || error instanceof KollaBackupError) || error.problem.code.startsWith('REDIS_'))
      throw error;
    const next = nextMove(drive.operation());
    if (next.move === 'resume') throw error; // its start is in the journal: it is looked for, not ended
    await fail(drive, error.problem, false);
  }
  return true;
}
