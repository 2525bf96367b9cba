import { setTimeout as sleep } from 'node:timers/promises';
import { KollaBackupError, type Problem } from '../operation/catalogue.ts';
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

/** How long one look at a host may take: of a large datadir every file is counted (ms). */
export const LOOK_LIMIT_MS = 120_000;

/** A look that is given up, as a host that doesn't answer; what was asked may still go on there. */
export async function inTime<T>(host: string, question: () => Promise<T>, limitMs = LOOK_LIMIT_MS): Promise<T> {
  const over = new AbortController();
  const late = sleep(limitMs, undefined, { signal: over.signal }).then(() => {
    throw new KollaBackupError('HOST_TIMEOUT', { host, seconds: String(limitMs / 1000) });
  });
  late.catch(() => {});
  return Promise.race([question(), late]).finally(() => over.abort());
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

/** Why an operation would refuse; null where it wouldn't. */
export async function refusal(demand: () => void | Promise<void>): Promise<Problem | null> {
  const found = await see(async () => demand());
  return 'problem' in found ? found.problem : null;
}

/** The same of a demand that asks nobody. */
export function refusedNow(demand: () => void): Problem | null {
  try {
    demand();
    return null;
  } catch (error) {
    if (error instanceof KollaBackupError) return error.problem;
    throw error;
  }
}
