/** Whose lock a backup takes: mariabackup's configuration names the VIP, behind which any node may answer. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Part, Stack } from '../../lab/stack.ts';
import { type Stage, slackStage } from '../support/stage.ts';
import { archives, type Scene } from '../support/story.ts';

const CONFIG = '/etc/kolla/mariabackup/my.cnf';
const GLOBALS = '/etc/kolla/globals.d/custom-globals.yml';
const UNIT = 'kolla-mariadb-container.service';
let stage: Stage;
let stack: Stack;
let scene: Scene;
let worker: Part;

beforeAll(async () => {
  stage = await slackStage('bot');
  ({ stack, scene } = stage);
  worker = await stack.start('worker');
});
afterAll(() => stage?.end());

/** A worker whose config names this node as the one that takes the backups; Kolla is told separately. */
async function backupHost(name: string): Promise<void> {
  const file = join(stack.dir, 'other-backup-host.yml');
  const settings = JSON.parse(await readFile(stack.config, 'utf8'));
  settings.clouds.lab.backup_host = name;
  await writeFile(file, JSON.stringify(settings));
  await worker.end('SIGTERM');
  worker = await stack.start('worker', { KOLLA_BACKUP_CONFIG: file });
}

test('the VIP, answered by the backup host: the backup is taken, and its thread says that this is luck', async () => {
  const said = await (await scene.ask()).ended();
  expect(said).toMatch(/succeeded/);
  expect(said).toContain(`takes its lock through ${stack.cloud.vip}, which is not the address of the backup host`);
});

test("the backup host's own address: taken, and nothing is said", async () => {
  const [node] = stack.cloud.nodes;
  await node.must(['sed', '-i', `s/^host=.*/host = ${node.address}/`, CONFIG]);
  try {
    const said = await (await scene.ask()).ended();
    expect(said).toMatch(/succeeded/);
    expect(said).not.toMatch(/takes its lock/);
  } finally {
    await node.must(['sed', '-i', `s/^host.*/host=${stack.cloud.vip}/`, CONFIG]);
  }
});

test('the VIP, answered by another node: refused before anything runs, with its name', async () => {
  const [first, second] = stack.cloud.nodes;
  await stack.cloud.deploy.must(['tee', '-a', GLOBALS], { stdin: `mariadb_backup_host: "${second.name}"\n` });
  await backupHost(second.name);
  const [runs, before] = [await scene.runs(), await archives(second)];
  const said = await (await scene.ask()).ended();
  expect(said).toContain('BACKUP_LOCK_ON_OTHER_NODE');
  expect(said).toContain(`On ${second.name}, ${CONFIG} sends mariabackup to ${stack.cloud.vip}`);
  expect(said).toContain(`where ${first.hostname} (${first.hostname}, ${first.address}:4567) answers`);
  expect(said).toContain('host = {{ api_interface_address }}');
  expect(said).not.toMatch(/Started:/);
  expect(await scene.runs()).toBe(runs);
  expect(await archives(second)).toEqual(before);
});

test('with the remedy it is taken there', async () => {
  const [, second] = stack.cloud.nodes;
  await second.must(['sed', '-i', `s/^host=.*/host = ${second.address}/`, CONFIG]);
  try {
    const said = await (await scene.ask()).ended();
    expect(said).toMatch(/succeeded/);
    expect(said).not.toMatch(/takes its lock/);
    expect(await archives(second)).toHaveLength(1);
  } finally {
    await second.must(['sed', '-i', `s/^host.*/host=${stack.cloud.vip}/`, CONFIG]);
  }
});

test('the VIP moved to the backup host: taken, with the warning', async () => {
  const [first, second] = stack.cloud.nodes;
  await first.must(['systemctl', 'stop', UNIT]);
  try {
    const said = await (await scene.ask()).ended();
    expect(said).toMatch(/succeeded/);
    expect(said).toContain(`takes its lock through ${stack.cloud.vip}`);
    expect(await archives(second)).toHaveLength(2);
  } finally {
    await first.must(['systemctl', 'start', UNIT]);
    await stack.cloud.synced();
  }
});
