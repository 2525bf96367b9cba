import type { Logger } from 'pino';

/** A part of a process that can be asked to leave: it lets go of what runs on the hosts, and loses nothing. */
export type Service = { leave(): Promise<void>; readonly shows?: Shows };

/** What a part of a process tells of itself while it runs. */
export type Shows = {
  readonly part: 'bot' | 'worker';
  /** Why it can't do its work now; null when it can. */
  notReady(): string | null;
  /** Socket Mode connections of a bot. */
  connections?(): number;
  /** Operations that a worker drives. */
  leases?(): number;
};

/** How long leaving may take before the process goes anyway (ms); the leases end by themselves then. */
export const LEAVE_MS = 20_000;

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Resolves at the first signal; a second one ends the process at once. It listens from the call on.
 * One listener stays for both: libraries that clean up at a signal end the process where none of ours is left.
 */
export function untilSignalled(log: Logger): Promise<void> {
  return new Promise((resolve) => {
    let signals = 0;
    const heard = (signal: string) => {
      signals += 1;
      if (signals > 1) {
        log.warn({ signal }, 'leaving at once; leases end by themselves');
        process.exit(1);
      }
      log.info({ signal }, 'leaving: what runs on the hosts goes on there; a second signal leaves at once');
      resolve();
    };
    for (const signal of SIGNALS) process.on(signal, heard);
  });
}

/** Leaves cleanly, or ends the process when that takes too long. Resolves with the exit code. */
export async function leaveAll(services: readonly Service[], log: Logger): Promise<number> {
  const late = setTimeout(() => {
    log.warn({ ms: LEAVE_MS }, 'leaving took too long; leases end by themselves');
    process.exit(1);
  }, LEAVE_MS);
  await Promise.allSettled(services.map((service) => service.leave()));
  clearTimeout(late);
  log.info('left');
  return 0;
}
