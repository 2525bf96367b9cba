import { LEASE_MS } from '../operation/append.ts';

/** How often a lease is renewed. */
export const RENEW_MS = 10_000;
/** How long before the lease's end a driver stops starting steps, by its own clock. */
export const LEASE_MARGIN_MS = 8_000;

/** Keeps one lease while an operation is driven. */
export type Keeper = {
  /** Whether a step may be started now: by this process's own clock, whether or not Redis answers. */
  mayStart(): boolean;
  /** Aborts when the lease is lost or can't be renewed in time. */
  readonly signal: AbortSignal;
  stop(): void;
};

/**
 * Renews the lease every 10 s. `takenAt` is the monotonic time (ms) before the claim was sent, so that what is believed
 * here never outlasts what Redis holds.
 */
export function keepLease(renew: () => Promise<boolean>, takenAt: number): Keeper {
  const lost = new AbortController();
  let goodUntil = takenAt + LEASE_MS - LEASE_MARGIN_MS;
  let expiry = setTimeout(() => lost.abort(), goodUntil - performance.now());
  const beat = setInterval(async () => {
    const asked = performance.now();
    try {
      if (!(await renew())) return lost.abort();
    } catch {
      return; // Redis is away: the own clock decides when to stop
    }
    goodUntil = asked + LEASE_MS - LEASE_MARGIN_MS;
    clearTimeout(expiry);
    expiry = setTimeout(() => lost.abort(), goodUntil - performance.now());
  }, RENEW_MS);
  return {
    mayStart: () => !lost.signal.aborted && performance.now() < goodUntil,
    signal: lost.signal,
    stop: () => {
      clearInterval(beat);
      clearTimeout(expiry);
    },
  };
}
