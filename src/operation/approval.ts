import type { Problem } from './catalogue.ts';
import { destroyStarted, type Operation, type StoredPlan } from './operation.ts';

/**
 * The two-person rule, as a function of the journal and its clock alone. Who may approve at all is asked of Slack where
 * somebody clicks; everything else stands here, and the worker asks it again before it starts what can't be undone.
 */
export type Gate =
  /** The plan needs nobody's approval. */
  | { readonly gate: 'none' }
  /** The plan doesn't stand in its thread yet. */
  | { readonly gate: 'unannounced' }
  /** It waits for people until then (ms, the journal's clock). */
  | { readonly gate: 'open'; readonly have: number; readonly needed: number; readonly until: number }
  /** Enough people approved; that it begins must stand in the thread, and it must begin, until then. */
  | { readonly gate: 'approved'; readonly until: number }
  /** It may begin, until then. */
  | { readonly gate: 'go'; readonly until: number }
  | { readonly gate: 'expired'; readonly what: 'plan' | 'approval'; readonly why: 'time' | 'clock' };

/** How far the clock may jump back until open approvals count no more (ms). */
export const CLOCK_BACK_MS = 5_000;

/** How the plan of an operation stands with people at `now`. */
export function gateOf(operation: Operation, now: number): Gate {
  const { plan, consent, headAt } = operation;
  if (plan === null || plan.plan.approval === null) return { gate: 'none' };
  const { needed, waitMs, beginMs } = plan.plan.approval;
  const { announcedAt } = consent;
  if (announcedAt === null) return { gate: 'unannounced' };
  const have = countedApprovals(operation).length;
  if (have > 0 && now < headAt - CLOCK_BACK_MS) return { gate: 'expired', what: 'approval', why: 'clock' };
  // An event is never stamped before its predecessor, so a clock that is behind gives nobody more time.
  const journalNow = Math.max(now, headAt);
  const waitsUntil = announcedAt + waitMs;
  if (have < needed) {
    const over = journalNow > waitsUntil;
    return over ? { gate: 'expired', what: 'plan', why: 'time' } : { gate: 'open', have, needed, until: waitsUntil };
  }
  const until = (consent.completeAt ?? 0) + beginMs;
  if (journalNow > until) return { gate: 'expired', what: 'approval', why: 'time' };
  return agreed(operation) ? { gate: 'go', until } : { gate: 'approved', until };
}

/** Whether enough of those whose approvals count were looked up again, and that it begins stands in the thread. */
export function agreed(operation: Operation): boolean {
  const { plan, consent } = operation;
  const needed = plan?.plan.approval?.needed ?? Number.POSITIVE_INFINITY;
  const eligible = countedApprovals(operation).filter(({ by }) => consent.execution?.eligible.includes(by));
  return eligible.length >= needed;
}

/** Approvals that count: of others than the requester, each once, given while the plan waited. */
export function countedApprovals({ plan, consent, by: requester }: Operation): Operation['consent']['approvals'] {
  const approval = plan?.plan.approval ?? null;
  const { announcedAt } = consent;
  if (approval === null || announcedAt === null) return [];
  const inTime = consent.approvals.filter(({ at }) => at >= announcedAt && at <= announcedAt + approval.waitMs);
  const others = inTime.filter(({ by }) => by !== requester);
  return others.filter(({ by }, index) => others.findIndex((one) => one.by === by) === index);
}

/** What somebody says about which plan. */
export type Claimed = { readonly by: string; readonly plan: number; readonly digest: string };

/** Why this can't be said of the plan now, whoever they are; null when it can. */
export function whyNotConsent(operation: Operation, { by, plan, digest }: Claimed, saying: Saying): Problem | null {
  const { label } = operation;
  const stored = awaited(operation);
  if (stored === null) return { code: 'PLAN_NOT_WAITING', params: { label } };
  if (stored.plan.number !== plan || stored.digest !== digest) return { code: 'PLAN_IS_ANOTHER', params: { label } };
  if (operation.consent.announcedAt === null) return { code: 'PLAN_NOT_SHOWN', params: { label } };
  if (saying === 'revoke')
    return operation.consent.approvals.some((one) => one.by === by)
      ? null
      : { code: 'APPROVAL_NOT_GIVEN', params: { label, person: by } };
  if (by === operation.by) return { code: 'APPROVER_IS_REQUESTER', params: { label, person: by } };
  if (saying === 'approve' && operation.consent.approvals.some((one) => one.by === by))
    return { code: 'APPROVED_ALREADY', params: { label, person: by } };
  if (saying === 'approve' && operation.headAt > (approvableUntil(operation) ?? 0))
    return { code: 'APPROVAL_TOO_LATE', params: { label } };
  return null;
}
/** What one person may say of a plan. */
export type Saying = 'approve' | 'decline' | 'revoke';

/** The plan that people may still speak about; null when there is none, or it is too late. */
export function awaited(operation: Operation): StoredPlan | null {
  const { plan, track, end, withdrawal } = operation;
  if (plan === null || plan.plan.approval === null || end !== null || withdrawal !== null) return null;
  return track?.kind === 'plan' && !destroyStarted(operation) ? plan : null;
}

/** The moment until which an approval may still be given (ms); null where none is awaited. */
export function approvableUntil(operation: Operation): number | null {
  const approval = awaited(operation)?.plan.approval ?? null;
  const { announcedAt } = operation.consent;
  return approval === null || announcedAt === null ? null : announcedAt + approval.waitMs;
}
