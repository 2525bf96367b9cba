/** Looks at a small cloud from outside while a restore runs on it: directories by inode, and processes. Asks no program of ours. */
import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MiniCloud, MiniNode } from '../../lab/mini/cloud.ts';

/** The pause between two looks (ms). */
const LOOK_MS = 100;
const LIVE = 'docker/volumes/mariadb/_data';
/** Under which operations have their directories. */
const BASE = 'docker/kolla-backup';

/** A datadir under /var/lib/docker of its node came to be another directory than at the look before. */
export type Exchange = { readonly at: number; readonly node: string; readonly from: string; readonly to: string };
/** The moment (ms) at which a look found no mariadbd on a node where the look before had found one. */
export type Silence = { readonly at: number; readonly node: string };

export type Watcher = {
  /** The datadirs that are live now must exist from here on. */
  keep(): void;
  /** Where the kept directories of a node are now. */
  kept(node: MiniNode): readonly string[];
  /** What never may be and was seen. */
  readonly faults: readonly string[];
  readonly exchanges: readonly Exchange[];
  readonly silences: readonly Silence[];
  readonly looks: () => number;
  stop(): Promise<void>;
};

type Kept = { readonly node: MiniNode; readonly identity: string; ibdata: string | null };

export function watch(cloud: MiniCloud): Watcher {
  const faults: string[] = [];
  const exchanges: Exchange[] = [];
  const silences: Silence[] = [];
  const kept: Kept[] = [];
  const lives = new Map<string, string>();
  const ran = new Map<string, boolean>();
  let looks = 0;
  let over = false;
  const fault = (text: string) => void (faults.includes(text) || faults.push(text));

  function lookAt(node: MiniNode, pids: readonly number[]): void {
    const live = identity(join(node.dir, LIVE));
    if (live === null) {
      fault(`${node.name} has no datadir`);
      return;
    }
    const before = lives.get(node.name);
    if (before !== undefined && before !== live)
      exchanges.push({ at: Date.now(), node: node.name, from: before, to: live });
    lives.set(node.name, live);
    const [device = ''] = live.split(':');
    let runs = false;
    for (const pid of pids) {
      const stands = standsIn(pid, device);
      if (stands === null) continue;
      runs ||= !stands.trial;
      // A trial start stands in the copy before that is live; every other server in what is live.
      if (!stands.trial && stands.directory !== live && identity(join(node.dir, LIVE)) === live)
        fault(`mariadbd ${pid} runs on ${stands.directory} on ${node.name}, and ${live} is live`);
      if (stands.trial && stands.directory === live) fault(`a trial start runs on what is live on ${node.name}`);
    }
    if (ran.get(node.name) && !runs) silences.push({ at: Date.now(), node: node.name });
    ran.set(node.name, runs);
  }

  function seeKept(one: Kept): void {
    const { node } = one;
    // An exchange between the two looks would hide it: look twice before it is called lost.
    const place = placesOf(one).at(0) ?? placesOf(one).at(0);
    if (place === undefined) {
      fault(`the old data ${one.identity} of ${node.name} is nowhere`);
      return;
    }
    const ibdata = identity(join(place, 'ibdata1'), false);
    if (place === join(node.dir, LIVE)) return;
    if (ibdata === null || (one.ibdata !== null && one.ibdata !== ibdata))
      fault(`the old data ${one.identity} of ${node.name} is not whole: ibdata1 is ${ibdata}`);
    one.ibdata = ibdata;
  }

  const loop = (async () => {
    while (!over) {
      const servers = serversOf(cloud);
      for (const node of cloud.nodes) lookAt(node, servers.get(node.hostname) ?? []);
      for (const one of kept) seeKept(one);
      looks += 1;
      await sleep(LOOK_MS);
    }
  })();

  return {
    keep: () => {
      for (const node of cloud.nodes) {
        const live = identity(join(node.dir, LIVE));
        if (live !== null) kept.push({ node, identity: live, ibdata: null });
      }
    },
    kept: (node) => kept.flatMap((one) => (one.node === node ? placesOf(one) : [])),
    faults,
    exchanges,
    silences,
    looks: () => looks,
    stop: async () => {
      over = true;
      await loop;
    },
  };
}

/** Where a kept directory is: live, or aside in an operation's own. */
function placesOf({ node, identity: wanted }: Kept): string[] {
  return [join(node.dir, LIVE), ...aside(node)].filter((path) => identity(path) === wanted);
}

function aside({ dir }: MiniNode): string[] {
  const base = join(dir, BASE);
  return names(base).flatMap((operation) =>
    names(join(base, operation)).map((number) => join(base, operation, number, 'data')),
  );
}

/** What an operation has on a node beside the datadir. */
export function prepared({ dir }: MiniNode, operation: string): readonly string[] {
  return names(join(dir, BASE, operation));
}

/** Every mariadbd of the cloud, by the host name of its node. */
function serversOf({ index }: MiniCloud): ReadonlyMap<string, number[]> {
  const found = new Map<string, number[]>();
  for (const pid of names('/proc').filter((name) => /^\d+$/.test(name))) {
    if (text(`/proc/${pid}/comm`).trim() !== 'mariadbd') continue;
    const host = new RegExp(`/kolla-backup-mini-${index}/([^/\\n]+)/`).exec(text(`/proc/${pid}/cgroup`))?.[1];
    if (host !== undefined) found.set(host, [...(found.get(host) ?? []), Number(pid)]);
  }
  return found;
}

/** Where a server's data is mounted. */
const MOUNTED = 'root/var/lib/mysql';

/**
 * The directory that a server works on, and whether it is a trial start: those have no network. Null for one that has
 * only just begun, or has ended.
 */
function standsIn(pid: number, device: string): { readonly directory: string; readonly trial: boolean } | null {
  const argv = text(`/proc/${pid}/cmdline`);
  // One that ends has none any more, and nothing tells then what it was.
  if (argv === '') return null;
  const trial = argv.includes('--skip-networking');
  // A container keeps the directory that was there when it was started, whatever has its name since.
  for (const place of trial ? ['cwd'] : [MOUNTED, 'cwd'])
    try {
      const { dev, ino } = statSync(`/proc/${pid}/${place}`);
      if (`${dev}` === device) return { directory: `${dev}:${ino}`, trial };
    } catch {}
  return null;
}

function identity(path: string, directory = true): string | null {
  try {
    const found = lstatSync(path);
    return found.isDirectory() === directory ? `${found.dev}:${found.ino}` : null;
  } catch {
    return null;
  }
}

function names(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const RUNS = 'upper/var/lib/kolla-backup/runs';

/** How often each step of an operation's plan ran, on whichever machine: its program was begun, by the run directories. */
export function ranOnHosts({ nodes, deploy }: MiniCloud, operation: string, plan: number): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const { dir } of [...nodes, deploy])
    for (const folder of [`${plan}`, `${plan}.over`].map((name) => join(dir, RUNS, operation, name)))
      for (const sent of names(folder)) {
        if (!names(join(folder, sent)).includes('starting')) continue;
        const [step = sent] = sent.split('.');
        times.set(step, (times.get(step) ?? 0) + 1);
      }
  return times;
}
