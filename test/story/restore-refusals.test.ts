import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type MiniCloud, type MiniNode, startMini } from '../../lab/mini/cloud.ts';
import { CLOUD } from '../../lab/stack.ts';
import type { End, Operation } from '../../src/operation/operation.ts';
import {
  ALICE,
  archivesOn,
  BASE,
  type Bench,
  datadirs,
  putArchive,
  remainders,
  runningSince,
  staged,
  startBench,
  UNIT,
} from '../support/restore-bench.ts';
import { approve, say } from '../support/restores.ts';
import { showWhenFailed } from '../support/stage.ts';

/** Restores that must not be: each is told why, and changes nothing. */

const VOLUME = 'volumes/mariadb_backup/_data';
const BACKUP_CONFIG = '/etc/kolla/mariabackup/my.cnf';

// Whole restores, some with a way back: minutes on a machine that others load too.
vi.setConfig({ testTimeout: 600_000 });

let bench: Bench;
let archive: string;
let first: MiniNode;
let second: MiniNode;
let third: MiniNode;
beforeAll(async () => {
  bench = await startBench();
  [first, second, third] = bench.cloud.nodes;
  archive = await bench.backup();
});
showWhenFailed(() => bench.log());
afterAll(async () => {
  await bench?.end();
});

type Reasoned = Extract<End, { readonly problem: unknown }>;

/** Does something that ends an operation, with its reason, and sees that the cloud didn't notice. */
async function unharmed(act: () => Promise<Operation>): Promise<Reasoned['problem']> {
  const { cloud } = bench;
  const before = [await datadirs(cloud), await runningSince(cloud)];
  const { id, end } = await act();
  expect([await datadirs(cloud), await runningSince(cloud)]).toEqual(before);
  await cloud.synced();
  expect(await staged(cloud, id)).toEqual([]);
  expect(await remainders(cloud, id)).toEqual([]);
  expect(await bench.scene.journal.owner(CLOUD)).toBeNull();
  const { stdout } = await first.exec(['docker', 'ps', '-aq', '--filter', `label=kolla-backup.operation=${id}`]);
  expect(stdout).toBe('');
  if (end === null || !('problem' in end)) throw new Error(`it ended otherwise: ${JSON.stringify(end)}`);
  return end.problem;
}

const refused = (path: string) =>
  unharmed(async () => {
    const id = await bench.restore(path);
    await bench.drive(id);
    return bench.ended(id, 'failed');
  });

/** A plan that waits is approved after something has changed. */
const voided = (change: (id: string) => Promise<unknown>) =>
  unharmed(async () => {
    const id = await bench.planned(archive);
    await change(id);
    await approve(bench.scene.journal, id);
    await bench.drive(id);
    return bench.ended(id, 'voided');
  });

/** Another server in the archive's own words, with the checksum of the chunk that says so made right. */
const OLDER = `python3 -c '
import gzip, struct, sys, zlib
data = bytearray(gzip.open("FULL").read())
chunk = bytes([0x50, 15, 0, 0, 0]) + b"xtrabackup_info"
begin = data.index(chunk) + len(chunk)
length, offset, crc = struct.unpack_from("<QQI", data, begin)
body = bytes(data[begin + 20:begin + 20 + length]).replace(b"server_version = 10.11.", b"server_version = 10.6.1")
assert len(body) == length
data[begin + 20:begin + 20 + length] = body
struct.pack_into("<I", data, begin + 16, zlib.crc32(body))
gzip.open(sys.argv[1], "wb", 1).write(data)
' "$1"`;

test.each([
  ['cut off', `head -c $(($(stat -c %s FULL) / 2)) FULL > "$1"`, 'ARCHIVE_CUT'],
  ['of a mariabackup that died at once', ': | gzip > "$1"', 'ARCHIVE_EMPTY'],
  ['of a mariabackup that died', 'gunzip -c FULL | head -c 3000000 | gzip -1 > "$1"', 'ARCHIVE_UNFINISHED'],
])('an archive %s', async (what, script, code) => {
  const name = `${what.replaceAll(' ', '-')}.gz`;
  const path = await putArchive(first, name, script.replaceAll('FULL', archive));
  expect((await refused(path)).code).toBe(code);
});

test('an archive of an older major version: read once, and from then on refused before anything is prepared', async () => {
  const path = await putArchive(
    first,
    'mysqlbackup-01-02-2026-1769900000.qp.xbc.xbs.gz',
    OLDER.replaceAll('FULL', archive),
  );
  const plans: boolean[] = [];
  for (const _ of [1, 2]) {
    const { code, params } = await unharmed(async () => {
      const id = await bench.restore(path);
      await bench.drive(id);
      const ended = await bench.ended(id, 'failed');
      plans.push(ended.plan !== null);
      return ended;
    });
    expect([code, params['archive'], params['image']]).toEqual(['ARCHIVE_OTHER_SERIES', '10.6', '10.11']);
  }
  expect(plans).toEqual([true, false]);
});

test('an archive that mariabackup took with the lock of another node', async () => {
  const before = await archivesOn(first);
  // A node's log has its own numbers. This mariabackup gives up where it waits for one that its own node never reaches.
  const rows =
    'CREATE TABLE ahead.t (a INT PRIMARY KEY, b CHAR(200)); INSERT INTO ahead.t SELECT seq, seq FROM seq_1_to_20000';
  await second.sql(`SET SESSION wsrep_on=OFF; CREATE DATABASE ahead; USE ahead; ${rows}; DROP DATABASE ahead`);
  await first.must(['sed', '-i', `s/^host.*/host=${second.address}/`, BACKUP_CONFIG]);
  const { code, stdout } = await bench.cloud.kolla(['mariadb_backup'], { timeoutMs: 120_000 });
  await first.must(['sed', '-i', `s/^host.*/host=${bench.cloud.vip}/`, BACKUP_CONFIG]);
  expect(code, stdout.slice(-2000)).not.toBe(0);
  const [left = ''] = (await archivesOn(first)).filter((name) => !before.includes(name));
  expect((await refused(left)).code).toBe('ARCHIVE_UNFINISHED');
});

test('an archive of databases that had come up empty', async () => {
  await first.sql('CREATE TABLE keystone.kept AS SELECT * FROM keystone.endpoint; DELETE FROM keystone.endpoint');
  const empty = await bench.backup();
  await first.sql('INSERT INTO keystone.endpoint SELECT * FROM keystone.kept; DROP TABLE keystone.kept');
  const { code, params } = await refused(empty);
  expect([code, params['detail']]).toEqual(['COPY_EMPTY', 'keystone.endpoint has 0 rows']);
});

test('a second restore while one is open; the first, cancelled, leaves nothing', async () => {
  const { journal } = bench.scene;
  const id = await bench.planned(archive);
  expect(await staged(bench.cloud, id)).toHaveLength(3);
  await expect(bench.restore(archive)).rejects.toThrow(`"another","by":"${id}"`);
  await say(journal, id, () => ({ type: 'cancelled', by: ALICE }));
  await bench.drive(id);
  await bench.ended(id, 'cancelled');
  expect(await staged(bench.cloud, id)).toEqual([]);
  expect(await remainders(bench.cloud, id)).toEqual([]);
});

test('a host that the inventory takes for another machine', async () => {
  const inventory = bench.cloud.inventories[0] ?? '';
  const point = (from: string, to: string) =>
    bench.cloud.deploy.must(['sed', '-i', `s/ansible_host: ${from}$/ansible_host: ${to}/`, inventory]);
  await point(third.address, second.address);
  const { code, params } = await refused(archive);
  expect([code, params['node'], params['ansible']]).toEqual(['NODE_IS_ANOTHER_MACHINE', third.name, second.machineId]);
  await bench.cloud.deploy.must(['sed', '-i', `/${third.name}/,$ s/${second.address}/${third.address}/`, inventory]);
});

test('a Redis that may forget', async () => {
  const { redis } = bench.scene;
  const { code, params } = await voided(() => redis.config('SET', 'appendfsync', 'everysec'));
  expect([code, params['settings']]).toEqual([
    'REDIS_NOT_DURABLE',
    expect.stringMatching(/appendfsync always \(it is everysec\)/),
  ]);
  await redis.config('SET', 'appendfsync', 'always');
});

test('a copy that was written to after its approval', async () => {
  const change = (id: string) => first.must(['touch', '-d', '1 hour ago', `${BASE}/${id}/1/data/ibdata1`]);
  expect((await voided(change)).code).toBe('COPY_CHANGED');
});

test('somebody else’s backup beside it', async () => {
  const container = ['docker', 'run', '-d', '--name', 'mariabackup', '--entrypoint', 'sleep'] as const;
  const { code, params } = await voided(() => second.must([...container, bench.cloud.image, '600']));
  expect([code, params['host']]).toEqual(['SOMEBODY_ELSE_WORKS', second.name]);
  await second.must(['docker', 'rm', '-f', 'mariabackup']);
});

test('an archive of another cloud, also while this one is down; and a plan for a cloud that came back meanwhile', async () => {
  const { cloud } = bench;
  let path: string;
  const other = await startMini();
  try {
    path = await foreign(other);
  } finally {
    await other.stop();
  }
  const { code, params } = await refused(path);
  expect(code).toBe('COPY_OF_ANOTHER_CLOUD');
  expect(params['detail']).toContain(other.nodes[0].address);
  await stopAll();
  const id = await bench.restore(path);
  await bench.drive(id);
  expect((await bench.ended(id, 'failed')).end).toMatchObject({ problem: { code: 'COPY_OF_ANOTHER_CLOUD' } });
  expect(await staged(cloud, id)).toEqual([]);
  const waiting = await bench.planned(archive);
  const recovered = await cloud.kolla(['mariadb_recovery'], { timeoutMs: 180_000 });
  expect(recovered.code, recovered.stdout.slice(-2000)).toBe(0);
  await cloud.synced();
  const problem = await unharmed(async () => {
    await approve(bench.scene.journal, waiting);
    await bench.drive(waiting);
    return bench.ended(waiting, 'voided');
  });
  expect(problem.code).toBe('SERVICE_CAME_BACK');
});

const stopAll = () => Promise.all(bench.cloud.nodes.map((node) => node.must(['systemctl', 'stop', UNIT])));

/** Another cloud's full backup, carried into this one's volume; its name here. */
async function foreign(other: MiniCloud): Promise<string> {
  const [node] = other.nodes;
  expect((await other.kolla(['mariadb_backup'], { timeoutMs: 120_000 })).code).toBe(0);
  const [name = ''] = await archivesOn(node);
  const path = `foreign-${name}`;
  await copyFile(join(node.dir, 'docker', VOLUME, name), join(first.dir, 'docker', VOLUME, path));
  return path;
}
