import fc from 'fast-check';
import { advance } from '../../src/operation/advance.ts';
import { offeredBackOuts } from '../../src/operation/back-outs.ts';
import type { Answered } from '../../src/operation/checks.ts';
import { ASKED, type OperationEvent, type Wish } from '../../src/operation/events.ts';
import { illegal } from '../../src/operation/grammar.ts';
import { highestNumber, latest, mayBeGone, type Operation, stepsOf, stuckAt } from '../../src/operation/operation.ts';
import { digestOf, type Plan } from '../../src/operation/plan.ts';
import { EMPTY_HEAD, type Head, type JournalRecord, type Keyring, sign } from '../../src/operation/record.ts';
import { answerBag, answersFor, host, problem, some, text } from './hostile.ts';
import { backupPlan, discardPlan, execution, facts, preparation } from './hostile-plans.ts';
import { sampleFacts } from './sample.ts';

/** Journals as hostile as their schemas allow: long values, markup, invisible characters, many steps and files. */

export const TEST_RING: Keyring = { current: 'k', keys: { k: 'test' } };
export const CLAIM = 'c'.repeat(20);
export const ID = 'a'.repeat(20);

const moments = fc.integer({ min: 0, max: 40 * 86_400_000 });

const remains = fc.array(
  fc.record({
    host,
    files: fc.option(
      fc.array(fc.record({ path: text(512), bytes: fc.maxSafeNat(), modified: fc.nat(), inode: fc.nat() }), {
        maxLength: 30,
      }),
    ),
  }),
  { maxLength: 12 },
);

const by = fc.constantFrom('U0ALICE', 'W0BOB', 'U0CAROL', 'U0DAVE', 'console');
const outcome = fc.constantFrom(
  'worked' as const,
  'worked' as const,
  'worked' as const,
  'worked' as const,
  'worked' as const,
  'failed' as const,
  'not_begun' as const,
);

/** Large values are made once and taken again and again: what varies from journal to journal is their order. */
const pool = <T>(values: fc.Arbitrary<T>, size = 40): fc.Arbitrary<T> =>
  fc.constantFrom(...fc.sample(values, { numRuns: size, seed: 20_261_125 }));
const bags = pool(answerBag, 80);

type Saying = (operation: Operation) => OperationEvent;
const saying = <T>(values: fc.Arbitrary<T>, say: (value: T) => OperationEvent): fc.Arbitrary<Saying> =>
  values.map((value) => () => say(value));
/** Something that is about the operation as it is then. */
const about = <T>(
  values: fc.Arbitrary<T>,
  say: (operation: Operation, value: T) => OperationEvent,
): fc.Arbitrary<Saying> =>
  values.map(
    (value): Saying =>
      (operation) =>
        say(operation, value),
  );

const claiming = saying(text(200), (worker) => ({ type: 'claimed', claim: CLAIM, worker }));
const probing = saying(pool(facts, 20), (found) => ({ type: 'probed', claim: CLAIM, facts: found }));
const planning = (made: fc.Arbitrary<Plan>) =>
  about(made, (operation, one) => {
    const plan = { ...one, number: highestNumber(operation) + 1 };
    return { type: 'planned', claim: CLAIM, plan, digest: digestOf(plan) };
  });
const starting = fc.constant<Saying>((operation) => started(operation));
const ending = (how: fc.Arbitrary<'worked' | 'failed' | 'not_begun'>) =>
  about(
    fc.record({ outcome: how, bag: bags, problem: fc.option(problem), code: fc.integer({ min: 0, max: 255 }) }),
    finished,
  );

const shown = ({ plan }: Operation) => ({ plan: plan?.plan.number ?? 1, digest: plan?.digest ?? '0'.repeat(64) });
const sent = (operation: Operation) => {
  const stuck = stuckAt(operation);
  return { plan: operation.track?.number ?? 1, step: stuck?.step.id ?? 'none', attempt: stuck?.attempt.attempt ?? 1 };
};
const announcing = about(fc.constantFrom('plan' as const, 'execution' as const), (operation, what) => {
  const eligible = operation.consent.approvals.map((one) => one.by);
  return { type: 'announced', what, ...shown(operation), eligible };
});
const approving = about(by, (operation, who) => ({ type: 'approved', by: who, ...shown(operation) }));
const reason = some(300);

const unclear = about(problem, (operation, what) => {
  return { type: 'step_unclear', claim: CLAIM, ...runningIn(operation), problem: what };
});
const resolving = about(
  fc.record({ by, says: fc.constantFrom('ran' as const, 'not_run' as const), reason }),
  (operation, how): OperationEvent => ({ type: 'resolution_asked', ...sent(operation), ...how }),
);
const agreeing = about(by, (operation, who): OperationEvent => ({ type: 'resolved', by: who, ...sent(operation) }));

const declaring = about(fc.record({ by, reason }), (operation, how): OperationEvent => {
  const [node = 'nobody'] = mayBeGone(operation);
  return { type: 'gone_asked', host: node, ...how };
});
const declaringToo = about(by, ({ goneAsked }, who): OperationEvent => {
  return { type: 'gone', by: who, host: goneAsked?.host ?? 'nobody' };
});

const attending = saying(problem, (what) => ({ type: 'attention', claim: CLAIM, problem: what }));
const easing = saying(fc.constant(CLAIM), (claim) => ({ type: 'eased', claim }));
const acknowledging = saying(by, (who) => ({ type: 'acknowledged', by: who }));
const releasing = saying(by, (who) => ({ type: 'released', by: who }));
const askingRelease = saying(fc.record({ by, reason }), (how) => ({ type: 'release_asked', ...how }));
const givingUp = saying(problem, (what) => ({ type: 'given_up', claim: CLAIM, problem: what }));
const declining = about(fc.record({ by, reason }), (operation, how) => ({
  type: 'declined',
  ...shown(operation),
  ...how,
}));
const expiring = about(
  fc.record({
    what: fc.constantFrom('plan' as const, 'approval' as const),
    why: fc.constantFrom('time' as const, 'clock' as const),
  }),
  (operation, how) => ({ type: 'expired', claim: CLAIM, ...shown(operation), ...how }),
);
const voiding = about(problem, (operation, what) => ({
  type: 'voided',
  claim: CLAIM,
  ...shown(operation),
  problem: what,
}));
const clearing = fc.constant<Saying>((operation) => ({
  type: 'clearing',
  claim: CLAIM,
  number: highestNumber(operation) + 1,
}));
const clearedThen = saying(fc.array(fc.record({ host, problem }), { maxLength: 20 }), (left) => ({
  type: 'cleared',
  claim: CLAIM,
  left,
}));
const backingOut = about(fc.record({ by, which: fc.nat() }), (operation, { by: who, which }) => {
  const offered = offeredBackOuts(operation);
  const backOut = offered[which % Math.max(1, offered.length)]?.id ?? 'none';
  const plan = operation.plan?.plan.number ?? 1;
  return { type: 'backing_out', by: who, plan, backOut, number: highestNumber(operation) + 1 };
});

const revoking = about(fc.record({ by, problem: fc.option(problem) }), (operation, how) => ({
  type: 'revoked',
  ...shown(operation),
  ...how,
  by: operation.consent.approvals[0]?.by ?? how.by,
}));

/** What could be said next, whatever the journal holds; the grammar sorts out what can't. */
const anything: fc.Arbitrary<Saying> = fc.oneof(
  { weight: 2, arbitrary: claiming },
  { weight: 20, arbitrary: starting },
  { weight: 20, arbitrary: ending(outcome) },
  { weight: 4, arbitrary: unclear },
  { weight: 2, arbitrary: attending },
  { weight: 1, arbitrary: easing },
  {
    weight: 2,
    arbitrary: saying(fc.record({ by, problem, asked: fc.constantFrom(...ASKED) }), (how) => ({
      type: 'refused',
      ...how,
    })),
  },
  { weight: 1, arbitrary: saying(by, (who) => ({ type: 'cancelled', by: who })) },
  { weight: 12, arbitrary: saying(fc.constant(CLAIM), (claim) => ({ type: 'succeeded', claim })) },
  {
    weight: 1,
    arbitrary: saying(fc.record({ problem, remains }), (how) => ({ type: 'failed', claim: CLAIM, ...how })),
  },
  { weight: 3, arbitrary: announcing },
  { weight: 4, arbitrary: approving },
  {
    weight: 1,
    arbitrary: declining,
  },
  { weight: 2, arbitrary: revoking },
  {
    weight: 1,
    arbitrary: expiring,
  },
  {
    weight: 1,
    arbitrary: voiding,
  },
  { weight: 1, arbitrary: givingUp },
  {
    weight: 4,
    arbitrary: clearing,
  },
  {
    weight: 3,
    arbitrary: clearedThen,
  },
  {
    weight: 4,
    arbitrary: backingOut,
  },
  { weight: 1, arbitrary: acknowledging },
  { weight: 3, arbitrary: resolving },
  { weight: 3, arbitrary: agreeing },
  { weight: 1, arbitrary: declaring },
  { weight: 1, arbitrary: declaringToo },
  {
    weight: 1,
    arbitrary: askingRelease,
  },
  { weight: 1, arbitrary: releasing },
);

const driven = (steps: number) =>
  fc
    .array(ending(fc.constant('worked' as const)), { minLength: steps, maxLength: steps })
    .map((ends) => ends.flatMap((end): Saying[] => [(operation) => started(operation), end]));

/** What leads a restore to its end without a hitch, with some to spare where a step takes longer. */
const restoring = fc
  .tuple(
    planning(pool(preparation)),
    driven(6),
    planning(pool(execution, 60)),
    announcing.map(
      (): Saying => (operation) => ({ type: 'announced', what: 'plan', ...shown(operation), eligible: [] }),
    ),
    fc.tuple(...['W0BOB', 'U0CAROL', 'U0DAVE'].map((who) => about(fc.constant(who), approve))),
    driven(8),
  )
  .map(([prepare, preparing, execute, show, approvals, doing]) => [
    prepare,
    ...preparing,
    execute,
    show,
    ...approvals,
    executing,
    ...doing,
  ]);

function approve(operation: Operation, who: string): OperationEvent {
  return { type: 'approved', by: who, ...shown(operation) };
}
const executing: Saying = (operation) => ({
  type: 'announced',
  what: 'execution',
  ...shown(operation),
  eligible: operation.consent.approvals.map((one) => one.by),
});

const paths: { readonly [K in Wish['kind']]: fc.Arbitrary<readonly Saying[]> } = {
  backup: planning(pool(backupPlan)).map((one) => [one]),
  restore: restoring,
  discard: fc
    .tuple(planning(pool(discardPlan, 20)), fc.tuple(...[1, 2].map(() => announcing)), approving)
    .map((all) => all.flat()),
};

/** What happens in trouble, in its usual order. */
const trouble: fc.Arbitrary<readonly Saying[]> = fc.oneof(
  fc.constant([]),
  fc.tuple(starting, unclear, attending, resolving, agreeing),
  fc.tuple(starting, unclear, attending, declaring, declaringToo, backingOut),
  fc.tuple(starting, ending(fc.constant('failed' as const)), attending, acknowledging, easing, backingOut, starting),
  fc.tuple(askingRelease, releasing),
  fc.tuple(announcing, approving, revoking),
  fc.tuple(fc.oneof(declining, expiring, voiding, givingUp), clearing, driven(3), clearedThen).map((all) => all.flat()),
);

/** How many sayings lead a restore to the moment when its plan waits for people: claim, probe, two plans, 6 steps, shown. */
const TO_CONSENT = 17;
/** What people, and clocks, say of a plan that waits. */
const dissent: fc.Arbitrary<readonly Saying[]> = fc.oneof(
  fc.tuple(declining, clearing, driven(3), clearedThen).map((all) => all.flat()),
  fc.tuple(approving, approving, revoking, approving),
  fc.tuple(expiring, expiring, clearing, driven(3), clearedThen).map((all) => all.flat()),
  fc.tuple(voiding, clearing, driven(3), clearedThen).map((all) => all.flat()),
);

/** Most journals come as far as a plan; some stop before, some go far, some astray. */
const sayings = (kind: Wish['kind']): fc.Arbitrary<readonly Saying[]> =>
  fc
    .tuple(
      claiming,
      probing,
      paths[kind],
      fc.nat(),
      trouble,
      fc.array(anything, { maxLength: 40, size: 'max' }),
      fc.option(dissent, { freq: 2 }),
    )
    .map(([claim, probe, path, depth, upset, rest, no]) => {
      const opening = [claim, probe, ...path];
      if (kind === 'restore' && no !== null && depth % 3 === 0)
        return [...opening.slice(0, TO_CONSENT), ...no, ...rest];
      // A journal of a backup is mostly one with a plan.
      const far = kind === 'backup' && depth % 3 > 0 ? opening.length : depth % (opening.length + 1);
      return [...opening.slice(0, far), ...upset, ...rest];
    });

/** The sending that is under way. */
function runningIn(operation: Operation): { plan: number; step: string; attempt: number } {
  const [step, attempts] = [...operation.attempts].findLast(([, all]) => all.at(-1)?.end === null) ?? ['none', []];
  return { plan: operation.track?.number ?? 1, step, attempt: attempts.at(-1)?.attempt ?? 1 };
}

function started(operation: Operation): OperationEvent {
  const steps = stepsOf(operation);
  const over = operation.track?.kind === 'clearing' ? ['worked', 'failed', 'unclear'] : ['worked'];
  const next = steps.find((one) => !over.includes(latest(operation, one)?.end?.outcome ?? '')) ?? steps[0];
  const attempt = ((next ? latest(operation, next)?.attempt : 0) ?? 0) + 1;
  const plan = operation.track?.number ?? 1;
  return { type: 'step_started', claim: CLAIM, plan, step: next?.id ?? 'none', attempt, checks: [] };
}

function finished(
  operation: Operation,
  how: {
    readonly outcome: 'worked' | 'failed' | 'not_begun';
    readonly bag: readonly Answered[];
    readonly problem: { code: string; params: Record<string, string> } | null;
    readonly code: number;
  },
): OperationEvent {
  const running = runningIn(operation);
  return {
    type: 'step_finished',
    claim: CLAIM,
    ...running,
    outcome: how.outcome,
    exit: { code: how.code, signal: null },
    checks: answersFor(
      stepsOf(operation).find(({ id }) => id === running.step),
      how.bag,
    ),
    problem: how.problem,
  };
}

/** One step of a journal: the event, and the operation after it. */
export type Told = { readonly event: OperationEvent; readonly operation: Operation; readonly record: JournalRecord };

const archive = fc.record({
  path: fc.constantFrom('mysqlbackup-20-09-2026-1789873200.qp.xbc.xbs.gz', `${'x'.repeat(500)}.gz`),
  node: fc.option(host),
  sha256: fc.option(fc.constant('e'.repeat(64))),
});
const wishes = {
  backup: fc.constant({ kind: 'backup' as const, type: 'full' as const }),
  restore: fc.record({ kind: fc.constant('restore' as const), archive, reason, olderSchemas: fc.boolean() }),
  discard: fc.record({
    kind: fc.constant('discard' as const),
    restore: fc.constant('d'.repeat(20)),
    label: fc.constant('RST-999999999'),
    reason,
  }),
} as const satisfies { readonly [K in Wish['kind']]: fc.Arbitrary<Wish> };
const PREFIX = { backup: 'BKP', restore: 'RST', discard: 'DSC' } as const;

const request = (kind: Wish['kind']) =>
  fc.record({
    type: fc.constant('requested' as const),
    label: fc.constantFrom(`${PREFIX[kind]}-1`, `${PREFIX[kind]}-999999999`),
    cloud: fc.constantFrom('lab', 'c'.repeat(40)),
    wish: wishes[kind] as fc.Arbitrary<Wish>,
    by,
    place: fc.constant({ channel: 'C0OPS' }),
  });

function tellAll(first: OperationEvent, moves: readonly Saying[], pause: (index: number) => number): readonly Told[] {
  const told: Told[] = [];
  let at = 1_790_000_000_000;
  const add = (before: Operation | null, event: OperationEvent) => {
    const head: Head = before?.head ?? EMPTY_HEAD;
    const record = sign(head, { operation: ID, at, event }, TEST_RING);
    told.push({ event, operation: advance(before, event, record), record });
  };
  add(null, first);
  for (const [index, move] of moves.entries()) {
    at += pause(index);
    const present = told.at(-1)?.operation;
    if (!present) continue;
    const event = move(present);
    if (illegal(present, event) === null) add(present, event);
  }
  return told;
}

/** A legal journal of one kind, as signed records with the operation after each. */
export const journalOf = (kind: Wish['kind']): fc.Arbitrary<readonly Told[]> =>
  fc
    .record({ first: request(kind), moves: sayings(kind), waits: fc.array(moments, { minLength: 1, maxLength: 10 }) })
    .map(({ first, moves, waits }) => tellAll(first, moves, (index) => (waits[index % waits.length] ?? 0) % 600_000));

/** A legal journal of up to some 90 events. */
export const journal: fc.Arbitrary<readonly Told[]> = fc.oneof(
  { weight: 2, arbitrary: journalOf('backup') },
  { weight: 5, arbitrary: journalOf('restore') },
  { weight: 1, arbitrary: journalOf('discard') },
);

/** A journal in which every value is as long as its schema allows, made of `filler`. */
export function longest(filler: string): readonly Told[] {
  const full = (max: number) => filler.repeat(max);
  const node = `n${'-x'.repeat(120)}1`;
  const trouble = {
    code: 'HOST_PROGRAM_FAILED',
    params: Object.fromEntries(['program', 'host', 'ended', 'said', 'a', 'b'].map((name) => [name, full(2000)])),
  };
  const argv = Array.from({ length: 30 }, () => full(4000));
  const made: Plan = {
    v: 1,
    operation: ID,
    number: 1,
    cloud: 'lab',
    runbook: 'backup',
    release: full(40),
    nodes: [{ name: 'node-a', address: '192.0.2.1' }],
    backupHost: node,
    steps: Array.from({ length: 40 }, (_, index) => ({
      id: `step-${index}`,
      title: full(120),
      host: node,
      touches: 'change',
      program: { argv, cwd: '/', env: {}, redact: [] },
      timeLimitMs: 60_000,
      before: [],
      after: [{ check: 'archive-complete', node: { node, engine: 'docker' }, foundBy: 'find', type: 'full' }],
    })),
    sources: {},
    approval: null,
    backOuts: [],
    clearing: [],
  };
  const files = Array.from({ length: 50 }, () => ({ path: full(512), bytes: 9e15, modified: 0, inode: 0 }));
  const proved: Answered = {
    check: 'archive-complete',
    answer: {
      path: `/${full(1000)}`,
      complete: true,
      problem: null,
      bytes: 9e15,
      unpackedBytes: 9e15,
      files: 9e15,
      sha256: 'f'.repeat(64),
      type: full(60),
      fromLsn: '18446744073709551615',
      toLsn: '18446744073709551615',
      serverVersion: full(100),
      startedAt: full(40),
      endedAt: full(40),
    },
  };
  const steps = Array.from({ length: 20 }, (): Saying[] => [
    (operation) => started(operation),
    (operation) => finished(operation, { outcome: 'worked', bag: [proved], problem: null, code: 0 }),
  ]).flat();
  return tellAll(
    {
      type: 'requested',
      label: 'BKP-999999999',
      cloud: 'lab',
      wish: { kind: 'backup', type: 'full' },
      by: `U${'0'.repeat(30)}`,
      place: null,
    },
    [
      () => ({ type: 'claimed', claim: CLAIM, worker: full(200) }),
      () => ({ type: 'claimed', claim: CLAIM, worker: full(200) }),
      () => ({ type: 'probed', claim: CLAIM, facts: sampleFacts }),
      () => ({ type: 'planned', claim: CLAIM, plan: made, digest: digestOf(made) }),
      ...steps,
      () => ({ type: 'refused', by: 'U0ALICE', asked: 'cancel', problem: trouble }),
      () => ({ type: 'attention', claim: CLAIM, problem: trouble }),
      () => ({ type: 'refused', by: 'U0ALICE', asked: 'cancel', problem: { ...trouble, code: full(60) } }),
      (operation) => started(operation),
      (operation) => finished(operation, { outcome: 'failed', bag: [], problem: trouble, code: 1 }),
      () => ({
        type: 'failed',
        claim: CLAIM,
        problem: trouble,
        remains: Array.from({ length: 12 }, () => ({ host: node, files })),
      }),
    ],
    () => 599_000,
  );
}
