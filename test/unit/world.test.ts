import fc from 'fast-check';
import { expect, test } from 'vitest';
import { act } from '../support/acts.ts';
import { broken, emptyWorld, perform } from '../support/world.ts';

test('no order of requests, claims, crashes, cancels and delays runs a program twice, or without its journal', () => {
  const reached = { ran: 0, succeeded: 0, cancelled: 0, takenOver: 0, sentAgain: 0 };
  fc.assert(
    fc.property(fc.array(act, { minLength: 20, maxLength: 80, size: 'max' }), (acts) => {
      const world = emptyWorld(3);
      perform(world, { act: 'request', cloud: 0, once: 0 });
      for (const one of acts) {
        perform(world, one);
        expect(broken(world)).toBeNull();
      }
      reached.ran += world.host.runs.length;
      for (const operation of world.operations.values()) {
        if (operation.end?.how === 'succeeded') reached.succeeded += 1;
        if (operation.end?.how === 'cancelled') reached.cancelled += 1;
        if (operation.claims > 1) reached.takenOver += 1;
        if ((operation.attempts.get('take-backup')?.length ?? 0) > 1) reached.sentAgain += 1;
      }
    }),
    { numRuns: 10_000 },
  );
  // The property means something only if the interesting places were reached.
  for (const [place, times] of Object.entries(reached)) expect(times, place).toBeGreaterThan(20);
});
