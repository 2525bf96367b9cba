/** The limits of asking a host, and what both adapters do with them. */
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Command } from '../operation/host.ts';

/** How long, how much and how often a host is asked. */
export type HostLimits = {
  /** Milliseconds from the first packet to a finished login. */
  readonly connectMs: number;
  /** Milliseconds between signs of life on a silent connection, and how many may go unanswered. */
  readonly keepaliveMs: number;
  readonly keepaliveCount: number;
  /** Bytes of standard output and error, each, of one answer. */
  readonly outputBytes: number;
  /** Questions under way at once; sshd allows 10 sessions on a connection (MaxSessions). */
  readonly concurrent: number;
};

/** Where nothing else is said. */
export const HOST_LIMITS: HostLimits = {
  connectMs: 15_000,
  keepaliveMs: 5_000,
  keepaliveCount: 3,
  outputBytes: 16 * 1024 * 1024,
  concurrent: 8,
};

/** Where a command is asked: for the words of a refusal. */
export type Place = { readonly host: string; readonly user: string };

/** The refusal for a command that took longer than its limit. */
export const timedOut = (host: string, command: Command): KollaBackupError =>
  new KollaBackupError('HOST_TIMEOUT', { host, seconds: String(command.timeoutMs / 1000) });

/** The refusal for an answer that is longer than what is read. */
export const tooLarge = (host: string, limits: HostLimits): KollaBackupError =>
  new KollaBackupError('HOST_OUTPUT_TOO_LARGE', { host, bytes: String(limits.outputBytes) });

/** Runs at most `places` tasks at once, the others in the order in which they came. A task whose signal aborts first never starts. */
export function createTurns(places: number): <T>(signal: AbortSignal, task: () => Promise<T>) => Promise<T> {
  let free = places;
  const waiting: (() => void)[] = [];
  async function turn(signal: AbortSignal): Promise<void> {
    if (free > 0) {
      free -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        waiting.splice(waiting.indexOf(enter), 1);
        reject(signal.reason);
      };
      waiting.push(enter);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
  return async (signal, task) => {
    await turn(signal);
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
