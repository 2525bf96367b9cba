import fc from 'fast-check';
import type { Answered } from '../../src/operation/checks.ts';
import type { Step } from '../../src/operation/plan.ts';

/** Values as hostile as their schemas allow: long, with markup, with invisible characters. */

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
export const text = (max: number): fc.Arbitrary<string> =>
  fc
    .oneof(
      fc.string({ maxLength: max, unit: 'grapheme' }),
      nasty,
      fc.string({ minLength: Math.min(max, 200), maxLength: max, size: 'max' }),
    )
    .map((value) => value.slice(0, max));
export const some = (max: number) => text(max).map((value) => value || '–');
export const maybe = (value: fc.Arbitrary<string>): fc.Arbitrary<string | null> => fc.option(value, { nil: null });
export const LONG_NODE = `n${'-x'.repeat(120)}1`;
export const NODES = ['node-a', 'node-b', LONG_NODE] as const;
export const host = fc.constantFrom('node-a', 'deploy', LONG_NODE);

export const problem = fc.record({
  code: fc.oneof(
    fc.constantFrom('ARCHIVE_CUT', 'HOST_UNREACHABLE', 'REDIS_AWAY', 'STEP_FAILED', 'CANCEL_TOO_LATE'),
    text(60),
  ),
  params: fc.dictionary(
    fc.oneof(fc.constantFrom('host', 'path', 'detail', 'reason', 'label', 'person'), text(40)),
    text(2000),
    { maxKeys: 12 },
  ),
});

const sha = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 });
const path = text(1000).map((name) => `/${name.replace(/\p{Cc}/gu, '')}`);
const uuid = fc.constantFrom('11111111-2222-3333-4444-555555555555', '99999999-2222-3333-4444-555555555555');
const position = fc.record({ uuid, seqno: fc.constantFrom('-1', '7', '9223372036854775807') });
const time = fc.oneof(fc.constantFrom('2026-09-20 03:00:00', '2026-09-20 03:01:10', '9999-99-99 99:99:99'), text(40));

export const findings = fc.record({
  serverVersion: text(128),
  schemas: fc.array(fc.record({ name: text(64), tables: fc.nat(), digest: sha, revision: maybe(text(64)) }), {
    maxLength: 40,
  }),
  keyTables: fc.array(fc.record({ table: text(130), rows: fc.option(fc.maxSafeNat()), newest: maybe(text(40)) }), {
    maxLength: 60,
  }),
  endpointHosts: fc.array(text(255), { maxLength: 3 }),
  members: fc.array(fc.record({ name: text(255), address: text(255) }), { maxLength: 3 }),
  clusterUuid: maybe(text(64)),
});

/** What a program might report: anything, or what the cards look for, in parts. */
const report = fc.oneof(
  { weight: 1, arbitrary: fc.jsonValue() },
  {
    weight: 4,
    arbitrary: fc.record(
      {
        data: path,
        freeBytes: fc.maxSafeNat(),
        bytes: fc.maxSafeNat(),
        accountsChanged: fc.option(fc.array(text(200), { maxLength: 30 })),
        galera: position,
        position: fc.option(position),
        findings,
      },
      { requiredKeys: [] },
    ),
  },
);
// A journal holds no fractions.
const json = report.map((value): Extract<Answered, { check: 'reported' }>['answer']['report'] =>
  JSON.parse(JSON.stringify(value), (_, held) => (typeof held === 'number' ? Math.trunc(held) % 2 ** 53 : held)),
);

const status = fc.oneof(
  fc.record({
    node: fc.constantFrom(...NODES),
    answered: fc.constant(true as const),
    status: fc.dictionary(
      fc.constantFrom(
        'wsrep_cluster_status',
        'wsrep_local_state_comment',
        'wsrep_cluster_size',
        'wsrep_cluster_state_uuid',
        'wsrep_last_committed',
      ),
      text(200),
    ),
  }),
  fc.record({ node: fc.constantFrom(...NODES), answered: fc.constant(false as const), problem }),
);
const statuses = fc.array(status, { maxLength: 12 });

/** One answer to each kind of check that cards look into. */
export const answerBag: fc.Arbitrary<readonly Answered[]> = fc.tuple(
  fc.record({
    check: fc.constant('archive-complete' as const),
    answer: fc.record({
      path,
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
  }),
  fc.record({
    check: fc.constant('reported' as const),
    answer: fc.record({ report: json, problem: fc.constant(null) }),
  }),
  fc.record({
    check: fc.constant('archive-whole' as const),
    answer: fc.record({
      problem: fc.constant(null),
      bytes: fc.maxSafeNat(),
      unpackedBytes: fc.maxSafeNat(),
      sha256: maybe(sha),
      type: maybe(text(60)),
      serverVersion: maybe(text(128)),
      startedAt: maybe(time),
      endedAt: maybe(time),
    }),
  }),
  fc.record({
    check: fc.constant('copy-belongs' as const),
    answer: fc.record({
      live: fc.option(
        fc.record({
          node: fc.constantFrom(...NODES),
          findings,
          position: fc.option(position),
          lastWriteAt: fc.option(fc.integer({ min: 0, max: 1_900_000_000_000 })),
        }),
      ),
      older: fc.array(text(64), { maxLength: 60 }),
      problem: fc.constant(null),
    }),
  }),
  fc.record({
    check: fc.constant('cluster-whole' as const),
    answer: fc.record({ nodes: statuses, why: maybe(text(600)) }),
  }),
  fc.record({
    check: fc.constant('service-back' as const),
    answer: fc.record({ node: status, answeredBy: maybe(text(800)) }),
  }),
  fc.record({
    check: fc.constant('databases-as-shown' as const),
    answer: fc.record({ differing: fc.array(text(300), { maxLength: 20 }) }),
  }),
  fc.record({
    check: fc.constant('synced-lines' as const),
    answer: fc.record({
      nodes: fc.array(fc.record({ node: fc.constantFrom(...NODES), lines: fc.array(text(300), { maxLength: 8 }) }), {
        maxLength: 12,
      }),
    }),
  }),
);

/** Of a bag, what a step's checks after it ask for. */
export function answersFor(step: Step | undefined, bag: readonly Answered[]): Answered[] {
  return (step?.after ?? []).flatMap(({ check }) => bag.filter((one) => one.check === check));
}
