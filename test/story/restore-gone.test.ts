import { afterAll, afterEach, beforeAll, test } from 'vitest';
import { type Part, type Stack, startStack } from '../../lab/stack.ts';
import { redisWake } from '../../src/engine/queues.ts';
import { backWithout, restoreWithout } from '../support/gone-acts.ts';
import { type Scene, sceneOf } from '../support/story.ts';

/** A restore that goes on without a node which is off, and that node when it is started again. */

let stack: Stack;
let scene: Scene;
let worker: Part;
let wake: ReturnType<typeof redisWake>;
beforeAll(async () => {
  stack = await startStack();
  scene = sceneOf(stack);
  wake = redisWake(scene.redis);
  worker = await stack.start('worker');
});
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
}, 600_000);

test('a node that dies for good after the stop is declared gone by two persons; the way back leaves it out', async () => {
  await backWithout({ stack, scene, wake });
}, 600_000);
