/** The project deployed on an engine as docker-compose.yml has it, against a small cloud and the stand-in for Slack. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type MiniCloud, startMini } from '../mini/cloud.ts';
import { must } from '../mini/machine.ts';
import { freePort } from '../redis.ts';
import { type SlackLab, startSlack } from '../slack/server.ts';
import { settings } from '../stack.ts';
import { type Containers, HOME, onHostNetwork, startContainers } from './engine.ts';

const READY_MS = 60_000;
const FILE = 'host.yml';
/** Asks a container's own socket or port, from inside it. */
const ASK = `const at = process.env.KOLLA_BACKUP_LISTEN;
const [host, port] = at.split(':');
require('http').get({ ...(at[0] === '/' ? { socketPath: at } : { host, port }), path: '/metrics' }, (r) => r.pipe(process.stdout));`;

export type Service = 'redis' | 'bot' | 'worker';

export type Deployment = {
  readonly cloud: MiniCloud;
  readonly slack: SlackLab;
  readonly containers: Containers;
  readonly redis: { readonly url: string };
  readonly environment: Readonly<Record<string, string>>;
  /** Builds the image of the sources as they lie on the machine. */
  build(tag: string): Promise<void>;
  /** `up -d` with that image and so many workers; resolves when all of it is ready. */
  up(tag: string, workers: number): Promise<void>;
  /** docker-compose on the same file; rejects with what it said unless it ends with 0. */
  compose(...args: string[]): Promise<string>;
  /** A shell script in the project's folder, where docker-compose means the same file; rejects likewise. */
  shell(script: string): Promise<string>;
  /** The ids of a service's running containers. */
  ids(service: Service): Promise<string[]>;
  /** Resolves when bot and workers say that they are ready. */
  ready(): Promise<void>;
  /** One field of `docker inspect`. */
  inspect(id: string, format: string): Promise<string>;
  /** What a container says at /metrics. */
  metrics(id: string): Promise<string>;
  /** SIGKILL for a container's first process, as a crash: its restart policy applies. */
  crash(id: string): Promise<void>;
  stop(): Promise<void>;
};

export async function startDeployment(): Promise<Deployment> {
  const slack = await startSlack();
  const cloud = await startMini().catch(async (error: unknown) => {
    await slack.stop();
    throw error;
  });
  const key = randomBytes(32).toString('hex');
  const secret = (content: string) => ({ content: `${content}\n`, mode: 0o400 });
  const ssh = '/etc/kolla-backup/ssh';
  const places = { keyFile: `${ssh}/id_ed25519`, knownHostsFile: `${ssh}/known_hosts`, logs: '/var/log/kolla-backup' };
  const containers = await startContainers({
    'config.yml': { content: JSON.stringify(settings(cloud, slack, places), null, 2), mode: 0o400 },
    'ssh/id_ed25519': secret((await readFile(cloud.keyFile, 'utf8')).trimEnd()),
    'ssh/known_hosts': { content: await readFile(cloud.knownHostsFile, 'utf8'), mode: 0o444 },
    'secrets/slack_bot_token': secret(slack.botToken),
    'secrets/slack_app_token': secret(slack.appToken),
    'secrets/kolla_backup_key': secret(key),
  }).catch(async (error: unknown) => {
    await Promise.allSettled([cloud.stop(), slack.stop()]);
    throw error;
  });
  const { machine } = containers;
  const network = { redisPort: await freePort(), botPort: await freePort(), slackApi: slack.apiUrl };

  async function compose(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await containers.compose(args);
    if (code !== 0) throw new Error(`docker-compose ${args.join(' ')} ended with ${code}:\n${stderr}\n${stdout}`);
    return stdout;
  }
  /** The file that is used here, with the image's tag. */
  async function write(tag: string): Promise<void> {
    const { code, stdout, stderr } = await containers.compose(['config'], { KOLLA_BACKUP_TAG: tag });
    if (code !== 0) throw new Error(`docker-compose.yml is refused:\n${stderr}`);
    await must(machine, ['tee', `${HOME}/${FILE}`], { stdin: onHostNetwork(stdout, network) });
  }
  const ids = async (service: Service) =>
    (await compose('-f', FILE, 'ps', '-q', service)).split('\n').filter((line) => line !== '');
  const inspect = async (id: string, format: string) =>
    (await must(machine, ['docker', 'inspect', '-f', format, id])).trim();

  async function ready(): Promise<void> {
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
    redis: { url: `redis://127.0.0.1:${network.redisPort}` },
    environment: { KOLLA_BACKUP_KEY: key },
    build: async (tag) => {
      await write(tag);
      await compose('-f', FILE, 'build', 'bot');
    },
    up: async (tag, workers) => {
      await write(tag);
      await compose('-f', FILE, 'up', '-d', '--no-build', '--scale', `worker=${workers}`);
      await ready();
    },
    compose: (...args) => compose('-f', FILE, ...args),
    shell: (script) => must(machine, ['env', '-C', HOME, `COMPOSE_FILE=${FILE}`, 'sh', '-euxc', script]),
    ids,
    inspect,
    ready,
    metrics: (id) => must(machine, ['docker', 'exec', id, 'node', '-e', ASK]),
    crash: async (id) => {
      await must(machine, ['kill', '-KILL', await inspect(id, '{{.State.Pid}}')]);
    },
    stop: async () => {
      await machine.exec(['docker', 'image', 'prune', '-f', '--filter', 'until=168h']);
      await containers.stop();
      await Promise.allSettled([cloud.stop(), slack.stop()]);
    },
  };
}
