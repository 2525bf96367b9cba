/** One machine of the lab, as those of the small cloud are seen. */
import { execa } from 'execa';
import type { ExecOptions, ExecResult } from '../mini/machine.ts';
import type { Place } from './layout.ts';
import { initOf } from './processes.ts';

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Runs a command in a machine as root, past SSH. Any exit code resolves; rejects while it is off. */
export async function exec(
  place: Place,
  argv: readonly [string, ...string[]],
  { stdin = '', timeoutMs }: ExecOptions = {},
): Promise<ExecResult> {
  const init = await initOf(place);
  if (init === undefined) throw new Error(`${place.hostname} is off`);
  const spaces = ['--mount', '--uts', '--ipc', '--net', '--pid', '--wdns=/'];
  const command = ['/usr/bin/env', '-i', PATH, 'HOME=/root', 'USER=root', 'LANG=C.UTF-8', ...argv];
  const { exitCode, stdout, stderr } = await execa('nsenter', ['--target', String(init), ...spaces, '--', ...command], {
    input: stdin,
    reject: false,
    stripFinalNewline: false,
    maxBuffer: 64 * 1024 * 1024,
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
  });
  return { code: exitCode ?? null, stdout, stderr };
}

/** The same, but rejects unless the exit code is 0, and gives stdout. */
export async function must(place: Place, argv: readonly [string, ...string[]], options?: ExecOptions): Promise<string> {
  const { code, stdout, stderr } = await exec(place, argv, options);
  if (code !== 0)
    throw new Error(`${place.hostname}: ${argv.slice(0, 6).join(' ')} ended with ${code}:\n${stderr}\n${stdout}`);
  return stdout;
}
