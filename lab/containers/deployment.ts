/** The project deployed on an engine as docker-compose.yml has it, against a small cloud and the stand-in for Slack. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { CloudMachine } from '../cloud-type.ts';
import { type MiniCloud, startMini } from '../mini/cloud.ts';
import { must } from '../mini/machine.ts';
import { freePort } from '../redis.ts';
import { scratchFolder } from '../scratch.ts';
import { type SlackLab, startSlack } from '../slack/server.ts';
import { settings } from '../stack.ts';
import { type Build, type Containers, HOME, startContainers } from './engine.ts';
import type { Relay } from './relay.ts';

const READY_MS = 60_000;
const RELAY = fileURLToPath(new URL('relay.ts', import.meta.url));
const REDIS_PORT = 6379;
/** Under which the cloud and the stand-in are found from containers. */
const SLACK = '10.78.0.1';
const seenAs = (position: number) => `10.78.0.${10 + position}`;
/** All that differs from the file: where Slack is, and how soon Redis is found to be healthy. */
const overrides = (slackApi: string) => ({
  services: {
    bot: { environment: { SLACK_API_URL: slackApi } },
    doctor: { environment: { SLACK_API_URL: slackApi } },
    redis: { healthcheck: { interval: '1s' } },
  },
});

const TERMINAL = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';

export type Service = 'redis' | 'bot' | 'worker';

export type Deployment = {
  readonly cloud: MiniCloud;
  readonly slack: SlackLab;
  readonly containers: Containers;
  /** From this machine. */
  readonly redis: { readonly url: string };
  readonly environment: Readonly<Record<string, string>>;
  /** `up -d` with that image and so many workers; resolves when all of it is ready. */
  up(tag: string, workers: number): Promise<void>;
  /** One more worker, with that image, beside what runs as it is. */
  addWorker(tag: string): Promise<void>;
  /** A shell script in the project's folder; rejects with what it said unless it ends with 0. */
  shell(script: string): Promise<string>;
  /** The same at a terminal: what was shown, and any exit code. */
  terminal(script: string): Promise<{ readonly shown: string; readonly code: number | null }>;
  /** Resolves when bot and workers say that they are ready. */
  ready(): Promise<void>;
  /** The ids of a service's running containers. */
  ids(service: Service): Promise<string[]>;
  /** One field of `docker inspect`. */
  inspect(id: string, format: string): Promise<string>;
  /** What a container says at /metrics. */
  metrics(id: string): Promise<string>;
  /** SIGKILL for a container's first process, as a crash: its restart policy applies. */
  crash(id: string): Promise<void>;
  stop(): Promise<void>;
};

export async function startDeployment(builds: readonly Build[]): Promise<Deployment> {
  const ends: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const end of ends.toReversed()) await end().catch(() => {});
  };
  try {
    return await start(builds, ends, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  builds: readonly Build[],
  ends: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<Deployment> {
  const dir = await scratchFolder('deployment');
  ends.push(() => rm(dir, { recursive: true, force: true }));
  const slack = await startSlack({ seenAs: SLACK });
  ends.push(() => slack.stop());
  const cloud = await startMini();
  ends.push(() => cloud.stop());
  const key = randomBytes(32).toString('hex');
  const containers = await startContainers(await besides(cloud, slack, key), builds);
  ends.push(() => containers.stop());
  const { machine } = containers;
  const redisAddress = join(dir, 'redis-address');
  await writeFile(redisAddress, '127.0.0.1');
  const redisPort = await freePort();
  await startRelays(
    dir,
    containers,
    [
      ...machinesOf(cloud).map(({ ssh }, position) => ({
        inside: { host: seenAs(position), port: ssh.port },
        outside: { host: ssh.host, port: ssh.port },
      })),
      { inside: { host: SLACK, port: portOf(slack) }, outside: { host: '127.0.0.1', port: portOf(slack) } },
    ],
    { file: redisAddress, port: redisPort },
    ends,
  );

  const inHome = (image: string) =>
    ['env', '-C', HOME, 'COMPOSE_FILE=docker-compose.yml:here.yml', `KOLLA_BACKUP_TAG=${image}`] as const;
  const shell = (script: string) => must(machine, [...inHome(tag), 'sh', '-euc', script]);
  let tag = builds[0]?.tag ?? '';
  const ids = async (service: Service) =>
    (await shell(`docker-compose ps -q ${service}`)).split('\n').filter((line) => line !== '');
  const inspect = async (id: string, format: string) =>
    (await must(machine, ['docker', 'inspect', '-f', format, id])).trim();

  async function ready(): Promise<void> {
    const [redis = ''] = await ids('redis');
    await writeFile(redisAddress, await inspect(redis, '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'));
    for (const id of [...(await ids('bot')), ...(await ids('worker'))])
      for (const late = Date.now() + READY_MS; ; await sleep(250)) {
        const { code, stdout, stderr } = await machine.exec(['docker', 'exec', id, 'node', 'src/health.ts']);
        if (code === 0) break;
        if (Date.now() < late) continue;
        const log = await machine.exec(['docker', 'logs', '--tail', '20', id]);
        throw new Error(`a container is not ready: ${stdout}${stderr}\n${log.stdout}${log.stderr}`);
      }
  }

  return {
    cloud,
    slack,
    containers,
    redis: { url: `redis://127.0.0.1:${redisPort}` },
    environment: { KOLLA_BACKUP_KEY: key },
    up: async (wanted, workers) => {
      tag = wanted;
      await shell(`docker-compose up -d --no-build --scale worker=${workers}`);
      await ready();
    },
    addWorker: async (wanted) => {
      const more = (await ids('worker')).length + 1;
      const up = ['docker-compose', 'up', '-d', '--no-build', '--no-recreate', '--no-deps'];
      await must(machine, [...inHome(wanted), ...up, '--scale', `worker=${more}`, 'worker']);
      await ready();
    },
    shell,
    terminal: async (script) => {
      const asTyped = ['python3', '-c', TERMINAL, 'sh', '-c', `stty columns 120; ${script}`];
      const { code, stdout, stderr } = await machine.exec([...inHome(tag), 'TERM=xterm', ...asTyped]);
      return { shown: stdout + stderr, code };
    },
    ready,
    ids,
    inspect,
    metrics: (id) =>
      must(machine, [
        ...(['docker', 'exec', id, 'node', '-e'] as const),
        'fetch("http://127.0.0.1:9464/metrics").then((r) => r.text()).then((t) => process.stdout.write(t))',
      ]),
    crash: async (id) => {
      await must(machine, ['kill', '-KILL', await inspect(id, '{{.State.Pid}}')]);
    },
    stop,
  };
}

const machinesOf = ({ nodes, deploy }: MiniCloud): readonly CloudMachine[] => [...nodes, deploy];
const portOf = (slack: SlackLab) => Number(new URL(slack.apiUrl).port);

/** What an operator puts beside docker-compose.yml, with the addresses under which containers find the cloud. */
async function besides(cloud: MiniCloud, slack: SlackLab, key: string) {
  const secret = (content: string) => ({ content: `${content}\n`, mode: 0o400 });
  const ssh = '/etc/kolla-backup/ssh';
  const places = { keyFile: `${ssh}/id_ed25519`, knownHostsFile: `${ssh}/known_hosts`, logs: '/var/log/kolla-backup' };
  const seen = (text: string) =>
    machinesOf(cloud).reduce((all, { ssh: { host } }, position) => all.replaceAll(host, seenAs(position)), text);
  const scan = async ({ ssh: { host, port } }: CloudMachine) =>
    (await execa('ssh-keyscan', ['-p', String(port), host])).stdout;
  const knownHosts = (await Promise.all(machinesOf(cloud).map(scan))).join('\n');
  return {
    'config.yml': { content: seen(JSON.stringify(settings(cloud, slack, places), null, 2)), mode: 0o400 },
    'here.yml': { content: JSON.stringify(overrides(slack.apiUrl)), mode: 0o444 },
    'ssh/id_ed25519': secret((await readFile(cloud.keyFile, 'utf8')).trimEnd()),
    'ssh/known_hosts': secret(seen(knownHosts)),
    'secrets/slack_bot_token': secret(slack.botToken),
    'secrets/slack_app_token': secret(slack.appToken),
    'secrets/kolla_backup_key': secret(key),
  };
}

type Tcp = { readonly host: string; readonly port: number };

/** Between the engine's network and this machine's: the cloud and the stand-in for containers, Redis for tests. */
async function startRelays(
  dir: string,
  { machine }: Containers,
  outward: readonly { readonly inside: Tcp; readonly outside: Tcp }[],
  redis: { readonly file: string; readonly port: number },
  ends: (() => Promise<unknown>)[],
): Promise<void> {
  const sockets = join(dir, 'sockets');
  await mkdir(sockets);
  const socket = (name: number | string) => ({ path: join(sockets, String(name)) });
  for (const host of new Set(outward.map(({ inside }) => inside.host)))
    await must(machine, ['ip', 'address', 'add', `${host}/32`, 'dev', 'lo']);
  const here: Relay[] = [
    ...outward.map(({ outside }, index) => ({ from: socket(index), to: outside })),
    { from: { host: '127.0.0.1', port: redis.port }, to: socket('redis') },
  ];
  const there: Relay[] = [
    ...outward.map(({ inside }, index) => ({ from: inside, to: socket(index) })),
    { from: socket('redis'), to: { file: redis.file, port: REDIS_PORT } },
  ];
  const runs: readonly (readonly [string[], Relay[]])[] = [
    [[], here],
    [['nsenter', `--net=${machine.network()}`], there],
  ];
  for (const [enter, relays] of runs) {
    const argv = ['--pdeathsig', 'KILL', ...enter, process.execPath, RELAY, JSON.stringify(relays)];
    const child = spawn('setpriv', argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    ends.push(() => ended(child));
    await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`a relay ended with ${code}`))),
    ]);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
