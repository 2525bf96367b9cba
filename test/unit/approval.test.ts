import { describe, expect, test } from 'vitest';
import { approvableUntil, CLOCK_BACK_MS, gateOf, whyNotConsent } from '../../src/operation/approval.ts';
import { offeredBackOuts } from '../../src/operation/back-outs.ts';
import type { OperationEvent } from '../../src/operation/events.ts';
import { illegal } from '../../src/operation/grammar.ts';
import { ATTEMPTS_MAX, nextMove } from '../../src/operation/next.ts';
import { destroyStarted, type Operation, stuckAt } from '../../src/operation/operation.ts';
import {
  agreedRestore,
  approval,
  CARD_AT,
  DRIVER,
  finished,
  lookedUp,
  PLAIN,
  plannedRestore,
  preparedRestore,
  RESTORE,
  shownOf,
  started,
  tell,
  unclear,
  waitingRestore,
} from '../support/restore-journal.ts';
import { BEGIN_MS, execution, planned, WAIT_MS } from '../support/restore-plans.ts';

const DAY_MS = 86_400_000;
const LATER = CARD_AT + 1_000;
const START = started('stop', 2);
const why = (operation: Operation, by: string, about = shownOf(operation)) =>
  whyNotConsent(operation, { by, ...about }, 'approve')?.code ?? null;
/** Whether the first thing that can't be undone may begin now: both the driver's next move and the grammar say so. */
function mayStop(operation: Operation, now: number): boolean {
  const next = nextMove(operation, now);
  return next.move === 'start' && next.step.id === 'stop' && illegal(operation, START) === null;
}
function approvedBy(operation: Operation, ...people: string[]): Operation {
  return tell(operation, ...people.map((by) => [LATER, approval(operation, by)] as const));
}

describe('two persons', () => {
  test('one other than the requester, looked up again, is enough where one is needed', () => {
    expect(mayStop(agreedRestore(), CARD_AT + 3_000)).toBe(true);
  });

  test('whoever asked cannot approve', () => {
    const operation = waitingRestore();
    expect(why(operation, 'U0ALICE')).toBe('APPROVER_IS_REQUESTER');
    expect(illegal(operation, approval(operation, 'U0ALICE'))).toBe('APPROVER_IS_REQUESTER');
  });

  test('a command line cannot approve: nobody knows who that is', () => {
    const operation = waitingRestore();
    expect(illegal(operation, approval(operation, 'console'))).not.toBeNull();
  });

  test('one person counts once, however often they click', () => {
    const operation = approvedBy(waitingRestore({ ...PLAIN, needed: 2 }), 'U0BOB');
    expect(why(operation, 'U0BOB')).toBe('APPROVED_ALREADY');
    expect(gateOf(operation, LATER)).toMatchObject({ gate: 'open', have: 1, needed: 2 });
  });

  test.each([2, 3])('%i approvals need as many people', (needed) => {
    const people = ['U0BOB', 'U0CAROL', 'U0DAVE'].slice(0, needed);
    const short = approvedBy(waitingRestore({ ...PLAIN, needed }), ...people.slice(1));
    expect(gateOf(short, LATER)).toMatchObject({ gate: 'open', have: needed - 1, needed });
    expect(illegal(short, lookedUp(short, ...people))).toBe('not enough approvals');
    const enough = approvedBy(short, 'U0BOB');
    expect(mayStop(enough, LATER)).toBe(false);
    expect(mayStop(tell(enough, [LATER, lookedUp(enough, ...people)]), LATER)).toBe(true);
  });

  test('nothing begins before it is announced and the approvers were looked up again', () => {
    const operation = approvedBy(waitingRestore(), 'U0BOB');
    expect(gateOf(operation, LATER)).toMatchObject({ gate: 'approved' });
    expect(mayStop(operation, LATER)).toBe(false);
    expect(illegal(operation, START)).toBe('it was not approved');
  });

  test('who may not approve any more after their click counts no more', () => {
    const operation = approvedBy(waitingRestore(), 'U0BOB');
    expect(illegal(operation, lookedUp(operation))).toBe('not enough approvals');
    const problem = { code: 'PERSON_DEACTIVATED', params: {} };
    const gone = tell(operation, [LATER, { type: 'revoked', by: 'U0BOB', ...shownOf(operation), problem }]);
    expect(gateOf(gone, LATER)).toMatchObject({ gate: 'open', have: 0 });
  });

  test('approvals that were not looked up do not stand in for one that was and is taken back', () => {
    let operation = agreedRestore();
    operation = tell(operation, [CARD_AT + 3_000, approval(operation, 'U0CAROL')]);
    operation = tell(operation, [
      CARD_AT + 4_000,
      { type: 'revoked', by: 'U0BOB', ...shownOf(operation), problem: null },
    ]);
    expect(gateOf(operation, CARD_AT + 4_000)).toMatchObject({ gate: 'approved' });
    expect(illegal(operation, START)).toBe('it was not approved');
  });

  test('an approval that is taken back counts no more, even after all were there', () => {
    const operation = agreedRestore();
    const revoked: OperationEvent = { type: 'revoked', by: 'U0BOB', ...shownOf(operation), problem: null };
    const back = tell(operation, [CARD_AT + 3_000, revoked]);
    expect(mayStop(back, CARD_AT + 3_000)).toBe(false);
    expect(illegal(back, START)).toBe('it was not approved');
    expect(illegal(back, revoked)).toBe('APPROVAL_NOT_GIVEN');
  });

  test('another approver’s no ends it, whoever had said yes; the requester cancels instead', () => {
    const operation = agreedRestore();
    const no = (by: string): OperationEvent => ({ type: 'declined', by, ...shownOf(operation), reason: 'not now' });
    expect(illegal(operation, no('U0ALICE'))).toBe('APPROVER_IS_REQUESTER');
    const declined = tell(operation, [CARD_AT + 3_000, no('U0CAROL')]);
    expect(declined.withdrawal).toMatchObject({ how: 'declined', by: 'U0CAROL' });
    expect(nextMove(declined, CARD_AT + 3_000)).toEqual({ move: 'clear' });
    expect(illegal(declined, START)).toBe('it was withdrawn');
    expect(why(declined, 'U0DAVE')).toBe('PLAN_NOT_WAITING');
  });
});

describe('two clocks', () => {
  test('nobody approves what doesn’t stand in its thread yet', () => {
    const operation = plannedRestore();
    expect(why(operation, 'U0BOB')).toBe('PLAN_NOT_SHOWN');
    expect(gateOf(operation, CARD_AT)).toEqual({ gate: 'unannounced' });
    expect(gateOf(operation, CARD_AT + DAY_MS)).toEqual({ gate: 'unannounced' });
  });

  test('a plan waits from its card on, not from its planning or a later card', () => {
    const operation = waitingRestore();
    const again = tell(operation, [LATER, { type: 'announced', what: 'plan', ...shownOf(operation), eligible: [] }]);
    expect(approvableUntil(again)).toBe(CARD_AT + WAIT_MS);
    expect(gateOf(again, CARD_AT + WAIT_MS)).toMatchObject({ gate: 'open' });
    const over = { gate: 'expired', what: 'plan', why: 'time' };
    expect(gateOf(again, CARD_AT + WAIT_MS + 1)).toEqual(over);
  });

  test('an approval that came too late is none, though it stands in the journal', () => {
    const operation = waitingRestore();
    const late = tell(operation, [CARD_AT + WAIT_MS + 1, approval(operation, 'U0BOB')]);
    expect(gateOf(late, CARD_AT + WAIT_MS + 1)).toEqual({ gate: 'expired', what: 'plan', why: 'time' });
    expect(illegal(late, lookedUp(late, 'U0BOB'))).toBe('not enough approvals');
    expect(why(late, 'U0CAROL')).toBe('APPROVAL_TOO_LATE');
  });

  test('an approved plan begins in time, counted from the last approval needed, or not at all', () => {
    const operation = waitingRestore({ ...PLAIN, needed: 2 });
    const both = tell(
      operation,
      [CARD_AT + 1_000, approval(operation, 'U0BOB')],
      [CARD_AT + 3_600_000, approval(operation, 'U0CAROL')],
      [CARD_AT + 3_600_001, approval(operation, 'U0DAVE')],
      [CARD_AT + 3_600_002, lookedUp(operation, 'U0BOB', 'U0CAROL', 'U0DAVE')],
    );
    const until = CARD_AT + 3_600_000 + BEGIN_MS;
    expect(nextMove(both, until)).toMatchObject({ move: 'start', notAfter: until });
    expect(nextMove(both, until + 1)).toEqual({ move: 'expire', what: 'approval', why: 'time' });
  });

  test('after an approval expired the plan still waits for new ones, as long as it does', () => {
    const operation = agreedRestore();
    const what = { what: 'approval', why: 'time' } as const;
    const at = LATER + BEGIN_MS + 1;
    const expired = tell(operation, [at, { type: 'expired', claim: DRIVER, ...shownOf(operation), ...what }]);
    expect(gateOf(expired, at)).toMatchObject({ gate: 'open', have: 0 });
    expect(illegal(expired, START)).toBe('it was not approved');
    const anew = tell(expired, [at, approval(expired, 'U0BOB')], [at, lookedUp(expired, 'U0BOB')]);
    expect(mayStop(anew, at + BEGIN_MS)).toBe(true);
  });

  test('a clock that jumped back by more than 5 s voids what was approved, by less nothing', () => {
    const operation = agreedRestore();
    const { headAt } = operation;
    expect(mayStop(operation, headAt - CLOCK_BACK_MS)).toBe(true);
    const expire = { move: 'expire', what: 'approval', why: 'clock' };
    expect(nextMove(operation, headAt - CLOCK_BACK_MS - 1)).toEqual(expire);
  });

  test('a clock that is behind the journal gives nobody more time', () => {
    const operation = agreedRestore();
    const until = LATER + BEGIN_MS;
    const refused: OperationEvent = {
      type: 'refused',
      by: 'U0ALICE',
      asked: 'approve',
      problem: { code: 'APPROVER_IS_REQUESTER', params: {} },
    };
    const later = tell(operation, [until + 1, refused]);
    expect(nextMove(later, until)).toEqual({ move: 'expire', what: 'approval', why: 'time' });
  });
});

describe('what was approved is what runs', () => {
  test('a forged digest, and one that isn’t the plan’s own', () => {
    const operation = waitingRestore();
    const { plan } = shownOf(operation);
    expect(why(operation, 'U0BOB', { plan, digest: 'f'.repeat(64) })).toBe('PLAN_IS_ANOTHER');
    const made = planned(execution(RESTORE, 2, 'lab', PLAIN), DRIVER);
    const before = preparedRestore();
    expect(illegal(before, { ...made, digest: 'f'.repeat(64) })).toBe('a digest of another plan');
    expect(illegal(before, made)).toBeNull();
  });

  test('the preparation’s digest, or the plan’s under another number', () => {
    const operation = waitingRestore();
    const [older] = operation.plans;
    const { digest } = shownOf(operation);
    expect(why(operation, 'U0BOB', { plan: 1, digest: older?.digest ?? '' })).toBe('PLAN_IS_ANOTHER');
    expect(why(operation, 'U0BOB', { plan: 1, digest })).toBe('PLAN_IS_ANOTHER');
    expect(why(operation, 'U0BOB', { plan: 3, digest })).toBe('PLAN_IS_ANOTHER');
  });

  test('the beginning of another plan is not announced, nor is another one expired or voided', () => {
    const operation = approvedBy(waitingRestore(), 'U0BOB');
    const other = { plan: 2, digest: 'f'.repeat(64) };
    const problem = { code: 'CLUSTER_CHANGED', params: {} };
    const events: readonly OperationEvent[] = [
      { type: 'announced', what: 'execution', ...other, eligible: ['U0BOB'] },
      { type: 'expired', claim: DRIVER, ...other, what: 'plan', why: 'time' },
      { type: 'voided', claim: DRIVER, ...other, problem },
    ];
    for (const event of events) expect(illegal(operation, event)).toBe('another plan');
  });

  test('a void plan never returns, and no other takes its place', () => {
    const operation = agreedRestore();
    const problem = { code: 'CLUSTER_CHANGED', params: {} };
    const voided = tell(operation, [LATER, { type: 'voided', claim: DRIVER, ...shownOf(operation), problem }]);
    expect(illegal(voided, approval(operation, 'U0CAROL'))).toBe('PLAN_NOT_WAITING');
    expect(illegal(voided, START)).toBe('it was withdrawn');
    expect(illegal(voided, planned(execution(RESTORE, 3, 'lab', PLAIN), DRIVER))).toBe('it was withdrawn');
    expect(illegal(operation, planned(execution(RESTORE, 3, 'lab', PLAIN), DRIVER))).not.toBeNull();
  });

  test('a plan that destroys without asking, clears by destroying, or is of another operation or cloud', () => {
    const before = preparedRestore();
    const made = execution(RESTORE, 2, 'lab', PLAIN);
    const [stop] = made.steps;
    const refused = (change: object) => {
      const event = planned({ ...made, ...change }, DRIVER);
      expect(illegal(before, event), JSON.stringify(change)).not.toBeNull();
    };
    refused({ approval: null });
    refused({ clearing: [stop] });
    refused({ steps: [stop, stop] });
    refused({ operation: 'b'.repeat(20) });
    refused({ cloud: 'prod' });
    refused({ number: 3 });
    refused({ runbook: 'discard' });
  });

  test('nobody speaks about a plan whose execution has begun', () => {
    const operation = tell(agreedRestore(), [CARD_AT + 3_000, START]);
    expect(why(operation, 'U0CAROL')).toBe('PLAN_NOT_WAITING');
    const events: readonly OperationEvent[] = [
      { type: 'declined', by: 'U0CAROL', ...shownOf(operation), reason: 'no' },
      { type: 'revoked', by: 'U0BOB', ...shownOf(operation), problem: null },
      { type: 'cancelled', by: 'U0ALICE' },
      { type: 'expired', claim: DRIVER, ...shownOf(operation), what: 'plan', why: 'time' },
      { type: 'voided', claim: DRIVER, ...shownOf(operation), problem: { code: 'X', params: {} } },
      { type: 'given_up', claim: DRIVER, problem: { code: 'X', params: {} } },
      { type: 'failed', claim: DRIVER, problem: { code: 'X', params: {} }, remains: [] },
      { type: 'clearing', claim: DRIVER, number: 3 },
    ];
    for (const event of events) expect(illegal(operation, event), event.type).not.toBeNull();
  });
});

describe('after the start of the first step was written', () => {
  const begun = tell(agreedRestore(), [CARD_AT + 3_000, START]);

  test('all workers dead for a day: it is looked for, and without a new approval nothing is stopped', () => {
    const now = CARD_AT + DAY_MS;
    expect(nextMove(begun, now)).toMatchObject({ move: 'resume', attempt: 1 });
    const looked = tell(begun, [now, finished('stop', 2, 'not_begun')]);
    expect(nextMove(looked, now)).toEqual({ move: 'expire', what: 'approval', why: 'time' });
    const { plan, digest } = shownOf(looked);
    const expired = tell(looked, [
      now,
      { type: 'expired', claim: DRIVER, plan, digest, what: 'approval', why: 'time' },
    ]);
    expect(illegal(expired, started('stop', 2, 2))).toBe('it was not approved');
    expect(nextMove(expired, now)).toEqual({ move: 'expire', what: 'plan', why: 'time' });
  });

  test('one that never began is sent again while its approval is alive', () => {
    const looked = tell(begun, [CARD_AT + 4_000, finished('stop', 2, 'not_begun')]);
    expect(nextMove(looked, CARD_AT + 4_000)).toMatchObject({ move: 'start', attempt: 2, notAfter: LATER + BEGIN_MS });
    expect(illegal(looked, { type: 'cancelled', by: 'U0ALICE' })).toBeNull();
  });

  test('one of which only people say that it didn’t run cannot be withdrawn', () => {
    const at = { plan: 2, step: 'stop', attempt: 1 };
    const told = tell(
      begun,
      [CARD_AT + 4_000, unclear('stop', 2)],
      [CARD_AT + 5_000, { type: 'resolution_asked', by: 'U0BOB', ...at, says: 'not_run', reason: 'all is up' }],
    );
    expect(illegal(told, { type: 'resolved', by: 'U0BOB', ...at })).toBe('a resolution needs two persons');
    const resolved = tell(told, [CARD_AT + DAY_MS, { type: 'resolved', by: 'U0CAROL', ...at }]);
    expect(destroyStarted(resolved)).toBe(true);
    expect(illegal(resolved, { type: 'cancelled', by: 'U0ALICE' })).not.toBeNull();
    expect(nextMove(resolved, CARD_AT + DAY_MS)).toMatchObject({ move: 'start', attempt: 2 });
  });

  test('a later step that never begins waits for people', () => {
    let operation = tell(begun, [CARD_AT + 4_000, finished('stop', 2)]);
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++)
      operation = tell(
        operation,
        [CARD_AT + 5_000, started('hold-a', 2, attempt)],
        [CARD_AT + 5_000, finished('hold-a', 2, 'not_begun', attempt)],
      );
    expect(stuckAt(operation)).toMatchObject({ step: { id: 'hold-a' } });
    expect(nextMove(operation, CARD_AT + 5_000)).toMatchObject({ move: 'ask', problem: { code: 'STEP_NEVER_BEGAN' } });
  });

  test('and is sent once more when somebody lets the plan go on, by what does nothing twice', () => {
    const at = CARD_AT + 5_000;
    const never = (step: string, before: Operation): Operation =>
      Array.from({ length: ATTEMPTS_MAX }, (_, index) => index + 1).reduce(
        (now, attempt) => tell(now, [at, started(step, 2, attempt)], [at, finished(step, 2, 'not_begun', attempt)]),
        before,
      );
    const back = { type: 'backing_out', by: 'U0BOB', plan: 2, backOut: 'look-again', number: 3 } as const;
    const held = tell(begun, [at, finished('stop', 2)]);
    const again = tell(never('hold-a', held), [at, back]);
    expect(stuckAt(again)).toBeNull();
    const sent = { move: 'start', step: { id: 'hold-a' }, attempt: ATTEMPTS_MAX + 1 };
    expect(nextMove(again, at)).toMatchObject(sent);
    const swapped = tell(
      held,
      ...['hold-a', 'swap-a'].flatMap((step) => [[at, started(step, 2)] as const, [at, finished(step, 2)] as const]),
    );
    expect(illegal(never('recover', swapped), back)).toBe('it is not offered');
  });

  test('looking again works in the same moment, and never once a way back was begun', () => {
    const at = CARD_AT + 5_000;
    const steps = ['hold-a', 'swap-a', 'recover'].flatMap(
      (step) =>
        [
          [at, started(step, 2)],
          [at, finished(step, 2)],
        ] as const,
    );
    const failing = tell(
      begun,
      [at, finished('stop', 2)],
      ...steps,
      [at, started('confirm', 2)],
      [at, finished('confirm', 2, 'failed')],
    );
    const back = (backOut: string, number: number): OperationEvent => ({
      type: 'backing_out',
      by: 'U0BOB',
      plan: 2,
      backOut,
      number,
    });
    const again = tell(failing, [at, back('look-again', 3)]);
    expect(nextMove(again, at)).toMatchObject({ move: 'start', step: { id: 'confirm' }, attempt: 2 });
    const failed = tell(again, [at, started('confirm', 2, 2)], [at, finished('confirm', 2, 'failed', 2)]);
    expect(stuckAt(failed)).toMatchObject({ step: { id: 'confirm' } });
    const halfway = tell(
      failed,
      [at, back('way-back', 4)],
      [at, started('swap-back', 4)],
      [at, finished('swap-back', 4, 'failed')],
    );
    expect(offeredBackOuts(halfway).map(({ id }) => id)).toEqual(['way-back']);
    expect(illegal(halfway, back('look-again', 5))).toBe('it is not offered');
  });
});
