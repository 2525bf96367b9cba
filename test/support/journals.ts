import fc from 'fast-check';
import { advance } from '../../src/operation/advance.ts';
import type { Answered } from '../../src/operation/checks.ts';
import type { OperationEvent } from '../../src/operation/events.ts';
import { illegal } from '../../src/operation/grammar.ts';
import type { Operation } from '../../src/operation/operation.ts';
import { digestOf, type Plan, type Step } from '../../src/operation/plan.ts';
import { EMPTY_HEAD, type Head, type JournalRecord, type Keyring, sign } from '../../src/operation/record.ts';
import { sampleFacts } from './sample.ts';

/** Journals as hostile as their schemas allow: long values, markup, invisible characters, many steps and files. */

export const TEST_RING: Keyring = { current: 'k', keys: { k: 'test' } };
export const CLAIM = 'c'.repeat(20);
export const ID = 'a'.repeat(20);

const nasty = fc.constantFrom(
  '<!channel>',
  '<@U0ALICE>',
  '<https://evil.example|click>',
  '*bold* _it_ `code` ```',
  '\u202Egnp.exe',
  '\u0000\u0007\n\n\n',
  '&lt;&amp;',
  '🙂'.repeat(30),
  '"'.repeat(200),
  '\\'.repeat(200),
  '{host}{label}',
);
const text = (max: number): fc.Arbitrary<string> =>
  fc
    .oneof(
      fc.string({ maxLength: max, unit: 'grapheme' }),
      nasty,
      fc.string({ minLength: Math.min(max, 200), maxLength: max, size: 'max' }),
    )
    .map((value) => value.slice(0, max));
const maybe = (value: fc.Arbitrary<string>): fc.Arbitrary<string | null> => fc.option(value, { nil: null });
const moments = fc.integer({ min: 0, max: 40 * 86_400_000 });
const host = fc.constantFrom('node-a', 'deploy', `n${'-x'.repeat(120)}1`);

const problem = fc.record({
  code: fc.oneof(
    fc.constantFrom('ARCHIVE_CUT', 'HOST_UNREACHABLE', 'REDIS_AWAY', 'STEP_FAILED', 'CANCEL_TOO_LATE'),
    text(60),
  ),
  params: fc.dictionary(
    fc.oneof(fc.constantFrom('host', 'path', 'detail', 'reason', 'label', 'person'), text(40)),
    text(2000),
    {
      maxKeys: 12,
    },
  ),
});

const sha = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 });
const proof: fc.Arbitrary<Answered> = fc.record({
  check: fc.constant('archive-complete' as const),
  answer: fc.record({
    path: text(1000).map((name) => `/${name.replace(/\p{Cc}/gu, '')}`),
    complete: fc.boolean(),
    problem: fc.constant(null),
    bytes: fc.nat(),
    unpackedBytes: fc.maxSafeNat(),
    files: fc.nat(),
    sha256: maybe(sha),
    type: maybe(text(60)),
    fromLsn: maybe(fc.constant('18446744073709551615')),
    toLsn: maybe(fc.constant('18446744073709551615')),
    serverVersion: maybe(text(100)),
    startedAt: maybe(text(40)),
    endedAt: maybe(text(40)),
  }),
});

const step = (index: number): fc.Arbitrary<Step> =>
  fc.record({
    id: fc.constant(`step-${index}`),
    title: text(120),
    host,
    touches: fc.constantFrom('read' as const, 'change' as const, 'destroy' as const),
    program: fc.option(
      fc.record({
        argv: fc.array(
          text(4000).map((value) => value.replaceAll('\0', '')),
          { minLength: 1, maxLength: 30 },
        ),
        cwd: fc.constant('/'),
        env: fc.constant({}),
        redact: fc.constant([]),
      }),
    ),
    timeLimitMs: fc.constant(60_000),
    before: fc.constant([]),
    after: fc.constant([
      { check: 'archive-complete' as const, node: { node: 'node-a', engine: 'docker' as const }, foundBy: 'find' },
    ]),
  });

const plan: fc.Arbitrary<Plan> = fc.constantFrom(1, 1, 1, 2, 5, 40).chain((steps) =>
  fc.record({
    v: fc.constant(1 as const),
    operation: fc.constant(ID),
    number: fc.constant(1),
    cloud: fc.constant('lab'),
    runbook: fc.constant('backup' as const),
    release: text(40),
    nodes: fc.constant([{ name: 'node-a', address: '192.0.2.1' }]),
    backupHost: host,
    steps: fc.tuple(...Array.from({ length: steps }, (_, index) => step(index))),
    sources: fc.constant({}),
    approval: fc.constant(null),
    backOuts: fc.constant([]),
    clearing: fc.constant([]),
  }),
);

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

const by = fc.constantFrom('U0ALICE', 'W0BOB', 'console');
const outcome = fc.constantFrom(
  'worked' as const,
  'worked' as const,
  'worked' as const,
  'worked' as const,
  'worked' as const,
  'failed' as const,
  'not_begun' as const,
);

type Saying = (operation: Operation) => OperationEvent;
const saying = <T>(values: fc.Arbitrary<T>, say: (value: T) => OperationEvent): fc.Arbitrary<Saying> =>
  values.map((value) => () => say(value));

const claiming = saying(text(200), (worker) => ({ type: 'claimed', claim: CLAIM, worker }));
const probing = saying(fc.constant(sampleFacts), (facts) => ({ type: 'probed', claim: CLAIM, facts }));
const planning = saying(plan, (made) => ({ type: 'planned', claim: CLAIM, plan: made, digest: digestOf(made) }));

/** What could be said next, whatever the journal holds; the grammar sorts out what can't. */
const anything: fc.Arbitrary<Saying> = fc.oneof(
  { weight: 2, arbitrary: claiming },
  { weight: 20, arbitrary: fc.constant<Saying>((operation) => started(operation)) },
  {
    weight: 20,
    arbitrary: fc
      .record({ outcome, proof: fc.option(proof), problem: fc.option(problem), code: fc.integer({ min: 0, max: 255 }) })
      .map(
        (how): Saying =>
          (operation) =>
            finished(operation, how),
      ),
  },
  { weight: 2, arbitrary: saying(problem, (what) => ({ type: 'attention', claim: CLAIM, problem: what })) },
  {
    weight: 2,
    arbitrary: saying(fc.record({ by, problem }), (how) => ({ type: 'refused', asked: 'cancel', ...how })),
  },
  { weight: 1, arbitrary: saying(by, (who) => ({ type: 'cancelled', by: who })) },
  { weight: 12, arbitrary: saying(fc.constant(CLAIM), (claim) => ({ type: 'succeeded', claim })) },
  {
    weight: 1,
    arbitrary: saying(fc.record({ problem, remains }), (how) => ({ type: 'failed', claim: CLAIM, ...how })),
  },
);

/** Most journals come as far as a plan; some stop before, or go astray. */
const sayings: fc.Arbitrary<readonly Saying[]> = fc
  .tuple(
    fc.tuple(claiming, probing, planning),
    fc.constantFrom(0, 1, 2, 3, 3, 3, 3),
    fc.array(anything, { maxLength: 40, size: 'max' }),
  )
  .map(([opening, depth, rest]) => [...opening.slice(0, depth), ...rest]);

function started(operation: Operation): OperationEvent {
  const steps = operation.plan?.plan.steps ?? [];
  const next = steps.find(({ id }) => operation.attempts.get(id)?.at(-1)?.end?.outcome !== 'worked') ?? steps[0];
  const attempt = (operation.attempts.get(next?.id ?? '')?.at(-1)?.attempt ?? 0) + 1;
  return { type: 'step_started', claim: CLAIM, plan: 1, step: next?.id ?? 'none', attempt, checks: [] };
}

function finished(
  operation: Operation,
  how: {
    outcome: 'worked' | 'failed' | 'not_begun';
    proof: Answered | null;
    problem: OperationEvent extends never ? never : { code: string; params: Record<string, string> } | null;
    code: number;
  },
): OperationEvent {
  const [id, attempts] = [...operation.attempts].findLast(([, all]) => all.at(-1)?.end === null) ?? ['none', []];
  return {
    type: 'step_finished',
    claim: CLAIM,
    plan: 1,
    step: id,
    attempt: attempts.at(-1)?.attempt ?? 1,
    outcome: how.outcome,
    exit: { code: how.code, signal: null },
    checks: how.proof === null ? [] : [how.proof],
    problem: how.problem,
  };
}

/** One step of a journal: the event, and the operation after it. */
export type Told = { readonly event: OperationEvent; readonly operation: Operation; readonly record: JournalRecord };

const request = fc.record({
  type: fc.constant('requested' as const),
  label: fc.constantFrom('BKP-1', 'BKP-999999999'),
  cloud: fc.constant('lab'),
  wish: fc.constant({ kind: 'backup' as const, type: 'full' as const }),
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

/** A legal journal of up to 44 events, as signed records with the operation after each. */
export const journal: fc.Arbitrary<readonly Told[]> = fc
  .record({ request, moves: sayings, waits: fc.array(moments, { minLength: 1, maxLength: 10 }) })
  .map(({ request: first, moves, waits }) =>
    tellAll(first, moves, (index) => (waits[index % waits.length] ?? 0) % 600_000),
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
      after: [{ check: 'archive-complete', node: { node, engine: 'docker' }, foundBy: 'find' }],
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
    (operation) => finished(operation, { outcome: 'worked', proof: proved, problem: null, code: 0 }),
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
      (operation) => finished(operation, { outcome: 'failed', proof: null, problem: trouble, code: 1 }),
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
