/**
 * One machine: a process tree with its own files, mounts, process ids and host name, on the addresses of this
 * machine's loopback. It ends when the process that started it ends, however that ends.
 *
 * Start machines from a process's main thread: the kernel ties them to the thread.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { machineTree } from './trees.ts';

const BOOT_LIMIT_MS = 20_000;
const SCRIPT = join(import.meta.dirname, 'machine/machine.sh');

/** Contents of files by absolute path; `mode` is octal (default 0644). */
export type Files = Readonly<Record<string, string | { readonly content: string; readonly mode: number }>>;

export type ExecOptions = { readonly stdin?: string; readonly timeoutMs?: number };
export type ExecResult = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type Machine = {
  readonly hostname: string;
  /** `upper` is what its root file system adds to the tree, `docker` its /var/lib/docker. */
  readonly dir: string;
  readonly running: () => boolean;
  /** The file that stands for its network while it runs. */
  readonly network: () => string;
  /** Resolves when its services are up. */
  start(): Promise<void>;
  /** Power off: everything on it is gone at once, files stay. */
  kill(): Promise<void>;
  /** Runs a command in the machine as root, past SSH. Any exit code resolves. */
  exec(argv: readonly [string, ...string[]], options?: ExecOptions): Promise<ExecResult>;
};

/** Puts files into a folder that will be a root file system. */
export async function writeFiles(root: string, files: Files): Promise<void> {
  for (const [path, file] of Object.entries(files)) {
    const { content, mode } = typeof file === 'string' ? { content: file, mode: 0o644 } : file;
    await mkdir(dirname(join(root, path)), { recursive: true });
    // Never through a link: the other end may lie in the cache.
    await rm(join(root, path), { force: true });
    await writeFile(join(root, path), content);
    await chmod(join(root, path), mode);
  }
}

async function initPid(unshare: number): Promise<number | undefined> {
  const children = await readFile(`/proc/${unshare}/task/${unshare}/children`, 'utf8').catch(() => '');
  const first = Number.parseInt(children, 10);
  return Number.isNaN(first) ? undefined : first;
}

/**
 * Describes a machine in `dir`; nothing runs until `start`. Its files go into `dir/upper` before that. `engine` is the
 * data-root in the cache whose layers its /var/lib/docker refers to. With `ownNetwork` it is not on this machine's
 * loopback, but in a network of its own from which nothing leads anywhere.
 */
export async function defineMachine(
  dir: string,
  hostname: string,
  engine = '',
  { ownNetwork = false } = {},
): Promise<Machine> {
  const tree = await machineTree();
  for (const part of ['root', 'upper', 'work', 'docker']) await mkdir(join(dir, part), { recursive: true });
  let child: ChildProcess | undefined;
  let init: number | undefined;
  let output = '';

  const start = async () => {
    if (child !== undefined) throw new Error(`${hostname} is running`);
    output = '';
    const network = ownNetwork ? ['--net'] : [];
    const unshare = ['unshare', '--mount', '--pid', '--uts', ...network, '--fork', '--kill-child=SIGKILL'];
    const argv = ['--pdeathsig', 'KILL', ...unshare, 'sh', SCRIPT, tree, dir, hostname, engine];
    const started = spawn('setpriv', argv, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    child = started;
    for (const stream of [started.stdout, started.stderr])
      stream.on('data', (chunk: Buffer) => (output = (output + chunk).slice(-4000)));
    started.once('exit', () => {
      if (child === started) child = init = undefined;
    });
    for (const until = Date.now() + BOOT_LIMIT_MS; ; await sleep(20)) {
      if (started.pid === undefined || started.exitCode !== null || Date.now() > until)
        throw new Error(`the machine ${hostname} did not come up: ${output}`);
      init = await initPid(started.pid);
      if (init !== undefined && existsSync(`/proc/${init}/root/run/booted`)) return;
    }
  };

  const kill = async () => {
    const running = child;
    if (running === undefined) return;
    const exited = once(running, 'close');
    running.kill('SIGKILL');
    await exited;
  };

  const exec = async (argv: readonly [string, ...string[]], options: ExecOptions = {}): Promise<ExecResult> => {
    if (init === undefined) throw new Error(`${hostname} is off`);
    const enter = ['--target', String(init), '--mount', '--uts', '--pid', '--net', '--wdns=/', '--'];
    const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin';
    const command = ['/usr/bin/env', '-i', path, 'HOME=/root', 'LANG=C.UTF-8', ...argv];
    const { exitCode, stdout, stderr } = await execa('nsenter', [...enter, ...command], {
      input: options.stdin ?? '',
      reject: false,
      stripFinalNewline: false,
      maxBuffer: 64 * 1024 * 1024,
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    });
    return { code: exitCode ?? null, stdout, stderr };
  };

  const network = () => {
    if (init === undefined) throw new Error(`${hostname} is off`);
    return `/proc/${init}/ns/net`;
  };
  return { hostname, dir, running: () => child !== undefined, network, start, kill, exec };
}

/** Runs a command in a machine and gives its output; rejects with what it said when its exit code isn't 0. */
export async function must(
  machine: Machine,
  argv: readonly [string, ...string[]],
  options?: ExecOptions,
): Promise<string> {
  const { code, stdout, stderr } = await machine.exec(argv, options);
  if (code !== 0) throw new Error(`${machine.hostname}: ${argv.join(' ')} ended with ${code}:\n${stderr}\n${stdout}`);
  return stdout;
}
