import { afterAll, afterEach, beforeAll, test } from 'vitest';
import type { Cloud } from '../../lab/cloud-type.ts';
import { borrowLab } from '../../lab/kolla/cloud.ts';
import { type Part, type Stack, startStackOn } from '../../lab/stack.ts';
import { redisWake } from '../../src/engine/queues.ts';
import { backWithout, restoreWithout } from '../support/gone-acts.ts';
import { type Scene, sceneOf } from '../support/story.ts';

/** The real Kolla Ansible, and a node that is off. */

let stack: Stack<Cloud>;
let scene: Scene;
let worker: Part;
let wake: ReturnType<typeof redisWake>;
beforeAll(async () => {
  stack = await startStackOn(() =>
    borrowLab({ release: process.env['KOLLA_BACKUP_CUTS'] || undefined, tell: console.log }),
  );
  scene = sceneOf(stack);
  wake = redisWake(scene.redis);
  worker = await stack.start('worker');
}, 3_600_000);
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.log(await worker.log());
});
afterAll(async () => {
  await wake?.close();
  scene?.end();
  await stack?.stop();
});

test('two nodes are restored while the third is off; it comes back with their data, and its own is gone', async () => {
  await restoreWithout({ stack, scene, wake });
}, 3_000_000);

test('a node that dies for good after the stop is declared gone by two persons; the way back leaves it out', async () => {
  await backWithout({ stack, scene, wake });
}, 3_000_000);
