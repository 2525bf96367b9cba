/**
 * Kolla's images, made of Debian's packages and of the scripts that the package `kolla` puts into them: an engine's
 * data-root in the cache that holds them all. One file system serves each; what runs in it is what differs.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { execa } from 'execa';
import { cacheFolder, finishedFolder, keepInUse } from '../cache.ts';
import { enabled, withBuilder } from '../mini/image.ts';
import { type Files, type Machine, must, writeFiles } from '../mini/machine.ts';
import { IMAGES, type Image, SCRIPTS, type Script } from './image-table.ts';
import type { Release } from './layout.ts';
import { imageRoot } from './roots.ts';
import { venvLayer } from './venv.ts';
import { unzipWheel, wheels } from './wheels.ts';

const HERE = import.meta.dirname;
const SCRIPT = join(HERE, 'machine/image.sh');
const OWN = {
  '/usr/bin/clustercheck': '../mini/image/clustercheck',
  '/usr/bin/healthcheck.sh': 'image/healthcheck.sh',
};
const BASE = 'lab/base';
/** One serves every release. */
const TOOLBOX = { requirements: ['ansible-core==2.17.14', 'ansible-runner', 'PyMySQL'], from: 'ansible==8.7.0' };

export const imageTag = (release: Release) => `${release.openstack}-debian-bookworm`;
export const imageName = (release: Release, image: string) => `kolla/${image}:${imageTag(release)}`;

/** Copies what is there of `scripts` from a folder of the package into a root file system. */
async function place(from: string, scripts: readonly Script[], root: string): Promise<void> {
  const names = existsSync(from) ? await readdir(from) : [];
  for (const [source, target, mode = 0o755] of scripts)
    for (const name of names.filter((one) => source.test(one))) {
      const path = join(root, target.replace('*', name));
      await mkdir(dirname(path), { recursive: true });
      await cp(join(from, name), path);
      await chmod(path, mode);
    }
}

/** The folders of the package's `docker`, by image; older releases keep MariaDB's in one of their own. */
async function packageScripts(release: Release, target: string): Promise<(image: string) => string> {
  const from = await wheels('kolla', [`kolla==${release.version}`], { whole: false });
  const data = `kolla-${release.version}.data/data/share/kolla/docker/`;
  await unzipWheel(from, 'kolla', target, [data]);
  return (image) => {
    const [flat, nested] = [join(target, data, image), join(target, data, 'mariadb', image)];
    return existsSync(flat) ? flat : nested;
  };
}

async function baseArchive(lower: string, scripts: string, unfinished: string): Promise<string> {
  const [files, work, archive] = ['files', 'work', 'base.tar'].map((name) => join(unfinished, name)) as [
    string,
    string,
    string,
  ];
  await place(scripts, SCRIPTS, files);
  for (const [target, source] of Object.entries(OWN)) {
    await mkdir(dirname(join(files, target)), { recursive: true });
    await cp(join(HERE, source), join(files, target));
    await chmod(join(files, target), 0o755);
  }
  const interpreter = 'ansible_connection=local ansible_python_interpreter=/opt/ansible/bin/python';
  await writeFiles(files, { '/etc/ansible/hosts': `localhost ${interpreter}\n` } satisfies Files);
  await execa('unshare', ['--mount', '--', 'sh', SCRIPT, lower, work, files, archive]);
  await rm(work, { recursive: true, force: true });
  return archive;
}

const dockerfile = (release: Release, { name, changes }: Image) =>
  [
    `FROM ${BASE}`,
    `LABEL kolla_version="${release.version}" name="${name}"`,
    'ENV KOLLA_BASE_DISTRO=debian KOLLA_BASE_ARCH=x86_64 KOLLA_DISTRO_PYTHON_VERSION=3.11 LANG=C.UTF-8',
    'COPY root/ /',
    ...changes,
    'CMD ["kolla_start"]',
    '',
  ].join('\n');

/** The data-root (its path) of an engine that has the images of a release. Made once, in a minute or two. */
export async function kollaEngine(release: Release): Promise<string> {
  const root = await imageRoot();
  const toolbox = await venvLayer({
    ...TOOLBOX,
    name: 'toolbox',
    root,
    path: '/opt/ansible',
    collections: ['community/mysql', 'ansible/posix', 'community/general'],
  });
  const hash = createHash('sha256').update(
    JSON.stringify([root, toolbox, release, IMAGES.map(({ changes }) => changes)]),
  );
  for (const path of [
    SCRIPT,
    join(HERE, 'images.ts'),
    join(HERE, 'image-table.ts'),
    ...Object.values(OWN).map((own) => join(HERE, own)),
  ])
    hash.update(await readFile(path));
  const folder = join(cacheFolder(), 'kolla', `engine-${release.version}-${hash.digest('hex').slice(0, 12)}`);
  await finishedFolder(folder, async (unfinished) => {
    const scripts = await packageScripts(release, join(unfinished, 'package'));
    const archive = await baseArchive(`${toolbox}:${root}`, scripts('base'), unfinished);
    const prepare = async ({ dir }: Machine) => {
      const target = join(dir, 'upper/var/tmp');
      await mkdir(target, { recursive: true });
      await rename(archive, join(target, basename(archive)));
      for (const image of IMAGES) {
        await mkdir(join(target, image.name, 'root/etc/sudoers.d'), { recursive: true });
        await place(scripts(image.name), image.scripts, join(target, image.name, 'root'));
        await writeFile(join(target, image.name, 'Dockerfile'), dockerfile(release, image));
      }
      await writeFiles(join(dir, 'upper'), enabled(['docker.service']));
    };
    await withBuilder('', prepare, async (machine) => {
      await must(machine, ['docker', 'import', `/var/tmp/${basename(archive)}`, BASE]);
      for (const { name } of IMAGES)
        await must(machine, [
          'docker',
          'build',
          '--quiet',
          '--network',
          'none',
          '-t',
          imageName(release, name),
          `/var/tmp/${name}`,
        ]);
      await must(machine, ['systemctl', 'stop', 'docker']);
      await machine.kill();
      await rename(join(machine.dir, 'docker'), join(unfinished, 'docker'));
    });
    for (const part of ['files', 'package']) await rm(join(unfinished, part), { recursive: true, force: true });
    // Each engine makes its own.
    for (const part of ['containerd', 'engine-id', 'network', 'runtimes'])
      await rm(join(unfinished, 'docker', part), { recursive: true, force: true });
  });
  await keepInUse(folder, `engine-${release.version}-`);
  return join(folder, 'docker');
}

/** A node's own data-root: the layers are the cache's by hard links, for nothing writes to them. */
export async function copyKollaEngine(source: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const name of await readdir(source))
    await execa('cp', [name === 'overlay2' ? '-al' : '-a', join(source, name), target]);
}
