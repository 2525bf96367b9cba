/** The stand-in's clock: real time plus what tests have skipped. */

export type Clock = {
  /** Milliseconds since 1970. */
  now(): number;
  /** Skips time, so that triggers and response addresses expire without a wait. */
  advance(ms: number): void;
  /** A message's timestamp, `1700000000.000100`: never given twice, always rising. */
  ts(): string;
};

const MICROS = 1_000_000;

export function makeClock(): Clock {
  let skipped = 0;
  let last = 0;
  const now = () => Date.now() + skipped;
  return {
    now,
    advance(ms) {
      skipped += ms;
    },
    ts() {
      last = Math.max(now() * 1_000, last + 100);
      return `${Math.floor(last / MICROS)}.${String(last % MICROS).padStart(6, '0')}`;
    },
  };
}
