import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findChain } from '../../src/engine/find-chain.ts';
import { KollaBackupError } from '../../src/operation/catalogue.ts';
import type { Host } from '../../src/operation/host.ts';
import { runCommand } from '../support/python.ts';

/** A chain that no journal knows, in a volume in which one archive takes longer to be read than it may. */

const dir = mkdtempSync(join(tmpdir(), 'kolla-slow-'));
afterAll(() => rmSync(dir, { recursive: true }));
const recorded = new URL('../fixtures/kolla/archives/', import.meta.url);
const HOUR_MS = 3_600_000;

const full = (epoch: number) => `mysqlbackup-23-11-2026-${epoch}.qp.xbc.xbs.gz`;
const FULL = full(1_795_392_758);
const INCREMENTAL = 'incremental-04-mysqlbackup-23-11-2026-1795407158.qp.xbc.xbs.gz';
/** Nearer to the incremental, so it is read before the full that is needed. */
const SLOW = full(1_795_400_000);
const ALSO_SLOW = full(1_795_390_000);

let volumes = 0;
function volume(...archives: readonly (readonly [path: string, fixture: string, hour: number])[]) {
  volumes += 1;
  const directory = join(dir, String(volumes));
  mkdirSync(directory);
  const listed = archives.map(([path, fixture, hour]) => {
    copyFileSync(new URL(fixture, recorded), join(directory, path));
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
  const at = volume([FULL, 'full.gz', 1], [SLOW, 'incremental.gz', 3], [INCREMENTAL, 'incremental.gz', 4]);
  expect(await chain(at, [SLOW])).toEqual({ found: [FULL, INCREMENTAL], read: [INCREMENTAL, SLOW, FULL] });
});

test('where it isn’t, that is the reason, and nothing as large is tried after it', async () => {
  const at = volume([ALSO_SLOW, 'full.gz', 1], [FULL, 'full.gz', 2], [INCREMENTAL, 'incremental.gz', 4]);
  expect(await chain(at, [FULL, ALSO_SLOW])).toEqual({ found: tooLong(at, FULL), read: [INCREMENTAL, FULL] });
  expect((await chain(at, [INCREMENTAL])).found).toEqual(tooLong(at, INCREMENTAL));
});
