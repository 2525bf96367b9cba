import { advance } from '../../src/operation/advance.ts';
import type { OperationEvent } from '../../src/operation/events.ts';
import { illegal } from '../../src/operation/grammar.ts';
import type { Operation } from '../../src/operation/operation.ts';
import { digestOf } from '../../src/operation/plan.ts';
import { execution, planned, preparation, restoreFacts, restoreRequest, type Shape } from './restore-plans.ts';

/** One restore's journal written event by event, each at the moment that the test says; what is illegal throws. */

export const RESTORE = 'a'.repeat(20);
export const DRIVER = 'c'.repeat(20);
export const PLAIN: Shape = { needed: 1, looksFirst: false, clears: true };
/** When the plan's card stood in the thread (ms). */
export const CARD_AT = 1_000_000;

type Happening = readonly [at: number, event: OperationEvent];

/** Tells what happened next. */
export function tell(before: Operation | null, ...happenings: readonly Happening[]): Operation {
  let operation = before;
  for (const [at, event] of happenings) {
    const why = illegal(operation, event);
    if (why !== null) throw new Error(`${event.type}: ${why}`);
    const seq = (operation?.head.seq ?? 0) + 1;
    const stamped = Math.max(at, operation?.headAt ?? 0);
    operation = advance(operation, event, { operation: RESTORE, seq, at: stamped, hash: `${seq}` });
  }
  if (operation === null) throw new Error('nothing happened');
  return operation;
}

export function started(step: string, number: number, attempt = 1): OperationEvent {
  return { type: 'step_started', claim: DRIVER, plan: number, step, attempt, checks: [] };
}

export function finished(
  step: string,
  number: number,
  outcome: 'worked' | 'failed' | 'not_begun' = 'worked',
  attempt = 1,
): OperationEvent {
  const problem = outcome === 'failed' ? { code: 'STEP_FAILED', params: {} } : null;
  const at = { plan: number, step, attempt };
  return { type: 'step_finished', claim: DRIVER, ...at, outcome, exit: null, checks: [], problem };
}

export function unclear(step: string, number: number, attempt = 1): OperationEvent {
  const at = { plan: number, step, attempt };
  return { type: 'step_unclear', claim: DRIVER, ...at, problem: { code: 'RUN_UNCLEAR', params: {} } };
}

/** Prepared by ALICE's wish, and its execution not planned yet. */
export function preparedRestore(): Operation {
  const at = CARD_AT - 500;
  return tell(
    null,
    [at, restoreRequest('U0ALICE')],
    [at, { type: 'claimed', claim: DRIVER, worker: 'w' }],
    [at, { type: 'probed', claim: DRIVER, facts: restoreFacts }],
    [at, planned(preparation(RESTORE, 1, 'lab'), DRIVER)],
    [at, started('stage-a', 1)],
    [at, finished('stage-a', 1)],
    [at, started('trial', 1)],
    [at, finished('trial', 1)],
  );
}

/** Planned, half a second before its card stands in the thread. */
export function plannedRestore(shape: Shape = PLAIN): Operation {
  return tell(preparedRestore(), [CARD_AT - 500, planned(execution(RESTORE, 2, 'lab', shape), DRIVER)]);
}

/** Its plan's number and digest, as a card's buttons carry them. */
export function shownOf(operation: Operation): { readonly plan: number; readonly digest: string } {
  if (operation.plan === null) throw new Error('it has no plan');
  return { plan: operation.plan.plan.number, digest: digestOf(operation.plan.plan) };
}

export function waitingRestore(shape: Shape = PLAIN): Operation {
  const operation = plannedRestore(shape);
  return tell(operation, [CARD_AT, { type: 'announced', what: 'plan', ...shownOf(operation), eligible: [] }]);
}

export function approval(operation: Operation, by: string): OperationEvent {
  return { type: 'approved', by, ...shownOf(operation) };
}

export function lookedUp(operation: Operation, ...eligible: string[]): OperationEvent {
  return { type: 'announced', what: 'execution', ...shownOf(operation), eligible };
}

/** Approved by BOB, looked up again, a second after each other. */
export function agreedRestore(): Operation {
  const operation = waitingRestore();
  return tell(
    operation,
    [CARD_AT + 1_000, approval(operation, 'U0BOB')],
    [CARD_AT + 2_000, lookedUp(operation, 'U0BOB')],
  );
}
