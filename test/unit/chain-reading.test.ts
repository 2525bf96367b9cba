import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { findChain } from '../../src/engine/find-chain.ts';
import { KollaBackupError } from '../../src/operation/catalogue.ts';
import type { Host } from '../../src/operation/host.ts';
import { runCommand } from '../support/python.ts';
import * as xb from '../support/xbstream.ts';

/** A chain that no journal knows is found by reading archives, of which some are slow, or of another series. */

const dir = mkdtempSync(join(tmpdir(), 'kolla-slow-'));
afterAll(() => rmSync(dir, { recursive: true }));
const recorded = (name: string) => readFileSync(new URL(`../fixtures/kolla/archives/${name}`, import.meta.url));
const fullGz = recorded('full.gz');
const incrementalGz = recorded('incremental.gz');
const HOUR_MS = 3_600_000;

const full = (epoch: number) => `mysqlbackup-23-11-2026-${epoch}.qp.xbc.xbs.gz`;
const FULL = full(1_795_392_758);
const INCREMENTAL = 'incremental-04-mysqlbackup-23-11-2026-1795407158.qp.xbc.xbs.gz';
/** Nearer to the incremental, so it is read before the full that is needed. */
const SLOW = full(1_795_400_000);
const ALSO_SLOW = full(1_795_390_000);

let volumes = 0;
function volume(...archives: readonly (readonly [path: string, content: Buffer, hour: number])[]) {
  volumes += 1;
  const directory = join(dir, String(volumes));
  mkdirSync(directory);
  const listed = archives.map(([path, content, hour]) => {
    writeFileSync(join(directory, path), content);
    const { size: bytes, ino: inode } = statSync(join(directory, path));
    return { path, bytes, inode, modified: hour * HOUR_MS };
  });
  return { directory, listed };
}

async function chain({ directory, listed }: ReturnType<typeof volume>, slow: readonly string[]) {
  const read: string[] = [];
  const host: Host = {
    name: 'lark',
    close: async () => {},
    run: async (command) => {
      const { path } = listed.find((one) => command.stdin?.includes(`"${directory}/${one.path}"`)) ?? { path: '' };
      read.push(path);
      if (slow.includes(path))
        throw new KollaBackupError('HOST_TIMEOUT', { host: 'lark', seconds: String(command.timeoutMs / 1000) });
      return runCommand(command);
    },
  };
  const none = () => {
    throw new Error('nothing runs here');
  };
  const chosen = { node: 'lark', directory, path: INCREMENTAL, bytes: 1, sha256: null };
  const found = await findChain(chosen, {
    past: { proven: [], restores: [], read: [] },
    listed,
    omitted: 0,
    hosts: { deploy: host, node: () => host, runs: none },
    signal: new AbortController().signal,
    proofMs: 2 * HOUR_MS,
  }).then(
    (links) => links.map(({ path }) => path),
    (error: unknown) => (error instanceof KollaBackupError ? error.problem : error),
  );
  return { found, read };
}

const tooLong = ({ directory }: ReturnType<typeof volume>, path: string) => ({
  code: 'PROOF_TOO_LONG',
  params: { host: 'lark', file: `${directory}/${path}`, minutes: '120' },
});

test('one that is too slow is read once, and passed over where the chain is whole without it', async () => {
  const at = volume([FULL, fullGz, 1], [SLOW, incrementalGz, 3], [INCREMENTAL, incrementalGz, 4]);
  expect(await chain(at, [SLOW])).toEqual({ found: [FULL, INCREMENTAL], read: [INCREMENTAL, SLOW, FULL] });
});

test('where it isn’t, that is the reason, and nothing as large is tried after it', async () => {
  const at = volume([ALSO_SLOW, fullGz, 1], [FULL, fullGz, 2], [INCREMENTAL, incrementalGz, 4]);
  expect(await chain(at, [FULL, ALSO_SLOW])).toEqual({ found: tooLong(at, FULL), read: [INCREMENTAL, FULL] });
  expect((await chain(at, [INCREMENTAL])).found).toEqual(tooLong(at, INCREMENTAL));
});

test('an incremental upon a full from before an upgrade has no gap in its chain, but no chain either', async () => {
  const upgraded = (text: string) =>
    text
      .replace('full-backuped', 'incremental')
      .replace('incremental = N', 'incremental = Y')
      .replace('from_lsn = 0', 'from_lsn = 44420')
      .replace('server_version = 10.11.18', 'server_version = 11.4.7');
  const incremental = gzipSync(
    Buffer.concat([
      xb.file('mariadb_backup_checkpoints', upgraded(xb.CHECKPOINTS)),
      xb.file('mariadb_backup_info', upgraded(xb.INFO)),
    ]),
  );
  const at = volume([FULL, fullGz, 1], [INCREMENTAL, incremental, 4]);
  expect((await chain(at, [])).found).toEqual({
    code: 'CHAIN_OTHER_SERIES',
    params: { path: INCREMENTAL, host: 'lark', before: FULL, series: '10.11' },
  });
  expect((await chain(volume([INCREMENTAL, incremental, 4]), [])).found).toMatchObject({ code: 'CHAIN_GAP' });
});
