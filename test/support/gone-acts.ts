import { expect } from 'vitest';
import type { Cloud } from '../../lab/cloud-type.ts';
import { liveChecksums } from '../../lab/mini/open-archive.ts';
import type { Stack } from '../../lab/stack.ts';
import { offeredBackOuts } from '../../src/operation/back-outs.ts';
import { mayBeGone, stuckAt } from '../../src/operation/operation.ts';
import type { Wake } from '../../src/operation/ports.ts';
import { heldPosition } from '../../src/runbooks/reports.ts';
import { ALICE, approve, archived, askRestore, BOB, backOut, say, untilIs, waitsForPeople } from './restores.ts';
import type { Scene } from './story.ts';
import { until } from './until.ts';

/** Restores whose cloud loses a node, on either cloud, with a worker that runs. */
export type Company = { readonly stack: Stack<Cloud>; readonly scene: Scene; readonly wake: Pick<Wake, 'drive'> };

/** How long a track may take (ms): the real Kolla's playbooks are slow. */
const TRACK_MS = 600_000;

/** Inventories that were made on the deploy host for an operation. */
const madeFor = (cloud: Cloud, id: string) =>
  cloud.deploy.must(['find', '/var/lib/kolla-backup', '-path', `*/inventories/${id}/*`, '-name', 'hosts.json']);

/** Two nodes are restored while the third is off; it comes back with their data, and its own is gone. */
export async function restoreWithout(company: Company): Promise<void> {
  const { stack, scene, wake } = company;
  const { cloud } = stack;
  const { journal } = scene;
  const [first, second, third] = cloud.nodes;
  const { path, before } = await archived(scene, stack, wake);
  await first.sql('DELETE FROM keystone.project WHERE name LIKE "tenant-%"; CREATE OR REPLACE DATABASE later');
  const oldUuid = (await first.wsrep())?.['wsrep_cluster_state_uuid'] ?? '';

  // While it runs nobody can declare it gone.
  const early = await askRestore(journal, path, [third.name]);
  await wake.drive(early);
  const refused = await untilIs(journal, early, ({ end }) => end !== null, 'its end');
  expect(refused.end).toMatchObject({ how: 'failed', problem: { code: 'GONE_NODE_ANSWERS' } });

  await third.kill();
  await cloud.synced(2);
  // With it, the way on is told: to declare it gone.
  const all = await askRestore(journal, path);
  await wake.drive(all);
  const silent = await untilIs(journal, all, ({ end }) => end !== null, 'its end');
  expect(silent.end).toMatchObject({ problem: { code: 'RESTORE_NODE_SILENT', params: { host: third.name } } });
  const id = await askRestore(journal, path, [third.name]);
  await wake.drive(id);
  const waiting = await untilIs(journal, id, waitsForPeople, 'a plan to approve');
  const plan = waiting.plan?.plan;
  expect(await madeFor(cloud, id)).toMatch(/hosts\.json/);
  expect(plan?.nodes.map(({ name }) => name)).toEqual([first.name, second.name]);
  const steps = [...(plan?.steps ?? []), ...(plan?.backOuts ?? []).flatMap((one) => one.steps)];
  expect(steps.filter(({ host }) => host === third.name)).toEqual([]);
  await approve(journal, id);
  await wake.drive(id);
  const operation = await untilIs(journal, id, ({ end }) => end !== null, 'its end', TRACK_MS);
  expect(operation.end?.how).toBe('succeeded');
  for (const one of [first, second]) {
    expect(await liveChecksums(one)).toEqual(before);
    expect(await one.must(['sh', '-c', `cat /var/lib/docker/kolla-backup/${id}/1/data/grastate.dat`])).toContain(
      oldUuid,
    );
  }
  await until(
    async () => ((await madeFor(cloud, id)) === '' ? true : null),
    'the inventory without it to be removed',
    60_000,
  );
  const newUuid = (await first.wsrep())?.['wsrep_cluster_state_uuid'];
  expect(newUuid).not.toBe(oldUuid);

  await third.start();
  await cloud.synced(3);
  expect((await third.wsrep())?.['wsrep_cluster_state_uuid']).toBe(newUuid);
  expect(await liveChecksums(third)).toEqual(before);
}

/** A node that dies for good after the stop is declared gone by two persons; the way back leaves it out. */
export async function backWithout(company: Company): Promise<void> {
  const { stack, scene, wake } = company;
  const { cloud } = stack;
  const { journal } = scene;
  const [first, second, third] = cloud.nodes;
  if ((await third.exec(['true']).catch(() => null)) === null) await third.start();
  await cloud.synced(3);
  const { path } = await archived(scene, stack, wake);
  await first.sql('CREATE OR REPLACE DATABASE kept; CREATE TABLE kept.t (a INT PRIMARY KEY)');
  const before = await liveChecksums(first);
  const oldUuid = (await first.wsrep())?.['wsrep_cluster_state_uuid'];
  const id = await askRestore(journal, path);
  await wake.drive(id);
  await untilIs(journal, id, waitsForPeople, 'a plan to approve');
  await approve(journal, id);
  await wake.drive(id);
  await untilIs(journal, id, ({ attempts }) => attempts.get('stop')?.at(-1)?.end?.outcome === 'worked', 'the stop');
  await third.kill();
  await untilIs(journal, id, (operation) => mayBeGone(operation)[0] === third.name, 'its silence');
  await say(journal, id, () => ({ type: 'gone_asked', by: ALICE, host: third.name, reason: 'its power supply burnt' }));
  await expect(say(journal, id, () => ({ type: 'gone', by: ALICE, host: third.name }))).rejects.toThrow(/two persons/);
  await say(journal, id, () => ({ type: 'gone', by: BOB, host: third.name }));
  await wake.drive(id);
  const stuck = await untilIs(journal, id, (operation) => stuckAt(operation) !== null, 'people to decide');
  const plan = stuck.plan?.plan;
  const seqnos = [1, 2].map((node) => Number(heldPosition(stuck, plan?.number ?? 0, `hold-${node}`)?.seqno ?? -1));
  const from = seqnos.indexOf(Math.max(...seqnos)) + 1;
  const offered = offeredBackOuts(stuck);
  expect(offered.slice(0, 2).map((one) => one.id)).toEqual(['way-back.1.without.3', 'way-back.2.without.3']);
  expect(offered[0]?.steps.filter(({ host }) => host === third.name)).toEqual([]);
  await backOut(journal, id, `way-back.${from}.without.3`);
  await wake.drive(id);
  const operation = await untilIs(journal, id, ({ end }) => end !== null, 'its end', TRACK_MS);
  expect(operation.end?.how).toBe('backed_out');
  await cloud.synced(2);
  for (const one of [first, second]) {
    expect(await liveChecksums(one)).toEqual(before);
    expect((await one.wsrep())?.['wsrep_cluster_state_uuid']).toBe(oldUuid);
  }
}
