/** What goes wrong while a backup runs: told as it is, nothing sent twice, the cloud held until it is really over. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Switches } from '../../lab/mini/cloud.ts';
import { CHANNEL, CLOUD, type Stack } from '../../lab/stack.ts';
import { type Stage, slackStage } from '../support/stage.ts';
import { archives, backupRuns, holdBackups, newArchive, type Scene } from '../support/story.ts';
import { until } from '../support/until.ts';

const VOLUME = '/var/lib/docker/volumes/mariadb_backup/_data';
const TASK = 'Taking full database backup';
let stage: Stage;
let stack: Stack;
let scene: Scene;
let runs = 0;
let known: readonly string[] = [];

beforeAll(async () => {
  stage = await slackStage('bot', 'worker');
  ({ stack, scene } = stage);
});
afterAll(() => stage?.end());
beforeEach(async () => {
  runs = await scene.runs();
  known = await archives(stack.cloud.nodes[0]);
});

/** What must hold after every end: one run, the cloud free, no sentence with a hole. */
async function sound(said: string): Promise<void> {
  expect(await scene.runs()).toBe(runs + 1);
  expect(await scene.journal.owner(CLOUD)).toBeNull();
  expect(said).not.toMatch(/UNEXPECTED|\(\w+ unknown\)/);
}

async function switched(wanted: Switches, act: () => Promise<void>): Promise<void> {
  await stack.cloud.switches(wanted);
  await act().finally(() => stack.cloud.switches({}));
}

test('the volume fills up while the archive is written', async () => {
  const [node] = stack.cloud.nodes;
  await node.must(['docker', 'volume', 'create', 'mariadb_backup']);
  await node.must(['mount', '-t', 'tmpfs', '-o', 'size=300m', 'tmpfs', VOLUME]);
  const release = await holdBackups(node);
  try {
    const asked = await scene.ask();
    const [archive = ''] = await newArchive(node, []);
    // Somebody's large file takes all but what a page holds.
    await node.exec(['dd', 'if=/dev/zero', `of=${VOLUME}/core.4711`, 'bs=1M']);
    await release();
    const said = await asked.ended();
    expect(said).toMatch(/BACKUP_NO_SPACE/);
    expect(said).toMatch(/its disk is full \(.*No space left on device/);
    expect(said).toMatch(new RegExp(`New in the volume[\\s\\S]*${archive}`));
    await sound(said);
  } finally {
    await release();
    await until(async () => ((await node.exec(['umount', VOLUME])).code === 0 ? true : null), 'unmounted', 20_000);
  }
});

test('an exit code that lies: 0 after a failure, 2 after a success', async () => {
  await switched({ rc: 0, fail: { [TASK]: { msg: 'the lab wanted this' } } }, async () => {
    const said = await (await scene.ask()).ended();
    expect(said).toMatch(/BACKUP_FAILED/);
    expect(said).toMatch(/the lab wanted this/);
    await sound(said);
  });
  runs = await scene.runs();
  await switched({ rc: 2 }, async () => {
    const said = await (await scene.ask()).ended();
    expect(said).toMatch(/succeeded/);
    expect(said).toMatch(/\d+ files, complete/);
    await sound(said);
  });
});

test('a failure with passwords and a line of 60 kB in its output: neither Slack, Redis nor the worker has one', async () => {
  const secrets = Object.values(stack.cloud.passwords);
  const long = `start ${'x'.repeat(60_000)} ${secrets[0]} end-of-the-long-line`;
  const msg = `mysql -uroot -p${secrets[0]} said no; ${JSON.stringify({ password: secrets[1], more: secrets })}`;
  await switched({ fail: { [TASK]: { msg } }, print: { [TASK]: long } }, async () => {
    const asked = await scene.ask();
    const said = await asked.ended();
    expect(said).toMatch(/BACKUP_FAILED/);
    const name = `${asked.label}-take-backup.log`;
    const attached =
      stack.slack
        .files()
        .find((file) => file.name === name)
        ?.content?.toString() ?? '';
    expect(attached).toMatch(/end-of-the-long-line/);
    expect(attached).toMatch(/PLAY RECAP/);
    const logs = join(stack.dir, 'logs');
    const files = await Promise.all((await readdir(logs)).map((file) => readFile(join(logs, file), 'utf8')));
    expect(files.join()).toMatch(/end-of-the-long-line/);
    const runDirectory = await stack.cloud.deploy.must(['grep', '-r', '', `/var/lib/kolla-backup/runs/${asked.id}`]);
    expect(runDirectory).toMatch(/end-of-the-long-line/);
    const messages = stack.slack.messages(CHANNEL).map(({ ts }) => stack.slack.thread(CHANNEL, ts));
    const redis = await everythingInRedis();
    expect(redis).toMatch(/end-of-the-long-line/);
    for (const secret of secrets)
      for (const [where, text] of Object.entries({
        attached,
        files: files.join(),
        runDirectory,
        redis,
        said,
        slack: JSON.stringify(messages),
      }))
        expect(text.includes(secret), `${where} holds a password`).toBe(false);
    await sound(said);
  });
});

test('kolla-ansible is killed: mariabackup goes on, is waited for, and only then is the cloud free', async () => {
  const [node] = stack.cloud.nodes;
  const release = await holdBackups(node);
  try {
    const asked = await scene.ask();
    await newArchive(node, known);
    await killKolla();
    await asked.says(/Nobody can tell|This step did not work/);
    expect((await asked.journalHas(() => true)).end).toBeNull();
    expect(await scene.journal.owner(CLOUD)).toBe(asked.id);
    expect(await scene.type('bob', 'full')).toMatch(new RegExp(`${asked.label} is under way`));
    await release();
    const said = await asked.ended();
    const [archive] = (await archives(node)).filter((name) => !known.includes(name));
    expect(said).toMatch(/ended \(signal SIGKILL\)[\s\S]*BACKUP_UNCLEAR/);
    expect(said).toMatch(new RegExp(`New in the volume[\\s\\S]*${archive}`));
    await sound(said);
  } finally {
    await release();
  }
});

test('kolla-ansible is killed before its backup began: its ansible-playbook goes on, and is waited for', async () => {
  const [node] = stack.cloud.nodes;
  await switched({ delay: { [TASK]: 8 } }, async () => {
    const asked = await scene.ask();
    await until(
      async () => ((await scene.runs()) > runs && (await kollaPids()).length > 1 ? true : null),
      'it runs',
      30_000,
    );
    await killKolla();
    await asked.says(/Nobody can tell|This step did not work/);
    const said = await asked.ended();
    const fresh = (await archives(node)).filter((name) => !known.includes(name));
    expect((await node.exec(['docker', 'inspect', 'mariabackup'])).code).not.toBe(0);
    expect(await kollaPids()).toEqual([]);
    expect(said).toMatch(/ended \(signal SIGKILL\)[\s\S]*BACKUP_UNCLEAR/);
    for (const name of fresh) expect(said).toContain(name);
    await sound(said);
  });
});

test('the container of the backup is killed on its node', async () => {
  const [node] = stack.cloud.nodes;
  const release = await holdBackups(node);
  try {
    const asked = await scene.ask();
    await newArchive(node, known);
    await node.must(['docker', 'kill', 'mariabackup']);
    const said = await asked.ended();
    expect(said).toMatch(/BACKUP_CONTAINER_REMOVED/);
    expect(said).toMatch(/New in the volume/);
    await sound(said);
  } finally {
    await release();
  }
});

test('somebody takes a backup by hand after ours began: ours is ended by it, and the thread says so', async () => {
  const [node] = stack.cloud.nodes;
  const release = await holdBackups(node);
  try {
    const asked = await scene.ask();
    const ours = await newArchive(node, known);
    const byHand = stack.cloud.kolla(['mariadb_backup']);
    await newArchive(node, ours);
    await asked.says(/This step did not work/);
    await release();
    const said = await asked.ended();
    expect((await byHand).code).toBe(0);
    const fresh = (await archives(node)).filter((name) => !known.includes(name));
    expect(said).toMatch(/BACKUP_CONTAINER_REMOVED/);
    expect(said).toMatch(/another backup, started by hand/);
    for (const name of fresh) expect(said).toContain(name);
    runs += 1; // the one by hand
    await sound(said);
  } finally {
    await release();
  }
});

test('the deploy host is powered off while it runs and comes back later', async () => {
  const [node] = stack.cloud.nodes;
  const release = await holdBackups(node);
  try {
    const asked = await scene.ask();
    await newArchive(node, known);
    await stack.cloud.deploy.kill();
    await asked.says(/HOST_OUT_OF_SIGHT/);
    expect(await scene.journal.owner(CLOUD)).toBe(asked.id);
    await stack.cloud.deploy.start();
    await asked.says(/RUN_UNCLEAR/);
    expect((await asked.journalHas(() => true)).end).toBeNull();
    await backupRuns(node);
    await release();
    const said = await asked.ended();
    expect(said).toMatch(/RUN_UNCLEAR/);
    expect(said).toMatch(/New in the volume/);
    await sound(said);
  } finally {
    await release();
  }
});

/** The deploy host's kolla-ansible and the ansible-playbook below it. */
async function kollaPids(): Promise<string[]> {
  const listed = await stack.cloud.deploy.must(['ps', '-eww', '-o', 'pid=,args=']);
  return [
    ...listed.matchAll(/^\s*(\d+) \S*python3? .*(?:kolla-ansible\.real .*mariadb_backup|mariadb_backup\.yml)/gm),
  ].map(([, pid]) => pid ?? '');
}

/** SIGKILL to the program that the run directory's supervisor started, as an operator or the OOM killer would. */
async function killKolla(): Promise<void> {
  const [parent = ''] = await kollaPids();
  await stack.cloud.deploy.must(['kill', '-KILL', parent]);
}

async function everythingInRedis(): Promise<string> {
  const found: string[] = [];
  for (const key of await scene.redis.keys('*')) {
    const type = await scene.redis.type(key);
    if (type === 'string') found.push((await scene.redis.get(key)) ?? '');
    if (type === 'list') found.push(...(await scene.redis.lrange(key, 0, -1)));
    if (type === 'hash') found.push(JSON.stringify(await scene.redis.hgetall(key)));
    if (type === 'stream') found.push(JSON.stringify(await scene.redis.xrange(key, '-', '+')));
  }
  return found.join('\n');
}
