import { KollaBackupError } from '../operation/catalogue.ts';
import type { Seen } from './check.ts';

/** Asks a question; its problem is a fact like another. What isn't one is a defect of ours and goes on. */
export async function see<T>(question: () => Promise<T>): Promise<Seen<T>> {
  try {
    return { seen: await question() };
  } catch (error) {
    if (error instanceof KollaBackupError) return { problem: error.problem };
    throw error;
  }
}

/** Asks only where an earlier fact was seen; otherwise says what has to be mended first. */
export async function seeAfter<A, T>(
  first: Seen<A>,
  missing: string,
  question: (fact: A) => Promise<T>,
): Promise<Seen<T>> {
  if ('seen' in first) return see(() => question(first.seen));
  return { blocked: 'blocked' in first ? first.blocked : missing };
}

/** A fact, or a problem that was found instead of one, as one. */
export const flat = <T>(found: Seen<Seen<T>>): Seen<T> => ('seen' in found ? found.seen : found);
