import { afterAll, beforeAll, expect, test } from 'vitest';
import { liveChecksums } from '../../lab/mini/open-archive.ts';
import { CLOUD, type Stack } from '../../lab/stack.ts';
import type { Operation } from '../../src/operation/operation.ts';
import { applyArgv, incrementalDirectory, prepareArgv, unpackArgv } from '../../src/runbooks/copy.ts';
import { readPrepare } from '../../src/runbooks/copy-result.ts';
import { earlierAnswers } from '../../src/runbooks/judge.ts';
import { provenBy } from '../../src/runbooks/proven.ts';
import { kollaBackupScript } from '../support/kolla-script.ts';
import { checkpoint } from '../support/layouts.ts';
import { ALICE, approve, ask, read, say, untilIs, waitsForPeople } from '../support/restores.ts';
import { showWhenFailed, type WorkerStage, workerStage } from '../support/stage.ts';
import type { Scene } from '../support/story.ts';
import { until } from '../support/until.ts';

/** A full and the incrementals upon it, taken and restored by a worker on three real nodes, to each point in turn. */

let stage: WorkerStage;
let stack: Stack;
let scene: Scene;
let wake: WorkerStage['wake'];
beforeAll(async () => {
  stage = await workerStage();
  ({ stack, scene, wake } = stage);
});
showWhenFailed(() => stage.worker.log());
afterAll(() => stage?.end());

async function backup(type: 'full' | 'incremental'): Promise<Operation> {
  const id = await ask(scene.journal, { kind: 'backup', type }, CLOUD);
  await wake.drive(id);
  return untilIs(scene.journal, id, ({ end }) => end !== null, `the end of a backup (${type})`);
}

async function take(type: 'full' | 'incremental') {
  const [node] = stack.cloud.nodes;
  const operation = await backup(type);
  const proven = provenBy(operation);
  if (proven === null) throw new Error(JSON.stringify(operation.end));
  return { ...proven, held: await liveChecksums(node) };
}

async function prepare(path: string): Promise<string> {
  const archive = { path, node: null, sha256: null };
  const wish = { kind: 'restore', archive, reason: 'a test', olderSchemas: true } as const;
  const id = await ask(scene.journal, wish, CLOUD);
  await wake.drive(id);
  return id;
}

/** What a plan never does, sent by hand: the program itself refuses it. */
async function keepsTheOrder(points: readonly { directory: string; path: string; fromLsn: string }[]): Promise<void> {
  const [node] = stack.cloud.nodes;
  const [full, one, two] = points;
  if (full === undefined || one === undefined || two === undefined) throw new Error('too few archives');
  const place = '/var/lib/docker/by-hand/1';
  const image = (await node.must(['docker', 'inspect', '-f', '{{.Image}}', 'mariadb'])).trim();
  const copy = {
    engine: 'docker',
    operation: 'byhand',
    plan: 1,
    image,
    uid: 42434,
    gid: 42434,
    data: `${place}/data`,
  } as const;
  const run = async ([program = '', ...rest]: readonly string[]) => {
    const { code, stdout } = await node.exec([program, ...rest]);
    return { exit: code, output: stdout };
  };
  const unpackOne = (number: number, { directory, path }: typeof full) =>
    run(unpackArgv({ ...copy, data: incrementalDirectory(copy, number) }, directory, path, 0, `unpack-${number}`));
  const dirs = [copy.data, incrementalDirectory(copy, 1), incrementalDirectory(copy, 2)];
  await node.must(['install', '-d', '-o', '42434', '-g', '42434', ...dirs]);
  expect((await run(unpackArgv(copy, full.directory, full.path, 0))).exit).toBe(0);
  expect(readPrepare(await run(prepareArgv(copy)), 'lark')).toBeNull();
  expect((await unpackOne(1, one)).exit).toBe(0);
  expect((await unpackOne(2, two)).exit).toBe(0);
  // The second before the first: nothing is touched by it, the first still fits.
  expect(readPrepare(await run(applyArgv(copy, 2, two.fromLsn)), 'lark')?.code).toBe('APPLY_MISMATCH');
  expect(readPrepare(await run(applyArgv(copy, 1, one.fromLsn)), 'lark')).toBeNull();
  // The first once more: it is not there any more.
  expect(readPrepare(await run(applyArgv(copy, 1, one.fromLsn)), 'lark')?.code).toBe('APPLY_MISMATCH');
  // The second after the copy was started: mariabackup would take it and say that all is well.
  const start = 'mariadbd --defaults-file=/copy/backup-my.cnf --datadir=/copy --wsrep-on=OFF --bootstrap < /dev/null';
  const mount = `type=bind,src=${copy.data},dst=/copy`;
  await node.must([
    'docker',
    'run',
    '--rm',
    '--user',
    '42434',
    '--mount',
    mount,
    '--entrypoint',
    'bash',
    image,
    '-c',
    start,
  ]);
  const started = await run(applyArgv(copy, 2, two.fromLsn));
  expect(started.output).toContain('started once');
  expect(readPrepare(started, 'lark')?.code).toBe('APPLY_MISMATCH');
  await node.must(['rm', '-rf', '/var/lib/docker/by-hand']);
}

/** Changes of every kind: rows, a table that goes, one that comes, one that is made anew. */
const CHANGES = [
  'USE nova; UPDATE nova.instances SET vm_state = "error" WHERE id % 3 = 0; CREATE TABLE cinder.one (a INT PRIMARY KEY, b LONGTEXT); INSERT INTO cinder.one SELECT seq, REPEAT(MD5(seq), 90) FROM seq_1_to_400',
  'USE cinder; DELETE FROM cinder.one WHERE a % 2 = 0; DROP TABLE placement.allocations; CREATE TABLE cinder.two (a INT PRIMARY KEY); INSERT INTO cinder.two SELECT seq FROM seq_1_to_500',
  'USE cinder; ALTER TABLE cinder.one ADD COLUMN c INT DEFAULT 7, ADD KEY (c); TRUNCATE cinder.two; RENAME TABLE cinder.two TO cinder.three; INSERT INTO keystone.project SELECT MD5(CONCAT("late", seq)), CONCAT("late-", seq), "{}", "", 1, "default", "default", 0 FROM seq_1_to_9',
];

test('an incremental is refused where there is no full, and again after a restore; each point of a chain comes back', async () => {
  const { cloud } = stack;
  const { journal } = scene;
  const [node] = cloud.nodes;
  expect((await backup('incremental')).end).toMatchObject({ how: 'failed', problem: { code: 'INCREMENTAL_NO_FULL' } });

  const points = [await take('full')];
  for (const change of CHANGES) {
    await node.sql(change);
    await checkpoint(node);
    points.push(await take('incremental'));
  }
  for (const [index, point] of points.entries()) {
    expect(point.kind).toBe(index === 0 ? 'full' : 'incremental');
    if (index > 0) expect(point.fromLsn).toBe(points[index - 1]?.toLsn);
    expect(BigInt(point.toLsn) > BigInt(point.fromLsn)).toBe(true);
  }

  await keepsTheOrder(points);
  for (const index of [3, 1, 0, 2]) {
    const point = points[index];
    if (point === undefined) throw new Error('no such point');
    await node.sql(
      `CREATE DATABASE IF NOT EXISTS later; CREATE TABLE later.t${index} (a INT PRIMARY KEY); DELETE FROM cinder.volumes`,
    );
    const id = await prepare(point.path);
    const waiting = await untilIs(journal, id, waitsForPeople, 'a plan to approve');
    expect(waiting.facts?.restore?.chain.map(({ path }) => path) ?? []).toEqual(
      index === 0 ? [] : points.slice(0, index + 1).map(({ path }) => path),
    );
    await approve(journal, id);
    await wake.drive(id);
    const restored = await untilIs(journal, id, ({ end }) => end !== null, 'its end', 300_000);
    expect(restored.end?.how).toBe('succeeded');
    for (const one of cloud.nodes) expect(await liveChecksums(one)).toEqual(point.held);
    const kept = await node.must(['ls', `/var/lib/docker/kolla-backup/${id}/1`]);
    expect(kept.trim().split('\n')).toHaveLength(1 + index);
    if (index > 0)
      expect((await node.must(['ls', `/var/lib/docker/kolla-backup/${id}/1/incremental-1`])).trim()).toBe('');
  }

  expect((await backup('incremental')).end).toMatchObject({
    how: 'failed',
    problem: { code: 'INCREMENTAL_AFTER_RESTORE' },
  });
  await take('full');
  const again = await take('incremental');
  expect(again.kind).toBe('incremental');
  expect((await read(journal, again.id)).end?.how).toBe('succeeded');
}, 1_500_000);

test('with the script of a newer release each incremental builds on the full alone, and a copied-in chain is read and restored', async () => {
  const { cloud } = stack;
  const { journal } = scene;
  const [node] = cloud.nodes;
  await cloud.reset();
  await node.must(['sh', '-c', 'cat > /etc/kolla/backup.sh && chmod 755 /etc/kolla/backup.sh'], {
    stdin: await kollaBackupScript('22.1.0'),
  });
  const points = [await take('full')];
  for (const change of CHANGES) {
    await node.sql(change);
    await checkpoint(node);
    points.push(await take('incremental'));
  }
  const [full, , two, three] = points;
  if (full === undefined || two === undefined || three === undefined) throw new Error('too few');
  for (const { fromLsn, path } of points.slice(1)) {
    expect(fromLsn).toBe(full.toLsn);
    expect(path).toMatch(/^incr-/);
  }
  // Its script unpacks the full into the container: whether there is room for that was asked before.
  const asked = earlierAnswers(await read(journal, three.id), 'take-backup');
  const room = asked.find((one) => one.check === 'room-for-archive')?.answer;
  expect(room?.unpacks).toEqual({ bytes: full.unpackedBytes, freeBytes: expect.any(Number), beside: true });

  // What nobody of us has made is read: the same files under names that no journal knows.
  const volume = '/var/lib/docker/volumes/mariadb_backup/_data';
  const foreign = {
    full: 'mysqlbackup-01-02-2026-1769900000.qp.xbc.xbs.gz',
    two: 'incremental-07-mysqlbackup-01-02-2026-1769900001.qp.xbc.xbs.gz',
  };
  await node.must(['sh', '-c', `cd ${volume} && mv ${full.path} ${foreign.full} && mv ${two.path} ${foreign.two}`]);
  const lost = await prepare(three.path);
  const found = await untilIs(journal, lost, (one) => waitsForPeople(one) || one.end !== null, 'a plan');
  expect(found.facts?.restore?.chain.map(({ path }) => path)).toEqual([foreign.full, three.path]);
  await say(journal, lost, () => ({ type: 'cancelled', by: ALICE }));
  await wake.drive(lost);
  await untilIs(journal, lost, ({ end }) => end !== null, 'its end');

  await node.sql('DROP DATABASE cinder');
  const id = await prepare(foreign.two);
  const waiting = await untilIs(journal, id, waitsForPeople, 'a plan to approve');
  expect(waiting.facts?.restore?.chain.map(({ path }) => path)).toEqual([foreign.full, foreign.two]);
  await approve(journal, id);
  await wake.drive(id);
  const restored = await untilIs(journal, id, ({ end }) => end !== null, 'its end', 300_000);
  expect(restored.end?.how).toBe('succeeded');
  for (const one of cloud.nodes) expect(await liveChecksums(one)).toEqual(two.held);

  await node.must(['rm', `${volume}/${foreign.full}`]);
  const gap = await prepare(three.path);
  const refused = await untilIs(journal, gap, ({ end }) => end !== null, 'its refusal');
  expect(refused.end).toMatchObject({ how: 'failed', problem: { code: 'CHAIN_GAP', params: { lsn: full.toLsn } } });
}, 1_500_000);

test('after a state transfer on the backup host an incremental is refused: its files are another node’s', async () => {
  const { cloud } = stack;
  const [node] = cloud.nodes;
  await cloud.reset();
  await take('full');
  const unit = 'kolla-mariadb-container.service';
  await node.must(['systemctl', 'stop', unit]);
  await node.must(['rm', '-f', '/var/lib/docker/volumes/mariadb/_data/grastate.dat']);
  await node.must(['systemctl', 'start', unit]);
  const synced = async () => (await node.wsrep())?.['wsrep_local_state_comment'] === 'Synced';
  await until(async () => ((await synced()) ? true : null), 'the state transfer', 120_000);
  const { end } = await backup('incremental');
  expect(end).toMatchObject({ how: 'failed', problem: { code: 'INCREMENTAL_OTHER_DATADIR' } });
}, 600_000);
