import type { Logger } from 'pino';
import type { Journal } from '../operation/journal.ts';
import type { Wake } from '../operation/ports.ts';

/** How often every process looks for operations that nobody drives (ms). */
export const SWEEP_MS = 60_000;

/** Rings for operations that nobody drives: what a lost job, a dead worker or an empty Redis queue is made good by. */
export function startSweep(journal: Journal, wake: Wake, log: Logger): { now(): Promise<void>; stop(): void } {
  async function now(): Promise<void> {
    try {
      for (const id of await journal.undriven()) await wake.drive(id);
    } catch (error) {
      log.warn({ error: error instanceof Error ? error.message : String(error) }, 'the sweep could not look');
    }
  }
  const timer = setInterval(now, SWEEP_MS);
  return { now, stop: () => clearInterval(timer) };
}
