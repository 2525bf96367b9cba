import { afterAll, beforeAll, test } from 'vitest';
import type { Cloud } from '../../lab/cloud-type.ts';
import { borrowLab } from '../../lab/kolla/cloud.ts';
import { startStackOn } from '../../lab/stack.ts';
import { backWithout, restoreWithout } from '../support/gone-acts.ts';
import { showWhenFailed, type WorkerStage, workerStage } from '../support/stage.ts';

/** The real Kolla Ansible, and a node that is off. */

const RELEASE = process.env['KOLLA_BACKUP_CUTS'] || undefined;

let stage: WorkerStage<Cloud>;
beforeAll(async () => {
  stage = await workerStage(() =>
    startStackOn(() => borrowLab({ release: RELEASE, engine: 'docker', tell: console.log })),
  );
}, 3_600_000);
showWhenFailed(() => stage.worker.log());
afterAll(() => stage?.end());

test('two nodes are restored while the third is off; it comes back with their data, and its own is gone', async () => {
  await restoreWithout(stage);
}, 3_000_000);

test('a node that dies for good after the stop is declared gone by two persons; the way back leaves it out', async () => {
  await backWithout(stage);
}, 3_000_000);
