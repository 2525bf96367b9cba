/**
 * All of it on one machine, as an installation has it: a small cloud, a Redis, a Slack stand-in, and the project's own
 * bot and workers as processes with a config file and an environment. What `startStack` began ends with `stop`, or
 * with the process that called it.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bareEnvironment } from './bare-environment.ts';
import type { Cloud, CloudMachine } from './cloud-type.ts';
import { type MiniCloud, startMini } from './mini/cloud.ts';
import { DEFAULT_RELEASE, type Release } from './mini/layout.ts';
import { type RedisServer, startRedis } from './redis.ts';
import { scratchFolder } from './scratch.ts';
import { type SlackLab, startSlack } from './slack/server.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
/** How long a process may take until it says that it has started (ms). */
const START_MS = 30_000;

export const CLOUD = 'lab';
export const CHANNEL = 'cloud-ops';

/** One process of the project. */
export type Part = {
  readonly name: string;
  readonly process: ChildProcess;
  /** What it has logged. */
  log(): Promise<string>;
  /** Sends a signal and waits for its end; the exit code, null where a signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
};

export type Stack<C extends Cloud = MiniCloud> = {
  readonly dir: string;
  readonly cloud: C;
  readonly slack: SlackLab;
  readonly redis: RedisServer;
  readonly config: string;
  readonly environment: Readonly<Record<string, string>>;
  start(command: 'bot' | 'worker' | 'start', changes?: Readonly<Record<string, string>>): Promise<Part>;
  /** Redis again on the same files and port, after it was killed. */
  restartRedis(): Promise<void>;
  stop(): Promise<void>;
};

export type StackOptions = {
  readonly rowsMegabytes?: number;
  readonly release?: Release;
  readonly tell?: (line: string) => void;
};

/** On a small cloud of its own. */
export function startStack({
  rowsMegabytes = 4,
  release = DEFAULT_RELEASE,
  tell = () => {},
}: StackOptions = {}): Promise<Stack> {
  return startStackOn(() => {
    tell(`three Docker engines, a Galera cluster with ${rowsMegabytes} MB of rows, a deploy host of ${release}`);
    return startMini({ rowsMegabytes, release });
  }, tell);
}

/** On the cloud that `startCloud` gives; `stop` stops it too. */
export async function startStackOn<C extends Cloud>(
  startCloud: () => Promise<C>,
  tell: (line: string) => void = () => {},
): Promise<Stack<C>> {
  const dir = await scratchFolder('stack');
  const parts: Part[] = [];
  const ends: (() => Promise<unknown>)[] = [() => rm(dir, { recursive: true, force: true })];
  const stop = async () => {
    await Promise.allSettled(parts.map((part) => part.end('SIGKILL')));
    for (const end of ends.toReversed()) await end().catch((error: unknown) => tell(`while ending: ${error}`));
  };
  try {
    tell('Redis, and a stand-in for Slack');
    let redis = await startRedis({ dir: join(dir, 'redis') });
    ends.push(() => redis.stop());
    const slack = await startSlack();
    ends.push(() => slack.stop());
    const cloud = await startCloud();
    ends.push(() => cloud.stop());
    const config = join(dir, 'config.yml');
    const { keyFile, knownHostsFile } = cloud;
    const places = { keyFile, knownHostsFile, logs: join(dir, 'logs') };
    await writeFile(config, JSON.stringify(settings(cloud, slack, places), null, 2));
    const environment = {
      KOLLA_BACKUP_CONFIG: config,
      KOLLA_BACKUP_KEY: randomBytes(32).toString('hex'),
      REDIS_URL: redis.url,
      SLACK_API_URL: slack.apiUrl,
      SLACK_BOT_TOKEN: slack.botToken,
      SLACK_APP_TOKEN: slack.appToken,
    };
    return {
      dir,
      cloud,
      slack,
      get redis() {
        return redis;
      },
      config,
      environment,
      start: async (command, changes = {}) => {
        const part = await startPart(dir, command, parts.length, { ...environment, ...changes });
        parts.push(part);
        return part;
      },
      restartRedis: async () => {
        redis = await startRedis({ dir: redis.dir, port: redis.port });
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Where a worker finds what it logs in with, and where it writes logs. */
export type Places = { readonly keyFile: string; readonly knownHostsFile: string; readonly logs: string };

/** The config file that an operator of this cloud would write (JSON is YAML too). */
export function settings(cloud: Cloud, slack: SlackLab, { keyFile, knownHostsFile, logs }: Places) {
  const login = ({ ssh: { host, port } }: CloudMachine) => ({
    address: host,
    port,
  });
  return {
    ssh: { user: 'root', key_files: [keyFile], known_hosts: [knownHostsFile] },
    clouds: {
      [CLOUD]: {
        deploy_host: { ssh: login(cloud.deploy), executable: cloud.kollaAnsible, cwd: '/opt/kolla-ansible-cli' },
        inventories: [...cloud.inventories],
        nodes: Object.fromEntries(
          cloud.nodes.map((node) => [node.name, { ssh: login(node), engine: cloud.engine.name }]),
        ),
        channel: slack.channel(CHANNEL).id,
        requesters: { groups: [slack.group('cloud-operators').id] },
        approvers: { groups: [slack.group('cloud-operators').id] },
      },
    },
    limits: { free_space_gib: 0.25, sync_minutes: 4 },
    log_directory: logs,
  };
}

async function startPart(
  dir: string,
  command: string,
  number: number,
  environment: Readonly<Record<string, string>>,
): Promise<Part> {
  const name = `${command}-${number}`;
  const file = join(dir, `${name}.log`);
  // The parent's death ends it, SIGKILL of the parent included.
  const argv = ['--pdeathsig', 'KILL', process.execPath, MAIN, command];
  const child = spawn('setpriv', argv, {
    env: { ...bareEnvironment(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const exited = once(child, 'exit');
  const started = new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${name} did not start within ${START_MS} ms:\n${said}`)), START_MS);
    const hear = (chunk: Buffer) => {
      said += chunk;
      if (!said.includes('"msg":"started"')) return;
      clearTimeout(late);
      resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    exited.then(([code]) => {
      clearTimeout(late);
      reject(new Error(`${name} ended with ${code}:\n${said}`));
    });
  });
  exited.then(() => writeFile(file, said)).catch(() => {});
  await started;
  return {
    name,
    process: child,
    log: async () => said || readFile(file, 'utf8'),
    end: async (signal) => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      const [code] = await exited;
      return typeof code === 'number' ? code : null;
    },
  };
}
