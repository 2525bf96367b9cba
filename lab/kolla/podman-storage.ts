/** The images of a release in a podman's storage: those that Docker built, saved there and loaded here. */
import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cacheFolder, finishedFolder, keepInUse } from '../cache.ts';
import type { EngineName } from '../engines.ts';
import { copyEngine, withBuilder } from '../mini/image.ts';
import { must, writeFiles } from '../mini/machine.ts';
import { defineAlone } from './alone.ts';
import { ENGINE_FILES, maskUnits, RUNC_FILES } from './files.ts';
import { IMAGES } from './image-table.ts';
import { imageName as dockerName, kollaEngine } from './images.ts';
import type { Release } from './layout.ts';
import { podmanRoot } from './roots.ts';

const ARCHIVE = 'images.tar';

/** Podman gives a name without a registry one of its own. */
export const REGISTRY = { docker: '', podman: 'quay.io' } as const satisfies Record<EngineName, string>;

/** An image as the nodes' engine knows it. */
export const imageName = (release: Release, image: string, engine: EngineName) =>
  [REGISTRY[engine], dockerName(release, image)].filter((part) => part !== '').join('/');

/** The images as an archive, under the names that podman's nodes know them by. */
async function saveImages(release: Release, engine: string, archive: string): Promise<void> {
  const names = IMAGES.map(({ name }) => imageName(release, name, 'podman'));
  const prepare = ({ dir }: { readonly dir: string }) => copyEngine(engine, join(dir, 'docker'));
  await withBuilder(engine, prepare, async (machine) => {
    for (const { name } of IMAGES)
      await must(machine, ['docker', 'tag', dockerName(release, name), imageName(release, name, 'podman')]);
    await must(machine, ['docker', 'save', '--output', `/var/lib/docker/${ARCHIVE}`, ...names]);
    await rename(join(machine.dir, 'docker', ARCHIVE), archive);
  });
}

/** The storage (its path) that holds them all. Made once. */
export async function podmanStorage(release: Release): Promise<string> {
  const [engine, root] = [await kollaEngine(release), await podmanRoot()];
  const hash = createHash('sha256').update(JSON.stringify([engine, root]));
  hash.update(await readFile(import.meta.filename));
  const folder = join(cacheFolder(), 'kolla', `storage-${release.version}-${hash.digest('hex').slice(0, 12)}`);
  await finishedFolder(folder, async (unfinished) => {
    const dir = join(unfinished, 'machine');
    const machine = await defineAlone(dir, 'images', [root], 'containers');
    await writeFiles(join(dir, 'upper'), { ...ENGINE_FILES.podman, ...RUNC_FILES, '/etc/hostname': 'images\n' });
    await maskUnits(join(dir, 'upper'), ['ssh.service']);
    await saveImages(release, engine, join(dir, 'containers', ARCHIVE));
    try {
      await machine.start();
      await machine.must(['podman', 'load', '--quiet', '--input', `/var/lib/containers/${ARCHIVE}`]);
    } finally {
      await machine.kill();
    }
    await rm(join(dir, 'containers', ARCHIVE));
    await rename(join(dir, 'containers'), join(unfinished, 'containers'));
    await rm(dir, { recursive: true });
  });
  await keepInUse(folder, `storage-${release.version}-`);
  return join(folder, 'containers');
}

/** A node's own storage: the layers are the cache's by hard links, for nothing writes to them. */
export async function copyPodmanStorage(source: string, target: string): Promise<void> {
  const [from, to] = [join(source, 'storage'), join(target, 'storage')];
  await execa('mkdir', ['-p', to]);
  for (const name of await readdir(from)) await execa('cp', [name === 'overlay' ? '-al' : '-a', join(from, name), to]);
}
