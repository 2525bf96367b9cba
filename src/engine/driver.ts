import type { Logger } from 'pino';
import { KollaBackupError, type Problem } from '../operation/catalogue.ts';
import { newId } from '../operation/ids.ts';
import type { Journal } from '../operation/journal.ts';
import { nextMove } from '../operation/next.ts';
import type { Operation } from '../operation/operation.ts';
import type { StepNotes, Wake } from '../operation/ports.ts';
import { type Drive, DriveStopped, driveWriter } from './drive.ts';
import type { CloudHosts } from './hosts.ts';
import { keepLease } from './keeper.ts';
import { type Makers, makeMove } from './moves.ts';

/** What drives operations in this process. */
export type DriverParts = Makers & {
  readonly journal: Journal;
  readonly wake: Wake;
  readonly notes: StepNotes;
  readonly log: Logger;
  readonly logDirectory: string;
  /** This process, for people: host and pid. */
  readonly worker: string;
  /** Null for a cloud that the config doesn't name. */
  readonly hostsOf: (cloud: string) => CloudHosts | null;
  /** What is missing for Redis to keep every event; null when nothing is. */
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
    while (await makeMove(parts, drive)) signal.throwIfAborted();
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
