import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { MiniNode } from '../../lab/mini/cloud.ts';
import { CLOUD } from '../../lab/stack.ts';
import { type Attempt, everDriven, type Operation } from '../../src/operation/operation.ts';
import { warnings } from '../../src/slack/cards/stakes.ts';
import { type Bench, datadirs, isStuck, runningSince, startBench, UNIT } from '../support/restore-bench.ts';
import { ALICE, approve, ask, read, say, untilIs } from '../support/restores.ts';
import { showWhenFailed } from '../support/stage.ts';

/** What is seen before anything begins: what ends badly later is refused, what is only suspicious is told. */

const GLOBALS = '/etc/kolla/globals.d/preflight.yml';

vi.setConfig({ testTimeout: 600_000 });

let bench: Bench;
let archive: string;
let nodes: readonly [MiniNode, MiniNode, MiniNode];
beforeAll(async () => {
  bench = await startBench();
  nodes = bench.cloud.nodes;
  archive = await bench.backup();
});
showWhenFailed(() => bench.log());
afterAll(async () => {
  await bench?.end();
});

type Asked = 'backup' | 'restore';
const wish = (kind: Asked) =>
  kind === 'restore' ? bench.restore(archive) : ask(bench.scene.journal, { kind: 'backup', type: 'full' }, CLOUD);

/** The problem with which it ends before it has a plan, on a cloud that doesn't notice. */
async function refused(
  kind: Asked,
  seen: () => Promise<unknown> = async () => [await datadirs(bench.cloud), await runningSince(bench.cloud)],
): Promise<{ code: string; params: Readonly<Record<string, string>> }> {
  const before = await seen();
  const id = await wish(kind);
  await bench.drive(id);
  const { end, plan } = await bench.ended(id, 'failed');
  expect(plan).toBeNull();
  expect(await seen()).toEqual(before);
  if (end?.how !== 'failed') throw new Error('it ended otherwise');
  return end.problem;
}

/** With a file on the deploy host, which is away again afterwards. */
async function withFile(path: string, content: string, act: () => Promise<void>): Promise<void> {
  const { deploy } = bench.cloud;
  await deploy.must(['sh', '-c', '[ ! -e "$1" ] || mv "$1" "$1.away"; mkdir -p "$(dirname "$1")"', 'sh', path]);
  await deploy.must(['tee', path], { stdin: content });
  try {
    await act();
  } finally {
    await deploy.must(['sh', '-c', 'rm "$1"; [ ! -e "$1.away" ] || mv "$1.away" "$1"', 'sh', path]);
  }
}

describe('on the deploy host', () => {
  test.each<[string, Asked, string]>([
    ['enable_mariadb: "no"', 'restore', 'DATABASE_EXTERNAL'],
    ['enable_external_mariadb_load_balancer: "yes"', 'backup', 'DATABASE_EXTERNAL'],
    ['mariadb_datadir_volume: /srv/mariadb', 'restore', 'DATADIR_VOLUME_OTHER'],
    ['mariadb_datadir_volume: /srv/mariadb', 'backup', 'DATADIR_VOLUME_OTHER'],
    ['enable_mariabackup: "no"', 'backup', 'MARIABACKUP_OFF'],
  ])('%s: no %s', async (line, kind, code) => {
    await withFile(GLOBALS, `---\n${line}\n`, async () => expect((await refused(kind)).code).toBe(code));
  });

  test('innodb_force_recovery where a recovery would fetch it', async () => {
    const file = `/etc/kolla/config/mariadb/${nodes[1].name}/galera.cnf`;
    await withFile(file, '[mysqld]\ninnodb_force_recovery = 2\n', async () =>
      expect(await refused('restore')).toEqual({ code: 'FORCE_RECOVERY_ROLLS_OUT', params: { file, value: '2' } }),
    );
  });

  test.each<Asked>(['backup', 'restore'])('a vault that nobody opens: no %s', async (kind) => {
    await withFile('/etc/kolla/passwords.yml', '$ANSIBLE_VAULT;1.1;AES256\n6162\n', async () =>
      expect((await refused(kind)).code).toBe('KOLLA_VAULT_LOCKED'),
    );
  });

  test('passwords that are not there', async () => {
    const { deploy } = bench.cloud;
    const file = '/etc/kolla/passwords.yml';
    await deploy.must(['mv', file, `${file}.away`]);
    const { code, params } = await refused('backup').finally(() => deploy.must(['mv', `${file}.away`, file]));
    expect(code).toBe('KOLLA_PASSWORDS_MISSING');
    expect(params['said']).toContain(file);
  });
});

describe('on the nodes', () => {
  test('a MariaDB server outside of the container', async () => {
    const [, second] = nodes;
    await second.must(['sh', '-c', 'cp /bin/sleep /run/mariadbd; setsid /run/mariadbd 900 >/dev/null 2>&1 &']);
    try {
      const { code, params } = await refused('restore');
      expect([code, params['host']]).toEqual(['SERVER_NOT_OURS', second.name]);
    } finally {
      await second.must(['sh', '-c', 'kill $(pgrep -f "^/run/mariadbd 900")']);
    }
  });

  test('a unit of which the config says that there is none', async () => {
    await settings((cloud) => ({ ...cloud, unit: null }));
    expect(await refused('restore')).toEqual({
      code: 'UNIT_NOT_IN_CONFIG',
      params: { host: nodes[0].name, unit: UNIT },
    });
    await bench.worker();
  });

  test('a node that has lost its container, and lacks the image', async () => {
    const [, , third] = nodes;
    const { image } = bench.cloud;
    await third.must(['systemctl', 'stop', UNIT]);
    await third.must(['docker', 'rename', 'mariadb', 'elsewhere']);
    await third.must(['docker', 'tag', image, 'kept:here']);
    await third.must(['docker', 'rmi', image]);
    try {
      const problem = await refused('restore', () => datadirs(bench.cloud));
      expect(problem).toEqual({ code: 'IMAGE_NOT_THERE', params: { host: third.name, image } });
    } finally {
      await third.must(['docker', 'tag', 'kept:here', image]);
      await third.must(['docker', 'rename', 'elsewhere', 'mariadb']);
      await third.must(['systemctl', 'start', UNIT]);
      await bench.cloud.synced();
    }
  });

  test('an image whose name stands for another one since', async () => {
    const [, second] = nodes;
    const { image } = bench.cloud;
    await second.must(['docker', 'tag', image, 'kept:here']);
    await second.must(['sh', '-c', `printf 'FROM ${image}\\nLABEL newer=yes\\n' | docker build -q -t ${image} -`]);
    try {
      expect(await refused('restore')).toEqual({ code: 'IMAGE_NAME_MOVED', params: { host: second.name, image } });
    } finally {
      await second.must(['docker', 'tag', 'kept:here', image]);
    }
  });

  test('too little room, on each file system that lacks it', async () => {
    await bench.worker({ free_space_gib: 100_000 });
    const { code, params } = await refused('restore');
    expect(code).toBe('RESTORE_NO_ROOM');
    for (const { name } of nodes) expect(params['detail']).toContain(`${name}, the file system of /var/lib/docker/`);
    await bench.worker();
  });
});

const suspicionsOf = ({ facts }: Operation) => (facts?.suspicions ?? []).map(({ code }) => code);

test('what is only suspicious goes on the card: another image in the deployment, a unit that is not there, a node that is out', async () => {
  const [, , third] = nodes;
  await third.must(['systemctl', 'stop', UNIT]);
  await settings((cloud) => ({ ...cloud, unit: 'another.service' }));
  await withFile(GLOBALS, '---\nmariadb_image_full: registry.example/mariadb-server:2024.1\n', async () => {
    const id = await bench.planned(archive);
    const operation = await read(bench.scene.journal, id);
    expect(operation.facts?.restore?.series).toBe('10.11');
    // What its backup noted of the databases is compared with the copy: nothing differs.
    expect(operation.facts?.restore?.schemas?.map(({ name }) => name)).toContain('keystone');
    expect(warnings(operation, 9).join()).not.toContain('when the backup was taken');
    expect(suspicionsOf(operation)).toEqual(['UNIT_NOT_LOADED', 'NODES_NOT_MEMBERS', 'DEPLOYMENT_OTHER_IMAGE']);
    // It is the running one that recovery is given.
    const recover = operation.plan?.plan.steps.find((step) => step.id === 'recover')?.program?.argv;
    expect(recover).toContain(`mariadb_image_full=${bench.cloud.image}`);
    await say(bench.scene.journal, id, () => ({ type: 'cancelled', by: ALICE }));
    await bench.drive(id);
    await bench.ended(id, 'cancelled');
  });
  await bench.worker();
  await third.must(['systemctl', 'start', UNIT]);
  await bench.cloud.synced();
});

/** How often a recovery that left a node out, as happens here and on real clouds, is run once more. */
const RECOVERIES = 3;

/** An approved restore to its end, in which a recovery ends badly and counts all the same; how that one ended. */
async function overruled(id: string): Promise<NonNullable<Attempt['end']>> {
  const { journal } = bench.scene;
  await approve(journal, id);
  await bench.drive(id);
  for (let tries = 1; ; tries += 1) {
    const now = await untilIs(journal, id, (one) => one.end !== null || isStuck(one), 'its end', 240_000);
    const recoveries = everDriven(now).flatMap(({ attempts }) => attempts.get('recover') ?? []);
    const worked = recoveries.findLast(({ end }) => end?.outcome === 'worked')?.end;
    if (now.end?.how === 'succeeded' && worked) return worked;
    const { code } = now.attention?.problem ?? expect.fail(JSON.stringify(now.end));
    expect([code, tries < RECOVERIES]).toEqual(['RECOVERY_FAILED', true]);
    await bench.backOut(id, 'recover-again');
  }
}

test('units are read again; a stop that a unit undoes holds; a recovery that fails at its last task counts where every node is Synced', async () => {
  const { journal } = bench.scene;
  const id = await bench.planned(archive);
  const prepared = (await read(journal, id)).plans[0]?.plan.steps.map((step) => step.id) ?? [];
  expect(prepared.filter((step) => step.startsWith('reload-'))).toEqual(['reload-1', 'reload-2', 'reload-3']);
  // And a stop with exit code 0 whose third node comes back by its unit a moment later: it is held.
  await bench.cloud.switches({
    fail: { 'ready through VIP': { msg: 'the lab wanted this to fail' } },
    stop_leaves: nodes[2].name,
  });
  const recovered = await overruled(id).finally(() => bench.cloud.switches({}));
  expect(recovered).toMatchObject({ outcome: 'worked', exit: { code: 2 } });
  expect(recovered.after[0]).toMatchObject({ answer: { problem: null, overruled: { code: 'RECOVERY_FAILED' } } });
  expect(recovered.after[0]?.answer).not.toHaveProperty('bootstrapped');
});

test('one that fails before its first node was started anew counts, too, and leaves that node bootstrapped', async () => {
  const { journal } = bench.scene;
  const id = await bench.planned(archive);
  const first = (await read(journal, id)).plan?.plan.backupHost ?? '';
  await bench.cloud.switches({ fail: { 'to become operational': { host: first } } });
  const recovered = await overruled(id).finally(() => bench.cloud.switches({}));
  expect(recovered.after[0]).toMatchObject({ answer: { overruled: { code: 'RECOVERY_FAILED' }, bootstrapped: first } });
});

test('one that failed with a node left out is looked at again when that node is back, and counts without being run again', async () => {
  const { journal } = bench.scene;
  const id = await bench.planned(archive);
  const first = (await read(journal, id)).plan?.plan.backupHost ?? '';
  const out = nodes.findLast(({ name }) => name !== first) ?? expect.fail('no other node');
  await bench.cloud.switches({ fail: { 'ready through VIP': { host: first } }, leave_out: out.name });
  await approve(journal, id);
  await bench.drive(id);
  await bench.stuck(id, 'RECOVERY_FAILED');
  await bench.cloud.switches({});
  await out.must(['systemctl', 'restart', UNIT]);
  await bench.cloud.synced();
  await bench.backOut(id, 'look-again');
  const ended = await bench.ended(id, 'succeeded');
  const recovered = ended.attempts.get('recover');
  expect(recovered).toHaveLength(1);
  expect(recovered?.[0]?.end).toMatchObject({
    ...{ outcome: 'worked', exit: { code: 2 } },
    after: [{ answer: { problem: null, overruled: { code: 'RECOVERY_FAILED' } } }],
  });
});

/** A worker with other settings of the cloud. */
async function settings(change: (cloud: Record<string, unknown>) => Record<string, unknown>): Promise<void> {
  const file = bench.stack.config;
  const text = await readFile(file, 'utf8');
  const all = JSON.parse(text);
  all.clouds[CLOUD] = change(all.clouds[CLOUD]);
  await writeFile(join(bench.stack.dir, 'same.yml'), text);
  await writeFile(file, JSON.stringify(all));
  await bench.worker();
  await writeFile(file, text);
}
