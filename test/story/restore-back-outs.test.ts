import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { CLOUD } from '../../lab/stack.ts';
import { stuckAt } from '../../src/operation/operation.ts';
import { heldPosition } from '../../src/runbooks/reports.ts';
import {
  ALICE,
  archivesOn,
  BASE,
  type Bench,
  datadirs,
  discard,
  isStuck,
  offered,
  remainders,
  type Scenery,
  scenery,
  serverThere,
  sshAway,
  startBench,
  stepWorked,
  UNIT,
  untilPrinted,
} from '../support/restore-bench.ts';
import { approve, ask, read, say, untilIs, waitsForPeople } from '../support/restores.ts';
import { showWhenFailed } from '../support/stage.ts';
import { holdBackups } from '../support/story.ts';

/** Everything that goes wrong once MariaDB is stopped, without a crash of ours: the back-outs bring the cloud back. */

const STOPPING = 'service-stop : Stopping mariadb containers';
const WAYS_BACK = ['way-back.1', 'way-back.2', 'way-back.3'];

// Whole restores, some with a way back: minutes on a machine that others load too.
vi.setConfig({ testTimeout: 600_000 });

let bench: Bench;
let archive: string;
/** What a restore of the archive brings back, and what is live before one. */
let then: Scenery;
let now: Scenery;
beforeAll(async () => {
  bench = await startBench({ sync_minutes: 1 });
  const { cloud } = bench;
  archive = await bench.backup();
  then = await scenery(cloud);
  await cloud.nodes[0].sql(
    'DELETE FROM keystone.project WHERE name LIKE "tenant-%"; CREATE DATABASE later; CREATE TABLE later.t (a INT PRIMARY KEY); INSERT INTO later.t VALUES (1)',
  );
  now = await scenery(cloud);
});
showWhenFailed(() => bench.log());
afterAll(async () => {
  await bench?.end();
});

const journal = () => bench.scene.journal;

/** Approved, and the worker on its way. */
async function begin(): Promise<string> {
  const id = await bench.planned(archive);
  await approve(journal(), id);
  await bench.drive(id);
  return id;
}

/** The cloud is as it was before the restore, but for `data`, and nothing of the operation stands in its way. */
async function isBack(id: string, data: Scenery['data'] = now.data): Promise<void> {
  await bench.cloud.synced();
  expect(await scenery(bench.cloud)).toEqual({ ...now, data });
  expect(await remainders(bench.cloud, id)).toEqual([]);
  expect(await journal().owner(CLOUD)).toBeNull();
}

/** A way back to its end. Recovery leaves a node out now and then, here as on real clouds: that one is restarted. */
async function wayBack(id: string, from: number): Promise<void> {
  await bench.backOut(id, `way-back.${from}`);
  for (let restarts = 0; ; restarts++) {
    const operation = await untilIs(journal(), id, (one) => one.end !== null || isStuck(one), 'its end', 240_000);
    const problem = operation.attention?.problem;
    if (operation.end !== null) break;
    if (problem?.code === 'NODE_IS_BEHIND' && restarts === 0) {
      const ahead = bench.cloud.nodes.findIndex(({ name }) => name === problem.params['ahead']) + 1;
      await bench.backOut(id, `way-back.${ahead}`);
      continue;
    }
    if (problem?.code !== 'CLUSTER_NOT_WHOLE' || restarts === 2) throw new Error(JSON.stringify(problem));
    const out = bench.cloud.nodes.findIndex(({ name }) => problem.params['why']?.includes(name)) + 1;
    expect(offered(operation)).toContain(`restart.${out}`);
    await bench.backOut(id, `restart.${out}`);
  }
  await bench.ended(id, 'backed_out');
}

test('a stop that reaches only some nodes: those that stopped are started again', async () => {
  const [first, , third] = bench.cloud.nodes;
  await bench.cloud.switches({ delay: { [STOPPING]: 4 } });
  const id = await begin();
  await untilPrinted(bench.cloud.deploy, id, STOPPING);
  const sshBack = await sshAway(third);
  const stuck = await bench.stuck(id, 'STOP_UNREACHABLE');
  expect(stuck.attention?.problem.params['hosts']).toContain(third.name);
  expect(await first.wsrep()).toBeUndefined();
  expect(await third.wsrep()).toMatchObject({ wsrep_cluster_status: 'Primary', wsrep_cluster_size: '1' });
  expect(offered(stuck).toSorted()).toEqual(['start-again', ...WAYS_BACK]);
  await sshBack();
  await bench.cloud.switches({});
  await bench.backOut(id, 'start-again');
  await bench.ended(id, 'backed_out');
  await isBack(id);
});

test('a stop with rc 0 that did nothing, nodes then stopped under writes: the one that is ahead is named, nothing is lost', async () => {
  const [first, second, third] = bench.cloud.nodes;
  await bench.cloud.switches({ nothing: ['stop'] });
  const id = await begin();
  expect(offered(await bench.stuck(id, 'STOP_DID_NOTHING'))).toContain('start-again');
  await bench.cloud.switches({});
  await first.must(['systemctl', 'stop', UNIT]);
  await second.sql('INSERT INTO later.t VALUES (2)');
  await second.must(['systemctl', 'stop', UNIT]);
  await third.sql('INSERT INTO later.t VALUES (3)');
  await bench.backOut(id, 'way-back.1');
  const behind = await bench.stuck(id, 'NODE_IS_BEHIND');
  expect(behind.attention?.problem.params).toEqual({ host: first.name, ahead: third.name });
  expect(behind.attempts.get('recover')?.at(-1)?.end?.exit).toBeNull();
  expect(offered(behind)).toEqual(expect.arrayContaining(WAYS_BACK));
  expect(offered(behind)).not.toContain('try-again');
  await wayBack(id, 3);
  expect(await first.sql('SELECT a FROM later.t ORDER BY a')).toBe('1\n2\n3\n');
  await first.sql('DELETE FROM later.t WHERE a > 1');
  await isBack(id);
});

test('SSH away at the hold, MariaDB started by hand, a node rebooted: no datadir is touched, and there is a way back', async () => {
  const { cloud } = bench;
  const [first, second, third] = cloud.nodes;
  const before = await datadirs(cloud);
  const id = await begin();
  await untilIs(journal(), id, (operation) => stepWorked(operation, 'stop'), 'the stop');
  const sshBack = await sshAway(third);
  const away = await bench.stuck(id, 'HOST_UNREACHABLE');
  expect(stuckAt(away)?.step.id).toBe('hold-3');
  expect(offered(away)).toEqual(expect.arrayContaining([...WAYS_BACK, 'try-again']));
  await sshBack();
  // A held node stays down over a reboot; one that somebody starts past its unit does not.
  await second.kill();
  await second.start();
  await first.must(['docker', 'start', 'mariadb']);
  await serverThere(first);
  await bench.backOut(id, 'try-again');
  const byHand = await bench.stuck(id, 'SWAP_CONTAINER_RUNS');
  expect(stepWorked(byHand, 'hold-3')).toBe(true);
  expect(await datadirs(cloud)).toEqual(before);
  expect((await second.exec(['pgrep', '-x', 'mariadbd'])).code).not.toBe(0);
  // Its hold taken away, and rebooted: mariadbd waits for its peers, with no lock on its files.
  await first.must(['sh', '-c', `rm -r /etc/systemd/system/${UNIT}.d /var/lib/kolla-backup/hold`]);
  await first.kill();
  await first.start();
  await serverThere(first);
  await bench.backOut(id, 'try-again');
  const rebooted = await bench.stuck(id, 'SWAP_UNIT_ACTIVE');
  expect(await datadirs(cloud)).toEqual(before);
  expect(offered(rebooted)).toEqual(expect.arrayContaining([...WAYS_BACK, 'try-again']));
  await wayBack(id, 2);
  await isBack(id);
});

let backedOut: string;
test('a recovery that fails, then one with rc 0 that did nothing: the old data comes back', async () => {
  const { cloud } = bench;
  const [first, second] = cloud.nodes;
  await cloud.switches({ fail: { 'Restart slave MariaDB container(s)': { host: second.name } } });
  const id = await begin();
  const failed = await bench.stuck(id, 'RECOVERY_FAILED');
  expect(failed.attention?.problem.params['host']).toBe(second.name);
  expect(offered(failed)).toEqual([...WAYS_BACK, 'look-again', 'recover-again']);
  expect(await datadirs(cloud)).not.toEqual(now.live);
  await cloud.switches({ nothing: ['recovery'] });
  await bench.backOut(id, `way-back.${await mostAdvanced(id)}`);
  const nothing = await bench.stuck(id, 'RECOVERY_DID_NOTHING');
  expect(nothing.track?.kind).toBe('back_out');
  expect(offered(nothing)).toEqual([...WAYS_BACK, 'look-again']);
  expect(await datadirs(cloud)).toEqual(now.live);
  await cloud.switches({});
  await wayBack(id, await mostAdvanced(id));
  backedOut = id;
  await isBack(id);
  expect(await first.must(['ls', `${BASE}/${id}/1/data`])).toContain('keystone');
});

/** The number of the node whose old data went furthest when it was held; the first where that can't be told. */
async function mostAdvanced(id: string): Promise<number> {
  const operation = await read(journal(), id);
  const seqnos = bench.cloud.nodes.map((_, index) =>
    Number(heldPosition(operation, operation.plan?.plan.number ?? 0, `hold-${index + 1}`)?.seqno ?? Number.NaN),
  );
  return Math.max(0, seqnos.indexOf(Math.max(...seqnos))) + 1;
}

let restored: string;
test('backups go on while a plan waits; its execution waits for one; a node that recovery left out is restarted', async () => {
  const { cloud } = bench;
  const [first, second] = cloud.nodes;
  const id = await bench.planned(archive);
  restored = id;
  expect(await bench.backup()).not.toBe(archive);
  await cloud.switches({ leave_out: second.name });
  const release = await holdBackups(first);
  const backup = await ask(journal(), { kind: 'backup', type: 'full' }, CLOUD);
  await bench.drive(backup);
  await untilIs(journal(), backup, ({ attempts }) => attempts.has('take-backup'), 'a backup under way');
  await approve(journal(), id);
  await bench.drive(id);
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  expect((await read(journal(), id)).attempts.size).toBe(0);
  expect(await journal().owner(CLOUD)).toBe(backup);
  await release();
  await untilIs(journal(), backup, ({ end }) => end?.how === 'succeeded', 'the backup');
  await untilIs(journal(), id, ({ attempts }) => attempts.has('stop'), 'the stop after the backup');
  await expect(ask(journal(), { kind: 'backup', type: 'full' }, CLOUD)).rejects.toThrow(`"owned","by":"${id}"`);
  const leftOut = await bench.stuck(id, 'CLUSTER_NOT_WHOLE');
  expect(leftOut.attention?.problem.params['why']).toContain(second.name);
  expect(offered(leftOut).toSorted()).toEqual(['restart.1', 'restart.2', 'restart.3', 'try-again', ...WAYS_BACK]);
  await cloud.switches({});
  await bench.backOut(id, 'restart.2');
  await bench.ended(id, 'succeeded');
  const { data, uuids } = await scenery(cloud);
  expect(data).toEqual(then.data);
  expect(new Set(uuids)).toEqual(new Set([expect.not.stringMatching(String(now.uuids[0]))]));
  expect(await remainders(cloud, id)).toEqual([]);
  for (const node of cloud.nodes)
    expect(await node.must(['grep', 'uuid', `${BASE}/${id}/1/data/grastate.dat`])).toContain(now.uuids[0]);
});

test('the old data is removed only after a newer full, by two persons, and no other directory instead of it', async () => {
  const { cloud } = bench;
  const [, , third] = cloud.nodes;
  const kept = `${BASE}/${restored}/1/data`;
  const early = await bench.ended(await discard(bench, restored), 'failed');
  expect(early.end).toMatchObject({ problem: { code: 'DISCARD_NEEDS_FULL' } });
  const full = `/var/lib/docker/volumes/mariadb_backup/_data/${await bench.backup()}`;
  const [holder] = cloud.nodes;
  await holder.must(['mv', full, `${full}.away`]);
  const gone = await bench.ended(await discard(bench, restored), 'failed');
  expect(gone.end).toMatchObject({ problem: { code: 'DISCARD_NEEDS_FULL' } });
  await holder.must(['mv', `${full}.away`, full]);
  const live = await datadirs(cloud);
  const id = await discard(bench, restored);
  const asked = await untilIs(journal(), id, waitsForPeople, 'a plan to approve');
  const about = { plan: 1, digest: asked.plan?.digest ?? '' };
  await say(journal(), id, () => ({ type: 'announced', what: 'plan', ...about, eligible: [] }));
  await expect(say(journal(), id, () => ({ type: 'approved', by: ALICE, ...about }))).rejects.toThrow(
    'APPROVER_IS_REQUESTER',
  );
  expect((await third.exec(['test', '-d', kept])).code).toBe(0);
  await third.must(['sh', '-c', `mv ${kept} ${kept}.mine; cp -a ${kept}.mine ${kept}`]);
  await approve(journal(), id);
  await bench.drive(id);
  const another = await bench.stuck(id, 'DISCARD_ANOTHER');
  expect(another.attention?.problem.params['host']).toBe(third.name);
  expect(offered(another).toSorted()).toEqual(['leave', 'try-again']);
  await third.must(['sh', '-c', `rm -r ${kept}; mv ${kept}.mine ${kept}`]);
  await bench.backOut(id, 'try-again');
  await bench.ended(id, 'succeeded');
  expect(await datadirs(cloud)).toEqual(live);
  for (const node of cloud.nodes) expect((await node.exec(['test', '-e', `${BASE}/${restored}`])).code).toBe(1);
  await cloud.synced();
  // Asked once more there is nothing to remove, and nothing is.
  const again = await discard(bench, restored);
  await untilIs(journal(), again, waitsForPeople, 'a plan to approve');
  await approve(journal(), again);
  await bench.drive(again);
  await bench.ended(again, 'succeeded');
  expect(await datadirs(cloud)).toEqual(live);
  // A way back keeps the copy, and what was put beside it on the other nodes: they are removed the same way.
  for (const node of cloud.nodes) await node.must(['test', '-d', `${BASE}/${backedOut}/1/data`]);
  const copies = await discard(bench, backedOut);
  await untilIs(journal(), copies, waitsForPeople, 'a plan to approve');
  await approve(journal(), copies);
  await bench.drive(copies);
  await bench.ended(copies, 'succeeded');
  for (const node of cloud.nodes) expect((await node.exec(['test', '-e', `${BASE}/${backedOut}`])).code).toBe(1);
  expect(await datadirs(cloud)).toEqual(live);
});

test('a cluster that is down, one container removed: it is restored all the same, a failed recovery done once more', async () => {
  const { cloud } = bench;
  const [first, second, third] = cloud.nodes;
  await first.sql('DROP DATABASE keystone');
  const [uuid] = (await scenery(cloud)).uuids;
  for (const node of cloud.nodes) await node.must(['systemctl', 'stop', UNIT]);
  // As Kolla leaves a node whose container it could not make again.
  const gone = `systemctl disable ${UNIT}; rm /etc/systemd/system/${UNIT}; systemctl daemon-reload; docker rm mariadb`;
  await first.must(['sh', '-ec', gone]);
  expect(await archivesOn(first)).toContain(archive);
  await cloud.switches({ fail: { 'Restart slave MariaDB container(s)': { host: third.name } } });
  const id = await begin();
  expect(offered(await bench.stuck(id, 'RECOVERY_FAILED'))).toContain('recover-again');
  await cloud.switches({});
  await bench.backOut(id, 'recover-again');
  const operation = await bench.ended(id, 'succeeded');
  expect(operation.facts?.restore).toMatchObject({ served: false, members: [], clusterUuid: uuid });
  const { data, uuids } = await scenery(cloud);
  expect(data).toEqual(then.data);
  expect(uuids).not.toContain(uuid);
  expect(await remainders(cloud, id)).toEqual([]);
  for (const node of [first, second, third])
    expect(await node.must(['grep', 'uuid', `${BASE}/${id}/1/data/grastate.dat`])).toContain(uuid);
});
