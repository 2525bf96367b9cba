import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Facts } from '../../src/operation/facts.ts';
import { plan as planSchema } from '../../src/operation/plan.ts';
import { brokenAt } from '../../src/runbooks/chain-links.ts';
import { readPrepare } from '../../src/runbooks/copy-result.ts';
import { judge } from '../../src/runbooks/judge.ts';
import { planPreparation } from '../../src/runbooks/preparation.ts';
import { sampleFacts } from '../support/sample.ts';

const OPERATION = 'a1b2c3d4e5f6a7b8c9d0';
const limits = {
  proofMs: 60_000,
  unpackMs: 60_000,
  prepareMs: 60_000,
  floorBytes: 1_000,
  inventories: '/var/lib/kolla-backup/inventories',
};
const nodes = sampleFacts.nodes;
const host = nodes[0]?.name ?? '';

function factsOf(count: number, change: (chain: Chain) => Chain = (chain) => chain): Facts {
  const chain = change(
    Array.from({ length: count }, (_, index) => ({
      ...{ node: host, directory: '/volume', path: `${index}.gz`, bytes: 1_000, sha256: null },
      kind: index === 0 ? ('full' as const) : ('incremental' as const),
      ...{ fromLsn: String(index * 100), toLsn: String((index + 1) * 100) },
    })),
  );
  const archive = { node: host, directory: '/volume', path: `${count - 1}.gz`, bytes: 1_000, sha256: null };
  const surveys = nodes.map(({ name }) => ({
    ...{ node: name, machineId: '0'.repeat(32), live: '/live', old: [1, 2] as [number, number], uid: 1, gid: 1 },
    ...{ mode: 0o755, bytes: 5_000, freeBytes: 9_000, base: '/base', lastWriteAt: null, unit: null },
    ...{ imageId: 'a'.repeat(64), image: 'image' },
  }));
  const cluster = { service: null, served: true, clusterUuid: null, members: [] };
  return { ...sampleFacts, restore: { surveys, archive, chain, ...cluster } };
}
type Chain = NonNullable<Facts['restore']>['chain'];

function planned(facts: Facts) {
  const archive = { path: facts.restore?.archive.path ?? '', node: null, sha256: null };
  const wish = { kind: 'restore', archive, reason: 'x', olderSchemas: false } as const;
  return planSchema.parse(planPreparation(OPERATION, 'lab', wish, facts, 1, limits));
}

describe('the preparation of a chain', () => {
  test('every archive is proved first; each incremental is unpacked, then applied, in order; the trial comes after all', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), (count) => {
        const plan = planned(factsOf(count));
        const ids = plan.steps.map(({ id }) => id).filter((id) => !id.startsWith('stage'));
        const each = Array.from({ length: count - 1 }, (_, index) => [`unpack-${index + 1}`, `apply-${index + 1}`]);
        expect(ids).toEqual(['prove-archive', 'unpack', 'prepare', ...each.flat(), 'trial', 'compare']);
        const [proof] = plan.steps;
        expect(proof?.after.map((one) => one.check === 'archive-whole' && [one.path, one.type, one.lsns])).toEqual(
          Array.from({ length: count }, (_, index) => [
            `${index}.gz`,
            index === 0 ? 'full' : 'incremental',
            { from: String(index * 100), to: String((index + 1) * 100) },
          ]),
        );
        expect(plan.steps.at(-1)?.after[0]).toMatchObject({ check: 'copy-stands-at', lsn: String(count * 100) });
        const applied = plan.steps.filter(({ id }) => id.startsWith('apply'));
        for (const [index, { program }] of applied.entries()) {
          expect(program?.argv.slice(-3)).toEqual([String((index + 1) * 100), 'data', `incremental-${index + 1}`]);
          // One mount of both: mariabackup moves files from one into the other.
          expect(program?.argv.filter((_, at, argv) => argv[at - 1] === '--mount')).toEqual([
            `type=bind,src=/base/${OPERATION}/1,dst=/chain`,
          ]);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('what does not continue, begins with no full, ends elsewhere or lies on two nodes makes no plan', () => {
    const refused: readonly ((chain: Chain) => Chain)[] = [
      (chain) => chain.toReversed(),
      (chain) => chain.slice(1),
      (chain) => chain.filter((_, index) => index !== 1),
      (chain) => chain.slice(0, -1),
      (chain) => chain.map((link, index) => (index === 1 ? { ...link, node: 'other' } : link)),
      (chain) => chain.map((link, index) => (index === 2 ? { ...link, fromLsn: '201' } : link)),
    ];
    expect(() => planned(factsOf(4))).not.toThrow();
    for (const change of refused) expect(() => planned(factsOf(4, change))).toThrow('not a chain');
    expect(brokenAt([])).toBeNull();
  });

  test('a full by its name alone is proved to be one, wherever its LSNs are', () => {
    const facts = factsOf(1, () => []);
    const plan = planned(facts);
    expect(plan.steps[0]?.after).toMatchObject([{ check: 'archive-whole', type: 'full', lsns: null }]);
    expect(plan.steps.at(-1)?.after.map(({ check }) => check)).toEqual(['copy-belongs']);
  });
});

describe('what is not as planned', () => {
  const [check] = planned(factsOf(2)).steps[0]?.after.slice(1) ?? [];
  const answer = {
    ...{ problem: null, bytes: 1, unpackedBytes: 1, sha256: null, serverVersion: null, startedAt: null, endedAt: null },
    ...{ type: 'incremental', fromLsn: '100', toLsn: '200' },
  };
  const codeOf = (change: Partial<typeof answer>) => {
    if (check === undefined) throw new Error('no check');
    return judge(check, { check: 'archive-whole', answer: { ...answer, ...change } })?.code ?? null;
  };

  test('an archive of another kind or other LSNs is refused', () => {
    expect(codeOf({})).toBeNull();
    expect(codeOf({ type: 'full' })).toBe('ARCHIVE_NOT_INCREMENTAL');
    expect(codeOf({ fromLsn: '101' })).toBe('ARCHIVE_OTHER_LSNS');
    expect(codeOf({ toLsn: '201' })).toBe('ARCHIVE_OTHER_LSNS');
  });

  test('a copy that stands elsewhere than where the chain ends is refused', () => {
    const stands = { check: 'copy-stands-at', lsn: '200', tried: { plan: 1, step: 'trial' } } as const;
    expect(judge(stands, { check: 'copy-stands-at', answer: { lsn: '200' } })).toBeNull();
    for (const lsn of ['100', null])
      expect(judge(stands, { check: 'copy-stands-at', answer: { lsn } })?.code).toBe('COPY_STANDS_ELSEWHERE');
  });

  test('an incremental that does not fit is told from another failure', () => {
    const said = 'mariabackup: error: This incremental backup seems not to be proper for the target.';
    expect(readPrepare({ exit: 1, output: said }, 'lark')?.code).toBe('APPLY_MISMATCH');
    expect(readPrepare({ exit: 7, output: 'kolla-backup: the copy was started once' }, 'lark')?.code).toBe(
      'APPLY_MISMATCH',
    );
  });
});
