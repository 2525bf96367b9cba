/**
 * The real thing on this one machine: three machines with systemd, sshd and a Docker engine each, a deploy host with
 * kolla-ansible, and a Galera cluster that its playbooks deployed. It stays until `takeDown`; `bringUp` finds what
 * is there and does only what is missing.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { withLock } from '../cache.ts';
import type { Cloud } from '../cloud-type.ts';
import { writeFiles } from '../mini/machine.ts';
import { type Keys, openKeys } from '../mini/ssh.ts';
import { deployDatabases, formAgain } from './deploy.ts';
import { deployHostFiles, kollaAnsibleLayer } from './deploy-host.ts';
import { machineFiles, maskUnits } from './files.ts';
import { copyKollaEngine, imageName, kollaEngine } from './images.ts';
import {
  CLI,
  DEFAULT_RELEASE,
  DEPLOY_PLACE,
  INVENTORIES,
  labFolder,
  NODE_PLACES,
  PLACES,
  type Place,
  RELEASES,
  type Release,
  VENV,
  VIP,
} from './layout.ts';
import { allSynced, labMachine, labNode } from './nodes.ts';
import { endKeeper, initOf, keeper, startKeeper } from './processes.ts';
import { nodeRoot } from './roots.ts';

const SYNC_LIMIT_MS = 120_000;
const REMOVE_TRIES = 5;
/** Nothing runs in the deploy host's engine. */
const NOT_ON_DEPLOY = ['docker.service', 'docker.socket', 'containerd.service'];

/** As `activate` of the virtual environment has it. */
const ACTIVE = [`PATH=${VENV}/bin:/usr/sbin:/usr/bin:/sbin:/bin`, `VIRTUAL_ENV=${VENV}`, 'LC_ALL=C.UTF-8'];

export type Tell = (line: string) => void;
export type UpOptions = { readonly release?: Release; readonly rowsMegabytes?: number; readonly tell?: Tell };

/** What a lab that was begun is made of, and how far it is. */
const stateSchema = z.strictObject({
  release: z.string(),
  /** Read-only layers of the deploy host and of the nodes, the topmost first. */
  deployLower: z.array(z.string()),
  nodeLower: z.array(z.string()),
  machineIds: z.record(z.string(), z.string()),
  /** The databases are there. */
  deployed: z.boolean(),
});
type State = z.infer<typeof stateSchema>;

const stateFile = () => join(labFolder(), 'lab.json');
const lock = <T>(act: () => Promise<T>) => withLock(`${labFolder()}.lock`, act);

export async function labState(): Promise<State | null> {
  const text = await readFile(stateFile(), 'utf8').catch(() => null);
  return text === null ? null : stateSchema.parse(JSON.parse(text));
}

const saveState = (state: State) => writeFile(stateFile(), `${JSON.stringify(state, null, 2)}\n`);

export function findRelease(version: string | undefined): Release {
  if (version === undefined) return DEFAULT_RELEASE;
  const found = RELEASES.find((release) => release.version === version);
  if (found === undefined)
    throw new Error(`no release ${version} here; there are ${RELEASES.map((release) => release.version).join(', ')}`);
  return found;
}

/** Brings the lab up, or finds that it is. Rejects with what didn't work; what was made stays for the next try. */
export function bringUp({
  release = DEFAULT_RELEASE,
  rowsMegabytes = 20,
  tell = () => {},
}: UpOptions = {}): Promise<Cloud> {
  if (process.getuid?.() !== 0) throw new Error('the lab needs root: it makes name spaces and mounts');
  return lock(async () => {
    let state = await labState();
    if (state !== null && state.release !== release.version) {
      tell(`removing the lab of ${state.release}`);
      await remove();
      state = null;
    }
    const keys = await openKeys(join(labFolder(), 'keys'));
    state ??= await furnishAll(release, keys, tell);
    // Not to be taken for folders that nobody uses.
    for (const layer of new Set([...state.deployLower, ...state.nodeLower]))
      await utimes(layer, new Date(), new Date());
    const cloud = cloudOf(state, release, keys);
    const ran = (await keeper()) !== null;
    if (!ran) await startKeeper();
    const off = (await Promise.all(PLACES.map(initOf))).includes(undefined);
    if (off) {
      tell('four machines: systemd, sshd, Docker');
      await Promise.all(
        [...cloud.nodes, cloud.deploy].map(async (machine, position) => {
          if ((await initOf(PLACES[position] as Place)) === undefined) await machine.start();
        }),
      );
    }
    if (!state.deployed) {
      await deployDatabases(cloud, rowsMegabytes, tell);
      await saveState({ ...state, deployed: true });
    } else if (off) await formAgain(cloud, tell);
    await cloud.synced();
    return cloud;
  });
}

/** Ends all of the lab's processes and removes its files; the cache stays. */
export const takeDown = () => lock(remove);

async function remove(): Promise<void> {
  await endKeeper();
  for (let attempt = 1; ; attempt += 1)
    try {
      await rm(labFolder(), { recursive: true, force: true });
      return;
    } catch (error) {
      // Its last processes are still dying.
      if (attempt === REMOVE_TRIES) throw error;
    }
}

async function furnishAll(release: Release, keys: Keys, tell: Tell): Promise<State> {
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

function cloudOf(state: State, release: Release, keys: Keys): Cloud {
  const id = ({ hostname }: Place) => state.machineIds[hostname] ?? '';
  const [first, second, third] = NODE_PLACES.map((place) => labNode(place, id(place), state.nodeLower));
  if (!first || !second || !third) throw new Error('three nodes');
  const nodes = [first, second, third] as const;
  const deploy = labMachine(DEPLOY_PLACE, id(DEPLOY_PLACE), state.deployLower);
  const kollaAnsible = `${VENV}/bin/kolla-ansible`;
  return {
    kind: 'kolla',
    nodes,
    deploy,
    vip: VIP,
    keyFile: keys.keyFile,
    knownHostsFile: join(labFolder(), 'known_hosts'),
    image: imageName(release, 'mariadb-server'),
    inventories: INVENTORIES,
    kollaAnsible,
    release: release.version,
    kollaRaw: (args, options) => deploy.exec(['env', '-C', CLI, ...ACTIVE, kollaAnsible, ...args], options),
    synced: (size = 3, limitMs = SYNC_LIMIT_MS) => allSynced(nodes, size, limitMs),
    stop: takeDown,
  };
}

/** Whether there is a lab, and what of it runs. */
export async function labStatus(): Promise<{ release: string; deployed: boolean; running: readonly string[] } | null> {
  const state = await labState();
  if (state === null || !existsSync(labFolder())) return null;
  const running: string[] = [];
  for (const place of PLACES) if ((await initOf(place)) !== undefined) running.push(place.hostname);
  return { release: state.release, deployed: state.deployed, running };
}
