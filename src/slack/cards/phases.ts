import { approvableUntil, countedApprovals } from '../../operation/approval.ts';
import type { Wish } from '../../operation/events.ts';
import { type Attempt, destroyStarted, type Operation, stuckAt } from '../../operation/operation.ts';
import { moment } from '../text.ts';
import { sendings } from './sendings.ts';

/** How far an operation is, in words. */
type Phase =
  | 'waiting'
  | 'asking'
  | 'planning'
  | 'preparing'
  | 'unshown'
  | 'awaiting'
  | 'approved'
  | 'running'
  | 'backing_out'
  | 'attention'
  | 'clearing'
  | NonNullable<Operation['end']>['how'];

/** The mark and the words of each. */
export const PHASES = {
  waiting: { mark: '🕓', words: 'waiting for a worker' },
  asking: { mark: '🔎', words: 'asking the hosts' },
  planning: { mark: '🔎', words: 'making the plan' },
  preparing: { mark: '📦', words: 'preparing, nothing live is touched' },
  unshown: { mark: '📝', words: 'its plan is being posted' },
  awaiting: { mark: '✋', words: 'waiting for approval' },
  approved: { mark: '👍', words: 'approved, about to begin' },
  running: { mark: '⏳', words: 'running' },
  backing_out: { mark: '↩️', words: 'backing out' },
  attention: { mark: '⚠️', words: 'needs attention' },
  clearing: { mark: '🧹', words: 'removing what was prepared' },
  succeeded: { mark: '✅', words: 'succeeded' },
  backed_out: { mark: '↩️', words: 'backed out' },
  cancelled: { mark: '🚫', words: 'cancelled' },
  declined: { mark: '🚫', words: 'declined' },
  expired: { mark: '⌛', words: 'expired' },
  voided: { mark: '🚫', words: 'voided' },
  failed: { mark: '❌', words: 'failed' },
  released: { mark: '🔓', words: 'released' },
} as const satisfies Record<Phase, { mark: string; words: string }>;

/** Where an operation is, for people. */
export function phaseOf(operation: Operation): Phase {
  const { end, withdrawal, attention, track, plan, facts, consent } = operation;
  if (end) return end.how;
  if (attention || stuckAt(operation)) return 'attention';
  if (withdrawal) return 'clearing';
  if (track?.kind === 'back_out') return 'backing_out';
  if (plan === null) return facts ? 'planning' : operation.claim ? 'asking' : 'waiting';
  if (plan.plan.runbook === 'preparation') return 'preparing';
  if (plan.plan.approval === null || destroyStarted(operation)) return 'running';
  if (consent.announcedAt === null) return 'unshown';
  return consent.completeAt === null ? 'awaiting' : 'approved';
}

/** The phase in words, with what belongs to it: how many approvals, until when, how it was withdrawn. */
export function phaseWords(operation: Operation): string {
  const phase = phaseOf(operation);
  const { words } = PHASES[phase];
  const approval = operation.plan?.plan.approval ?? null;
  if (phase === 'awaiting' && approval !== null) {
    const until = approvableUntil(operation);
    const have = `${words} (${countedApprovals(operation).length} of ${approval.needed})`;
    return until === null ? have : `${have} until ${moment(until)}`;
  }
  if (phase === 'clearing' && operation.withdrawal !== null)
    return `${PHASES[operation.withdrawal.how].words}, ${words}`;
  return words;
}

/** What was asked for, with its cloud: `restore of prod`. */
export function wishOn(wish: Wish, cloud: string): string {
  switch (wish.kind) {
    case 'backup':
      return `${wish.type} backup of ${cloud}`;
    case 'restore':
      return `restore of ${cloud}`;
    case 'discard':
      return `removal of ${wish.label}’s old data on ${cloud}`;
  }
}

/** `RST-7 · restore of prod · running`, with its mark; that MariaDB is down comes first. */
export function titleOf(operation: Operation): string {
  const { mark } = PHASES[phaseOf(operation)];
  const what = `${operation.label} · ${wishOn(operation.wish, operation.cloud)} · ${phaseWords(operation)}`;
  const down = phaseOf(operation) === 'attention' && downSince(operation) !== null;
  return down ? `${mark} MariaDB on ${operation.cloud} is down · ${what}` : `${mark} ${what}`;
}

/** Answers that show MariaDB back: of the service, or of the whole cluster. */
const BACK: ReadonlySet<string> = new Set(['service-back', 'cluster-whole']);

/**
 * Since when MariaDB is down, or not confirmed back, by this operation's doing (ms); null where it isn't, or where the
 * operation has ended. `but`: a confirmation that is left out, so that one can say what it ended.
 */
export function downSince(operation: Operation, but: Attempt | null = null): number | null {
  if (operation.wish.kind !== 'restore' || (operation.end !== null && but === null)) return null;
  const all = sendings(operation);
  const confirmed = all.filter(({ attempt }) =>
    attempt.attempt !== but?.attempt || attempt.startedAt !== but.startedAt
      ? attempt.end?.outcome === 'worked' && attempt.end.after.some(({ check }) => BACK.has(check))
      : false,
  );
  const back = Math.max(-1, ...confirmed.map(({ attempt }) => attempt.startedAt));
  const destroyed = all.filter(
    ({ step, attempt }) =>
      step.touches === 'destroy' && attempt.end?.outcome !== 'not_begun' && attempt.startedAt > back,
  );
  return destroyed.length === 0 ? null : Math.min(...destroyed.map(({ attempt }) => attempt.startedAt));
}
