import { afterAll, beforeAll, expect, test } from 'vitest';
import { liveChecksums } from '../../lab/mini/open-archive.ts';
import { CLOUD, startStack } from '../../lab/stack.ts';
import { provenBy } from '../../src/runbooks/proven.ts';
import { approve, ask, askRestore, untilIs, waitsForPeople } from '../support/restores.ts';
import { showWhenFailed, type WorkerStage, workerStage } from '../support/stage.ts';

/** The same runbooks on a cloud whose kolla-ansible has the Python command line. The other stories are told with 17.9.0. */

const RELEASE = '22.2.0';

let stage: WorkerStage;
beforeAll(async () => {
  stage = await workerStage(() => startStack({ release: RELEASE }));
});
showWhenFailed(() => stage.worker.log());
afterAll(() => stage?.end());

async function take(type: 'full' | 'incremental') {
  const { stack, scene, wake } = stage;
  const id = await ask(scene.journal, { kind: 'backup', type }, CLOUD);
  await wake.drive(id);
  const taken = await untilIs(scene.journal, id, ({ end }) => end !== null, `the end of a backup (${type})`);
  const proven = provenBy(taken);
  if (proven === null) throw new Error(JSON.stringify(taken.end));
  return { ...proven, held: await liveChecksums(stack.cloud.nodes[0]) };
}

test('a full, an incremental upon it, and a restore of both to the end', async () => {
  const { scene, wake } = stage;
  const { cloud } = stage.stack;
  const [node] = cloud.nodes;
  const full = await take('full');
  await node.sql('USE nova; UPDATE nova.instances SET vm_state = "error" WHERE id % 3 = 0');
  const incremental = await take('incremental');
  expect(full.path).toMatch(/^full-/);
  expect(incremental.path).toMatch(/^incr-/);
  await node.sql('DROP DATABASE cinder; DELETE FROM keystone.project');

  const id = await askRestore(scene.journal, incremental.path);
  await wake.drive(id);
  const waiting = await untilIs(scene.journal, id, waitsForPeople, 'a plan to approve');
  expect(waiting.facts).toMatchObject({ release: RELEASE, dialect: 'cliff' });
  expect(waiting.facts?.restore?.chain.map(({ path }) => path)).toEqual([full.path, incremental.path]);
  await approve(scene.journal, id);
  await wake.drive(id);
  const restored = await untilIs(scene.journal, id, ({ end }) => end !== null, 'its end');
  expect(restored.end?.how).toBe('succeeded');
  for (const one of cloud.nodes) expect(await liveChecksums(one)).toEqual(incremental.held);
});
