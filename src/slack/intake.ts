import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from './web.ts';

/** How long a delivery is remembered, in ms, and how many are. */
export const SEEN_MS = 600_000;
const SEEN_MAX = 5_000;

/** Everything that comes from Slack passes here: once each, counted, and not any more when the bot stops. */
export interface Intake {
  /** Runs `act` unless a delivery of this key was seen; whether it ran. `act` must not reject. */
  run(key: string, act: () => Promise<void>): Promise<boolean>;
  /** From now on `closed` is true; what is under way goes on. */
  close(): void;
  readonly closed: boolean;
  /** Resolves when nothing is under way any more, or after `ms`; the number still under way. */
  drained(ms: number): Promise<number>;
}

export function intake(log: Log, now: () => number): Intake {
  const seen = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
  let closed = false;

  function isNew(key: string): boolean {
    const at = now();
    for (const [old, since] of seen) {
      if (since > at - SEEN_MS && seen.size <= SEEN_MAX) break;
      seen.delete(old);
    }
    if (seen.has(key)) return false;
    seen.set(key, at);
    return true;
  }

  return {
    run: async (key, act) => {
      if (!isNew(key)) {
        log.info({ key }, 'delivered twice; done once');
        return false;
      }
      const doing = act().finally(() => underWay.delete(doing));
      underWay.add(doing);
      await doing;
      return true;
    },
    close: () => {
      closed = true;
    },
    get closed() {
      return closed;
    },
    drained: async (ms) => {
      const timeout = new AbortController();
      await Promise.race([
        Promise.allSettled([...underWay]),
        sleep(ms, undefined, { signal: timeout.signal }).catch(() => {}),
      ]);
      timeout.abort();
      return underWay.size;
    },
  };
}
