/**
 * A Debian root file system, configured by dpkg as an installation is, in the cache. The packages' own scripts run
 * inside it, on its own files, in name spaces of their own; no service is started.
 */
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { cacheFolder, finishedFolder, keepInUse } from '../cache.ts';
import { downloadPackages, unpack } from '../packages.ts';

/** What every Debian has, and dpkg's scripts count on. */
const ESSENTIAL = [
  ...['base-files', 'base-passwd', 'bash', 'bsdutils', 'coreutils', 'dash', 'debianutils', 'diffutils', 'dpkg'],
  ...['findutils', 'grep', 'gzip', 'hostname', 'init-system-helpers', 'libc-bin', 'login', 'mawk', 'ncurses-base'],
  ...['ncurses-bin', 'perl-base', 'sed', 'sysvinit-utils', 'tar', 'usr-is-merged', 'util-linux', 'tzdata'],
] as const;

const SCRIPT = join(import.meta.dirname, 'machine/install.sh');

/**
 * The path of a root file system with these packages and all that they depend on, made if it isn't there (a minute).
 * `name` is for people; the list of packages decides. Rejects where the mirror can't be reached.
 */
export async function debianRoot(name: string, packages: readonly string[]): Promise<string> {
  const key = createHash('sha256')
    .update(JSON.stringify([packages, ESSENTIAL]))
    .update(await readFile(SCRIPT))
    .digest('hex')
    .slice(0, 12);
  const folder = join(cacheFolder(), 'roots', `${name}-${key}`);
  await finishedFolder(folder, async (unfinished) => {
    const first = await downloadPackages(ESSENTIAL);
    const all = await downloadPackages([...ESSENTIAL, ...packages]);
    await unpack(first, unfinished);
    const list = `${unfinished}.archives`;
    await writeFile(list, all.map((path) => `${basename(path)}\n`).join(''));
    const archives = join(cacheFolder(), 'apt/archives');
    const unshare = ['--mount', '--pid', '--uts', '--ipc', '--net', '--fork', '--kill-child=SIGKILL', '--'];
    await execa('unshare', [...unshare, 'sh', SCRIPT, unfinished, archives, list]);
    await rm(list);
  });
  await keepInUse(folder, `${name}-`);
  return folder;
}
