import type { Answered } from './checks.ts';
import type { OperationEvent, Wish } from './events.ts';
import type { Facts } from './facts.ts';
import type { BackOut, Plan, Step } from './plan.ts';
import type { Head } from './record.ts';

/** A problem out of a journal: the code may be one that this version doesn't know. */
export type JournaledProblem = { readonly code: string; readonly params: Readonly<Record<string, string>> };

/** How often a step whose program never began is sent. */
export const ATTEMPTS_MAX = 5;

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
    /** Two persons said so: the host could not tell. */
    readonly saidBy?: readonly [string, string];
    /** The plan was resumed since, and this step may be started again. */
    readonly again?: boolean;
  };
};

/** How an operation was withdrawn before anything was destroyed; what it left on the hosts is removed first. */
export type Withdrawal =
  | { readonly how: 'cancelled'; readonly at: number; readonly by: string }
  | { readonly how: 'declined'; readonly at: number; readonly by: string; readonly reason: string }
  | { readonly how: 'expired'; readonly at: number }
  | { readonly how: 'voided'; readonly at: number; readonly problem: JournaledProblem }
  | { readonly how: 'failed'; readonly at: number; readonly problem: JournaledProblem; readonly remains: Remains };

/** How an operation ended, and when (ms). */
export type End =
  | Withdrawal
  | { readonly how: 'succeeded'; readonly at: number }
  /** One of the plan's back-outs worked. */
  | { readonly how: 'backed_out'; readonly at: number; readonly backOut: BackOut }
  | { readonly how: 'released'; readonly at: number; readonly by: readonly [string, string]; readonly reason: string };
/** Files that a backup which failed left on hosts; null where a host couldn't be asked. */
export type Remains = Extract<OperationEvent, { type: 'failed' }>['remains'];

/** A plan as it was journaled, and when (ms). */
export type StoredPlan = { readonly plan: Plan; readonly digest: string; readonly at: number };

/**
 * The steps that are driven, under the number of their run directories: a plan's own, one of its back-outs, or the
 * removal of what a preparation left.
 */
export type Track = {
  readonly number: number;
  readonly kind: 'plan' | 'back_out' | 'clearing';
  readonly steps: readonly Step[];
  readonly backOut: BackOut | null;
};
/** The sendings of each step, by its id, the first one first. */
export type Attempts = ReadonlyMap<string, readonly Attempt[]>;

/** A track with what was sent of it. */
export type Driven = { readonly track: Track; readonly attempts: Attempts };

/** Who approved, and when (ms). */
export type Approval = { readonly by: string; readonly at: number };

/** What people have said of the plan that they were shown. */
export type Consent = {
  readonly announcedAt: number | null;
  readonly approvals: readonly Approval[];
  /** The moment when the last needed approval came; null while some are missing. */
  readonly completeAt: number | null;
  /** That its execution begins stands in the thread, and these may still approve. */
  readonly execution: { readonly at: number; readonly eligible: readonly string[] } | null;
};
export const NO_CONSENT: Consent = { announcedAt: null, approvals: [], completeAt: null, execution: null };

/** What one person says of an unclear step, until a second one agrees. */
export type Resolution = {
  readonly by: string;
  readonly at: number;
  readonly step: string;
  readonly attempt: number;
  readonly says: 'ran' | 'not_run';
  readonly reason: string;
};

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
  /** The latest plan, and all of them. */
  readonly plan: StoredPlan | null;
  readonly plans: readonly StoredPlan[];
  readonly track: Track | null;
  /** Of the track that is driven, by step. */
  readonly attempts: Attempts;
  /** Tracks that were driven before. */
  readonly past: readonly Driven[];
  readonly consent: Consent;
  readonly withdrawal: Withdrawal | null;
  /** When a back-out last let the plan go on (ms). */
  readonly resumedAt: number | null;
  readonly resolution: Resolution | null;
  /** What one person says of a node, until a second one agrees; and the nodes that two persons have declared gone. */
  readonly goneAsked: {
    readonly by: string;
    readonly at: number;
    readonly host: string;
    readonly reason: string;
  } | null;
  readonly gone: readonly { readonly host: string; readonly by: readonly [string, string]; readonly at: number }[];
  readonly attention: { readonly problem: JournaledProblem; readonly at: number } | null;
  /** Who looks after what needs attention. */
  readonly acknowledged: { readonly by: string; readonly at: number } | null;
  /** The last one who asked that the cloud be given back, and why. */
  readonly release: { readonly by: string; readonly reason: string; readonly at: number } | null;
  readonly end: End | null;
};

/** The steps that are driven now; none before there is a plan. */
export function stepsOf({ track }: Pick<Operation, 'track'>): readonly Step[] {
  return track?.steps ?? [];
}

/** The last sending of a step. */
export function latest(operation: Pick<Operation, 'attempts'>, step: Pick<Step, 'id'>): Attempt | undefined {
  return operation.attempts.get(step.id)?.at(-1);
}

/** Whether the last sending of a step has worked. */
export function hasWorked({ attempts }: Pick<Operation, 'attempts'>, { id }: Pick<Step, 'id'>): boolean {
  return attempts.get(id)?.at(-1)?.end?.outcome === 'worked';
}

/** Everything that was driven, in its order; a track that was resumed stands there once for each time. */
export function everDriven({
  past,
  track,
  attempts,
}: Pick<Operation, 'past' | 'track' | 'attempts'>): readonly Driven[] {
  return track === null ? past : [...past, { track, attempts }];
}

/** The attempts of a track, driven now or before. */
export function attemptsIn(operation: Operation, number: number): Attempts {
  if (operation.track?.number === number) return operation.attempts;
  return operation.past.findLast(({ track }) => track.number === number)?.attempts ?? new Map();
}

/** How a host's silence is told. */
const SILENT: ReadonlySet<string> = new Set([
  'HOST_OUT_OF_SIGHT',
  'HOST_UNREACHABLE',
  'HOST_TIMEOUT',
  'HOST_CONNECTION_LOST',
]);

/**
 * The nodes that people may declare gone now, the one that doesn't answer first: while its silence is waited for after
 * something was destroyed, or where the operation is stuck. None that is declared already.
 */
export function mayBeGone(operation: Operation): readonly string[] {
  const { plan, attention, gone, end } = operation;
  if (end !== null || !destroyStarted(operation)) return [];
  const stuck = stuckAt(operation)?.attempt.end?.problem ?? null;
  const problem = attention?.problem ?? stuck;
  if (stuck === null && !SILENT.has(problem?.code ?? '')) return [];
  const silent = problem?.params['host'];
  const nodes = (plan?.plan.nodes ?? [])
    .map(({ name }) => name)
    .filter((name) => gone.every(({ host }) => host !== name));
  if (stuck === null) return nodes.filter((name) => name === silent);
  return nodes.toSorted((one, other) => Number(other === silent) - Number(one === silent));
}

/** What a remedy is for: the plan's track or a way back's, the one that is driven or that was before its remedies. */
export function mainTrack({ track, past }: Pick<Operation, 'track' | 'past'>): Track | null {
  const isRemedy = (one: Track) => one.backOut?.leads === 'resume';
  if (track === null || !isRemedy(track)) return track;
  return past.findLast((one) => !isRemedy(one.track))?.track ?? null;
}

/** The highest number that a plan or track of this operation has. */
export function highestNumber({ plans, track, past }: Operation): number {
  return Math.max(
    0,
    ...plans.map(({ plan }) => plan.number),
    track?.number ?? 0,
    ...past.map((one) => one.track.number),
  );
}

/** Whether an attempt runs, has run or, with only people's word against it, may have. */
export const mayHaveRun = ({ end }: Attempt) => end?.outcome !== 'not_begun' || end.saidBy !== undefined;

/** Whether something has been started that may still run, or has run, and changes what people live from. */
export function changeStarted(operation: Operation): boolean {
  if (operation.wish.kind !== 'backup') return destroyStarted(operation);
  return stepsOf(operation).some(
    (step) => step.touches !== 'read' && operation.attempts.get(step.id)?.some(mayHaveRun),
  );
}

/** Whether a destroy step has been started that may run, or has run: from here on only its end ends the operation. */
export function destroyStarted(operation: Operation): boolean {
  return everDriven(operation).some(({ track, attempts }) =>
    track.steps.some((step) => step.touches === 'destroy' && attempts.get(step.id)?.some(mayHaveRun)),
  );
}

/** The steps that remove what was prepared: those of the last plan that names some. */
export function clearingOf({ plans }: Pick<Operation, 'plans'>): readonly Step[] {
  return plans.findLast(({ plan }) => plan.clearing.length > 0)?.plan.clearing ?? [];
}

/** Whether a preparation has sent something to the hosts that must be removed when nothing comes of it. */
export function touched(operation: Operation): boolean {
  return (
    everDriven(operation).some(({ track, attempts }) =>
      track.steps.some((step) => step.program !== null && step.touches === 'change' && attempts.has(step.id)),
    ) && clearingOf(operation).length > 0
  );
}

/** The step that ended otherwise than well and waits for people; null while the operation goes on by itself. */
export function stuckAt(operation: Operation): { readonly step: Step; readonly attempt: Attempt } | null {
  if (operation.end || operation.track === null || !destroyStarted(operation)) return null;
  for (const step of operation.track.steps) {
    const attempt = latest(operation, step);
    if (attempt === undefined || attempt.end === null || attempt.end.outcome === 'worked') continue;
    if (attempt.end.outcome === 'not_begun' && attempt.attempt < ATTEMPTS_MAX) continue;
    if (attempt.end.again) continue;
    return { step, attempt };
  }
  return null;
}
