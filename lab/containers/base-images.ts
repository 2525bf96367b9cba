/**
 * The images that Dockerfile and docker-compose.yml begin with, under the same names, where no registry can be reached:
 * a configured Debian, with npm's Node binary and this machine's npm in one, and Debian's Redis in the other.
 */
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, realpath, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { cacheFolder } from '../cache.ts';
import { debianRoot } from '../kolla/root.ts';
import { type Machine, must, writeFiles } from '../mini/machine.ts';

const AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';
const LEFT_OUT = ['usr/share/doc', 'usr/share/man', 'usr/share/locale', 'usr/share/info', 'var/cache'];

export const NODE_BASE = 'node:24-bookworm-slim';
export const REDIS_BASE = 'redis:7.4';

type Base = {
  readonly name: string;
  readonly root: () => Promise<string>;
  readonly furnish: (folder: string) => Promise<void>;
  readonly changes: readonly string[];
};

const BASES: readonly Base[] = [
  {
    name: NODE_BASE,
    root: () => debianRoot('base', ['apt', 'ca-certificates', 'debian-archive-keyring', 'passwd']),
    furnish: furnishNode,
    // Where a proxy looks into TLS, this machine knows its authority, and npm in a build must, too.
    changes: [
      `ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin NODE_EXTRA_CA_CERTS=${AUTHORITIES}`,
    ],
  },
  {
    name: REDIS_BASE,
    root: () => debianRoot('redis', ['redis-server', 'redis-tools']),
    furnish: async (folder) => {
      await mkdir(join(folder, 'data'));
      await execa('chroot', [folder, 'chown', 'redis:redis', '/data']);
    },
    changes: ['WORKDIR /data', 'VOLUME /data', 'CMD ["redis-server"]'],
  },
];

async function furnishNode(folder: string): Promise<void> {
  const sources = join(cacheFolder(), 'apt/sources');
  for (const name of await readdir(sources))
    await cp(join(sources, name), join(folder, 'etc/apt/sources.list.d', name));
  await writeFiles(folder, { [AUTHORITIES]: await readFile(AUTHORITIES, 'utf8') });
  await mkdir(join(folder, 'usr/local/lib/node_modules'), { recursive: true });
  await cp(process.execPath, join(folder, 'usr/local/bin/node'));
  const npm = dirname(dirname(await realpath((await execa('which', ['npm'])).stdout)));
  await cp(npm, join(folder, 'usr/local/lib/node_modules/npm'), { recursive: true });
  for (const name of ['npm', 'npx'])
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(folder, 'usr/local/bin', name));
}

/** Imports what isn't there yet into the engine of this machine. */
export async function importBases(machine: Machine): Promise<void> {
  for (const base of BASES) {
    const root = await base.root();
    const key = createHash('sha256')
      .update(JSON.stringify([root, process.version, base.changes]))
      .digest('hex')
      .slice(0, 12);
    const label = ['docker', 'image', 'inspect', '-f', '{{index .Config.Labels "made-of"}}', base.name] as const;
    const found = await machine.exec(label);
    if (found.stdout.trim() !== key) await importBase(machine, base, root, key);
  }
}

async function importBase(machine: Machine, base: Base, root: string, key: string): Promise<void> {
  const folder = join(machine.dir, 'base');
  await rm(folder, { recursive: true, force: true });
  // Hard links: only what isn't one is written.
  await execa('cp', ['-al', root, folder]);
  for (const path of LEFT_OUT) await rm(join(folder, path), { recursive: true, force: true });
  await mkdir(join(folder, 'var/cache/apt/archives/partial'), { recursive: true });
  await base.furnish(folder);
  const changes = [...base.changes, `LABEL made-of=${key}`].flatMap((change) => ['--change', change]);
  const archive = join(machine.dir, 'base.tar');
  await execa('tar', ['--create', '--file', archive, '-C', folder, '.']);
  // The machine has this folder mounted as its /var/lib/docker.
  await execa('mv', [archive, join(machine.dir, 'docker/base.tar')]);
  await must(machine, ['docker', 'import', ...changes, '/var/lib/docker/base.tar', base.name]);
  await rm(join(machine.dir, 'docker/base.tar'));
  await rm(folder, { recursive: true });
}
