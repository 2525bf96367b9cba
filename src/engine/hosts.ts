import { KollaBackupError } from '../operation/catalogue.ts';
import type { Host } from '../operation/host.ts';
import type { RunDirectory } from '../operation/run-directory.ts';

/** The hosts of one cloud, by the names that plans use. */
export type CloudHosts = {
  readonly deploy: Host;
  readonly node: (name: string) => Host;
  /** The run directories of a host, by the name that a step gives it. */
  readonly runs: (name: string) => RunDirectory;
};

/** How often a question is asked anew when no answer came, and the pauses between (ms). */
const PAUSES_MS = [1_000, 3_000, 8_000] as const;

/** Codes after which the same question may be asked again: it changes nothing, and the host may come back. */
const PASSING: ReadonlySet<string> = new Set(['HOST_UNREACHABLE', 'HOST_TIMEOUT', 'HOST_CONNECTION_LOST']);

/** Whether this is such an error. */
export function passes(error: unknown): error is KollaBackupError {
  return error instanceof KollaBackupError && PASSING.has(error.problem.code);
}

/** Asks a question that changes nothing, again if the host can't be reached for a moment. */
export async function patiently<T>(signal: AbortSignal, question: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    signal.throwIfAborted();
    try {
      return await question();
    } catch (error) {
      const pause = PAUSES_MS[tries];
      if (pause === undefined || !passes(error)) throw error;
      await sleep(pause, signal);
    }
  }
}

/** An answer that is of use but not needed; null where the host gave none. */
export function ifAnswered<T>(answer: Promise<T>): Promise<T | null> {
  return answer.catch((error: unknown) => {
    if (error instanceof KollaBackupError) return null;
    throw error;
  });
}

/** Waits; rejects with the signal's reason when it is aborted. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal.addEventListener('abort', abort, { once: true });
  });
}
