/**
 * A machine by itself, apart from the lab: systemd and an engine, and a network from which nothing leads anywhere. It
 * ends when the process that started it ends, however that ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecOptions, ExecResult } from '../mini/machine.ts';
import { exec, must } from './machine.ts';
import { machineUp } from './nodes.ts';
import { initOf, removeGroups } from './processes.ts';

const START_LIMIT_MS = 20_000;
const END_LIMIT_MS = 20_000;
const GROUPS = '/sys/fs/cgroup';
const SCRIPT = join(import.meta.dirname, 'machine/start.sh');
/** In name spaces of its own; $1 is what starts it, the rest what that is given. */
const BEGIN = 'mount --make-rprivate / && ip link set lo up && exec sh "$@"';

/** Whether one of the hierarchies still has it. */
const left = (group: string) => ['.', ...readdirSync(GROUPS)].some((name) => existsSync(join(GROUPS, name, group)));

export type AloneMachine = {
  /** `upper` is what its root file system adds to the lower ones; what its engine keeps lies beside it. */
  readonly dir: string;
  /** Power on; resolves when its services are up. */
  start(): Promise<void>;
  /** Power off: everything on it is gone at once, files stay. */
  kill(): Promise<void>;
  /** Runs a command in it as root. Any exit code resolves. */
  exec(argv: readonly [string, ...string[]], options?: ExecOptions): Promise<ExecResult>;
  /** The same, but rejects unless the exit code is 0, and gives stdout. */
  must(argv: readonly [string, ...string[]], options?: ExecOptions): Promise<string>;
};

/** `lower` are the read-only directories of its root file system, the topmost first; `engine` the folder of its engine in /var/lib. */
export async function defineAlone(
  dir: string,
  hostname: string,
  lower: readonly string[],
  engine: 'docker' | 'containers',
): Promise<AloneMachine> {
  const parent = `kolla-backup-alone-${process.pid}`;
  const where = { hostname, group: `${parent}/${hostname}` };
  for (const part of ['root', 'upper', 'work', engine]) await mkdir(join(dir, part), { recursive: true });
  let child: ChildProcess | undefined;
  let output = '';

  const kill = async () => {
    const running = child;
    child = undefined;
    if (running === undefined) return;
    const exited = once(running, 'close');
    running.kill('SIGKILL');
    await exited;
    // What was killed is still leaving them.
    for (const until = Date.now() + END_LIMIT_MS; left(parent); await sleep(50)) {
      await removeGroups(parent);
      if (Date.now() > until) throw new Error(`${hostname} does not end`);
    }
  };

  const start = async () => {
    if (child !== undefined) throw new Error(`${hostname} is running`);
    output = '';
    const unshare = ['--mount', '--net', '--pid', '--ipc', '--fork', '--kill-child=SIGKILL', '--mount-proc', '--'];
    const machine = [where.group, '/proc/self/ns/net', lower.join(':'), dir, hostname];
    const argv = ['--pdeathsig', 'KILL', 'unshare', ...unshare, 'sh', '-c', BEGIN, 'begin', SCRIPT, ...machine];
    const started = spawn('setpriv', argv, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, cwd: '/' });
    child = started;
    for (const stream of [started.stdout, started.stderr])
      stream.on('data', (chunk: Buffer) => (output = (output + chunk).slice(-4000)));
    for (const until = Date.now() + START_LIMIT_MS; (await initOf(where)) === undefined; await sleep(50))
      if (started.pid === undefined || started.exitCode !== null || Date.now() > until)
        throw new Error(`the machine ${hostname} did not come up: ${output}`);
    await machineUp(where);
  };
  return {
    dir,
    start,
    kill,
    exec: (argv, options) => exec(where, argv, options),
    must: (argv, options) => must(where, argv, options),
  };
}
