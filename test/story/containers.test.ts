/**
 * Bot, workers and Redis in containers and networks, as Dockerfile and docker-compose.yml have them: they are killed,
 * scaled, upgraded and taken back in the middle of a backup, and nothing runs twice.
 */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, type Service, startDeployment } from '../../lab/containers/deployment.ts';
import { must } from '../../lab/mini/machine.ts';
import type { Operation } from '../../src/operation/operation.ts';
import { type Asked, archives, holdBackups, newArchive, type Scene, sceneOf } from '../support/story.ts';
import { until } from '../support/until.ts';

const FIRST = '0.1.0';
const NEXT = 'next';

let deployment: Deployment;
let scene: Scene;
beforeAll(async () => {
  deployment = await startDeployment([
    { tag: FIRST, change: null },
    { tag: NEXT, change: "echo '// the next version' >> src/main.ts" },
  ]);
  await deployment.up(FIRST, 2);
  scene = sceneOf(deployment);
  await scene.install();
});
afterAll(async () => {
  scene?.end();
  await deployment?.stop();
});

/** Asks for a backup that waits on its node until the answer is called, and gives it once mariabackup runs. */
async function held(act: (asked: Asked) => Promise<void>): Promise<{ said: string; end: Operation }> {
  const [node] = deployment.cloud.nodes;
  const runs = await scene.runs();
  const known = await archives(node);
  const release = await holdBackups(node);
  try {
    const asked = await scene.ask();
    await newArchive(node, known);
    await act(asked);
    await release();
    const said = await asked.ended();
    const end = await asked.journalHas((operation) => operation.end !== null);
    expect(said).toMatch(/succeeded\./);
    expect(await scene.runs()).toBe(runs + 1);
    expect(await archives(node)).toHaveLength(known.length + 1);
    for (const milestone of [/Plan 1 ·/g, /▶️ Started:/g, /backup of lab, succeeded\./g])
      expect(said.match(milestone)).toHaveLength(1);
    return { said, end };
  } finally {
    await release();
  }
}

/** The worker's container that drives something now. */
function driver(): Promise<string> {
  return until(
    async () => {
      for (const id of await deployment.ids('worker'))
        if (/^kolla_backup_leases_held 1$/m.test(await deployment.metrics(id))) return id;
      return null;
    },
    'a worker says that it drives',
    20_000,
  );
}

/** As if half a minute had passed: the lease of a worker that is gone is over. */
const leaseOver = (asked: Asked) => scene.redis.hdel(`kb:op:${asked.id}:state`, 'claim', 'until');

test('what runs is not root, can write nothing of its image, holds no capability, and no secret stands in what others see', async () => {
  const all = [
    ...(await deployment.ids('bot')),
    ...(await deployment.ids('worker')),
    ...(await deployment.ids('redis')),
  ];
  expect(all).toHaveLength(4);
  for (const id of all) {
    const seen = await deployment.inspect(id, '{{json .}}');
    for (const secret of [
      ...Object.values(deployment.environment),
      deployment.slack.botToken,
      deployment.slack.appToken,
    ])
      expect(seen).not.toContain(secret);
    expect(await deployment.inspect(id, '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.RestartPolicy.Name}}')).toBe(
      'true unless-stopped',
    );
    expect(await deployment.inspect(id, '{{.HostConfig.PortBindings}}')).toBe('map[]');
    const status = await must(deployment.containers.machine, [
      'docker',
      'exec',
      id,
      'grep',
      '-E',
      '^(Uid|CapEff|NoNewPrivs)',
      '/proc/1/status',
    ]);
    expect(status).toMatch(/CapEff:\s+0+\n/);
    expect(status).toMatch(/NoNewPrivs:\s+1/);
    expect(status).not.toMatch(/Uid:\s+0\s/);
    const write = await deployment.containers.machine.exec([
      'docker',
      'exec',
      id,
      'sh',
      '-c',
      '> /usr/here || > /app/here',
    ]);
    expect(write.stderr).toMatch(/Read-only file system/);
  }
});

test('a worker’s container is killed while mariabackup runs: it is started again, the other one goes on, nothing runs twice', async () => {
  let killed = '';
  const { end } = await held(async (asked) => {
    killed = await driver();
    await deployment.crash(killed);
    await leaseOver(asked);
    await asked.journalHas((operation) => operation.claims === 2);
  });
  expect(end.claims).toBe(2);
  expect(await deployment.inspect(killed, '{{.RestartCount}} {{.State.Running}}')).toBe('1 true');
});

test('Redis’s container is killed while mariabackup runs: it comes back with every event', async () => {
  const [redis = ''] = await deployment.ids('redis');
  await held(async (asked) => {
    const { head } = await asked.journalHas((operation) => operation.attempts.size > 0);
    await deployment.crash(redis);
    await asked.journalHas((operation) => operation.head.seq >= head.seq);
  });
  expect(await deployment.inspect(redis, '{{.RestartCount}}')).toBe('1');
});

test('scaled up and down in the middle, and upgraded to another image, bot and workers: it goes on from the journal', async () => {
  const [redis] = await deployment.ids('redis');
  const before = await deployment.ids('worker');
  await held(async (asked) => {
    await driver();
    await deployment.up(FIRST, 3);
    expect(await deployment.ids('worker')).toHaveLength(3);
    await deployment.up(NEXT, 2);
    const workers = await deployment.ids('worker');
    expect(workers).toHaveLength(2);
    expect(workers.filter((id) => before.includes(id))).toEqual([]);
    for (const id of [...workers, ...(await deployment.ids('bot'))])
      expect(await deployment.inspect(id, '{{.Config.Image}}')).toBe(`kolla-backup:${NEXT}`);
    await asked.journalHas((operation) => operation.claims > 1);
  });
  expect(await deployment.ids('redis')).toEqual([redis]);
});

test('the upgrade is taken back in the middle', async () => {
  await held(async (asked) => {
    const { claims } = await asked.journalHas((operation) => operation.claims > 0);
    await deployment.up(FIRST, 2);
    await asked.journalHas((operation) => operation.claims > claims);
  });
  const [bot = ''] = await deployment.ids('bot');
  const told = await until(
    async () => {
      const text = await deployment.metrics(bot);
      return /^kolla_backup_operations\{cloud="lab",kind="full",outcome="succeeded"\} 4$/m.test(text) ? text : null;
    },
    'the new bot has read what there was before it',
    30_000,
  );
  expect(told).toMatch(/^kolla_backup_newest_backup_timestamp_seconds\{cloud="lab",kind="full"\} 1\d{9}(\.\d+)?$/m);
  expect(told).toMatch(/^kolla_backup_slack_lag_seconds 0$/m);
});

test('Redis is in a network with bot and workers alone, and reaches no other', async () => {
  const { inspect, ids } = deployment;
  const networks = async (service: Service) => {
    const found = await Promise.all(
      (await ids(service)).map((id) => inspect(id, '{{json .NetworkSettings.Networks}}')),
    );
    return found.map((text) => Object.keys(JSON.parse(text)).map((name) => name.replace(/^.*_/, '')));
  };
  expect(await networks('redis')).toEqual([['redis']]);
  for (const joined of [...(await networks('bot')), ...(await networks('worker'))])
    expect(joined.toSorted()).toEqual(['outside', 'redis']);
  const [redis = ''] = await ids('redis');
  const [bot = ''] = await ids('bot');
  const addresses = '{{range $name, $at := .NetworkSettings.Networks}}{{$name}}={{$at.IPAddress}} {{end}}';
  const found = await inspect(bot, addresses);
  const connects = async (network: string) => {
    const address = new RegExp(`_${network}=(\\S+)`).exec(found)?.[1];
    const dial = `timeout 3 bash -c 'exec 3<>/dev/tcp/${address}/9464'`;
    return (await deployment.containers.machine.exec(['docker', 'exec', redis, 'sh', '-c', dial])).code === 0;
  };
  expect([await connects('redis'), await connects('outside')]).toEqual([true, false]);
});

test('the command line of a worker’s container reads the same secrets', async () => {
  const asked = deployment.shell('docker-compose exec -T worker kolla-backup backout BKP-1 || echo "ended with $?"');
  expect(await asked).toMatch(/BKP-1/);
});

test('Redis is copied in the middle of a backup and later set back to the copy, as the document says: nothing runs twice', async () => {
  const { shell, ready } = deployment;
  let asked: Asked | undefined;
  const { end } = await held(async (one) => {
    asked = one;
    await shell(await commandsOf('Copy it'));
  });
  if (asked === undefined) throw new Error('nothing was asked for');
  const runs = await scene.runs();
  await shell(await commandsOf('Set it back'));
  await ready();
  await leaseOver(asked);
  const again = await asked.journalHas((operation) => operation.end !== null && operation.head.hash !== end.head.hash);
  expect(again.end?.how).toBe('succeeded');
  expect(await scene.runs()).toBe(runs);
  await scene.type('alice', `audit ${asked.label}`);
  await asked.says(/Record \d+ was shown as .* now: the journal was rewritten/);
});

/** The commands that stand under a heading of docs/deploy.md. */
async function commandsOf(heading: string): Promise<string> {
  const text = await readFile(new URL('../../docs/deploy.md', import.meta.url), 'utf8');
  const section = text.split(/^#+ /m).find((one) => one.startsWith(`${heading}\n`));
  const commands = section?.match(/^ {4}\S.*$/gm)?.map((line) => line.trim()) ?? [];
  if (commands.length === 0) throw new Error(`docs/deploy.md has no commands under ${heading}`);
  return commands.join('\n');
}
