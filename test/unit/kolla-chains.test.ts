import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ChainArchive, chainTo } from '../../src/kolla/chains.ts';

/**
 * A cloud's history as it really was: writes, backups in every layout's way, restores, copies on other nodes, lost
 * files. An archive knows what it truly holds, so a chain that was found can be applied and compared with that.
 */

type Held = ChainArchive & {
  /** The writes that the databases had at that moment. */
  readonly truth: string;
  /** What it was made upon. */
  readonly base: Held | null;
  readonly history: number;
};

type Act =
  | { readonly do: 'write'; readonly bytes: number }
  | { readonly do: 'full' }
  /** Upon the newest full (layout C), or the newest archive of any kind (A and B). */
  | { readonly do: 'incremental'; readonly upon: 'full' | 'newest' }
  | { readonly do: 'restore'; readonly which: number; readonly jump: number }
  /** Of another node's state: the same databases in another datadir, whose log stands elsewhere. */
  | { readonly do: 'transfer'; readonly jump: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('write' as const), bytes: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('full' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('incremental' as const),
      upon: fc.constantFrom('full' as const, 'newest' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('restore' as const),
      which: fc.nat(),
      jump: fc.integer({ min: 0, max: 6 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('transfer' as const), jump: fc.integer({ min: -6, max: 6 }) }),
  },
);

function live(acts: readonly Act[]) {
  const archives: Held[] = [];
  const restores: number[] = [];
  let [lsn, state, history, at] = [100, '', 0, 1000];
  for (const one of acts) {
    at += 10;
    if (one.do === 'write') {
      lsn += one.bytes;
      state += `${at};`;
    } else if (one.do === 'restore') {
      const from = archives[archives.length === 0 ? 0 : one.which % archives.length];
      if (from === undefined) continue;
      restores.push(at);
      history += 1;
      lsn = Number(from.toLsn) + one.jump;
      state = from.truth;
    } else if (one.do === 'transfer') {
      history += 1;
      lsn += one.jump;
    } else {
      const datadir = `${history}:1795000000`;
      const own = { node: 'a', path: `${archives.length}.gz`, series: '10.11', at, truth: state, history, datadir };
      const ends = { toLsn: String(lsn), lastLsn: String(lsn) };
      const base = one.do === 'full' ? null : archives.findLast(({ kind }) => one.upon === 'newest' || kind === 'full');
      if (base === undefined || (base !== null && Number(base.toLsn) > lsn)) continue;
      archives.push(
        base === null
          ? { ...own, ...ends, kind: 'full', fromLsn: '0', base }
          : { ...own, ...ends, kind: 'incremental', fromLsn: base.toLsn, base },
      );
    }
  }
  return { archives, restores };
}

/**
 * What comes of preparing these, one after the other: null where it would be no state that ever was. An incremental
 * holds what the databases of its day changed after `fromLsn`, whatever it was meant to build on.
 */
function applied([full, ...rest]: readonly Held[]): string | null {
  if (full?.kind !== 'full') return null;
  let last = full;
  for (const one of rest) {
    if (one.kind !== 'incremental' || one.fromLsn !== last.toLsn || one.history !== last.history) return null;
    last = one;
  }
  return last.truth;
}

const baseLine = (one: Held): Held[] => (one.base === null ? [one] : [...baseLine(one.base), one]);

describe('chains', () => {
  const histories = fc.array(act, { minLength: 3, maxLength: 40 });

  test('a chain that is found always gives the state that was, and one that exists is always found', () => {
    let chains = 0;
    fc.assert(
      fc.property(histories, fc.infiniteStream(fc.nat()), (acts, random) => {
        const { archives, restores } = live(acts);
        const shuffled = archives.map((one) => ({ one, key: random.next().value ?? 0 })).sort((a, b) => a.key - b.key);
        for (const chosen of archives) {
          const found = chainTo(
            chosen,
            shuffled.map(({ one }) => one),
            restores,
          );
          const line = baseLine(chosen);
          const sound = line.every(({ history }) => history === chosen.history);
          if (found.kind === 'chain') {
            chains += found.links.length > 2 ? 1 : 0;
            expect(found.links.at(-1)).toBe(chosen);
            expect(applied(found.links)).toBe(chosen.truth);
          }
          if (sound) expect(found.kind).toBe('chain');
        }
      }),
      { numRuns: 500 },
    );
    expect(chains).toBeGreaterThan(20);
  });

  test('without any one of its links there is no chain, but another way to the very same state', () => {
    fc.assert(
      fc.property(histories, fc.nat(), (acts, seed) => {
        const { archives, restores } = live(acts);
        const lost = archives[archives.length === 0 ? 0 : seed % archives.length];
        const left = archives.filter((one) => one !== lost);
        for (const chosen of left) {
          const found = chainTo(chosen, left, restores);
          if (found.kind === 'chain') expect(applied(found.links)).toBe(chosen.truth);
          else if (found.kind === 'gap')
            expect(
              left.some(
                ({ toLsn, kind, history }) =>
                  kind === 'full' && toLsn === found.lsn && history === found.links[0]?.history,
              ),
            ).toBe(false);
        }
      }),
      { numRuns: 300 },
    );
  });
});

const full: ChainArchive = {
  node: 'a',
  path: 'full.gz',
  kind: 'full',
  fromLsn: '0',
  toLsn: '100',
  lastLsn: '104',
  series: '10.11',
  at: 1000,
};
const inc = (path: string, fromLsn: string, toLsn: string, at: number, more: Partial<ChainArchive> = {}) => ({
  ...full,
  path,
  kind: 'incremental' as const,
  fromLsn,
  toLsn,
  lastLsn: toLsn,
  at,
  ...more,
});

describe('particular chains', () => {
  const one = inc('1.gz', '100', '200', 2000);
  const two = inc('2.gz', '200', '300', 3000);

  test('what lies on another node is named, and not taken', () => {
    const copies = [full, one, two].map((archive) => ({ ...archive, node: 'b' }));
    expect(chainTo(two, [full, two, ...copies], [])).toMatchObject({ kind: 'gap', lsn: '200', elsewhere: ['b'] });
    expect(chainTo(two, [...copies, two, one, full], [])).toMatchObject({ kind: 'chain', links: [full, one, two] });
  });

  test('a restore between two links is told with its moment', () => {
    expect(chainTo(two, [full, one, two], [2500])).toMatchObject({ kind: 'restore_inside', at: 2500, links: [two] });
    expect(chainTo(two, [full, one, two], [1500])).toMatchObject({ kind: 'restore_inside', at: 1500 });
    expect(chainTo(two, [full, one, two], [500, 3500]).kind).toBe('chain');
  });

  test('a link of another MariaDB series, or whose log ends later than the next one’s, is none', () => {
    expect(chainTo(two, [full, { ...one, series: '10.6' }, two], []).kind).toBe('gap');
    expect(chainTo(one, [{ ...full, lastLsn: '201' }, one], []).kind).toBe('gap');
  });

  test('a link of another datadir is none; one whose datadir is not known may be', () => {
    const [old, next] = ['41:1795000000', '42:1795000900'];
    expect(chainTo({ ...one, datadir: next }, [{ ...full, datadir: old }, one], []).kind).toBe('gap');
    for (const datadir of [next, null])
      expect(chainTo({ ...one, datadir: next }, [{ ...full, datadir }, one], []).kind).toBe('chain');
    expect(chainTo(one, [{ ...full, datadir: old }, one], []).kind).toBe('chain');
    const ends = [{ ...full, datadir: old }, one, { ...two, datadir: next }] as const;
    expect(chainTo(ends[2], ends, []).kind).toBe('gap');
    // A restore brings another datadir, too, and is the better reason.
    expect(chainTo({ ...one, datadir: next }, [{ ...full, datadir: old }, one], [1500]).kind).toBe('restore_inside');
  });

  test('of two fulls that end alike the nearer one is taken, and an incremental without changes is left out', () => {
    const later = { ...full, path: 'later.gz', at: 1900 };
    const nothing = inc('0.gz', '100', '100', 1950, { lastLsn: '104' });
    expect(chainTo(one, [full, nothing, later, one], [])).toMatchObject({ links: [later, one] });
    expect(chainTo(nothing, [nothing, full], [])).toMatchObject({ links: [full, nothing] });
  });

  test('LSNs beyond what a number holds are compared digit by digit', () => {
    const high = { ...full, toLsn: '18446744073709551614', lastLsn: '18446744073709551614' };
    const next = inc('n.gz', '18446744073709551615', '18446744073709551615', 2000);
    expect(chainTo(next, [high, next], []).kind).toBe('gap');
  });
});
