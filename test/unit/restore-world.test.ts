import fc from 'fast-check';
import { expect, test } from 'vitest';
import { illegal } from '../../src/operation/grammar.ts';
import { nextMove } from '../../src/operation/next.ts';
import { type Operation, stuckAt } from '../../src/operation/operation.ts';
import { type Act, act, beginning, leaveAlone, perform } from '../support/restore-acts.ts';
import { broken } from '../support/restore-oracle.ts';
import { emptyWorld, type World } from '../support/restore-world.ts';

/** Each must have been reached often enough for the property to mean something. */
const PLACES: Readonly<Record<string, number>> = {
  'stopped with 1 approvals': 1000,
  'stopped with 2 approvals': 300,
  'stopped with 3 approvals': 300,
  'expired plan by time': 300,
  'expired approval by time': 100,
  'expired approval by clock': 20,
  declined: 50,
  voided: 50,
  cancelled: 50,
  'cancelled in preparation': 100,
  revoked: 40,
  'revoked after it was complete': 20,
  'prepared again': 50,
  'stop found not begun after a day': 100,
  'a late sending kept out': 100,
  'a late program kept out': 100,
  'too late to begin': 5,
  'said again': 100,
  'late: approved': 50,
  'refused: APPROVER_IS_REQUESTER': 100,
  'refused: APPROVED_ALREADY': 50,
  'refused: PLAN_IS_ANOTHER': 100,
  'refused: PLAN_NOT_SHOWN': 100,
  'refused: a release needs two persons': 100,
  'refused: a resolution needs two persons': 10,
  'refused one who may not': 100,
  resolved: 30,
  resumed: 20,
  'resumed with what never began': 50,
  'looked anew': 20,
  'worked when looked at anew': 10,
  'swapped back': 100,
  'restore backed_out': 100,
  'restore released': 3,
  'restore succeeded': 1000,
  'waited for a backup': 100,
  'a backup refused': 100,
  'a second restore refused': 100,
};

test('no order of requests, approvals, clicks, crashes, delays and clocks destroys what people did not agree to', () => {
  const reached = new Map<string, number>();
  fc.assert(
    fc.property(beginning, fc.array(act, { minLength: 10, maxLength: 45, size: 'max' }), (first, acts) => {
      const world = emptyWorld();
      for (const one of [...first, ...acts]) performWell(world, one);
      for (const one of leaveAlone(world)) {
        const why = hangs(one, world.now);
        if (why !== null) throw new Error(why);
      }
      demandWhole(world);
      count(reached, world);
    }),
    { numRuns: 10_000 },
  );
  for (const [place, least] of Object.entries(PLACES))
    expect(reached.get(place) ?? 0, place).toBeGreaterThanOrEqual(least);
});

function performWell(world: World, one: Act): void {
  perform(world, one);
  demandWhole(world);
}

function demandWhole(world: World): void {
  const why = broken(world);
  if (why !== null) throw new Error(why);
}

/** Why an operation that everybody left alone for two days neither ended nor waits for people by name; null if it does. */
function hangs(operation: Operation, now: number): string | null {
  if (stuckAt(operation) === null || operation.attention === null)
    return `${operation.id} hangs: ${JSON.stringify(nextMove(operation, now))}`;
  const asked = illegal(operation, { type: 'release_asked', by: 'U0BOB', reason: 'nobody can mend it' });
  const release = { by: 'U0BOB', reason: 'nobody can mend it', at: now };
  const agreed = illegal({ ...operation, release }, { type: 'released', by: 'U0CAROL' });
  return asked === null && agreed === null ? null : `${operation.id} can not even be released: ${asked ?? agreed}`;
}

function count(reached: Map<string, number>, { reached: here, operations }: World): void {
  const add = (place: string, times = 1) => reached.set(place, (reached.get(place) ?? 0) + times);
  for (const [place, times] of here) add(place, times);
  for (const { wish, end } of operations.values()) add(`${wish.kind} ${end?.how ?? 'open'}`);
}
