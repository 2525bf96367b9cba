/** The machines' files, out of what the cache has or is made to have. */
import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFiles } from '../mini/machine.ts';
import type { Keys } from '../mini/ssh.ts';
import type { Tell } from './deploy.ts';
import { deployHostFiles, kollaAnsibleLayer } from './deploy-host.ts';
import { machineFiles, maskUnits } from './files.ts';
import { copyKollaEngine, kollaEngine } from './images.ts';
import { DEPLOY_PLACE, labFolder, PLACES, type Release } from './layout.ts';
import { nodeRoot } from './roots.ts';
import { type State, saveState } from './state.ts';

/** Nothing runs in the deploy host's engine. */
const NOT_ON_DEPLOY = ['docker.service', 'docker.socket', 'containerd.service'];

/** Makes them anew, and writes down what they are made of. */
export async function furnishAll(release: Release, keys: Keys, tell: Tell): Promise<State> {
  tell('root file systems, from Debian packages');
  const root = await nodeRoot();
  tell(`images, with the scripts of kolla ${release.version}`);
  const engine = await kollaEngine(release);
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
    await writeFiles(upper, machineFiles(place, { shared: keys.shared, hostKeys, machineId }));
    await maskUnits(upper, place === DEPLOY_PLACE ? NOT_ON_DEPLOY : []);
    if (place === DEPLOY_PLACE)
      await writeFiles(upper, await deployHostFiles(release, layer, { secret: keys.secret, knownHosts }));
    else await copyKollaEngine(engine, join(dir, 'docker'));
  }
  const state = {
    release: release.version,
    deployLower: [layer, root],
    nodeLower: [root],
    machineIds,
    deployed: false,
  };
  await saveState(state);
  return state;
}
