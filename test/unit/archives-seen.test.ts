import { describe, expect, test } from 'vitest';
import type { Sighting } from '../../src/operation/ports.ts';
import { archivesSeen } from '../../src/runbooks/archives-seen.ts';
import type { Proven } from '../../src/runbooks/proven.ts';
import { archivesBlock } from '../../src/slack/cards/archive-list.ts';

const file = (number: number, kind: 'full' | 'incremental') =>
  `${kind === 'full' ? '' : 'incremental-07-'}mysqlbackup-01-02-2026-${1_769_900_000 + number}.qp.xbc.xbs.gz`;
const made = (number: number, kind: Proven['kind'], fromLsn: string, toLsn: string, node = 'lark'): Proven => ({
  ...{ id: `i${number}`, label: `BKP-${number}`, by: 'U0ALICE', node, directory: '/v', path: file(number, kind), kind },
  ...{ bytes: 1_000, sha256: 'a'.repeat(64), serverVersion: '10.11.19-MariaDB', datadir: '1:1', series: '10.11' },
  ...{ unpackedBytes: 3_000, lockSeen: true, schemas: null },
  ...{ fromLsn, toLsn, lastLsn: toLsn, at: number * 1_000 },
});
const full = made(1, 'full', '0', '100');
const one = made(2, 'incremental', '100', '200');
const two = made(3, 'incremental', '200', '300');
const all = [full, one, two];
const seenOf = (proven: readonly Proven[]): Sighting => ({
  at: 9_000,
  nodes: [
    {
      node: 'lark',
      problem: null,
      files: proven.map(({ path, bytes }) => ({ path, bytes, modified: 5_000, inode: 1, read: null })),
    },
    { node: 'bobcat', problem: { code: 'HOST_UNREACHABLE', params: {} }, files: [] },
  ],
});
const standings = (sighting: Sighting, restores: readonly number[] = []) =>
  archivesSeen(sighting, { proven: all, restores: [{ label: 'RST-1', at: restores }] }).map(({ proven, standing }) => [
    proven?.label ?? null,
    standing,
  ]);

describe('the catalogue', () => {
  test('each archive is shown with what it needs, the newest first', () => {
    expect(standings(seenOf(all.toReversed()))).toEqual([
      ['BKP-3', { kind: 'restorable', needs: ['BKP-1', 'BKP-2'] }],
      ['BKP-2', { kind: 'restorable', needs: ['BKP-1'] }],
      ['BKP-1', { kind: 'restorable', needs: [] }],
    ]);
  });

  test('a link that is gone, a file that changed, a restore inside and what nobody of us made are told', () => {
    expect(standings(seenOf([full, two]))[0]).toEqual(['BKP-3', { kind: 'no_chain', why: 'gap' }]);
    expect(standings(seenOf(all), [2_500])[0]).toEqual(['BKP-3', { kind: 'no_chain', why: 'restore_inside' }]);
    expect(standings(seenOf([{ ...full, bytes: 999 }, one]))).toEqual([
      ['BKP-2', { kind: 'no_chain', why: 'gap' }],
      ['BKP-1', { kind: 'changed' }],
    ]);
    const foreign = { ...full, path: file(77, 'full') };
    const states = { path: 'last_full_date', bytes: 11, modified: 1, inode: 1, read: null };
    const sighting = seenOf([foreign]);
    const lark = { node: 'lark', problem: null, files: [...(sighting.nodes[0]?.files ?? []), states] };
    expect(standings({ ...sighting, nodes: [lark] })).toEqual([[null, { kind: 'unread' }]]);
    // While an archive of its node is unread, nobody knows that a link is gone.
    expect(standings(seenOf([foreign, two]))).toContainEqual(['BKP-3', { kind: 'no_chain', why: 'unread' }]);
    const slow = { ...states, path: file(78, 'full'), read: { kind: 'unusable', code: 'PROOF_TOO_LONG' } } as const;
    const tried = { node: 'lark', problem: null, files: [...(seenOf([two]).nodes[0]?.files ?? []), slow] };
    const told = standings({ ...sighting, nodes: [tried] });
    expect(told).toContainEqual(['BKP-3', { kind: 'no_chain', why: 'unread' }]);
  });

  test('its words name chain, node and who asked, and the node that could not be asked', () => {
    const seen = archivesSeen(seenOf(all), { proven: all, restores: [] });
    const said = JSON.stringify(archivesBlock(seenOf(all), seen, 60_000));
    for (const word of [
      'restorable with BKP-1, BKP-2',
      'U0ALICE',
      '10.11.19',
      'HOST_UNREACHABLE',
      file(3, 'incremental'),
    ])
      expect(said).toContain(word);
    expect(JSON.stringify(archivesBlock(null, [], 0))).toContain('not looked at yet');
    const many = Array.from({ length: 400 }, () => seen).flat();
    expect(JSON.stringify(archivesBlock(seenOf(all), many, 60_000)).length).toBeLessThan(12_000);
  });
});

describe('an archive that no journal names where it lies', () => {
  const [MADE, COPIED] = [1_769_900_000_000, 1_770_500_000_000];
  const HOUR = 3_600_000;
  const nested =
    'incr-07-00-00-01-02-2026-since-01-02-2026/incremental-07-00-00-01-02-2026-mysqlbackup-01-02-2026.qp.xbc.xbs.gz';
  const clock = (at: number) => new Date(at).toISOString().slice(0, 19).replace('T', ' ');
  type Copy = Proven & { readonly modified?: number; readonly endedAt?: string };
  const copied = (archives: readonly Copy[]): Sighting => ({
    at: COPIED,
    nodes: [
      {
        node: 'bobcat',
        problem: null,
        files: archives.map(
          ({ path, bytes, modified = COPIED, kind: type, fromLsn, toLsn, lastLsn, serverVersion, ...one }) => ({
            ...{ path, bytes, modified, inode: 1 },
            read: {
              ...({ kind: 'whole', type, fromLsn, toLsn, lastLsn, serverVersion, sha256: one.sha256 } as const),
              ...(one.endedAt === undefined ? {} : { endedAt: one.endedAt }),
            },
          }),
        ),
      },
    ],
  });
  const incremental = (archives: readonly Copy[], restore: number, proven: readonly Proven[] = []) => {
    const seen = archivesSeen(copied(archives), { proven, restores: [{ label: 'RST-1', at: [restore] }] });
    const { standing } = seen.find(({ type }) => type === 'incremental') ?? {};
    return standing?.kind === 'no_chain' ? standing.why : standing?.kind;
  };

  test('is no younger than its name says: a restore is seen between copies that were made after it', () => {
    expect(incremental([full, one], MADE + 1_500)).toBe('restore_inside');
    // Both had been there before it, and one was copied back.
    expect(incremental([full, { ...one, modified: MADE + HOUR }], MADE + 2 * HOUR)).toBe('restorable');
  });

  test('has no time of its own in its name: then that inside, by a clock in whatever zone', () => {
    const late = { ...one, path: nested, endedAt: clock(MADE + HOUR) };
    expect(incremental([full, late], MADE + HOUR / 2)).toBe('restore_inside');
    expect(incremental([full, late], MADE + 12 * HOUR)).toBe('restore_inside');
    expect(incremental([full, late], MADE + 14 * HOUR)).toBe('restorable');
    expect(incremental([full, late], MADE - HOUR)).toBe('restorable');
    // A file that is older than what it holds is no witness, either.
    const [base, lost] = [
      { ...full, endedAt: clock(MADE) },
      { ...late, modified: 1 },
    ];
    expect(incremental([base, lost], MADE + HOUR / 2)).toBe('restore_inside');
    expect(incremental([{ ...base, modified: 1 }, lost], MADE - HOUR)).toBe('restorable');
    // A name that belies what is inside is no witness.
    const renamed = { ...full, endedAt: clock(MADE - 48 * HOUR) };
    expect(incremental([renamed, late], MADE - HOUR)).toBe('restore_inside');
  });

  test('is the one that was proved, where it has its checksum', () => {
    const [base, next] = [
      { ...full, sha256: 'b'.repeat(64), at: MADE },
      { ...one, sha256: 'c'.repeat(64), at: MADE + 3 * HOUR },
    ];
    const copies = [base, { ...next, path: nested, endedAt: clock(next.at) }];
    expect(incremental(copies, MADE + 4 * HOUR, [base, next])).toBe('restorable');
    expect(incremental(copies, MADE + 4 * HOUR)).toBe('restore_inside');
    expect(incremental(copies, MADE + 2 * HOUR, [base, next])).toBe('restore_inside');
    expect(incremental(copies, MADE + 2 * HOUR, [base, { ...next, datadir: '2:2' }])).toBe('restore_inside');
    expect(incremental(copies, MADE + 4 * HOUR, [base, { ...next, datadir: '2:2' }])).toBe('gap');
  });
});
