import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MiniCloud, MiniMachine, MiniNode } from '../../lab/mini/cloud.ts';
import { liveChecksums } from '../../lab/mini/open-archive.ts';
import { CLOUD, type Part, type Stack, startStack } from '../../lab/stack.ts';
import { redisWake } from '../../src/engine/queues.ts';
import { offeredBackOuts } from '../../src/operation/back-outs.ts';
import { highestNumber, type Operation, stuckAt } from '../../src/operation/operation.ts';
import { ALICE, ask, BOB, read, say, untilIs, waitsForPeople } from './restores.ts';
import { cutSessions, type Scene, sceneOf } from './story.ts';
import { until } from './until.ts';

/** A cloud, a worker, and restores on it whose people and bot are the test. */

export const UNIT = 'kolla-mariadb-container.service';
export const LIVE = '/var/lib/docker/volumes/mariadb/_data';
export const BASE = '/var/lib/docker/kolla-backup';
const VOLUME = '/var/lib/docker/volumes/mariadb_backup/_data';
const RUNS = '/var/lib/kolla-backup/runs';
const FLAG = '/var/lib/kolla-backup/hold';
const DROP_IN = `/etc/systemd/system/${UNIT}.d/90-kolla-backup-hold.conf`;

export type Bench = {
  readonly stack: Stack;
  readonly scene: Scene;
  readonly cloud: MiniCloud;
  /** A worker with these limits instead of the former one. */
  worker(limits?: Readonly<Record<string, number>>, nodes?: (nodes: Nodes) => Nodes): Promise<void>;
  log(): Promise<string>;
  /** A full backup that succeeds; its archive's name. */
  backup(): Promise<string>;
  restore(path: string): Promise<string>;
  /** Driven until people are asked to approve it. */
  planned(path: string): Promise<string>;
  drive(id: string): Promise<void>;
  /** Driven until a step waits for people, with this code. */
  stuck(id: string, code: string): Promise<Operation>;
  /** Somebody starts a back-out. */
  backOut(id: string, backOut: string): Promise<void>;
  ended(id: string, how: string, limitMs?: number): Promise<Operation>;
  end(): Promise<void>;
};
type Nodes = Record<string, { readonly ssh: unknown }>;

export async function startBench(limits: Readonly<Record<string, number>> = {}): Promise<Bench> {
  const stack = await startStack();
  const scene = sceneOf(stack);
  const wake = redisWake(scene.redis);
  const { cloud } = stack;
  const { journal } = scene;
  let part: Part | null = null;
  const worker: Bench['worker'] = async (more = {}, nodes = (same) => same) => {
    const settings = JSON.parse(await readFile(stack.config, 'utf8'));
    settings.limits = { ...settings.limits, ...limits, ...more };
    settings.clouds[CLOUD].nodes = nodes(settings.clouds[CLOUD].nodes);
    const file = join(stack.dir, 'bench.yml');
    await writeFile(file, JSON.stringify(settings));
    await part?.end('SIGTERM');
    part = await stack.start('worker', { KOLLA_BACKUP_CONFIG: file });
  };
  await worker();
  const drive = (id: string) => wake.drive(id);
  const restore = (path: string) =>
    ask(
      journal,
      {
        kind: 'restore',
        archive: { path, node: null, sha256: null },
        reason: 'tenants were deleted',
        olderSchemas: true,
      },
      CLOUD,
    );
  return {
    stack,
    scene,
    cloud,
    worker,
    drive,
    restore,
    log: async () => (await part?.log()) ?? '',
    backup: async () => {
      const before = await archivesOn(cloud.nodes[0]);
      const id = await ask(journal, { kind: 'backup', type: 'full' }, CLOUD);
      await drive(id);
      await untilIs(journal, id, ({ end }) => end?.how === 'succeeded', 'a backup');
      const fresh = (await archivesOn(cloud.nodes[0])).filter((name) => !before.includes(name));
      if (fresh[0] === undefined) throw new Error('no new archive');
      return fresh[0];
    },
    planned: async (path) => {
      const id = await restore(path);
      await drive(id);
      await untilIs(journal, id, waitsForPeople, 'a plan to approve');
      return id;
    },
    stuck: async (id, code) => {
      const what = `waiting for people with ${code}`;
      const operation = await untilIs(journal, id, isStuck, what);
      const problem = operation.attention?.problem;
      if (problem?.code !== code) throw new Error(`not ${code}: ${JSON.stringify(problem)}`);
      return operation;
    },
    backOut: async (id, backOut) => {
      await say(journal, id, (operation) => ({
        type: 'backing_out',
        by: BOB,
        plan: operation.plan?.plan.number ?? 0,
        backOut,
        number: highestNumber(operation) + 1,
      }));
      await drive(id);
    },
    ended: async (id, how, limitMs = 240_000) => {
      const operation = await untilIs(journal, id, (one) => one.end !== null || isStuck(one), 'its end', limitMs);
      const { end, attention } = operation;
      if (end?.how !== how) throw new Error(`not ${how}: ${JSON.stringify(end ?? attention)}`);
      return operation;
    },
    end: async () => {
      await wake.close();
      scene.end();
      await stack.stop();
    },
  };
}

/** A step ended otherwise than well, and people are told. */
export const isStuck = (operation: Operation) => stuckAt(operation) !== null && operation.attention !== null;
export const offered = (operation: Operation) => offeredBackOuts(operation).map(({ id }) => id);

/** Somebody asks that what a restore set aside be removed. */
export async function discard({ scene, drive }: Bench, restore: string): Promise<string> {
  const { label } = await read(scene.journal, restore);
  const id = await ask(scene.journal, { kind: 'discard', restore, label, reason: 'it is not needed any more' }, CLOUD);
  await drive(id);
  return id;
}

export async function archivesOn(node: MiniNode): Promise<string[]> {
  const { stdout } = await node.exec(['ls', VOLUME]);
  return stdout.split('\n').filter((name) => name.endsWith('.gz'));
}

/** Puts a file into a node's backup volume, as somebody who works there by hand would. */
export async function putArchive(node: MiniNode, name: string, script: string): Promise<string> {
  await node.must(['sh', '-euc', `cd ${VOLUME}; ${script}`, 'put', name]);
  return name;
}

const inode = async (node: MiniNode, path: string) => (await node.must(['stat', '-c', '%d:%i', path])).trim();

/** The datadirs by their inodes. */
export const datadirs = ({ nodes }: MiniCloud) => Promise.all(nodes.map((node) => inode(node, LIVE)));

/** What must be the same after a way back, whatever was tried in between. */
export type Scenery = { readonly data: unknown; readonly uuids: readonly unknown[]; readonly live: readonly string[] };
export async function scenery(cloud: MiniCloud): Promise<Scenery> {
  const { nodes } = cloud;
  const data = await Promise.all(nodes.map(async (node) => Object.fromEntries(await liveChecksums(node))));
  const uuids = await Promise.all(nodes.map(async (node) => (await node.wsrep())?.['wsrep_cluster_state_uuid']));
  return { data, uuids, live: await datadirs(cloud) };
}

/** Since when the containers of MariaDB run: a server that was stopped in between shows it. */
export const runningSince = ({ nodes }: MiniCloud) =>
  Promise.all(nodes.map((node) => node.must(['docker', 'inspect', '-f', '{{.State.StartedAt}}', 'mariadb'])));

/** How soon after its end an operation has ended its run directories too (ms). */
const CLOSED_MS = 20_000;

/** What still stands in the way of a cloud's ordinary life, node by node; empty where, soon, nothing does. */
export async function remainders(cloud: MiniCloud, id: string): Promise<string[]> {
  for (const until = Date.now() + CLOSED_MS; ; ) {
    const left = await leftNow(cloud, id);
    if (left.length === 0 || Date.now() > until) return left;
  }
}

async function leftNow({ nodes, deploy }: MiniCloud, id: string): Promise<string[]> {
  const found = await Promise.all(
    [...nodes, deploy].map(async (machine) => {
      const script = `ls -d ${FLAG} ${DROP_IN} 2>/dev/null; ls -d ${RUNS}/${id}/* 2>/dev/null | grep -v '\\.over$'; true`;
      const left = (await machine.must(['sh', '-c', script])).split('\n').filter((line) => line !== '');
      return left.map((line) => `${machine.name}: ${line}`);
    }),
  );
  const active = await Promise.all(
    nodes.map(async (node) => [node.name, (await node.exec(['systemctl', 'is-active', UNIT])).stdout.trim()]),
  );
  return [...found.flat(), ...active.filter(([, state]) => state !== 'active').map((one) => one.join(': '))];
}

/** The operations that have a directory beside a datadir. */
export async function staged({ nodes }: MiniCloud, id: string): Promise<string[]> {
  const there = await Promise.all(
    nodes.map(async (node) => ((await node.exec(['test', '-e', `${BASE}/${id}`])).code === 0 ? [node.name] : [])),
  );
  return there.flat();
}

/** Nobody gets in by SSH until the answer is called. */
export async function sshAway(node: MiniNode): Promise<() => Promise<void>> {
  await node.must(['systemctl', 'stop', 'ssh']);
  await cutSessions(node);
  return async () => {
    await node.must(['systemctl', 'start', 'ssh']);
  };
}

export const stepWorked = (operation: Operation, step: string) =>
  operation.attempts.get(step)?.at(-1)?.end?.outcome === 'worked';

/** Waits until a step of an operation has printed this on its host. */
export const untilPrinted = (machine: MiniMachine, id: string, text: string) =>
  until(
    async () => ((await machine.exec(['grep', '-rqsF', text, `${RUNS}/${id}`])).code === 0 ? true : null),
    `${text} is printed`,
    90_000,
  );

/** Waits until a unit's mariadbd is there, serving or waiting for its peers. */
export const serverThere = (node: MiniNode) =>
  until(async () => ((await node.exec(['pgrep', '-x', 'mariadbd'])).code === 0 ? true : null), 'a mariadbd', 60_000);

export { ALICE, BOB };
