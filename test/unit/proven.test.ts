import { describe, expect, test } from 'vitest';
import { baseFor, type CloudPast, type Proven, pastOf } from '../../src/runbooks/proven.ts';
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
const now = { node: 'lark.local', datadir: '42:1795000000', listed: [{ path: full.path, bytes: 500 }] };
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

  test('never on another datadir, or one that was not noted', () => {
    expect(codeOf(past(), { datadir: '43:1795000000' })).toBe('INCREMENTAL_OTHER_DATADIR');
    expect(codeOf(past({ proven: [{ ...full, datadir: null }] }))).toBe('INCREMENTAL_DATADIR_UNKNOWN');
    expect(codeOf(past(), { datadir: null })).toBe('INCREMENTAL_DATADIR_UNKNOWN');
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
