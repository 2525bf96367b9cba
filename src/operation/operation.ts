import type { Answered } from './checks.ts';
import type { OperationEvent, Wish } from './events.ts';
import type { Facts } from './facts.ts';
import type { Plan, Step } from './plan.ts';
import type { Head, JournalRecord } from './record.ts';

/** A problem out of a journal: the code may be one that this version doesn't know. */
export type JournaledProblem = { readonly code: string; readonly params: Readonly<Record<string, string>> };

/** One sending of one step. */
export type Attempt = {
  readonly attempt: number;
  readonly startedAt: number;
  readonly before: readonly Answered[];
  readonly end: null | {
    readonly at: number;
    readonly outcome: 'worked' | 'failed' | 'not_begun' | 'unclear';
    readonly exit: { readonly code: number | null; readonly signal: string | null } | null;
    readonly after: readonly Answered[];
    readonly problem: JournaledProblem | null;
  };
};

export type End =
  | { readonly how: 'succeeded'; readonly at: number }
  | { readonly how: 'cancelled'; readonly at: number; readonly by: string }
  | {
      readonly how: 'released';
      readonly at: number;
      readonly by: readonly [string, string];
      readonly reason: string;
    }
  | { readonly how: 'failed'; readonly at: number; readonly problem: JournaledProblem; readonly remains: Remains };
export type Remains = Extract<OperationEvent, { type: 'failed' }>['remains'];

/** All that a journal says of one operation. There is no other state. */
export type Operation = {
  readonly id: string;
  readonly label: string;
  readonly cloud: string;
  readonly wish: Wish;
  readonly by: string;
  readonly channel: string | null;
  readonly requestedAt: number;
  readonly head: Head;
  readonly headAt: number;
  readonly claim: { readonly claim: string; readonly worker: string; readonly at: number } | null;
  readonly claims: number;
  readonly facts: Facts | null;
  readonly plan: { readonly plan: Plan; readonly digest: string; readonly at: number } | null;
  readonly attempts: ReadonlyMap<string, readonly Attempt[]>;
  readonly attention: { readonly problem: JournaledProblem; readonly at: number } | null;
  /** The last one who asked that the cloud be given back, and why. */
  readonly release: { readonly by: string; readonly reason: string; readonly at: number } | null;
  readonly end: End | null;
};

/** Whether a change has been started that may still run, or has run: from here on only its end ends the operation. */
export function changeStarted(operation: Operation): boolean {
  return (operation.plan?.plan.steps ?? []).some(
    (step) =>
      step.touches !== 'read' &&
      latest(operation, step)?.end?.outcome !== 'not_begun' &&
      latest(operation, step) !== undefined,
  );
}

export function latest(operation: Operation, step: Pick<Step, 'id'>): Attempt | undefined {
  return operation.attempts.get(step.id)?.at(-1);
}

/** The operation after one more legal event, which `record` holds. */
export function advance(
  operation: Operation | null,
  event: OperationEvent,
  record: Pick<JournalRecord, 'operation' | 'seq' | 'at' | 'hash'>,
): Operation {
  const head = { seq: record.seq, hash: record.hash };
  if (operation === null) return begin(event, record, head);
  const next: Operation = { ...operation, head, headAt: record.at };
  switch (event.type) {
    case 'requested':
    case 'refused':
      return next;
    case 'claimed':
      return { ...next, claim: { claim: event.claim, worker: event.worker, at: record.at }, claims: next.claims + 1 };
    case 'probed':
      return { ...next, facts: event.facts, attention: null };
    case 'planned':
      return { ...next, plan: { plan: event.plan, digest: event.digest, at: record.at }, attention: null };
    case 'step_started':
      return withAttempt(next, event.step, {
        attempt: event.attempt,
        startedAt: record.at,
        before: event.checks,
        end: null,
      });
    case 'step_finished': {
      const { outcome, exit, checks, problem } = event;
      return withEnd(next, event.step, { at: record.at, outcome, exit, after: checks, problem });
    }
    case 'step_unclear':
      return withEnd(next, event.step, {
        at: record.at,
        outcome: 'unclear',
        exit: null,
        after: [],
        problem: event.problem,
      });
    case 'eased':
      return { ...next, attention: null };
    case 'attention':
      return { ...next, attention: { problem: event.problem, at: record.at } };
    case 'release_asked':
      return { ...next, release: { by: event.by, reason: event.reason, at: record.at } };
    case 'released': {
      const { by, reason } = next.release ?? { by: event.by, reason: '' };
      return { ...next, attention: null, end: { how: 'released', at: record.at, by: [by, event.by], reason } };
    }
    case 'succeeded':
      return { ...next, attention: null, end: { how: 'succeeded', at: record.at } };
    case 'cancelled':
      return { ...next, attention: null, end: { how: 'cancelled', at: record.at, by: event.by } };
    case 'failed':
      return {
        ...next,
        attention: null,
        end: { how: 'failed', at: record.at, problem: event.problem, remains: event.remains },
      };
  }
}

function begin(event: OperationEvent, record: Pick<JournalRecord, 'operation' | 'at'>, head: Head): Operation {
  if (event.type !== 'requested') throw new TypeError('a journal begins with a request');
  return {
    id: record.operation,
    label: event.label,
    cloud: event.cloud,
    wish: event.wish,
    by: event.by,
    channel: event.place?.channel ?? null,
    requestedAt: record.at,
    head,
    headAt: record.at,
    claim: null,
    claims: 0,
    facts: null,
    plan: null,
    attempts: new Map(),
    attention: null,
    release: null,
    end: null,
  };
}

function withAttempt(operation: Operation, step: string, attempt: Attempt): Operation {
  const before = (operation.attempts.get(step) ?? []).filter((one) => one.attempt !== attempt.attempt);
  return { ...operation, attention: null, attempts: new Map(operation.attempts).set(step, [...before, attempt]) };
}

function withEnd(operation: Operation, step: string, end: NonNullable<Attempt['end']>): Operation {
  const running = operation.attempts.get(step)?.at(-1);
  return running ? withAttempt(operation, step, { ...running, end }) : operation;
}
