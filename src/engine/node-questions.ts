import { isNameOf } from '../kolla/archives.ts';
import {
  backupConfigCommand,
  IDENTITY_STATEMENT,
  type LockAnswer,
  readBackupConfig,
  readIdentity,
} from '../kolla/backup-config.ts';
import * as containers from '../kolla/containers.ts';
import { parseStatus, STATUS_STATEMENT } from '../kolla/galera.ts';
import { listVolumeCommand, readListing } from '../kolla/list-volume.ts';
import { quoteHost } from '../kolla/quoted.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { AnswerTo, VolumeEntry } from '../operation/checks.ts';
import type { Host, Outcome } from '../operation/host.ts';
import { DEPLOY } from '../operation/plan.ts';
import type { SqlAddress } from '../operation/restore-checks.ts';
import type { NodeRef, NodeStatus } from '../operation/shapes.ts';
import type { Proven } from '../runbooks/proven.ts';
import type { CloudHosts } from './hosts.ts';

/** Small questions to one host. Each only reads, and rejects with a KollaBackupError where it got no usable answer. */

/** Whether a container of that name runs, or may yet; a name that isn't there doesn't. */
export async function containerRuns(hosts: CloudHosts, node: NodeRef, container: string): Promise<boolean> {
  const outcome = await hosts.node(node.node).run(containers.containerStateCommand(node, container));
  if (outcome.code === 0) return containers.mayRun(outcome.stdout);
  if (containers.NO_SUCH_CONTAINER.test(outcome.stderr)) return false;
  throw new KollaBackupError('ENGINE_FAILED', { host: node.node, engine: node.engine, reason: saidBy(outcome) });
}

/** The processes of a host that look like `pattern`, in words. */
export async function processesLike(
  host: Host,
  pattern: RegExp,
  name: string,
): Promise<{ host: string; what: string }[]> {
  const found = containers.processesLike(pattern, await processes(host));
  return found.map((what) => ({ host: name, what }));
}

/** Whether one of these processes of a host is an ansible-playbook that touches MariaDB. */
export async function playbookAmong(host: Host, pids: readonly number[]): Promise<boolean> {
  return (await processes(host))
    .split('\n')
    .some((line) => containers.PLAYBOOK_PROCESS.test(line) && pids.includes(Number.parseInt(line, 10)));
}

async function processes(host: Host): Promise<string> {
  const outcome = await host.run(containers.PROCESSES);
  if (outcome.code === 0) return outcome.stdout;
  throw new KollaBackupError('HOST_ANSWER_UNREADABLE', { host: host.name, reason: saidBy(outcome) });
}

/** Where a volume lies on its node, or null when there is none. Asking never makes one. */
export async function volumePath(hosts: CloudHosts, node: NodeRef, volume: string): Promise<string | null> {
  const outcome = await hosts.node(node.node).run(containers.volumePathCommand(node, volume));
  if (outcome.code !== 0 && containers.NO_SUCH_VOLUME.test(outcome.stderr)) return null;
  const path = outcome.stdout.trim();
  if (outcome.code === 0 && path.startsWith('/')) return path;
  throw new KollaBackupError('ENGINE_FAILED', { host: node.node, engine: node.engine, reason: saidBy(outcome) });
}

/** Where a volume lies (null: there is none), its files, and how many more there are than are listed. */
export type Listing = { readonly directory: string | null; readonly entries: VolumeEntry[]; readonly omitted: number };

/** The files of a backup volume; none where there is no volume. */
export async function listVolume(hosts: CloudHosts, node: NodeRef, volume: string): Promise<Listing> {
  const directory = await volumePath(hosts, node, volume);
  if (directory === null) return { directory, entries: [], omitted: 0 };
  const host = hosts.node(node.node);
  return { directory, ...readListing(host.name, directory, await host.run(listVolumeCommand(directory))) };
}

/** Whether a proven archive is still in its volume, with the size that it had. */
export async function archiveLies(
  hosts: CloudHosts,
  { node, directory, path, bytes }: Pick<Proven, 'node' | 'directory' | 'path' | 'bytes'>,
): Promise<boolean> {
  const { code, stdout } = await hosts.node(node).run(containers.fileSizeCommand(`${directory}/${path}`));
  return code === 0 && Number.parseInt(stdout, 10) === bytes;
}

/** Who else works on MariaDB: a container or process of a backup on a node, a playbook on the deploy host. */
export async function othersAtWork(
  hosts: CloudHosts,
  nodes: readonly NodeRef[],
  container: string,
  patience: Patience,
): Promise<{ host: string; what: string }[]> {
  const onNode = async (node: NodeRef) => [
    ...((await containerRuns(hosts, node, container))
      ? [{ host: node.node, what: `the container ${container} is there` }]
      : []),
    ...(await processesLike(hosts.node(node.node), containers.BACKUP_PROCESS, node.node)),
  ];
  const onNodes = await Promise.all(nodes.map((node) => patience(node.node, () => onNode(node))));
  const onDeploy = await patience(DEPLOY, () => processesLike(hosts.deploy, containers.PLAYBOOK_PROCESS, DEPLOY));
  return [...onNodes.flat(), ...onDeploy];
}

/** How long a host that doesn't answer is asked. */
type Patience = <T>(host: string, question: () => Promise<T>) => Promise<T>;

/** A node's place in the cluster, or why it couldn't be asked: a node that is down is an answer, too. */
export async function galeraStatus(
  hosts: CloudHosts,
  node: NodeRef,
  container: string,
  patience: Patience = (_, question) => question(),
): Promise<NodeStatus> {
  const question = () => hosts.node(node.node).run(containers.sqlCommand(node, container, STATUS_STATEMENT));
  try {
    const outcome = await patience(node.node, question);
    if (outcome.code === 0) return { node: node.node, answered: true, status: parseStatus(outcome.stdout) };
    const params = { host: node.node, reason: saidBy(outcome) };
    return { node: node.node, answered: false, problem: { code: 'GALERA_UNKNOWN', params } };
  } catch (error) {
    if (!(error instanceof KollaBackupError)) throw error;
    return { node: node.node, answered: false, problem: error.problem };
  }
}

/** Who answers at an address, asked from a node: as root, and where that isn't let in as ProxySQL's root. */
export async function identityAt(
  hosts: CloudHosts,
  node: NodeRef,
  container: string,
  address: SqlAddress,
): Promise<Outcome> {
  const ask = (user: string | null) =>
    hosts.node(node.node).run(containers.sqlOverTcp(node, container, address, IDENTITY_STATEMENT, user));
  const outcome = await ask(null);
  return outcome.code !== 0 && containers.ACCESS_DENIED.test(outcome.stderr) ? ask(containers.PROXYSQL_USER) : outcome;
}

/** Where mariabackup on a node sets its lock: whom its configuration leads to, and who the node itself is. */
export async function lockOf(hosts: CloudHosts, node: NodeRef, container: string, config: string): Promise<LockAnswer> {
  const host = hosts.node(node.node);
  const named = readBackupConfig(await host.run(backupConfigCommand(config)));
  const self = readIdentity(await host.run(containers.sqlCommand(node, container, IDENTITY_STATEMENT)));
  const there = named && readIdentity(await identityAt(hosts, node, container, named));
  return {
    host: named?.host ?? null,
    answeredBy: there?.name ?? null,
    own: self?.name ?? null,
    address: self?.address ?? null,
  };
}

/** How long the size of a datadir may take to be found (ms). */
const SIZE_MS = 600_000;

/** What room a node has for the next archive, and what that may need. */
export async function roomForArchive(
  hosts: CloudHosts,
  node: NodeRef,
  volume: string,
  datadirVolume: string,
): Promise<AnswerTo<'room-for-archive'>> {
  const host = hosts.node(node.node);
  const datadir = await volumePath(hosts, node, datadirVolume);
  if (datadir === null) throw new KollaBackupError('NO_DATADIR_VOLUME', { host: node.node, volume: datadirVolume });
  // Before the first backup there is no volume yet; it will lie beside the datadir's.
  const directory = (await volumePath(hosts, node, volume)) ?? datadir;
  const free = await host.run(containers.freeSpaceCommand(directory));
  const size = await host.run(containers.sizeCommand(datadir, SIZE_MS));
  const { entries } = await listVolume(hosts, node, volume);
  const fulls = entries.filter(({ path }) => isNameOf('full', path)).map(({ bytes }) => bytes);
  return {
    directory,
    freeBytes: firstNumber(host, free),
    datadirBytes: firstNumber(host, size),
    largestFullBytes: fulls.length > 0 ? Math.max(...fulls) : null,
  };
}

/** Where containers unpack what they need for a while. `directory` is where the archive will lie. */
export async function roomToUnpack(
  hosts: CloudHosts,
  node: NodeRef,
  { container, directory }: { readonly container: string; readonly directory: string },
): Promise<{ freeBytes: number; beside: boolean }> {
  const host = hosts.node(node.node);
  const inContainer = fileSystem(host, await host.run(containers.containersFileSystemCommand(node, container)));
  const ofVolume = fileSystem(host, await host.run(containers.fileSystemCommand(directory)));
  // A container's files have a device number of their own, wherever they lie: its size is what tells a file system.
  return { freeBytes: inContainer.freeBytes, beside: inContainer.size === ofVolume.size };
}

function fileSystem(host: Host, outcome: Outcome): { size: number; freeBytes: number } {
  const [, size, free] = /^\s*(\d+)\s+(\d+)\s*$/m.exec(outcome.stdout) ?? [];
  if (outcome.code === 0 && size !== undefined) return { size: Number(size), freeBytes: Number(free) };
  throw new KollaBackupError('HOST_ANSWER_UNREADABLE', { host: host.name, reason: saidBy(outcome) });
}

/** The first number that a command printed, as `df` and `du` do; `du` ends with 1 when a file went away meanwhile. */
function firstNumber(host: Host, outcome: Outcome): number {
  const found = /\d+/.exec(outcome.stdout)?.[0];
  if (found !== undefined && (outcome.code === 0 || outcome.code === 1)) return Number(found);
  throw new KollaBackupError('HOST_ANSWER_UNREADABLE', { host: host.name, reason: saidBy(outcome) });
}

/** What a host said, on one line and filtered as everything is that a problem quotes. */
function saidBy({ stderr, stdout, code }: Outcome): string {
  return quoteHost(stderr.trim() || stdout.trim()) || `exit code ${code}`;
}
