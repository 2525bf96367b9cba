import { awaited } from '../operation/approval.ts';
import { type Driven, destroyStarted, everDriven, type Operation, stuckAt } from '../operation/operation.ts';
import { provenBy } from '../runbooks/proven.ts';

/** What is counted apart. */
export const KINDS = ['full', 'incremental', 'restore', 'discard'] as const;
export type Kind = (typeof KINDS)[number];
/** How it ended; `open` until then. */
export type Outcome = 'open' | NonNullable<Operation['end']>['how'];

/** One step that ended. `key` tells it from every other of its operation; times in ms by the journal. */
export type StepTime = {
  readonly key: string;
  readonly step: string;
  readonly outcome: 'worked' | 'failed' | 'not_begun' | 'unclear';
  readonly startedAt: number;
  readonly endedAt: number;
};

/** What the numbers need of one operation. */
export type Summary = {
  readonly kind: Kind;
  readonly outcome: Outcome;
  readonly endedAt: number | null;
  /** When a good backup ended; null for anything else. */
  readonly provenAt: number | null;
  readonly waitsForApproval: boolean;
  readonly needsPeople: boolean;
  readonly acknowledged: boolean;
  readonly destructive: boolean;
  readonly steps: readonly StepTime[];
};

/** Pure: the same journal gives the same numbers. */
export function summaryOf(operation: Operation): Summary {
  const { wish, end, consent, attention, acknowledged } = operation;
  return {
    kind: wish.kind === 'backup' ? wish.type : wish.kind,
    outcome: end?.how ?? 'open',
    endedAt: end?.at ?? null,
    provenAt: provenBy(operation)?.at ?? null,
    waitsForApproval: awaited(operation) !== null && consent.announcedAt !== null && consent.completeAt === null,
    needsPeople: end === null && (attention !== null || stuckAt(operation) !== null),
    acknowledged: acknowledged !== null,
    destructive: end === null && wish.kind !== 'backup' && destroyStarted(operation),
    steps: everDriven(operation).flatMap(stepsThatEnded),
  };
}

function stepsThatEnded({ track, attempts }: Driven): StepTime[] {
  return [...attempts].flatMap(([id, sent]) =>
    sent.flatMap(({ attempt, startedAt, end }) =>
      end === null
        ? []
        : {
            key: `${track.number}.${id}.${attempt}`,
            step: family(id),
            outcome: end.outcome,
            startedAt,
            endedAt: end.at,
          },
    ),
  );
}

/** `swap-2` and `swap-3` are one step on two nodes. */
function family(id: string): string {
  return id.replace(/-\d+$/, '');
}
