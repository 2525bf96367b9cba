import { agreed, awaited, countedApprovals, whyNotConsent } from './approval.ts';
import { offeredBackOuts } from './back-outs.ts';
import type { EventType, OperationEvent, Wish } from './events.ts';
import { PREPARATIONS_MAX, preparationSpoilt } from './next.ts';
import {
  changeStarted,
  destroyStarted,
  hasWorked,
  highestNumber,
  latest,
  mayBeGone,
  type Operation,
  stepsOf,
  stuckAt,
  touched,
} from './operation.ts';
import { digestOf, type Plan, type Step } from './plan.ts';

type Rules = {
  readonly [K in EventType]: (operation: Operation, event: Extract<OperationEvent, { type: K }>) => string | null;
};
const fine = () => null;

/** Why `event` can't follow, or null: the journal's grammar, asked before an event is written and when it is read. */
export function illegal(operation: Operation | null, event: OperationEvent): string | null {
  if (operation === null) return event.type === 'requested' ? null : 'a journal begins with a request';
  if (event.type === 'requested') return 'a second request';
  if (event.type === 'refused') return null;
  if (operation.end) return 'the operation has ended';
  if ('claim' in event && event.type !== 'claimed' && event.claim !== operation.claim?.claim) return 'not the driver';
  // Each event goes to its own rule; the table can't tell the compiler so.
  const rule = rules[event.type] as (operation: Operation, event: OperationEvent) => string | null;
  return rule(operation, event);
}

/** Each event in the journal of an operation that has not ended, its claim being the driver's. */
const rules: Rules = {
  requested: () => 'a second request',
  refused: fine,
  claimed: fine,
  attention: fine,
  eased: fine,
  acknowledged: (operation) => (operation.attention || stuckAt(operation) ? null : 'nothing needs attention'),
  failed: (operation) =>
    operation.wish.kind !== 'backup' && (destroyStarted(operation) || touched(operation))
      ? 'a restore does not end so'
      : underWay(operation)
        ? 'a change is under way'
        : null,
  probed: (operation) => (operation.plan === null ? null : 'a probe after the plan'),
  planned: (operation, { plan, digest }) => illegalPlan(operation, plan, digest),
  announced: (operation, event) => {
    const { consent, plan } = operation;
    if (awaited(operation) === null) return 'no plan waits for people';
    if (plan?.plan.number !== event.plan || plan.digest !== event.digest) return 'another plan';
    if (event.what === 'plan') return null;
    const counted = countedApprovals(operation).filter(({ by }) => event.eligible.includes(by));
    const needed = plan.plan.approval?.needed ?? Number.POSITIVE_INFINITY;
    return consent.completeAt !== null && counted.length >= needed ? null : 'not enough approvals';
  },
  approved: (operation, event) =>
    event.by === 'console' ? 'nobody knows who that is' : (whyNotConsent(operation, event, 'approve')?.code ?? null),
  declined: (operation, event) => whyNotConsent(operation, event, 'decline')?.code ?? null,
  revoked: (operation, event) => whyNotConsent(operation, event, 'revoke')?.code ?? null,
  expired: (operation, event) => aboutAwaited(operation, event),
  voided: (operation, event) => aboutAwaited(operation, event),
  given_up: (operation) =>
    operation.wish.kind !== 'backup' && !destroyStarted(operation) && operation.withdrawal === null
      ? null
      : 'only what destroyed nothing is given up',
  clearing: (operation, { number }) =>
    operation.withdrawal !== null && operation.track?.kind !== 'clearing' && number === highestNumber(operation) + 1
      ? null
      : 'nothing is to be cleared',
  cleared: ({ withdrawal, track }) =>
    withdrawal !== null && track?.kind === 'clearing' ? null : 'nothing was to be cleared',
  release_asked: (operation) => notReleasable(operation),
  released: (operation, event) =>
    operation.release === null || operation.release.by === event.by
      ? 'a release needs two persons'
      : operation.wish.kind === 'backup'
        ? null
        : notReleasable(operation),
  cancelled: (operation) =>
    changeStarted(operation) ? 'a change was started' : operation.withdrawal ? 'it was withdrawn' : null,
  succeeded: (operation) => {
    if (operation.withdrawal || operation.track === null || operation.plan === null) return 'nothing was done';
    if (operation.plan.plan.runbook === 'preparation') return 'a preparation is no end';
    if (operation.track.backOut?.leads === 'resume') return 'the plan goes on';
    return stepsOf(operation).every((step) => hasWorked(operation, step)) ? null : 'a step has not worked';
  },
  step_started: (operation, event) => illegalStart(operation, event),
  step_finished: (operation, event) => illegalEnd(operation, event),
  step_unclear: (operation, event) => illegalEnd(operation, event),
  backing_out: (operation, event) => {
    if (event.plan !== operation.plan?.plan.number) return 'a back-out of another plan';
    if (event.number !== highestNumber(operation) + 1) return 'a number out of order';
    return offeredBackOuts(operation).some(({ id }) => id === event.backOut) ? null : 'it is not offered';
  },
  gone_asked: (operation, { host }) => (mayBeGone(operation).includes(host) ? null : 'nothing waits for that node'),
  gone: (operation, { by, host }) => {
    const { goneAsked } = operation;
    if (goneAsked === null || goneAsked.host !== host) return 'nobody asked';
    if (goneAsked.by === by) return 'a node is declared gone by two persons';
    return mayBeGone(operation).includes(host) ? null : 'nothing waits for that node';
  },
  resolution_asked: (operation, event) => aboutUnclear(operation, event),
  resolved: (operation, event) => {
    const { resolution } = operation;
    if (resolution === null || resolution.step !== event.step || resolution.attempt !== event.attempt)
      return 'nobody asked';
    return resolution.by === event.by ? 'a resolution needs two persons' : aboutUnclear(operation, event);
  },
};

function notReleasable(operation: Operation): string | null {
  const held = changeStarted(operation) || operation.withdrawal !== null;
  return held ? null : 'nothing was started: it can be cancelled';
}

/** The runbook of each wish's first plan, by its name in `plan.ts`. */
const FIRST_RUNBOOK = {
  backup: 'backup',
  restore: 'preparation',
  discard: 'discard',
} as const satisfies Record<Wish['kind'], Plan['runbook']>;

function illegalPlan(operation: Operation, plan: Plan, digest: string): string | null {
  const { wish, facts, plan: before, withdrawal } = operation;
  if (facts === null) return 'a plan without facts';
  if (withdrawal !== null) return 'it was withdrawn';
  if (plan.number !== highestNumber(operation) + 1) return 'a number out of order';
  if (plan.approval !== null && digestOf(plan) !== digest) return 'a digest of another plan';
  if (wish.kind !== 'backup' && (plan.operation !== operation.id || plan.cloud !== operation.cloud))
    return 'a plan of another operation';
  if (sameNamed(plan.steps) || sameNamed(plan.clearing) || plan.backOuts.some(({ steps }) => sameNamed(steps)))
    return 'two steps of one name';
  if (plan.clearing.some(({ touches }) => touches === 'destroy')) return 'a clearing that destroys';
  if (plan.approval === null && everyStep(plan).some(({ touches }) => touches === 'destroy'))
    return 'a plan that destroys without approval';
  if (wish.kind === 'restore' && plan.runbook === 'preparation')
    return before === null || (preparationSpoilt(operation) && operation.plans.length < PREPARATIONS_MAX)
      ? null
      : 'a second preparation';
  if (wish.kind === 'restore') return illegalExecution(operation, plan);
  if (before !== null) return 'a second plan';
  return plan.runbook === FIRST_RUNBOOK[wish.kind] ? null : 'a plan for something else';
}

function sameNamed(steps: readonly Step[]): boolean {
  return new Set(steps.map(({ id }) => id)).size < steps.length;
}

function everyStep(plan: Plan) {
  return [...plan.steps, ...plan.clearing, ...plan.backOuts.flatMap(({ steps }) => steps)];
}

function illegalExecution(operation: Operation, plan: Plan): string | null {
  if (plan.runbook !== 'restore' || plan.approval === null) return 'a plan for something else';
  if (operation.plan?.plan.runbook !== 'preparation') return 'an execution without its preparation';
  return stepsOf(operation).every((step) => hasWorked(operation, step)) ? null : 'the preparation has not worked';
}

function aboutAwaited(operation: Operation, event: { plan: number; digest: string }): string | null {
  const stored = awaited(operation);
  if (stored === null) return 'no plan waits for people';
  return stored.plan.number === event.plan && stored.digest === event.digest ? null : 'another plan';
}

type Sent = { readonly plan: number; readonly step: string; readonly attempt: number };

function aboutUnclear(operation: Operation, event: Sent): string | null {
  const stuck = stuckAt(operation);
  return stuck?.attempt.end?.outcome === 'unclear' &&
    stuck.step.id === event.step &&
    stuck.attempt.attempt === event.attempt &&
    event.plan === operation.track?.number
    ? null
    : 'this step is not unclear';
}

function illegalEnd(operation: Operation, event: Sent): string | null {
  const running = operation.attempts.get(event.step)?.at(-1);
  return running && running.end === null && running.attempt === event.attempt && event.plan === operation.track?.number
    ? null
    : 'this step is not under way';
}

function illegalStart(operation: Operation, event: Sent): string | null {
  const steps = stepsOf(operation);
  const step = steps.find(({ id }) => id === event.step);
  if (!step || event.plan !== operation.track?.number) return 'a step that the plan has not';
  if (operation.withdrawal !== null && operation.track.kind !== 'clearing') return 'it was withdrawn';
  const earlier = steps.slice(0, steps.indexOf(step)).map((one) => latest(operation, one)?.end ?? null);
  // What can't be removed on one host must not keep the others from being cleared.
  const over = operation.track.kind === 'clearing';
  if (!earlier.every((end) => (over ? end !== null : end?.outcome === 'worked')))
    return 'an earlier step has not worked';
  if (needsConsent(operation, step) && !agreed(operation)) return 'it was not approved';
  const before = latest(operation, step);
  if (before && before.end?.outcome !== 'not_begun' && !before.end?.again) return 'the step was sent already';
  return event.attempt === (before?.attempt ?? 0) + 1 ? null : 'an attempt out of order';
}

/** Whether a step must not start without the approvals of its plan: all of a plan that asks for them. */
function needsConsent({ plan, track }: Operation, { touches }: { readonly touches: string }): boolean {
  return touches !== 'read' && track?.kind === 'plan' && plan?.plan.approval != null;
}

/** Whether a change was sent of which nobody knows yet how it ended. */
function underWay(operation: Operation): boolean {
  return stepsOf(operation).some((step) => step.touches !== 'read' && latest(operation, step)?.end === null);
}
