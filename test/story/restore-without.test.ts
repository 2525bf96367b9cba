import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { CLOUD } from '../../lab/stack.ts';
import { type Bench, type Scenery, scenery, startBench, stepWorked } from '../support/restore-bench.ts';
import { ALICE, approve, ask, BOB, read, say, untilIs, waitsForPeople } from '../support/restores.ts';

/** Restores that go on without a node that is switched off, before they begin or in the middle of one. */

vi.setConfig({ testTimeout: 600_000 });

let bench: Bench;
let archive: string;
let then: Scenery;
beforeAll(async () => {
  bench = await startBench({ sync_minutes: 0.5 });
  archive = await bench.backup();
  then = await scenery(bench.cloud);
  await bench.cloud.nodes[0].sql('DROP DATABASE keystone');
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.log((await bench.log()).slice(-20_000));
});
afterAll(async () => {
  await bench?.end();
});

const journal = () => bench.scene.journal;

async function askWithout(...without: string[]): Promise<string> {
  const archived = { path: archive, node: null, sha256: null };
  const wish = { kind: 'restore', archive: archived, reason: 'a node is lost', olderSchemas: true, without } as const;
  const id = await ask(journal(), { ...wish, without: [...without] }, CLOUD);
  await bench.drive(id);
  return id;
}

async function restoredWithout(name: string): Promise<string> {
  const id = await askWithout(name);
  await untilIs(journal(), id, waitsForPeople, 'a plan to approve');
  await approve(journal(), id);
  await bench.drive(id);
  const { plan, facts } = await bench.ended(id, 'succeeded');
  expect(facts?.without?.nodes.map((one) => one.name)).toEqual([name]);
  const hosts = plan?.plan.steps.map(({ host }) => host) ?? [];
  expect(hosts).not.toContain(name);
  return id;
}

/** It is switched on again, takes the restored data from the others, and all three are one cluster. */
async function comesBack(): Promise<void> {
  const { cloud } = bench;
  const [first, , third] = cloud.nodes;
  expect((await first.wsrep())?.['wsrep_cluster_size']).toBe('2');
  await third.start();
  await cloud.synced(3, 120_000);
  const { data, uuids } = await scenery(cloud);
  expect(data).toEqual(then.data);
  expect(new Set(uuids).size).toBe(1);
}

test('a node that is there is not left out, nor are two of three', async () => {
  const [, second, third] = bench.cloud.nodes;
  const there = await bench.ended(await askWithout(third.name), 'failed');
  expect(there.end).toMatchObject({ problem: { code: 'NODE_NOT_GONE', params: { host: third.name } } });
  const two = await bench.ended(await askWithout(second.name, third.name), 'failed');
  expect(two.end).toMatchObject({ problem: { code: 'WITHOUT_TOO_MANY' } });
  const none = await bench.ended(await askWithout('nobody'), 'failed');
  expect(none.end).toMatchObject({ problem: { code: 'WITHOUT_UNKNOWN' } });
});

test('a node that is switched off is left out; when it is back it takes what was restored', async () => {
  const [, , third] = bench.cloud.nodes;
  await third.kill();
  await bench.cloud.synced(2);
  await restoredWithout(third.name);
  await comesBack();
});

test('a node that comes back while its restore waits for people voids the plan, and nothing is stopped', async () => {
  const [first, , third] = bench.cloud.nodes;
  await third.kill();
  await bench.cloud.synced(2);
  const id = await askWithout(third.name);
  await untilIs(journal(), id, waitsForPeople, 'a plan to approve');
  await third.start();
  await bench.cloud.synced(3, 120_000);
  await approve(journal(), id);
  await bench.drive(id);
  const voided = await bench.ended(id, 'voided');
  expect(voided.end).toMatchObject({ problem: { code: 'NODE_NOT_GONE' } });
  expect((await first.wsrep())?.['wsrep_cluster_size']).toBe('3');
  expect((await bench.cloud.deploy.exec(['sh', '-c', 'ls /var/lib/kolla-backup/inventories'])).stdout).not.toContain(
    id,
  );
});

test('a node dies for good after the stop: two persons release that restore, and the next goes on without it', async () => {
  const [, , third] = bench.cloud.nodes;
  await bench.cloud.nodes[0].sql('DROP DATABASE IF EXISTS keystone');
  const id = await bench.planned(archive);
  await approve(journal(), id);
  await bench.drive(id);
  await untilIs(journal(), id, (operation) => stepWorked(operation, 'stop'), 'the stop');
  await third.kill();
  await untilIs(journal(), id, ({ attention }) => attention !== null, 'people called', 240_000);
  expect((await read(journal(), id)).attention?.problem.params['host']).toBe(third.name);
  await say(journal(), id, () => ({ type: 'release_asked', by: ALICE, reason: 'the node has burnt down' }));
  await say(journal(), id, () => ({ type: 'released', by: BOB }));
  await sleep(2_000);
  await restoredWithout(third.name);
  await comesBack();
});
