/**
 * apt with a state of its own: it reads the machine's sources and proxies, believes that nothing is installed, and
 * writes only in the cache folder. Needs neither root's package lists nor an `apt-get update` before.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

const LISTS_FRESH_MS = 24 * 3600 * 1000;
const LIST_FILES = ['/etc/apt/sources.list'];
const LIST_FOLDER = '/etc/apt/sources.list.d';

export type Apt = {
  /** Brings every package that `packages` need into `archives`, and gives the paths of the .deb files. */
  readonly download: (packages: readonly string[]) => Promise<string[]>;
};

/** Only Debian's own suites: a third party's source could be out of reach, and none is needed. */
function isDebianSource(text: string, codename: string): boolean {
  const suites = new RegExp(`(^|\\s)${codename}(-updates|-security)?(\\s|$)`, 'm');
  return suites.test(text) && /(^|\s)main(\s|$)/m.test(text);
}

async function sourceFiles(): Promise<string[]> {
  const parts = existsSync(LIST_FOLDER) ? (await readdir(LIST_FOLDER)).map((name) => join(LIST_FOLDER, name)) : [];
  return [...LIST_FILES, ...parts].filter((file) => existsSync(file) && /\.(list|sources)$/.test(file));
}

async function copySources(folder: string): Promise<void> {
  const release = await readFile('/etc/os-release', 'utf8');
  const codename = /^VERSION_CODENAME=(\w+)$/m.exec(release)?.[1];
  if (codename === undefined) throw new Error('/etc/os-release names no VERSION_CODENAME: the lab needs Debian 12');
  let found = 0;
  for (const file of await sourceFiles()) {
    const text = await readFile(file, 'utf8');
    if (!isDebianSource(text, codename)) continue;
    found += 1;
    await writeFile(join(folder, file.replaceAll('/', '_').replace(/^_/, '')), text);
  }
  if (found === 0)
    throw new Error(`no source of ${codename} main in /etc/apt: the lab downloads Debian packages from there`);
}

async function configure(folder: string): Promise<NodeJS.ProcessEnv> {
  for (const part of ['etc', 'sources', 'state/lists/partial', 'archives/partial'])
    await mkdir(join(folder, part), { recursive: true });
  await copySources(join(folder, 'sources'));
  await writeFile(join(folder, 'state/status'), '');
  const { stdout: acquire } = await execa('apt-config', ['dump', 'Acquire']);
  const own = {
    'Dir::Etc::main': '/dev/null',
    'Dir::Etc::parts': join(folder, 'etc'),
    'Dir::Etc::sourcelist': '/dev/null',
    'Dir::Etc::sourceparts': join(folder, 'sources'),
    'Dir::State': join(folder, 'state'),
    'Dir::State::status': join(folder, 'state/status'),
    'Dir::Cache': folder,
    'Dir::Cache::archives': join(folder, 'archives'),
    'APT::Sandbox::User': 'root',
    'APT::Install-Recommends': 'false',
  };
  const lines = Object.entries(own).map(([key, value]) => `${key} "${value}";`);
  // The machine's proxies may carry credentials.
  await writeFile(join(folder, 'apt.conf'), [acquire, ...lines, ''].join('\n'), { mode: 0o600 });
  return { APT_CONFIG: join(folder, 'apt.conf'), LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' };
}

/** `Inst libc6 (2.36-9 Debian:12/stable [amd64])` names the file `libc6_2.36-9_amd64.deb`. */
function archiveNames(simulation: string): string[] {
  const lines = simulation.matchAll(/^Inst (\S+) \((\S+) .*\[(\w+)\]\)/gm);
  return [...lines].map(([, name, version, arch]) => `${name}_${version?.replaceAll(':', '%3a')}_${arch}.deb`);
}

/** Opens the private apt in `folder`. One user at a time: callers hold a lock. */
export async function openApt(folder: string): Promise<Apt> {
  const env = await configure(folder);
  const stamp = join(folder, 'lists-updated');
  const update = async () => {
    await execa('apt-get', ['update', '-q', '--error-on=any'], { env });
    await writeFile(stamp, '');
  };
  const attempt = async (packages: readonly string[]) => {
    const install = (...options: string[]) =>
      execa('apt-get', ['install', '-y', '-q', ...options, ...packages], { env });
    const { stdout } = await install('--simulate');
    await install('--download-only');
    return archiveNames(stdout).map((name) => join(folder, 'archives', name));
  };
  const age = existsSync(stamp) ? Date.now() - (await stat(stamp)).mtimeMs : Number.POSITIVE_INFINITY;
  if (age > LISTS_FRESH_MS) await update();
  return {
    download: (packages) =>
      attempt(packages).catch(async () => {
        // The mirror may have replaced what yesterday's lists name.
        await update();
        return attempt(packages);
      }),
  };
}
