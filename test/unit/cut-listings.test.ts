import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { configSchema } from '../../src/config.ts';
import { findArchive } from '../../src/engine/find-archive.ts';
import { findChain } from '../../src/engine/find-chain.ts';
import type { CloudHosts } from '../../src/engine/hosts.ts';
import { lookInto } from '../../src/engine/looking.ts';
import { archivesCommand } from '../../src/list-archives.ts';
import { KollaBackupError } from '../../src/operation/catalogue.ts';
import type { Command, Host } from '../../src/operation/host.ts';
import { archivesBlock } from '../../src/slack/cards/archive-list.ts';
import { runCommand } from '../support/python.ts';

/** Volumes in which more files lie than are listed: what isn't in a listing isn't taken as missing. */

const dir = mkdtempSync(join(tmpdir(), 'kolla-cut-'));
afterAll(() => rmSync(dir, { recursive: true }));
const recorded = new URL('../fixtures/kolla/archives/', import.meta.url);

const FULL = 'mysqlbackup-23-11-2026-1795392758.qp.xbc.xbs.gz';
const INCREMENTAL = 'incremental-04-mysqlbackup-23-11-2026-1795407158.qp.xbc.xbs.gz';
const NODES = ['lark', 'bobcat'] as const;

/** What lies where, and after how many files a listing ends. */
type Volumes = { readonly [N in (typeof NODES)[number]]: readonly string[] };
function cloud(volumes: Volumes, most: number): CloudHosts {
  const hosts = NODES.map((name): Host => {
    const directory = mkdtempSync(join(dir, name));
    for (const path of volumes[name])
      copyFileSync(new URL(path === FULL ? 'full.gz' : 'incremental.gz', recorded), join(directory, path));
    const run = async (command: Command) => {
      if (command.argv[0] === 'docker') return { code: 0, signal: null, stdout: `${directory}\n`, stderr: '' };
      const stdin = command.stdin?.replace(/^MAX_ENTRIES = \d+/m, `MAX_ENTRIES = ${most}`) ?? '';
      return runCommand({ ...command, stdin });
    };
    return { name, run, close: async () => {} };
  });
  const node = (name: string) => hosts.find((one) => one.name === name) ?? none();
  return { deploy: node('lark'), node, runs: none };
}
const none = () => {
  throw new Error('nothing runs here');
};
const signal = new AbortController().signal;

/** The paths of a chain, or the problem. */
async function restore(hosts: CloudHosts, path: string, node: string | null = null) {
  const wish = {
    kind: 'restore',
    archive: { path, node, sha256: null },
    reason: 'a test',
    olderSchemas: true,
  } as const;
  const nodes = NODES.map((name) => ({ node: name, engine: 'docker' as const }));
  try {
    const { archive, ...volume } = await findArchive('lab', wish, nodes, hosts, signal);
    const past = { proven: [], restores: [], read: [] };
    const chain = await findChain(archive, { past, ...volume, hosts, signal, proofMs: 60_000 });
    return { node: archive.node, chain: chain.map((link) => link.path) };
  } catch (error) {
    if (error instanceof KollaBackupError) return error.problem;
    throw error;
  }
}
const tooMany = (host: string, count: string) => ({
  code: 'TOO_MANY_ARCHIVES',
  params: { host, volume: 'mariadb_backup', count },
});

test('an archive that is in no listing may lie where one was cut, and so may its namesake', async () => {
  const volumes: Volumes = { lark: [INCREMENTAL], bobcat: [INCREMENTAL, FULL] };
  expect(await restore(cloud(volumes, 1), FULL)).toEqual(tooMany('bobcat', '2'));
  expect(await restore(cloud(volumes, 1), FULL, 'lark')).toMatchObject({ code: 'ARCHIVE_NOWHERE' });
  expect(await restore(cloud(volumes, 9), FULL)).toEqual({ node: 'bobcat', chain: [] });
  const named: Volumes = { lark: [FULL], bobcat: [INCREMENTAL, FULL] };
  expect(await restore(cloud(named, 1), FULL)).toEqual(tooMany('bobcat', '2'));
  expect(await restore(cloud(named, 1), FULL, 'lark')).toEqual({ node: 'lark', chain: [] });
  expect(await restore(cloud(named, 9), FULL)).toMatchObject({ code: 'ARCHIVE_ON_SEVERAL' });
});

test('a link that is in no listing is not told as missing where the listing was cut', async () => {
  const volumes: Volumes = { lark: [INCREMENTAL, FULL], bobcat: [] };
  expect(await restore(cloud(volumes, 1), INCREMENTAL)).toEqual(tooMany('lark', '2'));
  expect(await restore(cloud(volumes, 2), INCREMENTAL)).toEqual({ node: 'lark', chain: [FULL, INCREMENTAL] });
});

test('who looks at the archives is told how many are not shown', async () => {
  const ssh = { address: '192.0.2.1' };
  const config = configSchema.parse({
    clouds: {
      lab: {
        deploy_host: { local: true, executable: '/opt/kolla-ansible' },
        inventories: ['/i'],
        nodes: { lark: { ssh }, bobcat: { ssh } },
        channel: 'C0OPS',
        requesters: { users: ['U0ALICE'] },
      },
    },
  });
  const hosts = cloud({ lark: [INCREMENTAL, FULL], bobcat: [FULL] }, 1);
  const seen = await lookInto({ config, hostsOf: () => hosts }, 'lab');
  expect(seen?.nodes.map(({ node, files, omitted }) => [node, files.length, omitted])).toEqual([
    ['lark', 1, 1],
    ['bobcat', 1, 0],
  ]);
  const said = JSON.stringify(archivesBlock(seen, [], 0));
  expect(said.match(/more files than can be listed \(1 left out\)/g)).toHaveLength(1);
  const { text, exit } = await archivesCommand(
    config,
    () => hosts,
    'lab',
    () => {},
  );
  expect([text.match(/^lark has more files than can be listed \(1 left out\)/gm)?.length, exit]).toEqual([1, 1]);
});
