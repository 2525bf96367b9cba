import { explain, KollaBackupError } from '../operation/catalogue.ts';
import { type Drive, DriveStopped } from './drive.ts';
import { sleep } from './hosts.ts';

/** How long to wait between two questions to a host that didn't answer (ms). */
const AGAIN_MS = 10_000;
/** How much of a reason is told. */
const REASON_MAX = 500;

/**
 * Asks a host until it answers: what was begun there is never given up. People are told when it can't be asked, and
 * when it can again. Leaves (DriveStopped or the signal's reason) with the drive itself, and when the operation was
 * withdrawn or released meanwhile: what is to be done then doesn't wait for this host. Rejects with HOST_DECLARED_GONE.
 */
export async function untilSeen<T>(
  drive: Drive,
  host: string,
  question: () => Promise<T>,
  again: (error: KollaBackupError) => boolean = () => true,
): Promise<T> {
  for (;;) {
    drive.signal.throwIfAborted();
    try {
      const answer = await question();
      if (outOfSight(drive)) await drive.write({ type: 'eased', claim: drive.claim });
      return answer;
    } catch (error) {
      if (!(error instanceof KollaBackupError) || error.problem.code.startsWith('REDIS_') || !again(error)) throw error;
      drive.log.warn({ operation: drive.operation().id, host, problem: error.problem }, 'a host could not be asked');
      if (!outOfSight(drive)) {
        const reason = explain(error.problem).wrong.slice(0, REASON_MAX);
        const problem = { code: 'HOST_OUT_OF_SIGHT', params: { host, reason } };
        await drive.write({ type: 'attention', claim: drive.claim, problem });
      }
      await stopIfLeft(drive);
      demandNotGone(drive, host);
      await sleep(AGAIN_MS, drive.signal);
    }
  }
}

/** A host that two persons have declared gone isn't waited for. Throws HOST_DECLARED_GONE. */
function demandNotGone(drive: Drive, host: string): void {
  if (drive.operation().gone.some((one) => one.host === host))
    throw new KollaBackupError('HOST_DECLARED_GONE', { host });
}

/** Waits until nothing of a former track runs on a host, and says what is waited for. `running` names what does. */
export async function untilFree(drive: Drive, host: string, running: () => Promise<readonly string[]>): Promise<void> {
  for (let steps = await running(); steps.length > 0; steps = await running()) {
    if (drive.operation().attention?.problem.code !== 'BACK_OUT_HELD_UP') {
      const problem = { code: 'BACK_OUT_HELD_UP', params: { host, steps: steps.join(', ') } };
      await drive.write({ type: 'attention', claim: drive.claim, problem });
    }
    await stopIfLeft(drive);
    await sleep(AGAIN_MS, drive.signal);
  }
}

/** Somebody withdrew or released the operation: it is driven anew from where its journal stands now. */
async function stopIfLeft(drive: Drive): Promise<void> {
  const { end, withdrawal, track } = await drive.refresh();
  if (end !== null || (withdrawal !== null && track?.kind !== 'clearing'))
    throw new DriveStopped('it was withdrawn or released meanwhile');
}

function outOfSight(drive: Drive): boolean {
  return drive.operation().attention?.problem.code === 'HOST_OUT_OF_SIGHT';
}
