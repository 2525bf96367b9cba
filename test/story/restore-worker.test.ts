import { afterAll, beforeAll, expect, test } from 'vitest';
import { liveChecksums } from '../../lab/mini/open-archive.ts';
import { CLOUD, type Stack } from '../../lab/stack.ts';
import { approve, ask, read, untilIs, waitsForPeople } from '../support/restores.ts';
import { showWhenFailed, type WorkerStage, workerStage } from '../support/stage.ts';
import type { Scene } from '../support/story.ts';

/** A restore as a worker drives it, with the words of people and bot written by the test. */

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

test('a full archive is restored on three nodes, and the old datadirs are kept', async () => {
  const { cloud } = stack;
  const { journal } = scene;
  const [node] = cloud.nodes;
  const backup = await ask(journal, { kind: 'backup', type: 'full' }, CLOUD);
  await wake.drive(backup);
  await untilIs(journal, backup, ({ end }) => end?.how === 'succeeded', 'a backup');
  const before = await liveChecksums(node);
  await node.sql(
    'DELETE FROM keystone.project WHERE name LIKE "tenant-%"; DROP DATABASE cinder; CREATE DATABASE later; CREATE TABLE later.t (a INT PRIMARY KEY)',
  );
  const oldUuid = (await node.wsrep())?.['wsrep_cluster_state_uuid'];
  const path = (await node.must(['sh', '-c', 'cd /var/lib/docker/volumes/mariadb_backup/_data && ls *.gz'])).trim();
  const id = await ask(
    journal,
    {
      kind: 'restore',
      archive: { path, node: null, sha256: null },
      reason: 'tenants were deleted',
      olderSchemas: true,
    },
    CLOUD,
  );
  await wake.drive(id);
  await untilIs(journal, id, waitsForPeople, 'a plan to approve');
  await approve(journal, id);
  await wake.drive(id);
  const operation = await untilIs(journal, id, ({ end }) => end !== null, 'its end', 300_000);
  expect(operation.end?.how).toBe('succeeded');
  for (const one of cloud.nodes) expect(await liveChecksums(one)).toEqual(before);
  expect((await node.wsrep())?.['wsrep_cluster_state_uuid']).not.toBe(oldUuid);
  for (const one of cloud.nodes)
    expect(await one.must(['grep', 'uuid', `/var/lib/docker/kolla-backup/${id}/1/data/grastate.dat`])).toContain(
      oldUuid,
    );
  expect((await read(journal, id)).track?.kind).toBe('plan');
}, 600_000);
