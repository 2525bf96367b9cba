import { isFullName } from '../kolla/archives.ts';
import * as containers from '../kolla/containers.ts';
import { parseStatus, STATUS_STATEMENT } from '../kolla/galera.ts';
import { listVolumeCommand, readListing } from '../kolla/list-volume.ts';
import { proveArchiveCommand, readProof } from '../kolla/prove-archive.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Answered, AnswerTo, Check, CheckName, NodeRef, NodeStatus, VolumeEntry } from '../operation/checks.ts';
import type { Host, Outcome } from '../operation/host.ts';
import { DEPLOY } from '../operation/plan.ts';
import { foundBy as archivesFoundBy, listedBefore as archivesListedBefore } from '../runbooks/judge.ts';
import type { Drive } from './drive.ts';
import { type CloudHosts, patiently } from './hosts.ts';

type Context = { readonly drive: Drive; readonly timeLimitMs: number };
type Asker<K extends CheckName> = (check: Extract<Check, { check: K }>, context: Context) => Promise<AnswerTo<K>>;

/** How each check is asked. Every one only reads. */
const askers: { readonly [K in Exclude<CheckName, 'one-host-changed'>]: Asker<K> } = {
  'backup-host-synced': async ({ host, nodes, container }, { drive: { hosts, signal } }) => ({
    nodes: await Promise.all(
      nodes.map((node) => {
        const question = () => hosts.node(node.node).run(containers.sqlCommand(node, container, STATUS_STATEMENT));
        // Only the backup host's answer decides, so only that is waited for.
        return galeraStatus(node, node.node === host ? () => patiently(signal, question) : question);
      }),
    ),
  }),

  'nobody-else': async ({ nodes, container }, { drive: { hosts, signal } }) => {
    const onNodes = await Promise.all(
      nodes.map((node) =>
        patiently(signal, async () => [
          ...(await containersRunning(hosts, node, container)),
          ...(await processes(hosts.node(node.node), containers.BACKUP_PROCESS, node.node)),
        ]),
      ),
    );
    const onDeploy = await patiently(signal, () => processes(hosts.deploy, containers.PLAYBOOK_PROCESS, DEPLOY));
    return { found: [...onNodes.flat(), ...onDeploy] };
  },

  'archives-listed': async ({ nodes, volume }, { drive: { hosts, signal } }) => ({
    nodes: await Promise.all(
      nodes.map(async (node) => ({
        node: node.node,
        ...(await patiently(signal, () => listVolume(hosts, node, volume))),
      })),
    ),
  }),

  'room-for-archive': async ({ node, volume, datadirVolume }, { drive: { hosts, signal }, timeLimitMs }) =>
    patiently(signal, async () => {
      const host = hosts.node(node.node);
      const datadir = await volumePath(hosts, node, datadirVolume);
      if (datadir === null) throw new KollaBackupError('NO_DATADIR_VOLUME', { host: node.node, volume: datadirVolume });
      // Before the first backup there is no volume yet; it will lie beside the datadir's.
      const directory = (await volumePath(hosts, node, volume)) ?? datadir;
      const free = await host.run(containers.freeSpaceCommand(directory));
      const size = await host.run(containers.sizeCommand(datadir, timeLimitMs));
      const { entries } = await listVolume(hosts, node, volume);
      const fulls = entries.filter(({ path }) => isFullName(path)).map(({ bytes }) => bytes);
      return {
        directory,
        freeBytes: firstNumber(host, free),
        datadirBytes: firstNumber(host, size),
        largestFullBytes: fulls.length > 0 ? Math.max(...fulls) : null,
      };
    }),

  'new-archive': async ({ node, volume, listedBefore }, { drive: { hosts, signal, operation } }) =>
    patiently(signal, async () => {
      const before = archivesListedBefore(operation(), listedBefore);
      const known = new Set(
        before?.nodes.find((one) => one.node === node.node)?.entries.map(({ path, inode }) => `${inode} ${path}`),
      );
      const { directory, entries } = await listVolume(hosts, node, volume);
      return {
        directory,
        fresh: entries.filter(({ path, inode }) => isFullName(path) && !known.has(`${inode} ${path}`)),
      };
    }),

  'archive-complete': async ({ node, foundBy }, { drive, timeLimitMs }) => {
    const found = archivesFoundBy(drive.operation(), foundBy);
    const [archive] = found?.fresh ?? [];
    if (!archive || found?.directory == null)
      throw new KollaBackupError('NO_NEW_ARCHIVE', { host: node.node, directory: 'the volume' });
    const path = `${found.directory}/${archive.path}`;
    return patiently(drive.signal, () => prove(drive, node, path, archive, timeLimitMs));
  },
};

/** Asks a check and gives back its answer under its name. */
export async function ask(check: Check, context: Context): Promise<Answered> {
  if (check.check === 'one-host-changed') throw new TypeError('only a program that ended answers this');
  // The table holds for each name the asker of that name; the compiler can't see the pairing.
  const asker = askers[check.check] as (check: Check, context: Context) => Promise<unknown>;
  return { check: check.check, answer: await asker(check, context) } as Answered;
}

async function galeraStatus({ node }: NodeRef, question: () => Promise<Outcome>): Promise<NodeStatus> {
  try {
    const outcome = await question();
    if (outcome.code === 0) return { node, answered: true, status: parseStatus(outcome.stdout) };
    const params = { host: node, reason: lastLine(outcome) };
    return { node, answered: false, problem: { code: 'GALERA_UNKNOWN', params } };
  } catch (error) {
    if (!(error instanceof KollaBackupError)) throw error;
    return { node, answered: false, problem: error.problem };
  }
}

async function containersRunning(hosts: CloudHosts, node: NodeRef, container: string) {
  return (await containerRuns(hosts, node, container))
    ? [{ host: node.node, what: `the container ${container} is running` }]
    : [];
}

/** Whether a container of that name runs on a node; a name that isn't there doesn't. */
export async function containerRuns(hosts: CloudHosts, node: NodeRef, container: string): Promise<boolean> {
  const host = hosts.node(node.node);
  const outcome = await host.run(containers.containerStateCommand(node, container));
  if (outcome.code === 0) return !['exited', 'dead', 'removing', 'created'].includes(outcome.stdout.trim());
  if (containers.NO_SUCH_CONTAINER.test(outcome.stderr)) return false;
  throw new KollaBackupError('ENGINE_FAILED', { host: node.node, engine: node.engine, reason: lastLine(outcome) });
}

async function processes(host: Host, pattern: RegExp, name: string): Promise<{ host: string; what: string }[]> {
  const outcome = await host.run(containers.PROCESSES);
  return containers.processesLike(pattern, outcome.stdout).map((what) => ({ host: name, what }));
}

/** Where a volume lies on its node, or null when there is none. Asking never makes one. */
async function volumePath(hosts: CloudHosts, node: NodeRef, volume: string): Promise<string | null> {
  const outcome = await hosts.node(node.node).run(containers.volumePathCommand(node, volume));
  if (outcome.code === 0) return outcome.stdout.trim();
  if (containers.NO_SUCH_VOLUME.test(outcome.stderr)) return null;
  throw new KollaBackupError('ENGINE_FAILED', { host: node.node, engine: node.engine, reason: lastLine(outcome) });
}

/** The files of a backup volume; none where there is no volume. */
export async function listVolume(
  hosts: CloudHosts,
  node: NodeRef,
  volume: string,
): Promise<{ directory: string | null; entries: VolumeEntry[]; omitted: number }> {
  const directory = await volumePath(hosts, node, volume);
  if (directory === null) return { directory, entries: [], omitted: 0 };
  const host = hosts.node(node.node);
  return { directory, ...readListing(host.name, directory, await host.run(listVolumeCommand(directory))) };
}

async function prove(
  drive: Drive,
  node: NodeRef,
  path: string,
  archive: VolumeEntry,
  timeLimitMs: number,
): Promise<AnswerTo<'archive-complete'>> {
  const id = drive.operation().id;
  const shown = (done: number, total: number) =>
    void drive.notes
      .setProgress(id, {
        step: 'prove-archive',
        line: `Reading the archive: ${Math.floor((100 * done) / Math.max(1, total))} %`,
        at: Date.now(),
      })
      .catch(() => {});
  const host = drive.hosts.node(node.node);
  const proof = readProof(node.node, path, await host.run(proveArchiveCommand(path, timeLimitMs, shown)));
  if (proof.kind === 'unknown') throw new KollaBackupError(proof.problem.code, proof.problem.params);
  const nothing = {
    unpackedBytes: 0,
    files: 0,
    sha256: null,
    type: null,
    fromLsn: null,
    toLsn: null,
    serverVersion: null,
    startedAt: null,
    endedAt: null,
  };
  if (proof.kind === 'unproven') {
    return { path, complete: false, problem: proof.problem, bytes: archive.bytes, ...nothing };
  }
  const { checkpoints, info } = proof;
  return {
    path,
    complete: true,
    problem: null,
    bytes: proof.compressedBytes,
    unpackedBytes: proof.bytes,
    files: proof.files,
    sha256: proof.sha256,
    type: checkpoints.kind,
    fromLsn: checkpoints.fromLsn,
    toLsn: checkpoints.toLsn,
    serverVersion: info.server.text,
    startedAt: info.startTime,
    endedAt: info.endTime,
  };
}

function firstNumber(host: Host, outcome: Outcome): number {
  const found = /\d+/.exec(outcome.stdout)?.[0];
  if (outcome.code !== 0 || found === undefined)
    throw new KollaBackupError('HOST_ANSWER_UNREADABLE', { host: host.name, reason: lastLine(outcome) });
  return Number(found);
}

function lastLine({ stderr, stdout, code }: Outcome): string {
  return (stderr.trim() || stdout.trim()).split('\n').at(-1)?.slice(0, 300) || `exit code ${code}`;
}
