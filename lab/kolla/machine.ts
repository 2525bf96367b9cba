/** One machine of the lab, as those of the small cloud are seen. */
import { execa } from 'execa';
import type { ExecOptions, ExecResult } from '../mini/machine.ts';
import type { Place } from './layout.ts';
import { initOf } from './processes.ts';

/** What of a machine has to be known to go there. */
export type Where = Pick<Place, 'hostname' | 'group'>;

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Among the machine's processes, beside its first: an engine without a daemon makes a container's control groups where
 * its caller's are.
 */
const JOIN = `group=$1
shift
for place in /sys/fs/cgroup/"$group" /sys/fs/cgroup/*/"$group"; do
  [ -e "$place/cgroup.procs" ] || continue
  if [ -d "$place/init.scope" ]; then
    place=$place/login.scope
    mkdir -p "$place"
  fi
  { echo 0 > "$place/cgroup.procs"; } 2> /dev/null || true
done
exec "$@"`;

/** Runs a command in a machine as root, past SSH. Any exit code resolves; rejects while it is off. */
export async function exec(
  place: Where,
  argv: readonly [string, ...string[]],
  { stdin = '', timeoutMs }: ExecOptions = {},
): Promise<ExecResult> {
  const init = await initOf(place);
  if (init === undefined) throw new Error(`${place.hostname} is off`);
  const spaces = ['--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup', '--wdns=/'];
  const enter = ['nsenter', '--target', String(init), ...spaces, '--'];
  const command = ['/usr/bin/env', '-i', PATH, 'HOME=/root', 'USER=root', 'LANG=C.UTF-8', ...argv];
  const { exitCode, stdout, stderr } = await execa('sh', ['-c', JOIN, 'join', place.group, ...enter, ...command], {
    input: stdin,
    reject: false,
    stripFinalNewline: false,
    maxBuffer: 64 * 1024 * 1024,
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
  });
  return { code: exitCode ?? null, stdout, stderr };
}

/** The same, but rejects unless the exit code is 0, and gives stdout. */
export async function must(place: Where, argv: readonly [string, ...string[]], options?: ExecOptions): Promise<string> {
  const { code, stdout, stderr } = await exec(place, argv, options);
  if (code !== 0)
    throw new Error(`${place.hostname}: ${argv.slice(0, 6).join(' ')} ended with ${code}:\n${stderr}\n${stdout}`);
  return stdout;
}
