/**
 * The real thing on this one machine: three machines with systemd, sshd and a Docker engine each, a deploy host with
 * kolla-ansible, and a Galera cluster that its playbooks deployed. It stays until `takeDown`; `bringUp` finds what
 * is there and does only what is missing.
 */
import { rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockFile, withLock } from '../cache.ts';
import type { Cloud } from '../cloud-type.ts';
import { ENGINES, type EngineName } from '../engines.ts';
import { type Keys, openKeys } from '../mini/ssh.ts';
import { deployDatabases, formAgain, type Tell } from './deploy.ts';
import { furnishAll } from './furnish.ts';
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
import { imageName } from './podman-storage.ts';
import { endKeeper, initOf, keeper, startKeeper } from './processes.ts';
import { labState, type State, saveState } from './state.ts';

const SYNC_LIMIT_MS = 120_000;
/** How long a cluster that was left alone may take to be whole again. */
const BY_ITSELF_MS = 30_000;
const REMOVE_TRIES = 20;
const REMOVE_PAUSE_MS = 200;

/** Run directories, and datadirs that restores have set aside. */
const OPERATIONS_LEFT = ['/var/lib/kolla-backup', ...Object.values(ENGINES).map(({ kept }) => kept)];

/** As `activate` of the virtual environment has it. */
const ACTIVE = [`PATH=${VENV}/bin:/usr/sbin:/usr/bin:/sbin:/bin`, `VIRTUAL_ENV=${VENV}`, 'LC_ALL=C.UTF-8'];

const lock = <T>(act: () => Promise<T>) => withLock(`${labFolder()}.lock`, act);

export type UpOptions = {
  /** kolla-ansible's; by default that of the lab that is there, or else the first of `RELEASES`. */
  readonly release?: string | undefined;
  /** Of the nodes; by default that of the lab that is there, or else Docker. */
  readonly engine?: EngineName | undefined;
  readonly rowsMegabytes?: number;
  readonly tell?: Tell;
};

function findRelease(version: string | undefined): Release {
  if (version === undefined) return DEFAULT_RELEASE;
  const found = RELEASES.find((release) => release.version === version);
  if (found === undefined)
    throw new Error(`no release ${version} here; there are ${RELEASES.map((release) => release.version).join(', ')}`);
  return found;
}

/** Brings the lab up, or finds that it is. Rejects with what did not work; what is cached stays for the next try. */
export function bringUp({
  release: wanted,
  engine: wantedEngine,
  rowsMegabytes = 20,
  tell = () => {},
}: UpOptions = {}): Promise<Cloud> {
  if (process.getuid?.() !== 0) throw new Error('the lab needs root: it makes name spaces and mounts');
  return lock(async () => {
    let state = await labState();
    const release = findRelease(wanted ?? state?.release);
    const engine = wantedEngine ?? state?.engine ?? 'docker';
    if (state !== null && (state.release !== release.version || state.engine !== engine)) {
      tell(`removing the lab of ${state.release} with ${state.engine}`);
      await remove();
      state = null;
    }
    // kolla-ansible deploys no cluster onto volumes that a deployment cut short has left.
    if (state !== null && !state.deployed) {
      tell('removing a lab that was never finished');
      await remove();
      state = null;
    }
    const keys = await openKeys(join(labFolder(), 'keys'));
    state ??= await furnishAll(release, engine, keys, tell);
    // Not to be taken for folders that nobody uses.
    for (const layer of new Set([...state.deployLower, ...state.nodeLower]))
      await utimes(layer, new Date(), new Date());
    const cloud = cloudOf(state, release, keys);
    const ran = (await keeper()) !== null;
    if (!ran) await startKeeper();
    const off = (await Promise.all(PLACES.map(initOf))).includes(undefined);
    if (off) {
      tell(`four machines: systemd, sshd, ${engine}`);
      await Promise.all(
        [...cloud.nodes, cloud.deploy].map(async (machine, position) => {
          if ((await initOf(PLACES[position] as Place)) === undefined) await machine.start();
        }),
      );
    }
    if (!state.deployed) {
      await deployDatabases(cloud, rowsMegabytes, tell);
      await saveState({ ...state, deployed: true });
    } else if (off || !(await whole(cloud))) {
      await formAgain(cloud, tell);
    }
    await cloud.synced();
    return cloud;
  });
}

/** Waits until nobody else uses the lab; the answer gives it back. */
async function use(tell?: Tell): Promise<() => Promise<void>> {
  const file = `${labFolder()}.use.lock`;
  let giveBack = await lockFile(file, { wait: false });
  if (giveBack === undefined) {
    tell?.('waiting for another that uses the lab');
    giveBack = await lockFile(file);
  }
  return async () => giveBack?.();
}

/** As `bringUp`, but not while another uses the lab: in another release it is made anew. */
export async function bringUpUnused(options: UpOptions): Promise<void> {
  const giveBack = await use(options.tell);
  try {
    await bringUp(options);
  } finally {
    await giveBack();
  }
}

/**
 * The lab for one user at a time: waits while another has it, brings it up where it isn't there, and then takes it away
 * with `stop`; one that was there before stays.
 */
export async function borrowLab(options: UpOptions = {}): Promise<Cloud> {
  const giveBack = await use(options.tell);
  try {
    const stays = (await labState())?.deployed === true;
    const cloud = await bringUp(options);
    // What an earlier user's operations left: the Redis of this one knows none of them, and a restore would rightly stop.
    if (stays)
      for (const machine of [...cloud.nodes, cloud.deploy]) await machine.must(['rm', '-rf', ...OPERATIONS_LEFT]);
    const stop = async () => {
      if (!stays) await takeDown();
      await giveBack();
    };
    return { ...cloud, stop };
  } catch (error) {
    await giveBack();
    throw error;
  }
}

/** Whether the cluster is there, or comes back by itself: a story that was cut off may have left it stopped. */
const whole = (cloud: Cloud) =>
  cloud.synced(NODE_PLACES.length, BY_ITSELF_MS).then(
    () => true,
    () => false,
  );

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
      await sleep(REMOVE_PAUSE_MS);
    }
}

function cloudOf(state: State, release: Release, keys: Keys): Cloud {
  const id = ({ hostname }: Place) => state.machineIds[hostname] ?? '';
  const [first, second, third] = NODE_PLACES.map((place) => labNode(place, id(place), state.nodeLower, state.engine));
  if (!first || !second || !third) throw new Error('three nodes');
  const nodes = [first, second, third] as const;
  const deploy = labMachine(DEPLOY_PLACE, id(DEPLOY_PLACE), state.deployLower);
  const kollaAnsible = `${VENV}/bin/kolla-ansible`;
  return {
    kind: 'kolla',
    engine: ENGINES[state.engine],
    nodes,
    deploy,
    vip: VIP,
    keyFile: keys.keyFile,
    knownHostsFile: join(labFolder(), 'known_hosts'),
    image: imageName(release, 'mariadb-server', state.engine),
    inventories: INVENTORIES,
    kollaAnsible,
    release: release.version,
    kollaRaw: (args, options) => deploy.exec(['env', '-C', CLI, ...ACTIVE, kollaAnsible, ...args], options),
    synced: (size = 3, limitMs = SYNC_LIMIT_MS) => allSynced(nodes, size, limitMs),
    stop: takeDown,
  };
}
