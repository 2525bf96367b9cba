/**
 * A small cloud in seconds: three nodes, each with a real Docker engine, a real mariadbd in one Galera cluster and a
 * real sshd, and a deploy host with a stand-in for kolla-ansible. Needs root, Debian 12 and, the first time, its
 * mirror; everything it makes lies in the cache folder and ends with the process that started it.
 *
 *     const cloud = await startMini();                   // some seconds; the first time ever about a minute
 *     cloud.nodes[0].ssh                                 // { host, port, user }: key cloud.keyFile, hosts cloud.knownHostsFile
 *     await cloud.nodes[0].sql('SELECT 1')               // as root in the mariadb container
 *     await cloud.nodes[0].exec(['docker', 'ps'])        // any command on a node, past SSH
 *     await cloud.kolla(['mariadb_backup'])              // kolla-ansible on the deploy host with the runbook's inventories
 *     await startMini({ release: '22.2.0' })             // the same with the Python command line, its plays and files
 *     await cloud.nodes[1].kill(); await cloud.nodes[1].start()   // power off and on
 *     await cloud.reset()                                // everything as it was after startMini; takes as long as a start
 *     await cloud.stop()
 *
 * Tests of one file share a cloud and call `reset` between themselves. Several clouds run side by side. Logins: root
 * and `kolla` (sudo without a password) on every machine. Node files are where Kolla has them; the logs are in
 * /var/log/kolla/mariadb of the volume `kolla_logs`. `systemctl` is a stand-in: start, stop, restart, is-active,
 * show -p, cat, enable, disable, daemon-reload, kill; services docker, ssh and kolla-mariadb-container.
 * Switches for the stand-in kolla-ansible: see kolla/switches.py.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, rmdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { cacheFolder, lockFile } from '../cache.ts';
import type { Cloud, CloudMachine, CloudNode } from '../cloud-type.ts';
import { ENGINES } from '../engines.ts';
import { runAgent } from './agent.ts';
import { deployFiles } from './deploy.ts';
import { kollaFiles, machineFiles } from './files.ts';
import { type Forwarder, startForwarder } from './forwarder.ts';
import { copyEngine, enabled, engineRoot, seedDatadir, volumePath } from './image.ts';
import * as layout from './layout.ts';
import { defineMachine, type ExecOptions, type ExecResult, type Machine, must, writeFiles } from './machine.ts';
import { sqlClient } from './sql-client.ts';
import { type Keys, openKeys } from './ssh.ts';

const SYNC_LIMIT_MS = 60_000;
const CLEAN_TRIES = 50;
export const DEFAULT_MEGABYTES = 4;

export type MiniMachine = CloudMachine & {
  /** Where its own files lie on this machine: `upper` over the read-only tree, `docker` is its /var/lib/docker. */
  readonly dir: string;
  running(): boolean;
};

export type MiniNode = CloudNode & MiniMachine;

export type MiniCloud = Cloud<MiniNode, MiniMachine> & {
  readonly kind: 'mini';
  readonly index: number;
  readonly dir: string;
  readonly passwords: typeof layout.PASSWORDS;
  /** kolla-ansible on the deploy host with these arguments, and the runbook's inventories where its release wants them. */
  kolla(args: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Makes the stand-in misbehave: see kolla/switches.py. `{}` ends it, and so does `reset`. */
  switches(wanted: Switches): Promise<void>;
  reset(): Promise<void>;
};

/** Keys of the tables are parts of task names. */
export type Switches = {
  readonly delay?: Readonly<Record<string, number>>;
  readonly fail?: Readonly<Record<string, { readonly host?: string; readonly msg?: string }>>;
  readonly print?: Readonly<Record<string, string>>;
  readonly rc?: number;
  readonly vip?: { readonly tries?: number; readonly seconds?: number };
  readonly wait?: { readonly retries?: number; readonly timeout?: number; readonly delay?: number };
  readonly nothing?: readonly ('backup' | 'stop' | 'recovery')[];
  /** Names of the inventory. */
  readonly stop_leaves?: string;
  readonly leave_out?: string;
};

export type MiniOptions = {
  /** What the stand-in for kolla-ansible speaks, and the images are of. Default 17.9.0. */
  readonly release?: layout.Release;
  /** Address block; default the first that no other cloud uses. */
  readonly index?: number;
  /** About how large the databases are, in MB of rows. Default 4; 200 for the demonstration. */
  readonly rowsMegabytes?: number;
  /** Where the machines' files go; not on an overlay. Default in the cache folder. */
  readonly dir?: string;
};

const clouds = () => join(cacheFolder(), 'mini/clouds');

async function chooseIndex(wanted: number | undefined): Promise<{ index: number; unlock: () => Promise<void> }> {
  const candidates = wanted === undefined ? Array.from({ length: layout.LAST_INDEX }, (_, i) => i + 1) : [wanted];
  for (const index of candidates) {
    const unlock = await lockFile(join(layout.LOCKS, `${index}.lock`), { wait: false });
    if (unlock !== undefined) return { index, unlock };
  }
  throw new Error(`no free address block for a small cloud${wanted === undefined ? '' : `: ${wanted} is in use`}`);
}

/** The empty control groups that engines leave behind. */
async function removeCgroups(index: number): Promise<void> {
  const base = '/sys/fs/cgroup';
  const hierarchies = [base, ...(await readdir(base).catch(() => [])).map((name) => join(base, name))];
  for (const hierarchy of hierarchies) {
    const group = join(hierarchy, `kolla-backup-mini-${index}`);
    if (!existsSync(group)) continue;
    const folders = await readdir(group, { recursive: true, withFileTypes: true });
    const paths = folders.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
    for (const path of [...paths.sort((a, b) => b.length - a.length), group]) await rmdir(path).catch(() => undefined);
  }
}

/** Removes what a former cloud left, also while its last processes are still dying. */
async function clean(dir: string, index: number, parts: readonly string[]): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      for (const part of parts) await rm(join(dir, part), { recursive: true, force: true });
      break;
    } catch (error) {
      if (attempt === CLEAN_TRIES) throw error;
      await sleep(100);
    }
  }
  await removeCgroups(index);
}

const MEMBERS = layout.NODES.map((_, position) => `3f6b1e0${position}-e6d1-11f1-9a5c-0242ac11000${position}`);

/** What makes three equal, cleanly stopped datadirs find each other without a bootstrap. */
const lastView = (position: number) =>
  `my_uuid: ${MEMBERS[position]}\n#vwbeg\nview_id: 3 ${MEMBERS[0]} 3\nbootstrap: 0\n${MEMBERS.map((member) => `member: ${member} 0\n`).join('')}#vwend\n`;

type Place = { readonly hostname: string; readonly name: string; readonly address: string; readonly machineId: string };

const places = (index: number): readonly Place[] => {
  const { nodes, deploy } = layout.addresses(index);
  const place = (hostname: string, name: string, address: string) => ({
    hostname,
    name,
    address,
    machineId: randomBytes(16).toString('hex'),
  });
  return [
    ...layout.NODES.map((node, position) => place(node, layout.inventoryName(node), nodes[position] ?? '')),
    place(layout.DEPLOY, layout.DEPLOY, deploy),
  ];
};

async function furnish(
  cloud: {
    dir: string;
    index: number;
    release: layout.Release;
    keys: Keys;
    knownHosts: string;
    engine: string;
    seed: string;
  },
  place: Place,
  position: number,
): Promise<void> {
  const { index, release, keys } = cloud;
  const upper = join(cloud.dir, place.hostname, 'upper');
  const docker = place.hostname !== layout.DEPLOY;
  await writeFiles(
    upper,
    machineFiles({ ...place, index, authorizedKeys: keys.shared, hostKeys: await keys.hostKeys(place.name), docker }),
  );
  await writeFiles(upper, enabled(docker ? ['docker.service', 'ssh.service'] : ['ssh.service']));
  await execa('chown', ['-R', '1000:1000', join(upper, 'home/kolla')]);
  if (!docker)
    return writeFiles(upper, deployFiles(index, release, { secret: keys.secret, knownHosts: cloud.knownHosts }));
  await writeFiles(upper, kollaFiles(release, index, position));
  await mkdir(join(upper, 'var/log'), { recursive: true });
  await symlink('/var/lib/docker/volumes/kolla_logs/_data', join(upper, 'var/log/kolla'));
  const target = join(cloud.dir, place.hostname, 'docker');
  await copyEngine(cloud.engine, target);
  const datadir = volumePath(target, 'mariadb');
  await rm(datadir, { recursive: true });
  await execa('cp', ['-a', '--sparse=always', join(cloud.seed, 'datadir'), datadir]);
  await writeFile(join(datadir, 'gvwstate.dat'), lastView(position));
  await execa('chown', [`${layout.MYSQL_UID}:${layout.MYSQL_UID}`, join(datadir, 'gvwstate.dat')]);
}

async function lastLines(node: MiniNode): Promise<string> {
  const { stdout } = await node.exec([
    'sh',
    '-c',
    'docker ps -a; docker logs mariadb 2>&1 | tail; tail -n 40 /var/log/kolla/mariadb/mariadb.log',
  ]);
  return stdout;
}

function miniMachine(machine: Machine, place: Place): MiniMachine {
  return {
    ...place,
    ssh: { host: place.address, port: layout.SSH_PORT, user: 'root' },
    dir: machine.dir,
    exec: machine.exec,
    must: (argv, options) => must(machine, argv, options),
    kill: machine.kill,
    start: machine.start,
    running: machine.running,
  };
}

function miniNode(machine: Machine, place: Place): MiniNode {
  const sql = (statements: string) =>
    must(machine, sqlClient(layout.PASSWORDS.database_password), { stdin: statements });
  return {
    ...miniMachine(machine, place),
    sql,
    async wsrep() {
      const { code, stdout } = await machine.exec(sqlClient(layout.PASSWORDS.database_password), {
        stdin: "SHOW STATUS LIKE 'wsrep%'",
      });
      if (code !== 0) return undefined;
      return Object.fromEntries(stdout.split('\n').map((line) => line.split('\t', 2)));
    },
  };
}

/** The Python command line wants its command first. */
const COMMAND_WORDS: Record<layout.Release, number> = { '17.9.0': 0, '22.2.0': 1 };

function withInventories(release: layout.Release, args: readonly string[]): readonly string[] {
  const first = COMMAND_WORDS[release];
  return [...args.slice(0, first), ...layout.INVENTORIES.flatMap((file) => ['-i', file]), ...args.slice(first)];
}

/** Starts a small cloud and resolves when all three nodes are Synced. */
export async function startMini(options: MiniOptions = {}): Promise<MiniCloud> {
  if (process.getuid?.() !== 0) throw new Error('the small cloud needs root: it makes namespaces and mounts');
  const engine = await engineRoot();
  const seed = await seedDatadir(options.rowsMegabytes ?? DEFAULT_MEGABYTES);
  const release = options.release ?? layout.DEFAULT_RELEASE;
  const image = layout.imageOf(release);
  const { index, unlock } = await chooseIndex(options.index);
  const dir = options.dir ?? join(clouds(), String(index));
  const { vip, nodes: nodeAddresses } = layout.addresses(index);
  const all = places(index);
  const parts = all.map(({ hostname }) => hostname);
  await clean(dir, index, [...parts, 'keys']);
  const keys = await openKeys(join(dir, 'keys'));
  const knownHosts = await keys.knownHosts(all);
  const knownHostsFile = join(dir, 'keys/known_hosts');
  await writeFile(knownHostsFile, knownHosts);
  const define = (hostname: string) =>
    defineMachine(join(dir, hostname), hostname, hostname === layout.DEPLOY ? '' : engine);
  const machines = await Promise.all(all.map(({ hostname }) => define(hostname)));
  const nodes = machines.slice(0, -1).map((machine, position) => miniNode(machine, all[position] as Place));
  const [first, second, third] = nodes;
  const deployMachine = machines[nodes.length];
  const deployPlace = all[nodes.length];
  if (!first || !second || !third || !deployMachine || !deployPlace) throw new Error('three nodes and a deploy host');
  let forwarder: Forwarder | undefined;

  const synced = async (size = 3, limitMs = SYNC_LIMIT_MS) => {
    const until = Date.now() + limitMs;
    for (const node of nodes.filter((one) => one.running())) {
      for (;;) {
        const status = await node.wsrep();
        if (
          status?.['wsrep_local_state_comment'] === 'Synced' &&
          status['wsrep_cluster_status'] === 'Primary' &&
          status['wsrep_cluster_size'] === String(size)
        )
          break;
        if (Date.now() > until)
          throw new Error(`${node.name} is not Synced: ${JSON.stringify(status)}\n${await lastLines(node)}`);
        await sleep(100);
      }
    }
  };
  const up = async () => {
    await Promise.all(
      machines.map(async (machine, position) => {
        const place = all[position];
        if (place === undefined) return;
        await furnish({ dir, index, release, keys, knownHosts, engine, seed }, place, position);
        await machine.start();
        if (machine !== deployMachine)
          await runAgent(machine, 'start', { spec: { kind: 'mariadb', release, image, address: place.address } });
      }),
    );
    forwarder ??= await startForwarder(vip, nodeAddresses, layout.DATABASE_PORT);
    await synced();
    // The seed is every cloud's; what a service catalogue tells is this one's.
    await first.sql(`UPDATE keystone.endpoint SET url = REGEXP_REPLACE(url, '//[^:/]+', '//${vip}')`);
  };
  const down = async () => {
    await Promise.all(machines.map((machine) => machine.kill()));
    await clean(dir, index, parts);
  };
  const stop = async () => {
    await down();
    await forwarder?.stop();
    await rm(dir, { recursive: true, force: true });
    await unlock();
  };
  try {
    await up();
  } catch (error) {
    await down();
    await forwarder?.stop();
    await unlock();
    throw error;
  }
  const kollaAnsible = `${layout.VENV}/bin/kolla-ansible`;
  const deploy = miniMachine(deployMachine, deployPlace);
  const kollaRaw: Cloud['kollaRaw'] = (args, execOptions) =>
    deploy.exec(['env', '-C', layout.CLI, kollaAnsible, ...args], execOptions);
  return {
    kind: 'mini',
    engine: ENGINES.docker,
    index,
    dir,
    nodes: [first, second, third],
    deploy,
    vip,
    keyFile: keys.keyFile,
    knownHostsFile,
    image,
    inventories: layout.INVENTORIES,
    kollaAnsible,
    passwords: layout.PASSWORDS,
    release,
    kollaRaw,
    kolla: (args, execOptions) => kollaRaw(withInventories(release, args), execOptions),
    async switches(wanted) {
      await deploy.must(['tee', '/etc/kolla/standin.json'], { stdin: JSON.stringify(wanted) });
    },
    synced,
    async reset() {
      await down();
      await Promise.all(machines.map(({ hostname }) => define(hostname)));
      await up();
    },
    stop,
  };
}
