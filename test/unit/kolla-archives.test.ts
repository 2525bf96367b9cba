import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isNameOf, parseArchiveName } from '../../src/kolla/archives.ts';

describe('the names of every layout', () => {
  test.each([
    [
      'mysqlbackup-23-11-2026-1795392758.qp.xbc.xbs.gz',
      { kind: 'full', layout: 'flat-active', day: '23-11-2026', epoch: 1795392758 },
    ],
    [
      'mysqlbackup-23-11-2026-1795392758.qp.mbc.mbs.gz',
      { kind: 'full', layout: 'flat-replica', day: '23-11-2026', epoch: 1795392758 },
    ],
    [
      'full-23-11-2026-1795392758/mysqlbackup-23-11-2026-1795392758.qp.xbc.xbs.gz',
      { kind: 'full', layout: 'nested-active', day: '23-11-2026', epoch: 1795392758 },
    ],
    [
      'full-23-11-2026-1795392758/backup-full-23-11-2026-1795392758.mbs.gz',
      { kind: 'full', layout: 'nested-replica', day: '23-11-2026', epoch: 1795392758 },
    ],
    [
      'incremental-00-mysqlbackup-23-11-2026-1795392775.qp.xbc.xbs.gz',
      { kind: 'incremental', layout: 'flat-active', time: '00', day: '23-11-2026', epoch: 1795392775, full: undefined },
    ],
    [
      'incremental-23-mysqlbackup-23-11-2026-1795392758.qp.mbc.mbs.gz',
      {
        kind: 'incremental',
        layout: 'flat-replica',
        time: '23',
        day: undefined,
        epoch: undefined,
        full: { day: '23-11-2026', epoch: 1795392758 },
      },
    ],
    [
      'incr-04-05-06-24-11-2026-since-23-11-2026-1795392758/incremental-04-05-06-24-11-2026-mysqlbackup-23-11-2026-1795392758.qp.xbc.xbs.gz',
      {
        kind: 'incremental',
        layout: 'nested-active',
        time: '04-05-06',
        day: '24-11-2026',
        epoch: undefined,
        full: { day: '23-11-2026', epoch: 1795392758 },
      },
    ],
    [
      'incr-04-05-06-24-11-2026-since-23-11-2026-1795392758/backup-incremental-04-05-06-24-11-2026.mbs.gz',
      {
        kind: 'incremental',
        layout: 'nested-replica',
        time: '04-05-06',
        day: '24-11-2026',
        full: { day: '23-11-2026', epoch: 1795392758 },
      },
    ],
    ['last_full_date', { kind: 'state' }],
    ['last_full_file', { kind: 'state' }],
    ['full-23-11-2026-1795392758', { kind: 'directory', holds: 'full' }],
    ['incr-04-05-06-24-11-2026-since-23-11-2026-1795392758', { kind: 'directory', holds: 'incremental' }],
    ['incomplete-full-23-11-2026-1795392758', { kind: 'incomplete' }],
    ['incomplete-full-23-11-2026-1795392758/mysqlbackup-23-11-2026-1795392758.qp.xbc.xbs.gz', { kind: 'incomplete' }],
  ])('%s', (path, expected) => {
    expect(parseArchiveName(path)).toMatchObject(expected);
    for (const kind of ['full', 'incremental'] as const) expect(isNameOf(kind, path)).toBe(expected.kind === kind);
  });
});

describe('what is none of them', () => {
  test.each([
    'mysqlbackup-23-11-2026-1795392758.qp.xbc.xbs', // gunzip left it
    'mysqlbackup-23-11-2026-1795392758.qp.xbc.xbs.gz.part',
    'mysqlbackup-32-11-2026-1795392758.qp.xbc.xbs.gz',
    'mysqlbackup-23-13-2026-1795392758.qp.xbc.xbs.gz',
    'mysqlbackup-23-11-2026-.qp.xbc.xbs.gz',
    'mysqlbackup-23-11-2026-0795392758.qp.xbc.xbs.gz', // date writes no such second
    ' mysqlbackup-23-11-2026-1795392758.qp.xbc.xbs.gz',
    'mysqlbackup-23-11-2026-1795392758.qp.xbc.xbs.gz\n',
    'mysqlbackup-23-11-2026-1795392758.qp.xbc.xbs.gz;rm',
    'restore/mysqlbackup-23-11-2026-1795392758.qp.xbc.xbs.gz',
    '../mysqlbackup-23-11-2026-1795392758.qp.xbc.xbs.gz',
    'full-23-11-2026-1795392758/mysqlbackup-23-11-2026-1795392759.qp.xbc.xbs.gz', // of another time than its directory
    'incremental-24-mysqlbackup-23-11-2026-1795392775.qp.xbc.xbs.gz',
    'incr-04-05-06-24-11-2026-since-23-11-2026-1795392758/incremental-04-05-07-24-11-2026-mysqlbackup-23-11-2026-1795392758.qp.xbc.xbs.gz',
    '',
    'restore',
  ])('%j', (path) => {
    expect(parseArchiveName(path)).toEqual({ kind: 'unrelated' });
  });

  test('any change of a name by one character is another name, or none', () => {
    const name = 'mysqlbackup-23-11-2026-1795392758.qp.xbc.xbs.gz';
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: name.length - 1 }),
        fc.string({ minLength: 1, maxLength: 1 }),
        (at, other) => {
          const changed = name.slice(0, at) + other + name.slice(at + 1);
          const parsed = parseArchiveName(changed);
          if (parsed.kind === 'unrelated') return;
          expect(changed).toMatch(/^[a-z0-9.-]+$/);
          if (parsed.kind === 'full') expect(`mysqlbackup-${parsed.day}-${parsed.epoch}.qp.xbc.xbs.gz`).toBe(changed);
        },
      ),
    );
  });

  test('any string is read without an error, and an archive has none but harmless characters', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `mysqlbackup-${text}.qp.xbc.xbs.gz`),
        ),
        (path) => {
          const { kind } = parseArchiveName(path);
          if (kind === 'full' || kind === 'incremental') expect(path).toMatch(/^[a-z0-9./-]+$/);
        },
      ),
      { numRuns: 500 },
    );
  });
});
