import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MiniNode } from '../../lab/mini/cloud.ts';
import { liveChecksums } from '../../lab/mini/open-archive.ts';
import { CLOUD, type Stack } from '../../lab/stack.ts';
import { approve, archived, ask, askRestore, untilIs, waitsForPeople } from '../support/restores.ts';
import { showWhenFailed, type WorkerStage, workerStage } from '../support/stage.ts';
import type { Scene } from '../support/story.ts';

/** `mariadb_datadir_volume` names a host directory: Kolla's backup copies something else, and a restore works. */

const DIRECTORY = '/var/lib/docker/elsewhere/mysql';
const VOLUME = '/var/lib/docker/volumes/mariadb/_data';

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

const move = ({ must }: MiniNode) =>
  must([
    'sh',
    '-ec',
    `mkdir -p $(dirname ${DIRECTORY}); cp -a ${VOLUME} ${DIRECTORY}; echo ${DIRECTORY} > /etc/kolla/datadir_volume`,
  ]);
const inode = async (node: MiniNode) => (await node.must(['stat', '-c', '%i', DIRECTORY])).trim();

test('with a host directory as datadir backups are refused, and a restore exchanges that directory', async () => {
  const { cloud } = stack;
  const { journal } = scene;
  const [first] = cloud.nodes;
  const { path, before } = await archived(scene, stack, wake);
  await cloud.kolla(['stop', '--tags', 'mariadb', '--yes-i-really-really-mean-it'], { timeoutMs: 120_000 });
  for (const node of cloud.nodes) await move(node);
  const recovered = await cloud.kolla(['mariadb_recovery'], { timeoutMs: 240_000 });
  expect(recovered.stdout.slice(-2000)).toContain('failed=0');
  await cloud.synced();
  await first.sql('CREATE DATABASE later; CREATE TABLE later.t (a INT PRIMARY KEY)');
  const now = await liveChecksums(first);

  // The volume still holds what was there before the move: a copy of it would be old data with new positions.
  for (const type of ['full', 'incremental'] as const) {
    const id = await ask(journal, { kind: 'backup', type }, CLOUD);
    await wake.drive(id);
    const { end } = await untilIs(journal, id, (one) => one.end !== null, 'its end');
    expect(end).toMatchObject({ how: 'failed', problem: { code: 'BACKUP_OTHER_DATADIR' } });
  }

  const old = await Promise.all(cloud.nodes.map(inode));
  const id = await askRestore(journal, path);
  await wake.drive(id);
  await untilIs(journal, id, waitsForPeople, 'a plan to approve');
  await approve(journal, id);
  await wake.drive(id);
  const { end } = await untilIs(journal, id, (one) => one.end !== null, 'its end', 300_000);
  expect(end?.how).toBe('succeeded');
  for (const node of cloud.nodes) expect(await liveChecksums(node)).toEqual(before);
  for (const [index, node] of cloud.nodes.entries()) {
    const aside = `/var/lib/docker/elsewhere/.kolla-backup/${id}`;
    const kept = await node.must(['sh', '-c', `stat -c %i ${aside}/*/data`]);
    expect(kept.trim()).toBe(old[index]);
  }
  expect(now).not.toEqual(before);

  // Where one container is lost, nobody guesses.
  await first.must(['systemctl', 'stop', 'kolla-mariadb-container.service']);
  await first.must(['docker', 'rm', 'mariadb']);
  const again = await askRestore(journal, path);
  await wake.drive(again);
  const refused = await untilIs(journal, again, (one) => one.end !== null, 'its refusal');
  expect(refused.end).toMatchObject({ how: 'failed', problem: { code: 'DATADIR_UNCERTAIN' } });
});
