import { expect, test } from 'vitest';
import { standstill } from '../../src/engine/standstill.ts';
import type { NodeStatus } from '../../src/operation/checks.ts';

const node = (state: string | null): NodeStatus =>
  state === null
    ? { node: 'a', answered: false, problem: { code: 'GALERA_UNKNOWN', params: { host: 'a', reason: 'away' } } }
    : { node: 'a', answered: true, status: { wsrep_local_state_comment: state } };

test('nodes stand still once nothing has changed for long enough, and never while one gives or takes a state transfer', () => {
  let now = 0;
  const still = standstill(100, () => now);
  const at = (moment: number, ...states: (string | null)[]) => {
    now = moment;
    return still(states.map(node));
  };
  expect(at(0, 'Synced', null)).toBe(false);
  expect(at(100, 'Synced', null)).toBe(false);
  expect(at(101, 'Synced', null)).toBe(true);
  expect(at(102, 'Synced', 'Initialized')).toBe(false);
  expect(at(203, 'Synced', 'Initialized')).toBe(true);
  for (const moving of ['Donor/Desynced', 'Joining: receiving State Transfer', 'Joined'])
    for (const moment of [1_000, 2_000, 3_000]) expect(at(moment, moving, null)).toBe(false);
  expect(at(3_050, 'Synced', null)).toBe(false);
  expect(at(3_151, 'Synced', null)).toBe(true);
});
