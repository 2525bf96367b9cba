/** The machines' files, out of what the cache has or is made to have. */
import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineName } from '../engines.ts';
import { writeFiles } from '../mini/machine.ts';
import type { Keys } from '../mini/ssh.ts';
import type { Tell } from './deploy.ts';
import { deployHostFiles, kollaAnsibleLayer } from './deploy-host.ts';
import { machineFiles, maskUnits } from './files.ts';
import { copyKollaEngine, kollaEngine } from './images.ts';
import { DEPLOY_PLACE, labFolder, PLACES, type Release } from './layout.ts';
import { podmanLibrary } from './podman-library.ts';
import { copyPodmanStorage, podmanStorage } from './podman-storage.ts';
import { nodeRoot, podmanRoot } from './roots.ts';
import { type State, saveState } from './state.ts';

/** Nothing runs in the deploy host's engine. */
const NOT_ON_DEPLOY = ['docker.service', 'docker.socket', 'containerd.service'];

/** Where an engine keeps its images, below /var/lib, and what fills that. */
const IMAGES_OF = {
  docker: { folder: 'docker', made: kollaEngine, copy: copyKollaEngine },
  podman: { folder: 'containers', made: podmanStorage, copy: copyPodmanStorage },
} as const;

/** Makes them anew, and writes down what they are made of. */
export async function furnishAll(release: Release, engine: EngineName, keys: Keys, tell: Tell): Promise<State> {
  tell('root file systems, from Debian packages');
  const root = await nodeRoot();
  const nodeLower = engine === 'docker' ? [root] : [await podmanLibrary(), await podmanRoot()];
  tell(`images, with the scripts of kolla ${release.version}`);
  const { folder, made, copy } = IMAGES_OF[engine];
  const images = await made(release);
  tell(`kolla-ansible ${release.version}, from PyPI`);
  const layer = await kollaAnsibleLayer(release);
  const machineIds = Object.fromEntries(PLACES.map(({ hostname }) => [hostname, randomBytes(16).toString('hex')]));
  const inside = PLACES.map(({ name, address }) => ({ name, address }));
  const knownHosts = await keys.knownHosts(inside);
  await writeFile(
    join(labFolder(), 'known_hosts'),
    await keys.knownHosts(PLACES.map(({ name, login }) => ({ name, address: login }))),
  );
  for (const place of PLACES) {
    const dir = join(labFolder(), place.hostname);
    await rm(dir, { recursive: true, force: true });
    const upper = join(dir, 'upper');
    await mkdir(upper, { recursive: true });
    const hostKeys = await keys.hostKeys(place.name);
    const machineId = machineIds[place.hostname] ?? '';
    await writeFiles(upper, machineFiles(place, engine, { shared: keys.shared, hostKeys, machineId }));
    await maskUnits(upper, place === DEPLOY_PLACE ? NOT_ON_DEPLOY : []);
    if (place === DEPLOY_PLACE)
      await writeFiles(upper, await deployHostFiles(release, engine, layer, { secret: keys.secret, knownHosts }));
    else await copy(images, join(dir, folder));
  }
  const state = {
    release: release.version,
    engine,
    deployLower: [layer, root],
    nodeLower,
    machineIds,
    deployed: false,
  };
  await saveState(state);
  return state;
}
