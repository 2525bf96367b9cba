/**
 * Bot, workers and Redis in containers and networks, as Dockerfile and docker-compose.yml have them: they are killed,
 * scaled, upgraded and taken back in the middle of a backup and of a restore, and nothing runs twice.
 */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, type Service, startDeployment } from '../../lab/containers/deployment.ts';
import { NEXT_VERSION } from '../../lab/containers/next-version.ts';
import { must } from '../../lab/mini/machine.ts';
import { CLOUD } from '../../lab/stack.ts';
import type { Operation } from '../../src/operation/operation.ts';
import { beginRestore } from '../support/container-restore.ts';
import { lawful } from '../support/law.ts';
import { leaseOver } from '../support/points.ts';
import { type Asked, archives, holdBackups, newArchive, type Scene, sceneOf } from '../support/story.ts';
import { until } from '../support/until.ts';
import { type Watcher, watch } from '../support/watcher.ts';

const FIRST = '0.1.0';
const NEXT = 'next';

let deployment: Deployment;
let scene: Scene;
let watcher: Watcher;
/** What the doctor showed before anything else ran. */
let looked: Awaited<ReturnType<Deployment['terminal']>>;
beforeAll(async () => {
  deployment = await startDeployment([
    { tag: FIRST, edits: [] },
    { tag: NEXT, edits: NEXT_VERSION },
  ]);
  looked = await deployment.terminal('docker-compose run --rm doctor');
  await deployment.up(FIRST, 2);
  scene = sceneOf(deployment);
  await scene.install();
  watcher = watch(deployment.cloud);
});
afterAll(async () => {
  await watcher?.stop();
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

const secrets = () => [...Object.values(deployment.environment), deployment.slack.botToken, deployment.slack.appToken];
/** Runs a script in a container, as the user that it has there. */
const inside = (id: string, script: string) =>
  must(deployment.containers.machine, ['docker', 'exec', id, 'sh', '-euc', script]);

test('what runs is not root, can write nothing of its image, holds no capability, and no secret stands in what others see', async () => {
  const services = ['bot', 'worker', 'worker', 'redis'] as const;
  const all = [
    ...(await deployment.ids('bot')),
    ...(await deployment.ids('worker')),
    ...(await deployment.ids('redis')),
  ];
  expect(all).toHaveLength(services.length);
  for (const [index, id] of all.entries()) {
    const service = services[index] ?? 'bot';
    expect(await deployment.inspect(id, '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.RestartPolicy.Name}}')).toBe(
      'true unless-stopped',
    );
    expect(await deployment.inspect(id, '{{.HostConfig.PortBindings}}')).toBe('map[]');
    expect(await deployment.inspect(id, '{{json .NetworkSettings.Ports}}')).toMatch(/^\{("\d+\/tcp":null)?\}$/);
    // Of every process there: all five sets of capabilities, and no way to others.
    const status = await inside(id, 'grep -shE "^(Uid|Gid|Cap|NoNewPrivs)" /proc/[0-9]*/status || true');
    expect(new Set(status.match(/^Cap\w+:.*$/gm)?.map((line) => line.replace(/^\w+:\s+/, '')))).toEqual(
      new Set(['0'.repeat(16)]),
    );
    expect(new Set(status.match(/^NoNewPrivs:.*$/gm))).toEqual(new Set(['NoNewPrivs:\t1']));
    expect(status).not.toMatch(/^[UG]id:.*\t0(?:\t|$)/m);
    expect(await inside(id, '(> /here) 2>&1 || true')).toMatch(/Read-only file system/);
    expect(await inside(id, 'find / -xdev -writable ! -type l 2>/dev/null | sort')).toBe(WRITABLE[service]);
    expect(await inside(id, 'find /etc/kolla-backup /run/secrets -mindepth 1 -maxdepth 1 2>/dev/null | sort')).toBe(
      HANDED[service],
    );
    const seen = [
      await deployment.inspect(id, '{{json .}}'),
      await inside(id, 'cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null || true'),
      await must(deployment.containers.machine, ['docker', 'logs', id]),
    ].join('\n');
    for (const secret of secrets()) expect(seen).not.toContain(secret);
  }
});

const linesOf = (...lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
/** Where each may write. */
const WRITABLE = {
  bot: linesOf('/tmp'),
  worker: linesOf('/tmp', '/var/log/kolla-backup'),
  redis: linesOf('/data'),
} as const;
/** What each is handed. */
const HANDED = {
  bot: linesOf(
    '/etc/kolla-backup/config.yml',
    ...['kolla_backup_key', 'slack_app_token', 'slack_bot_token'].map((name) => `/run/secrets/${name}`),
  ),
  worker: linesOf('/etc/kolla-backup/config.yml', '/etc/kolla-backup/ssh', '/run/secrets/kolla_backup_key'),
  redis: '',
} as const;

test('docker-compose run --rm doctor, typed before anything runs: all good, and nothing is left of it', async () => {
  expect(looked.shown).toMatch(/checks: all good\. Exit code 0\./);
  expect(looked.shown).toContain('\u001b[');
  expect(looked.code).toBe(0);
  const { shell, terminal, inspect, ids } = deployment;
  const left = () => shell('docker ps -aq --filter label=com.docker.compose.oneoff=True');
  expect(await left()).toBe('');

  const wrong = await terminal(
    'docker-compose run --name looked -e SLACK_BOT_TOKEN_FILE=/run/secrets/slack_app_token doctor',
  );
  expect(wrong.shown).toMatch(/SLACK_BOT_TOKEN/);
  expect(wrong.code).toBe(1);
  const [bot = ''] = await ids('bot');
  const [worker = ''] = await ids('worker');
  const same =
    '{{json .HostConfig.CapDrop}} {{json .HostConfig.SecurityOpt}} {{.HostConfig.ReadonlyRootfs}} {{.Config.User}} {{json .HostConfig.Tmpfs}} {{.HostConfig.Init}}';
  expect(await inspect('looked', same)).toBe(await inspect(worker, same));
  const mounts = async (id: string): Promise<string[]> =>
    (await inspect(id, '{{range .Mounts}}{{.Source}}:{{.Destination}}:{{.RW}}\n{{end}}')).split('\n').toSorted();
  expect(await mounts('looked')).toEqual([...new Set([...(await mounts(bot)), ...(await mounts(worker))])].toSorted());
  const networks = async (id: string) =>
    Object.keys(JSON.parse(await inspect(id, '{{json .NetworkSettings.Networks}}')));
  expect(await networks('looked')).toEqual(await networks(worker));
  const seen = await inspect('looked', '{{json .}}');
  for (const secret of secrets()) expect(seen + wrong.shown + looked.shown).not.toContain(secret);
  await shell('docker rm looked');

  const nowhere = await terminal('docker-compose run --rm doctor doctor --cloud nowhere');
  expect(nowhere.shown).toMatch(/nowhere/);
  expect(nowhere.code).toBe(2);
  expect(await left()).toBe('');
});

test('a worker’s container is killed while mariabackup runs: it is started again, the other one goes on, nothing runs twice', async () => {
  let killed = '';
  const { end } = await held(async (asked) => {
    killed = await driver();
    await deployment.crash(killed);
    await leaseOver(scene.redis, asked);
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

test('a restore, whole: the bot is killed while its approval is awaited, a worker in the swap, another in the recovery', async () => {
  const { containers, inspect, crash, ids, ready } = deployment;
  const restore = await beginRestore(deployment, scene, watcher);
  const { id, thread, people } = restore;
  const [bot = ''] = await ids('bot');
  await crash(bot);
  await until(async () => ((await inspect(bot, '{{.RestartCount}}')) === '1' ? true : null), 'it is back', 30_000);
  await ready();
  expect(await people.heard('alice', () => thread.approve('alice', CLOUD))).toMatch(
    /asked for|requester|cannot approve/i,
  );

  const goOn = { stop: await scene.starts.hold('stop'), recovery: await scene.starts.hold('recovery') };
  try {
    expect((await thread.approve('bob', CLOUD))?.outcome).toBe('closed');
    await thread.seen(/being stopped now/i);
    await restore.has('step_started', 'stop');
    const first = await restore.driver();
    const pid = await inspect(first, '{{.State.Pid}}');
    const claims = (await restore.images()).length;
    await goOn.stop();
    await restore.has('step_started', 'swap-1');
    await must(containers.machine, ['kill', '-KILL', pid]);
    await leaseOver(scene.redis, restore);
    await until(async () => ((await restore.images()).length > claims ? true : null), 'another goes on', 60_000);
    const types = (await restore.records()).map(({ event }) => `${event.type} ${event['step'] ?? ''}`.trim());
    const goesOn = types.lastIndexOf('claimed');
    expect(types.indexOf('step_finished swap-3') === -1 || types.indexOf('step_finished swap-3') > goesOn).toBe(true);

    await restore.has('step_started', 'recover');
    await until(async () => ((await scene.starts.all()).at(-1) === 'recovery' ? true : null), 'it runs', 60_000);
    await crash(await restore.driver());
    await leaseOver(scene.redis, restore);
    await until(async () => ((await restore.images()).length > claims + 1 ? true : null), 'another goes on', 60_000);
  } finally {
    await goOn.stop();
    await goOn.recovery();
  }
  await restore.endsWell();
  await lawful(scene.journal, id, watcher, restore.since);
  expect(await inspect(bot, '{{.RestartCount}} {{.State.Running}}')).toBe('1 true');
});

test('an upgrade in the middle of a restore, and taken back: by stored steps, and what the older version does not know it leaves alone', async () => {
  const { containers, shell, ids, metrics } = deployment;
  const old = `kolla-backup:${FIRST}`;
  const next = `kolla-backup:${NEXT}`;
  const restore = await beginRestore(deployment, scene, watcher);
  const { label, thread } = restore;
  await deployment.up(FIRST, 1);
  await deployment.addWorker(NEXT);
  const goOn = { stop: await scene.starts.hold('stop'), recovery: await scene.starts.hold('recovery') };
  try {
    expect((await thread.approve('bob', CLOUD))?.outcome).toBe('closed');
    await restore.has('step_started', 'stop');
    await restore.start(await restore.handTo(next));
    await goOn.stop();
    await restore.has('step_started', 'recover');
    expect((await restore.images()).at(-1)).toBe(next);
    await restore.start(await restore.handTo(old));
    const olds = await restore.handTo(next);
    await restore.has('remarked');
    await restore.start(olds);
    const left = await restore.takeAway(next);
    const { length } = await restore.records();

    const [worker = ''] = olds;
    const logs = async () => {
      const { stdout, stderr } = await containers.machine.exec(['docker', 'logs', worker]);
      return stdout + stderr;
    };
    await until(async () => (/this journal is not followed/.test(await logs()) ? true : null), 'it says so', 90_000);
    await thread.seen(/JOURNAL_UNREADABLE/);
    expect(thread.said()).toMatch(/\(remarked\) cannot be followed by this version/);
    await goOn.recovery();
    await deployment.cloud.synced();
    expect(await scene.type('alice', `status ${label}`)).toMatch(/JOURNAL_UNREADABLE/);
    expect(await scene.type('alice', 'full')).toMatch(/CLOUD_BUSY/);
    const byHand = await shell(`docker-compose run --rm -T worker backout ${label} 2>&1 || echo "ended with $?"`);
    expect(byHand).toMatch(/cannot be followed by this version[\s\S]*ended with 2/);
    const [bot = ''] = await ids('bot');
    const unsound = /^kolla_backup_unsound_journals\{cloud="lab",state="unreadable"\} 1$/m;
    await until(async () => (unsound.test(await metrics(bot)) ? true : null), 'it is counted', 60_000);
    expect(await restore.records()).toHaveLength(length);
    expect(left).toHaveLength(1);
  } finally {
    await goOn.stop();
    await goOn.recovery();
  }
  await deployment.up(NEXT, 2);
  await restore.endsWell();
  await thread.seen(/The next version goes on with the recovery/);
  expect(thread.said().match(/JOURNAL_UNREADABLE/g)).toHaveLength(1);
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
  await leaseOver(scene.redis, asked);
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
