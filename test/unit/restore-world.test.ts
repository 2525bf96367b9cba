import fc from 'fast-check';
import { expect, test } from 'vitest';
import { illegal } from '../../src/operation/grammar.ts';
import { nextMove } from '../../src/operation/next.ts';
import { stuckAt } from '../../src/operation/operation.ts';
import { act, beginning, leaveAlone, perform } from '../support/restore-acts.ts';
import { broken } from '../support/restore-oracle.ts';
import { emptyWorld, type World } from '../support/restore-world.ts';

test('x', () => {
  const reached = new Map<string, number>();
  fc.assert(
    fc.property(beginning, fc.array(act, { minLength: 10, maxLength: 60, size: 'max' }), (first, acts) => {
      const world = emptyWorld();
      for (const one of [...first, ...acts]) {
        perform(world, one);
        const why = broken(world);
        if (why !== null) throw new Error(why);
      }
      const left = leaveAlone(world);
      const why = broken(world);
      if (why !== null) throw new Error(why);
      for (const operation of left) {
        const stuck = stuckAt(operation);
        if (stuck === null || operation.attention === null)
          throw new Error(`${operation.id} hangs: ${JSON.stringify(nextMove(operation, world.now))}`);
        if (illegal(operation, { type: 'release_asked', by: 'U0BOB', reason: 'why' }) !== null)
          throw new Error(`${operation.id} cannot be released`);
      }
      count(reached, world);
    }),
    { numRuns: Number(process.env['RUNS'] ?? 10_000) },
  );
  console.log([...reached].toSorted(([a], [b]) => a.localeCompare(b)));
  expect(reached.size).toBeGreaterThan(0);
});

function count(reached: Map<string, number>, world: World): void {
  const add = (place: string, times = 1) => reached.set(place, (reached.get(place) ?? 0) + times);
  for (const [place, times] of world.reached) add(place, times);
  for (const { wish, end } of world.operations.values()) add(`${wish.kind} ${end?.how ?? 'open'}`);
}
