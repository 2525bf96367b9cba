/**
 * A machine with a Docker engine and a compose client (Debian's docker-compose), on which the project is deployed as an
 * operator would. Images are built while it is on this machine's network, for npm and apt; then it is in one of its own,
 * where an engine may have its bridges. Images and build cache stay in the cache folder; one at a time.
 */
import { chown, copyFile, cp, mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { cacheFolder, lockFile } from '../cache.ts';
import { machineFiles } from '../mini/files.ts';
import { enabled } from '../mini/image.ts';
import { LOCKS } from '../mini/layout.ts';
import { defineMachine, type ExecResult, type Machine, must, writeFiles } from '../mini/machine.ts';
import { packageTree } from '../packages.ts';
import { importBases } from './base-images.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
/** What an operator has of the project. */
const FILES = [
  ...['Dockerfile', 'docker-compose.yml', 'docker-compose.http.yml', '.dockerignore'],
  ...['.npmrc', 'package.json', 'package-lock.json'],
];
/** Block of loopback that no small cloud has. */
const INDEX = 251;
const COMPOSE_PARTS = ['usr/lib/python3/dist-packages', 'usr/lib/x86_64-linux-gnu', 'usr/bin/docker-compose'] as const;

/** Where the project lies on the machine. */
export const HOME = '/srv/kolla-backup';

export type Containers = {
  readonly machine: Machine;
  /** docker-compose in the project's folder; any exit code resolves. `environment` goes into the file's variables. */
  compose(args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<ExecResult>;
  /** Ends the machine; containers end with it. */
  stop(): Promise<void>;
};

/** Files that an operator puts beside docker-compose.yml, by path in that folder; the image's user owns them. */
export type Beside = Readonly<Record<string, { readonly content: string; readonly mode: number }>>;
const IMAGE_USER = 10001;

/** `find` stands in the file once, and `put` takes its place. */
export type Edit = { readonly file: string; readonly find: string; readonly put: string };
/** An image of the sources as they are, with these edits. */
export type Build = { readonly tag: string; readonly edits: readonly Edit[] };

/** What a build needs where there is no bridge. */
const BUILD_FILE = JSON.stringify({ services: { bot: { build: { context: '.', network: 'host' } } } });

export async function startContainers(beside: Beside, builds: readonly Build[]): Promise<Containers> {
  const unlock = await lockFile(join(LOCKS, 'containers.lock'));
  try {
    const dir = join(cacheFolder(), 'containers');
    await build(dir, builds);
    const machine = await furnish(dir, BRIDGED, true);
    await writeFiles(join(dir, 'upper', HOME), beside);
    for (const path of Object.keys(beside)) await chown(join(dir, 'upper', HOME, path), IMAGE_USER, IMAGE_USER);
    await machine.start();
    await must(machine, ['ip', 'link', 'set', 'lo', 'up']);
    const stop = async () => {
      await machine.kill();
      await unlock?.();
    };
    return { machine, compose: composeOn(machine), stop };
  } catch (error) {
    await unlock?.();
    throw error;
  }
}

async function build(dir: string, builds: readonly Build[]): Promise<void> {
  const machine = await furnish(dir, UNBRIDGED, false);
  await writeFiles(join(dir, 'upper', HOME), { '/build.yml': BUILD_FILE });
  try {
    await machine.start();
    await importBases(machine);
    const compose = composeOn(machine);
    for (const { tag, edits } of builds) {
      for (const edit of edits) await edited(machine, edit);
      const args = ['-f', 'docker-compose.yml', '-f', 'build.yml', 'build', 'bot'];
      const { code, stdout, stderr } = await compose(args, { KOLLA_BACKUP_TAG: tag });
      if (code !== 0) throw new Error(`the image was not built:\n${stdout}\n${stderr}`);
    }
    await must(machine, ['docker', 'image', 'prune', '-f', '--filter', 'until=168h']);
    await must(machine, ['systemctl', 'stop', 'docker']);
  } finally {
    await machine.kill();
  }
}

async function edited(machine: Machine, { file, find, put }: Edit): Promise<void> {
  const path = join(HOME, file);
  const [before = '', after = null, ...more] = (await must(machine, ['cat', path])).split(find);
  if (after === null || more.length > 0) throw new Error(`${file} does not have this once: ${find}`);
  await must(machine, ['sh', '-c', 'cat > "$0"', path], { stdin: before + put + after });
}

/** Nothing is changed in this machine's own network. */
const UNBRIDGED = '--bridge=none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false';
/** An engine as it is installed. */
const BRIDGED = '';

const unit = (options: string) => `[Service]
Type=notify
ExecStart=/usr/sbin/dockerd -H unix:///run/docker.sock --cgroup-parent=/kolla-backup-mini-${INDEX} ${options}
KillMode=process
Restart=always
RestartSec=2
`;

/** A fresh machine with the images and the build cache of the last one. */
async function furnish(dir: string, engine: string, ownNetwork: boolean): Promise<Machine> {
  for (const part of ['upper', 'work', 'root', 'docker/containers', 'docker/volumes', 'docker/network'])
    await rm(join(dir, part), { recursive: true, force: true });
  const machine = await defineMachine(dir, 'containers', '', { ownNetwork });
  const upper = join(dir, 'upper');
  const common = { index: INDEX, hostname: 'containers', address: '127.0.0.1', machineId: 'c'.repeat(32) };
  await writeFiles(upper, machineFiles({ ...common, authorizedKeys: '', hostKeys: {}, docker: true }));
  await writeFiles(upper, { '/usr/lib/mini/units/docker.service': unit(engine) });
  await writeFiles(upper, enabled(['docker.service']));
  for (const file of ['/etc/hosts', '/etc/resolv.conf']) await copyFile(file, join(upper, file));
  await mkdir(join(upper, 'usr/sbin'), { recursive: true });
  for (const name of ['iptables', 'ip6tables']) await symlink('xtables-nft-multi', join(upper, 'usr/sbin', name));
  await copyProject(upper);
  await writeFiles(upper, { '/usr/local/bin/docker-compose': { content: CLIENT, mode: 0o755 } });
  const tree = await packageTree('compose', ['docker-compose', 'python3']);
  for (const part of COMPOSE_PARTS) {
    await mkdir(join(upper, 'opt/compose', part, '..'), { recursive: true });
    // Links into the cache: nothing writes there.
    await execa('cp', ['-al', join(tree, part), join(upper, 'opt/compose', part)]);
  }
  return machine;
}

async function copyProject(upper: string): Promise<void> {
  const home = join(upper, HOME);
  await mkdir(home, { recursive: true });
  for (const file of FILES) await copyFile(join(PROJECT, file), join(home, file));
  for (const folder of ['bin', 'src']) await cp(join(PROJECT, folder), join(home, folder), { recursive: true });
}

/** The client under its usual name: what stands in documents can be typed there as it stands. */
const CLIENT = `#!/bin/sh
export PYTHONPATH=/opt/compose/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
export LD_LIBRARY_PATH=/opt/compose/usr/lib/x86_64-linux-gnu
exec python3 /opt/compose/usr/bin/docker-compose --ansi never "$@"
`;

function composeOn(machine: Machine): Containers['compose'] {
  return (args, environment = {}) => {
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    return machine.exec(['env', '-C', HOME, ...variables, 'docker-compose', ...args]);
  };
}
