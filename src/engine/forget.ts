import type { OperationOnHost } from '../operation/run-directory.ts';
import type { Drive } from './drive.ts';

/** How long a host remembers an operation that has ended (ms): nothing that was sent for it can still be on its way. */
export const REMEMBERED_MS = 30 * 86_400_000;
/** How many a host forgets at the end of one operation. */
const FORGOTTEN_AT_ONCE = 20;
/** How many of the newest operations are known to be young without their journals being read. */
const YOUNG_LOOKED = 2_000;

/**
 * Lets hosts forget operations that ended long ago, so that neither their run directories nor the comparison before a
 * restore grow for ever. Only what its journal, sound, shows as ended; what a host can't forget now is left for later.
 */
export async function forgetOld(
  drive: Pick<Drive, 'journal' | 'hosts' | 'log'>,
  hosts: Iterable<string>,
): Promise<void> {
  const since = (await drive.journal.now()) - REMEMBERED_MS;
  const young = new Set((await drive.journal.recent(YOUNG_LOOKED)).filter(({ at }) => at > since).map(({ id }) => id));
  for (const host of hosts) {
    try {
      const runs = drive.hosts.runs(host);
      const old = (await runs.heads()).filter((one) => !young.has(one.operation) && allOver(one));
      for (const { operation: id } of old.slice(0, FORGOTTEN_AT_ONCE)) {
        const read = await drive.journal.read(id);
        const end = read.state === 'sound' ? read.operation.end : null;
        if (end !== null && end.at <= since) await runs.remove(id);
      }
    } catch (error) {
      drive.log.warn({ host, error: String(error) }, 'what is old there stays in its run directories');
    }
  }
}

const allOver = ({ plans }: OperationOnHost) => plans.every(({ over }) => over);
