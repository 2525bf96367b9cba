import type { Journal, JournalRead } from '../../src/operation/journal.ts';

/** A journal to be looked at often: read and verified anew only when something has been appended. */
export function latest(journal: Journal, id: string): () => Promise<JournalRead> {
  let hash = '';
  let known: JournalRead = { state: 'missing' };
  return async () => {
    const head = await journal.head(id);
    if (head === null || head.hash !== hash) {
      known = await journal.read(id);
      hash = known.state === 'sound' ? known.operation.head.hash : '';
    }
    return known;
  };
}
