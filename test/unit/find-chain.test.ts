import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findChain } from '../../src/engine/find-chain.ts';
import type { CloudHosts } from '../../src/engine/hosts.ts';
import { KollaBackupError } from '../../src/operation/catalogue.ts';
import type { Host } from '../../src/operation/host.ts';
import { knownArchive } from '../../src/runbooks/known-archive.ts';
import { originSuspicions } from '../../src/runbooks/origin.ts';
import type { Proven } from '../../src/runbooks/proven.ts';
import { runCommand } from '../support/python.ts';

/** Which archives a restore takes together: those of a volume on bobcat, some of them copied there. */

const recorded = new URL('../fixtures/kolla/archives/', import.meta.url);
const directory = mkdtempSync(join(tmpdir(), 'kolla-chain-'));
afterAll(() => rmSync(directory, { recursive: true }));

const host: Host = { name: 'bobcat', run: runCommand, close: async () => {} };
const hosts: CloudHosts = {
  deploy: host,
  node: () => host,
  runs: () => {
    throw new Error('nothing runs here');
  },
};

/** The two belong together: the incremental begins and ends where the full ends. */
const FULL = 'mysqlbackup-23-11-2026-1795466600.qp.xbc.xbs.gz';
const INCREMENTAL = 'incremental-20-mysqlbackup-23-11-2026-1795466601.qp.xbc.xbs.gz';
const LSNS = {
  full: { fromLsn: '0', toLsn: '44420', lastLsn: '390996' },
  incremental: { fromLsn: '44420', toLsn: '44420', lastLsn: '703035' },
} as const;

/** What the journals know of one of them; on bobcat, unless it is said otherwise. */
function proven(kind: 'full' | 'incremental', more: Partial<Proven> = {}): Proven {
  const bytes = readFileSync(new URL(`${kind}.gz`, recorded));
  const node = more.node ?? 'bobcat';
  return {
    ...{ id: kind, label: kind === 'full' ? 'BKP-1' : 'BKP-2', by: 'U0ALICE', node, directory, kind, ...LSNS[kind] },
    ...{ path: kind === 'full' ? FULL : INCREMENTAL, bytes: bytes.length, unpackedBytes: 1 },
    ...{ sha256: createHash('sha256').update(bytes).digest('hex'), serverVersion: '10.11.19-MariaDB', series: '10.11' },
    ...{ datadir: null, takenOn: node, schemas: null, lockSeen: true, at: kind === 'full' ? 1_000 : 2_000 },
    ...more,
  };
}

/** The chain of the incremental where those files lie; or its refusal. */
async function chainIn(
  files: Readonly<Record<string, 'full' | 'incremental'>>,
  known: readonly Proven[],
  restores: readonly number[] = [],
  sha256: string | null = null,
) {
  rmSync(directory, { recursive: true });
  mkdirSync(directory);
  const listed = Object.entries(files).map(([path, fixture], index) => {
    copyFileSync(new URL(`${fixture}.gz`, recorded), join(directory, path));
    const { size: bytes, mtimeMs: modified } = statSync(join(directory, path));
    return { path, bytes, modified, inode: index };
  });
  const past = { proven: known, restores: [{ label: 'RST-1', at: restores }], read: [] };
  const chosen = { node: 'bobcat', directory, path: INCREMENTAL, bytes: 1, sha256 };
  const look = { past, listed, omitted: 0, hosts, signal: new AbortController().signal, proofMs: 60_000 };
  try {
    return (await findChain(chosen, look)).map(({ node, path }) => `${node}:${path}`);
  } catch (error) {
    if (!(error instanceof KollaBackupError)) throw error;
    return error.problem;
  }
}
const here = { [FULL]: 'full', [INCREMENTAL]: 'incremental' } as const;
const whole = [`bobcat:${FULL}`, `bobcat:${INCREMENTAL}`];

test('a chain that was moved whole from another node is one; copies of two nodes are not, however well they fit', async () => {
  const there = [proven('full', { node: 'lark' }), proven('incremental', { node: 'lark' })];
  expect(await chainIn(here, there)).toEqual(whole);
  const mixed = [proven('full', { node: 'lark' }), proven('incremental')];
  const where = 'there, but is of another datadir or node';
  expect(await chainIn(here, mixed)).toMatchObject({ code: 'CHAIN_GAP', params: { where } });
  expect(await chainIn(here, [])).toEqual(whole);
});

test('copies of one node that are of two datadirs, or with a restore between, are known again', async () => {
  const on = (full: string, incremental: string) => [
    proven('full', { node: 'lark', datadir: full }),
    proven('incremental', { node: 'lark', datadir: incremental }),
  ];
  expect(await chainIn(here, on('1:1', '1:1'))).toEqual(whole);
  expect(await chainIn(here, on('1:1', '2:2'))).toMatchObject({ code: 'CHAIN_GAP' });
  expect(await chainIn(here, on('1:1', '1:1'), [1_500])).toMatchObject({ code: 'CHAIN_RESTORE_INSIDE' });
});

test('what is missing is said to lie on another node only where it was taken on the same one', async () => {
  const moved = { [INCREMENTAL]: 'incremental' } as const;
  const there = [proven('full', { node: 'lark' }), proven('incremental', { node: 'lark' })];
  expect(await chainIn(moved, there)).toMatchObject({ code: 'CHAIN_GAP', params: { where: 'on lark' } });
  const mixed = [proven('full', { node: 'lark' }), proven('incremental')];
  expect(await chainIn(moved, mixed)).toMatchObject({ code: 'CHAIN_GAP', params: { where: 'nowhere that is known' } });
});

test('the one that was chosen is the one that was proved, by its checksum, or nothing is found', async () => {
  const other = 'f'.repeat(64);
  expect(await chainIn(here, [], [], proven('incremental').sha256)).toEqual(whole);
  expect(await chainIn(here, [], [], other)).toMatchObject({ code: 'ARCHIVE_CHANGED' });
  // A script that has written over its own file: the newer backup is what lies there.
  const both = [proven('incremental'), proven('incremental', { sha256: other, at: 1_900 }), proven('full')];
  for (const known of [both, both.toReversed()])
    expect(await chainIn(here, known, [], proven('incremental').sha256)).toEqual(whole);
});

test('an archive that our backups have proved is known whoever names it, and refused where another file lies there', () => {
  const [older, newer] = [proven('incremental', { at: 1, sha256: 'a'.repeat(64), bytes: 7 }), proven('incremental')];
  const { path, bytes, sha256 } = newer;
  const place = { node: 'bobcat', directory, path, bytes, sha256: null };
  for (const all of [[newer, older], [older, newer], [newer]])
    expect(knownArchive(place, all)).toEqual({ known: newer, archive: { ...place, sha256, unpackedBytes: 1 } });
  expect(knownArchive({ ...place, sha256 }, [newer])?.archive.sha256).toBe(sha256);
  expect(knownArchive(place, [proven('incremental', { node: 'lark' }), proven('full')])).toBeNull();
  for (const changed of [{ bytes: 7 }, { sha256: older.sha256 }])
    expect(() => knownArchive({ ...place, ...changed }, [older, newer])).toThrow('ARCHIVE_CHANGED');
});

test('a chain of which the journals do not know every archive is suspicious; a full alone shows all that it is', () => {
  const known = [proven('full'), proven('incremental', { node: 'lark', path: 'elsewhere.gz' })];
  expect(originSuspicions(known, { proven: known })).toEqual([]);
  const params = { path: 'elsewhere.gz', links: '2', unseen: '1' };
  const [full] = known;
  expect(originSuspicions(known, { proven: full === undefined ? [] : [full] })).toEqual([
    { code: 'CHAIN_ORIGIN_UNSEEN', params },
  ]);
  expect(originSuspicions([], { proven: [] })).toEqual([]);
});
