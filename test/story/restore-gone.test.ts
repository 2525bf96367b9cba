import { afterAll, beforeAll, test } from 'vitest';
import { backWithout, restoreWithout } from '../support/gone-acts.ts';
import { showWhenFailed, type WorkerStage, workerStage } from '../support/stage.ts';

/** A restore that goes on without a node which is off, and that node when it is started again. */

let stage: WorkerStage;
beforeAll(async () => {
  stage = await workerStage();
});
showWhenFailed(() => stage.worker.log());
afterAll(() => stage?.end());

test('two nodes are restored while the third is off; it comes back with their data, and its own is gone', async () => {
  await restoreWithout(stage);
}, 600_000);

test('a node that dies for good after the stop is declared gone by two persons; the way back leaves it out', async () => {
  await backWithout(stage);
}, 600_000);
