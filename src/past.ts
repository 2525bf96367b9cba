import { fold } from './operation/fold.ts';
import type { Journal, JournalRead } from './operation/journal.ts';
import type { Operation } from './operation/operation.ts';
import { type CloudPast, pastOf } from './runbooks/proven.ts';

/** How many of a cloud's newest operations are looked through for archives: hourly backups of twelve days. */
const LOOKED = 300;

/** Where it is looked up. */
export type PastJournal = Pick<Journal, 'read' | 'recent' | 'restores'>;

/** What the journals of a cloud tell of its newest archives, and of all its restores: a chain may be older than twelve days. */
export async function cloudPast(journal: PastJournal, cloud: string): Promise<CloudPast> {
  const operations: Operation[] = [];
  const listed = [...(await journal.recent(LOOKED, cloud)), ...(await journal.restores(cloud))];
  for (const id of new Set(listed.map((one) => one.id))) {
    const followed = asFollowed(await journal.read(id));
    if (followed !== null) operations.push(followed);
  }
  return pastOf(operations);
}

/**
 * As far as it can be followed: that a restore has replaced the data counts, whatever a newer version wrote after it.
 * A journal that doesn't verify tells nothing.
 */
function asFollowed(read: JournalRead): Operation | null {
  if (read.state === 'sound') return read.operation;
  if (read.state !== 'unreadable') return null;
  const folded = fold(read.records.slice(0, read.seq - 1));
  return folded.ok ? folded.operation : null;
}
