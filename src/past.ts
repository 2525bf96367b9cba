import { fold } from './operation/fold.ts';
import type { Journal, JournalRead } from './operation/journal.ts';
import type { Operation } from './operation/operation.ts';
import { type CloudPast, pastOf } from './runbooks/proven.ts';

/** How many of a cloud's newest operations are looked through for archives and restores: hourly backups of twelve days. */
const LOOKED = 300;

/** What the journals of a cloud tell of its archives and restores. */
export async function cloudPast(journal: Pick<Journal, 'read' | 'recent'>, cloud: string): Promise<CloudPast> {
  const operations: Operation[] = [];
  for (const { id } of await journal.recent(LOOKED, cloud)) {
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
