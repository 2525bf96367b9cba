import type { Journal } from '../operation/journal.ts';
import type { Operation } from '../operation/operation.ts';
import { type CloudPast, pastOf } from '../runbooks/proven.ts';

/** How many of a cloud's newest operations are looked through for archives and restores: hourly backups of twelve days. */
const LOOKED = 300;

/** What the journals of a cloud tell of its archives and restores. One that can't be followed tells nothing. */
export async function cloudPast(journal: Pick<Journal, 'read' | 'recent'>, cloud: string): Promise<CloudPast> {
  const operations: Operation[] = [];
  for (const { id } of await journal.recent(LOOKED, cloud)) {
    const read = await journal.read(id);
    if (read.state === 'sound') operations.push(read.operation);
  }
  return pastOf(operations);
}
