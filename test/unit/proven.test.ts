import { describe, expect, test } from 'vitest';
import { baseFor, type CloudPast, needsFor, type Proven, pastOf, unpackedFirst } from '../../src/runbooks/proven.ts';
import { recordedBackup } from '../support/recorded-backup.ts';
import { ARCHIVE, awaitingSample } from '../support/restore-sample.ts';

const full: Proven = {
  id: 'f1',
  label: 'BKP-1',
  by: 'U0ALICE',
  node: 'lark.local',
  directory: '/v',
  path: 'mysqlbackup-23-11-2026-1795392758.qp.xbc.xbs.gz',
  bytes: 500,
  unpackedBytes: 1500,
  lockSeen: true,
  schemas: null,
  sha256: 'a'.repeat(64),
  serverVersion: '10.11.19-MariaDB',
  datadir: '42:1795000000',
  kind: 'full',
  fromLsn: '0',
  toLsn: '100',
  lastLsn: '104',
  series: '10.11',
  at: 1000,
};
const now = {
  node: 'lark.local',
  datadir: '42:1795000000',
  series: '10.11',
  listed: [{ path: full.path, bytes: 500 }],
};
const past = (more: Partial<CloudPast> = {}): CloudPast => ({ proven: [full], restores: [], read: [], ...more });
const codeOf = (from: CloudPast, at: Partial<Parameters<typeof baseFor>[2]> = {}) =>
  baseFor(from, 'prod', { ...now, ...at }).problem?.code ?? null;

describe('what an incremental may build on', () => {
  test('the newest proven full of this very datadir', () => {
    const older = { ...full, label: 'BKP-0', path: 'older.gz', at: 10 };
    const later = { ...full, kind: 'incremental' as const, label: 'BKP-2', at: 2000 };
    expect(baseFor(past({ proven: [older, later, full] }), 'prod', now)).toEqual({
      base: { label: 'BKP-1', path: full.path },
      problem: null,
    });
  });

  test('no full, or none of it there any more', () => {
    expect(codeOf(past({ proven: [] }))).toBe('INCREMENTAL_NO_FULL');
    expect(codeOf(past({ proven: [{ ...full, kind: 'incremental' }] }))).toBe('INCREMENTAL_NO_FULL');
    expect(codeOf(past(), { listed: [] })).toBe('INCREMENTAL_NO_FULL');
    expect(codeOf(past(), { listed: [{ path: full.path, bytes: 499 }] })).toBe('INCREMENTAL_NO_FULL');
    expect(codeOf(past(), { node: 'bobcat.local' })).toBe('INCREMENTAL_NO_FULL');
  });

  test('never across a restore, and again after a full of what was restored', () => {
    expect(codeOf(past({ restores: [{ label: 'RST-2', at: [900, 1001] }] }))).toBe('INCREMENTAL_AFTER_RESTORE');
    expect(codeOf(past({ restores: [{ label: 'RST-2', at: [800, 900] }] }))).toBeNull();
  });

  test('never upon a full of another series: nothing prepares the two together', () => {
    const { problem } = baseFor(past(), 'prod', { ...now, series: '11.4' });
    expect(problem?.code).toBe('INCREMENTAL_NO_FULL');
    expect(problem?.params['why']).toMatch(/BKP-1, was taken of MariaDB 10\.11, and lark\.local runs 11\.4/);
    expect(baseFor(past(), 'prod', { ...now, series: null }).problem).toBeNull();
  });

  test('never on another datadir, or one that was not noted', () => {
    expect(codeOf(past(), { datadir: '43:1795000000' })).toBe('INCREMENTAL_OTHER_DATADIR');
    expect(codeOf(past({ proven: [{ ...full, datadir: null }] }))).toBe('INCREMENTAL_DATADIR_UNKNOWN');
    expect(codeOf(past(), { datadir: null })).toBe('INCREMENTAL_DATADIR_UNKNOWN');
  });
});

test('an incremental unpacks the newest full where its script compares with the files of that', () => {
  const nested = { ...full, path: 'full-23-11-2026-1795392758/backup-full-23-11-2026-1795392758.mbs.gz' };
  const later = { ...full, at: 2000, unpackedBytes: 9 };
  const upon = { ...nested, kind: 'incremental' as const, at: 3000, unpackedBytes: 7 };
  expect(unpackedFirst(past())).toBeNull();
  expect(unpackedFirst(past({ proven: [] }))).toBeNull();
  expect(unpackedFirst(past({ proven: [{ ...nested, at: 10, unpackedBytes: 5 }, upon, nested] }))).toBe(1500);
  expect(unpackedFirst(past({ proven: [nested, later] }))).toBeNull();
});

describe('what a new incremental needs', () => {
  const first: Proven = {
    ...full,
    ...{ label: 'BKP-2', path: 'incremental-07.gz', bytes: 50, kind: 'incremental', at: 2000 },
    ...{ fromLsn: '100', toLsn: '200', lastLsn: '204' },
  };
  const own = {
    ...first,
    label: '',
    path: 'incremental-08.gz',
    fromLsn: '200',
    toLsn: '300',
    lastLsn: '304',
    at: 3000,
  };
  const proven = [full, first];
  const listed = [full, first, own].map(({ path, bytes }) => ({ path, bytes }));
  const needed = (one: typeof own, there = listed, of = proven) =>
    needsFor(past({ proven: of }), one, { file: `/v/${one.path}`, listed: there });
  const told = (one: typeof own, there = listed, of = proven) => {
    const { problem, needs } = needed(one, there, of);
    return [problem?.code ?? null, problem?.params['gone'] ?? problem?.params['lsn'] ?? needs];
  };

  test('all that lead to it, the full first', () => {
    expect(needed(own)).toEqual({ problem: null, needs: ['BKP-1', 'BKP-2'] });
  });

  test('what begins where no proven archive ends continues none of them', () => {
    expect(needed({ ...own, fromLsn: '150' }).problem).toEqual({
      code: 'INCREMENTAL_OFF_CHAIN',
      params: { host: full.node, file: `/v/${own.path}`, lsn: '150' },
    });
    expect(told(own, listed, [first])).toEqual(['INCREMENTAL_OFF_CHAIN', '100']);
    expect(told({ ...own, node: 'bobcat.local' })).toEqual(['INCREMENTAL_OFF_CHAIN', '200']);
  });

  test('an archive that was removed, replaced, or overwritten by this very one leads nowhere', () => {
    const but = (path: string, bytes?: number) =>
      listed.flatMap((one) => (one.path !== path ? [one] : bytes === undefined ? [] : [{ path, bytes }]));
    expect(told(own, but(first.path))).toEqual(['INCREMENTAL_LINK_GONE', 'BKP-2']);
    expect(told(own, but(full.path))).toEqual(['INCREMENTAL_LINK_GONE', 'BKP-1']);
    expect(told(own, but(first.path, 49))).toEqual(['INCREMENTAL_LINK_GONE', 'BKP-2']);
    expect(told({ ...own, path: first.path })).toEqual(['INCREMENTAL_LINK_GONE', 'BKP-2']);
    // Another way there is one.
    const straight = { ...first, label: 'BKP-4', path: 'straight.gz' };
    const files = [...but(first.path), { path: straight.path, bytes: straight.bytes }];
    expect(told(own, files, [...proven, straight])).toEqual([null, ['BKP-1', 'BKP-4']]);
  });
});

test('an inode without a time of birth is nobody’s: it may come again', () => {
  const datadirOf = (datadir: string) => pastOf([recordedBackup({ datadir })]).proven[0]?.datadir;
  expect(datadirOf('42:1795000000')).toBe('42:1795000000');
  expect(datadirOf('42:0')).toBeNull();
});

test('what a restore has read of an archive is known afterwards, also where nothing came of it', () => {
  const story = awaitingSample();
  const [known] = pastOf([story.now()]).read;
  expect(known).toMatchObject({ node: expect.any(String), path: ARCHIVE, series: '10.11' });
  expect(pastOf([story.now()]).proven).toEqual([]);
});
