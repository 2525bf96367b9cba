import { resumedBy } from './back-outs.ts';
import { type EventType, isEnd, type OperationEvent } from './events.ts';
import {
  type Attempt,
  attemptsIn,
  type Consent,
  clearingOf,
  everDriven,
  hasWorked,
  mainTrack,
  NO_CONSENT,
  type Operation,
  type Track,
  touched,
  type Withdrawal,
} from './operation.ts';
import type { JournalRecord } from './record.ts';

type At = Pick<JournalRecord, 'operation' | 'seq' | 'at' | 'hash'>;
type Changes = {
  readonly [K in EventType]: (
    operation: Operation,
    event: Extract<OperationEvent, { type: K }>,
    at: number,
  ) => Operation;
};

/** The operation after one more legal event, which `record` holds. */
export function advance(operation: Operation | null, event: OperationEvent, record: At): Operation {
  const head = { seq: record.seq, hash: record.hash };
  if (operation === null) return { ...begin(event, record), head };
  // Each event goes to its own function; the table can't tell the compiler so.
  const change = changes[event.type] as (operation: Operation, event: OperationEvent, at: number) => Operation;
  return change({ ...operation, head, headAt: record.at }, event, record.at);
}

const changes: Changes = {
  requested: (operation) => operation,
  refused: (operation) => operation,
  claimed: (operation, { claim, worker }, at) => ({
    ...operation,
    claim: { claim, worker, at },
    claims: operation.claims + 1,
  }),
  probed: (operation, { facts }) => ({ ...operation, facts, attention: null }),
  planned: (operation, { plan, digest }, at) => {
    const stored = { plan, digest, at };
    const track: Track = { number: plan.number, kind: 'plan', steps: plan.steps, backOut: null };
    return onTrack({ ...operation, plan: stored, plans: [...operation.plans, stored], consent: NO_CONSENT }, track);
  },
  announced: (operation, { what, eligible }, at) => ({
    ...operation,
    // An approved execution must begin soon: whatever was in its way before is tried anew at once.
    attention: what === 'execution' ? null : operation.attention,
    consent:
      what === 'plan'
        ? { ...operation.consent, announcedAt: operation.consent.announcedAt ?? at }
        : { ...operation.consent, execution: { at, eligible } },
  }),
  approved: (operation, { by }, at) => {
    const approvals = [...operation.consent.approvals, { by, at }];
    return { ...operation, consent: counted(operation, approvals, at) };
  },
  revoked: (operation, { by }, at) => {
    const approvals = operation.consent.approvals.filter((one) => one.by !== by);
    return { ...operation, consent: counted(operation, approvals, at) };
  },
  declined: (operation, event, at) =>
    withdraw(operation, event, { how: 'declined', at, by: event.by, reason: event.reason }),
  cancelled: (operation, event, at) => withdraw(operation, event, { how: 'cancelled', at, by: event.by }),
  voided: (operation, event, at) => withdraw(operation, event, { how: 'voided', at, problem: event.problem }),
  given_up: (operation, event, at) =>
    withdraw(operation, event, { how: 'failed', at, problem: event.problem, remains: [] }),
  expired: (operation, event, at) =>
    event.what === 'plan'
      ? withdraw(operation, event, { how: 'expired', at })
      : { ...operation, consent: counted(operation, [], at) },
  clearing: (operation, { number }) =>
    onTrack(operation, {
      number,
      kind: 'clearing',
      steps: clearingOf(operation),
      backOut: null,
    }),
  cleared: (operation) => ({ ...operation, attention: null, end: operation.withdrawal }),
  step_started: (operation, { step, attempt, checks }, at) =>
    withAttempt(operation, step, { attempt, startedAt: at, before: checks, end: null }),
  step_finished: (operation, { step, outcome, exit, checks, problem }, at) =>
    resumed(withEnd(operation, step, { at, outcome, exit, after: checks, problem }), at),
  step_unclear: (operation, { step, problem }, at) =>
    withEnd(operation, step, { at, outcome: 'unclear', exit: null, after: [], problem }),
  attention: (operation, { problem }, at) => ({ ...operation, attention: { problem, at }, acknowledged: null }),
  // A node that answered isn't gone, whatever somebody had said before.
  eased: (operation) => ({ ...operation, attention: null, goneAsked: null }),
  acknowledged: (operation, { by }, at) => ({ ...operation, acknowledged: { by, at } }),
  backing_out: (operation, { backOut: id, number }, at) => {
    const backOut = operation.plan?.plan.backOuts.find((one) => one.id === id);
    if (backOut === undefined) return operation;
    const next = { ...operation, attention: null, acknowledged: null, resolution: null };
    return resumed(onTrack(next, { number, kind: 'back_out', steps: backOut.steps, backOut }), at);
  },
  resolution_asked: (operation, { by, step, attempt, says, reason }, at) => ({
    ...operation,
    resolution: { by, at, step, attempt, says, reason },
  }),
  resolved: (operation, { by }, at) => {
    const said = operation.resolution;
    const before = said === null ? undefined : operation.attempts.get(said.step)?.at(-1)?.end;
    if (said === null || !before) return operation;
    const outcome = said.says === 'ran' ? 'worked' : 'not_begun';
    const end = { ...before, at, outcome, saidBy: [said.by, by] } as const;
    return resumed(withEnd({ ...operation, resolution: null }, said.step, end), at);
  },
  gone_asked: (operation, { by, host, reason }, at) => ({ ...operation, goneAsked: { by, at, host, reason } }),
  gone: (operation, { by, host }, at) => ({
    ...operation,
    attention: null,
    goneAsked: null,
    gone: [...operation.gone, { host, by: [operation.goneAsked?.by ?? by, by], at }],
  }),
  release_asked: (operation, { by, reason }, at) => ({ ...operation, release: { by, reason, at } }),
  released: (operation, event, at) => {
    const { by, reason } = operation.release ?? { by: event.by, reason: '' };
    return { ...operation, attention: null, end: { how: 'released', at, by: [by, event.by], reason } };
  },
  succeeded: (operation, _, at) => {
    const backOut = operation.track?.backOut ?? null;
    const end = backOut === null ? ({ how: 'succeeded', at } as const) : ({ how: 'backed_out', at, backOut } as const);
    return { ...operation, attention: null, end };
  },
  failed: (operation, { problem, remains }, at) => ({
    ...operation,
    attention: null,
    end: { how: 'failed', at, problem, remains },
  }),
};

function begin(event: OperationEvent, record: At): Operation {
  if (event.type !== 'requested') throw new TypeError('a journal begins with a request');
  return {
    id: record.operation,
    label: event.label,
    cloud: event.cloud,
    wish: event.wish,
    by: event.by,
    channel: event.place?.channel ?? null,
    requestedAt: record.at,
    head: { seq: record.seq, hash: record.hash },
    headAt: record.at,
    claim: null,
    claims: 0,
    facts: null,
    plan: null,
    plans: [],
    track: null,
    attempts: new Map(),
    past: [],
    consent: NO_CONSENT,
    withdrawal: null,
    resumedAt: null,
    resolution: null,
    goneAsked: null,
    gone: [],
    attention: null,
    acknowledged: null,
    release: null,
    end: null,
  };
}

/** Goes on with another track; what was driven so far is kept. */
function onTrack(operation: Operation, track: Track): Operation {
  return { ...operation, track, attempts: new Map(), past: everDriven(operation), attention: null };
}

function counted({ plan, consent }: Operation, approvals: Consent['approvals'], at: number): Consent {
  const complete = plan?.plan.approval != null && approvals.length >= plan.plan.approval.needed;
  const completeAt = complete ? (consent.completeAt ?? at) : null;
  return { ...consent, approvals, completeAt, execution: complete ? consent.execution : null };
}

/** Nothing starts any more; it ends now, or when what it left on the hosts is removed. */
function withdraw(operation: Operation, event: OperationEvent, withdrawal: Withdrawal): Operation {
  const ended = isEnd(event, touched(operation)) ? withdrawal : null;
  return { ...operation, attention: null, withdrawal, end: ended };
}

/** After a remedy what was stuck, the plan or a way back, is driven again where it stood. */
function resumed(operation: Operation, at: number): Operation {
  const { track } = operation;
  const main = mainTrack(operation);
  if (track?.backOut?.leads !== 'resume' || main === null) return operation;
  const worked = track.steps.every((step) => hasWorked(operation, step));
  if (!worked) return operation;
  const attempts = new Map(attemptsIn(operation, main.number));
  for (const step of main.steps) {
    const sent = attempts.get(step.id) ?? [];
    const last = sent.at(-1);
    const again = last && resumedBy(track.backOut, step, last);
    if (again) attempts.set(step.id, [...sent.slice(0, -1), again]);
  }
  return {
    ...operation,
    track: main,
    attempts,
    past: everDriven(operation),
    resumedAt: at,
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
