/** A real Redis for tests and the demonstration: Debian's, from the cache, on loopback, ending with its parent. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { inTree, packageTree } from './packages.ts';
import { scratchFolder } from './scratch.ts';

const START_LIMIT_MS = 15_000;
const ANSWER_LIMIT_MS = 1_000;

export type RedisServer = {
  readonly url: string;
  readonly port: number;
  /** The folder of the append-only file. A server started again on the same one has the same data. */
  readonly dir: string;
  readonly pid: number;
  /** Ends it in an orderly way; removes `dir` if it was made here. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash. `dir` stays. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing is answered. */
  freeze(): void;
  thaw(): void;
};

export type RedisOptions = {
  readonly dir?: string;
  readonly port?: number;
  /** Default true: append-only file, `appendfsync always`, no eviction. False: memory only. */
  readonly durable?: boolean;
  /** More settings, such as `{ requirepass: '…' }`. Later ones win. */
  readonly settings?: Readonly<Record<string, string>>;
};

const DURABLE = { appendonly: 'yes', appendfsync: 'always', 'aof-load-truncated': 'no' };
const VOLATILE = { appendonly: 'no' };
const ALWAYS = { bind: '127.0.0.1', save: '', 'maxmemory-policy': 'noeviction', daemonize: 'no', logfile: '' };

/** A TCP port of loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

/** Whether a Redis answers there; one that asks for a password does too. */
async function answers(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1', timeout: ANSWER_LIMIT_MS });
  socket.on('timeout', () => socket.destroy(new Error('no answer')));
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    const [reply] = await once(socket, 'data');
    return /^(\+PONG|-NOAUTH)/.test(String(reply));
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Starts Redis and resolves when it answers. Rejects with its output when it ends before that. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const tree = await packageTree('redis', ['redis-server']);
  const dir = options.dir ?? (await scratchFolder('redis'));
  await mkdir(dir, { recursive: true });
  const port = options.port ?? (await freePort());
  const settings = { ...ALWAYS, ...(options.durable === false ? VOLATILE : DURABLE), ...options.settings, dir };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  // The parent's death ends it, SIGKILL of the parent included.
  const argv = ['--pdeathsig', 'KILL', ...inTree(tree, 'usr/bin/redis-server'), '--port', String(port), ...flags];
  const child = spawn('setpriv', argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => (output = (output + chunk).slice(-4000)));
  let over = false;
  const exited = once(child, 'exit').then(() => (over = true));
  const url = `redis://127.0.0.1:${port}`;
  for (const until = Date.now() + START_LIMIT_MS; !(await answers(port)); await sleep(20))
    if (over || Date.now() > until) throw new Error(`redis-server did not come up on port ${port}:\n${output}`);
  if (over || child.pid === undefined) throw new Error(`another server answers on port ${port}:\n${output}`);

  const end = async (signal: NodeJS.Signals) => {
    child.kill('SIGCONT');
    child.kill(signal);
    await exited;
  };
  return {
    url,
    port,
    dir,
    pid: child.pid,
    kill: () => end('SIGKILL'),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async stop() {
      await end('SIGTERM');
      if (options.dir === undefined) await rm(dir, { recursive: true, force: true });
    },
  };
}
