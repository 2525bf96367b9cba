import { describe, expect, test } from 'vitest';
import { createBoard } from '../../src/metrics/board.ts';
import { summaryOf } from '../../src/metrics/summary.ts';
import { type CloudSeen, totalsOf } from '../../src/metrics/totals.ts';
import type { Operation } from '../../src/operation/operation.ts';
import {
  agreedRestore,
  CARD_AT,
  finished,
  plannedRestore,
  started,
  tell,
  waitingRestore,
} from '../support/restore-journal.ts';

const NOTHING_WRONG = { missing: 0, broken: 0, unreadable: 0 };
const seen = (...operations: readonly Operation[]): CloudSeen => ({
  summaries: operations.map(summaryOf),
  unsound: NOTHING_WRONG,
});
/** The value of a metric among a cloud's numbers; undefined where it isn't told. */
const valueIn = (of: CloudSeen, metric: string, labels: Readonly<Record<string, string>> = {}) =>
  totalsOf('lab', of).find(
    (one) => one.metric === metric && Object.entries(labels).every(([name, value]) => one.labels[name] === value),
  )?.value;

const stopped = () => tell(agreedRestore(), [CARD_AT + 3_000, started('stop', 2)]);
const stuck = () => tell(stopped(), [CARD_AT + 20_000, finished('stop', 2, 'failed')]);

describe('what the journals say in numbers', () => {
  test('a plan waits for people from when it stands in its thread until enough have approved', () => {
    expect(valueIn(seen(plannedRestore()), 'approvals_waiting')).toBe(0);
    expect(valueIn(seen(waitingRestore()), 'approvals_waiting')).toBe(1);
    expect(valueIn(seen(agreedRestore()), 'approvals_waiting')).toBe(0);
  });

  test('what was begun and cannot be undone is told until it ends, and needs people where it is stuck', () => {
    expect(valueIn(seen(agreedRestore()), 'destructive_open')).toBe(0);
    expect(valueIn(seen(stopped()), 'destructive_open')).toBe(1);
    expect(valueIn(seen(stopped()), 'needs_attention', { acknowledged: 'no' })).toBe(0);
    expect(valueIn(seen(stuck()), 'needs_attention', { acknowledged: 'no' })).toBe(1);
    const acknowledged = tell(stuck(), [CARD_AT + 30_000, { type: 'acknowledged', by: 'U0BOB' }]);
    expect(valueIn(seen(acknowledged), 'needs_attention', { acknowledged: 'no' })).toBe(0);
    expect(valueIn(seen(acknowledged), 'needs_attention', { acknowledged: 'yes' })).toBe(1);
  });

  test('operations by kind and outcome, also those of which there is none', () => {
    const declined = tell(plannedRestore(), [CARD_AT, { type: 'cancelled', by: 'U0ALICE' }]);
    const both = seen(waitingRestore(), declined);
    const of = (kind: string, outcome: string) => valueIn(both, 'operations', { kind, outcome });
    expect(of('restore', 'open')).toBe(declined.end === null ? 2 : 1);
    expect(of('restore', 'failed')).toBe(0);
    expect(of('full', 'succeeded')).toBe(0);
  });

  test('a cloud without any good backup says 0, so that its age is an alarm', () => {
    expect(valueIn(seen(), 'newest_backup_timestamp_seconds', { kind: 'full' })).toBe(0);
  });

  test('steps that ended, with the time that they took by the journal', () => {
    const { steps } = summaryOf(stuck());
    expect(steps.find(({ step }) => step === 'stop')).toMatchObject({
      outcome: 'failed',
      startedAt: CARD_AT + 3_000,
      endedAt: CARD_AT + 20_000,
    });
  });
});

describe('the board', () => {
  test('what is no more is told no more', async () => {
    const board = createBoard();
    board.replace(
      ['operations'],
      totalsOf('gone', seen(waitingRestore())).filter(({ metric }) => metric === 'operations'),
    );
    expect((await board.text()).body).toContain(
      'kolla_backup_operations{cloud="gone",kind="restore",outcome="open"} 1',
    );
    board.replace(['operations'], []);
    expect((await board.text()).body).not.toContain('cloud="gone"');
  });

  test('a process tells nothing of what it does not know', async () => {
    const { body } = await createBoard().text();
    expect(body).not.toMatch(/^kolla_backup_(slack_lag_seconds|leases_held|slack_connections|redis_up)\b/m);
  });
});
