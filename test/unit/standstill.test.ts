import { expect, test } from 'vitest';
import { staysSo } from '../../src/engine/confirmation-askers.ts';
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

test('nodes of which none is Primary are waited for briefly, others as long as one may prepare what it was sent', () => {
  const MINUTE = 60_000;
  const primary: NodeStatus = {
    ...{ node: 'a', answered: true },
    status: { wsrep_local_state_comment: 'Synced', wsrep_cluster_status: 'Primary' },
  };
  const nobody = [node('Initialized'), node(null)];
  const someone = [primary, node(null)];
  const from = (...looks: readonly (readonly [number, readonly NodeStatus[]])[]) => {
    let now = 0;
    const stays = staysSo(() => now);
    return looks.map(([minute, found]) => {
      now = minute * MINUTE;
      return stays(found);
    });
  };
  expect(from([0, nobody], [2, nobody], [2.1, nobody])).toEqual([false, false, true]);
  expect(from([0, someone], [30, someone], [30.1, someone])).toEqual([false, false, true]);
  // One that is lost meanwhile, and one that comes back, begin anew.
  expect(from([0, someone], [20, nobody], [21.9, nobody], [22.1, nobody])).toEqual([false, false, false, true]);
  // Hosts of which none can be reached say nothing of their nodes.
  const problem = { code: 'HOST_UNREACHABLE', params: { host: 'a', reason: 'timeout' } };
  const cutOff = [{ node: 'a', answered: false, problem } as const];
  expect(from([0, cutOff], [30, cutOff], [30.1, cutOff])).toEqual([false, false, true]);
  expect(from([0, [...cutOff, node('Initialized')]], [2.1, [...cutOff, node('Initialized')]])).toEqual([false, true]);
  expect(from([0, nobody], [1.9, someone], [5, someone])).toEqual([false, false, false]);
});
