import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MiniCloud, type MiniNode, startMini } from '../../lab/mini/cloud.ts';
import { liveChecksums } from '../../lab/mini/open-archive.ts';
import { pythonArgv } from '../../src/runbooks/programs/program.ts';
import { until } from '../support/until.ts';

/** The programs that touch datadirs, on real nodes: a restore and the way back, step by step, by hand. */

const UNIT = 'kolla-mariadb-container.service';
const ENGINE = { engine: 'docker', container: 'mariadb' } as const;
const LIVE = '/var/lib/docker/volumes/mariadb/_data';
const BASE = '/var/lib/docker/kolla-backup/trial';
const OTHER = `${BASE}/data`;
const FLAG = '/var/lib/kolla-backup/hold';

let cloud: MiniCloud;
beforeAll(async () => {
  cloud = await startMini();
});
afterAll(async () => {
  await cloud?.stop();
});

const answer = async (node: MiniNode, name: 'swap' | 'hold', request: Record<string, unknown>) => {
  const { stdout, stderr } = await node.exec(pythonArgv(name, JSON.parse(JSON.stringify(request))), {
    timeoutMs: 180_000,
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as {
    state: string;
    code?: string;
    detail?: string;
    position?: { uuid: string; seqno: string };
  };
};
const hold = (node: MiniNode) => answer(node, 'hold', { act: 'hold', unit: UNIT, flag: FLAG, live: LIVE, ...ENGINE });
const letGo = (node: MiniNode) =>
  answer(node, 'hold', { act: 'let-go', unit: UNIT, flag: FLAG, live: LIVE, ...ENGINE });
const identity = async (node: MiniNode, path: string) =>
  (await node.must(['stat', '-c', '%d %i', path])).trim().split(' ').map(Number);

type Place = { readonly node: MiniNode; readonly old: number[]; readonly fresh: number[] };
const swap = ({ node, old, fresh }: Place, direction: 'aside' | 'back') =>
  answer(node, 'swap', { direction, live: LIVE, other: OTHER, old, new: fresh, unit: UNIT, ...ENGINE });

/** As `kolla-ansible mariadb_backup` leaves it, unpacked and prepared beside the datadir. */
async function stage(node: MiniNode): Promise<void> {
  const script =
    'f=$(ls /backup/mysqlbackup-*.gz) && gzip -dc "$f" | mbstream -x -C /copy && mariabackup --prepare --target-dir=/copy';
  const mounts = ['-v', 'mariadb_backup:/backup:ro', '-v', `${OTHER}:/copy`];
  await node.must([
    'docker',
    'run',
    '--rm',
    '--network',
    'none',
    '--cap-drop',
    'ALL',
    ...mounts,
    cloud.image,
    'bash',
    '-ec',
    script,
  ]);
}

const recover = async (node: MiniNode) => {
  const { code, stdout } = await cloud.kolla(
    ['mariadb_recovery', '-e', `mariadb_recover_inventory_name=${node.name}`],
    { timeoutMs: 300_000 },
  );
  expect(code, stdout).toBe(0);
};

test('a restore by exchange, and the way back, lose nothing on any node', async () => {
  const [first] = cloud.nodes;
  expect((await cloud.kolla(['mariadb_backup'], { timeoutMs: 120_000 })).code).toBe(0);
  const atBackup = await liveChecksums(first);
  await first.sql(
    'CREATE DATABASE after_backup; CREATE TABLE after_backup.t (a INT PRIMARY KEY); INSERT INTO after_backup.t VALUES (1), (2)',
  );
  const atRestore = await liveChecksums(first);
  expect(atRestore.size).toBe(atBackup.size + 1);
  const oldUuid = (await first.wsrep())?.['wsrep_cluster_state_uuid'];

  const places: Place[] = [];
  for (const node of cloud.nodes) {
    await node.must(['install', '-d', '-m', '0755', '-o', '42434', '-g', '42434', OTHER]);
    places.push({ node, old: await identity(node, LIVE), fresh: await identity(node, OTHER) });
  }
  await stage(first);
  const [onFirst] = places;
  if (!onFirst) throw new Error('no node');
  expect((await swap(onFirst, 'aside')).code).toMatch(/SWAP_(UNIT_ACTIVE|CONTAINER_RUNS)/);

  expect(
    (await cloud.kolla(['stop', '--tags', 'mariadb', '--yes-i-really-really-mean-it'], { timeoutMs: 200_000 })).code,
  ).toBe(0);
  const positions = await Promise.all(cloud.nodes.map(hold));
  expect(positions.map(({ state, position }) => [state, position?.uuid])).toEqual(
    cloud.nodes.map(() => ['held', oldUuid]),
  );
  // Somebody tries to start it by hand: the hold keeps it down.
  await first.exec(['systemctl', 'start', UNIT]);
  expect((await first.exec(['docker', 'inspect', '-f', '{{.State.Status}}', 'mariadb'])).stdout.trim()).toBe('exited');

  expect((await Promise.all(places.map((place) => swap(place, 'aside')))).map(({ state }) => state)).toEqual([
    'exchanged',
    'exchanged',
    'exchanged',
  ]);
  expect((await swap(onFirst, 'aside')).state).toBe('already');
  await Promise.all(cloud.nodes.map(letGo));
  await recover(first);
  await until(async () => ((await first.wsrep())?.['wsrep_cluster_size'] === '3' ? true : null), 'three nodes', 60_000);
  await cloud.synced();
  const newUuid = (await first.wsrep())?.['wsrep_cluster_state_uuid'];
  expect(newUuid).not.toBe(oldUuid);
  for (const node of cloud.nodes) {
    expect(await liveChecksums(node)).toEqual(atBackup);
    expect(await node.must(['grep', 'uuid', `${OTHER}/grastate.dat`])).toContain(oldUuid);
  }

  const again = await Promise.all(cloud.nodes.map(hold));
  expect(again.map(({ state }) => state)).toEqual(['held', 'held', 'held']);
  expect((await Promise.all(places.map((place) => swap(place, 'back')))).map(({ state }) => state)).toEqual([
    'exchanged',
    'exchanged',
    'exchanged',
  ]);
  await Promise.all(cloud.nodes.map(letGo));
  const ahead = positions
    .map(({ position }) => Number(position?.seqno))
    .reduce((best, seqno, index, all) => (seqno > (all[best] ?? 0) ? index : best), 0);
  await recover(cloud.nodes[ahead] ?? first);
  await until(async () => ((await first.wsrep())?.['wsrep_cluster_size'] === '3' ? true : null), 'three nodes', 60_000);
  await cloud.synced();
  expect((await first.wsrep())?.['wsrep_cluster_state_uuid']).toBe(oldUuid);
  for (const node of cloud.nodes) expect(await liveChecksums(node)).toEqual(atRestore);
}, 600_000);
