import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { execa } from 'execa';

/** A pid namespace in which programs look for servers: this machine may run a MariaDB for other tests. */
export type PidSpace = {
  /** What goes before a command's argv so that it runs in it. */
  readonly inside: readonly [string, ...string[]];
  /** Starts something beside the programs; `endAll` ends it. */
  companion(argv: readonly string[], options?: SpawnOptions): ChildProcess;
  endAll(): Promise<void>;
  close(): void;
};

export async function openPidSpace(): Promise<PidSpace> {
  const script = ['sh', '-c', 'echo up; exec sleep infinity'];
  const space = spawn('unshare', ['--pid', '--fork', '--mount-proc', '--kill-child', ...script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (space.stdout) await once(space.stdout, 'data');
  const pid = await readFile(`/proc/${space.pid}/task/${space.pid}/children`, 'utf8');
  const inside = ['nsenter', '-t', pid.trim(), '--pid', '--mount', '--'] as const;
  const [nsenter, ...rest] = inside;
  return {
    inside: [nsenter, ...rest],
    companion: (argv, options = { stdio: 'ignore' }) => spawn(nsenter, [...rest, ...argv], options),
    async endAll() {
      await execa(nsenter, [...rest, 'sh', '-c', 'kill -9 -1'], { reject: false });
    },
    close() {
      space.kill('SIGKILL');
    },
  };
}
