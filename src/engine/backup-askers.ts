import { isNameOf } from '../kolla/archives.ts';
import { chainTo } from '../kolla/chains.ts';
import * as containers from '../kolla/containers.ts';
import { MARIADB } from '../kolla/names.ts';
import { parseServerVersion } from '../kolla/xtrabackup.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { AnswerTo, CheckName } from '../operation/checks.ts';
import type { NodeRef } from '../operation/shapes.ts';
import { cloudPast } from '../past.ts';
import { freshAmong, marksOf } from '../runbooks/freshness.ts';
import { foundBy as archivesFoundBy, listedBefore as archivesListedBefore } from '../runbooks/judge.ts';
import { baseFor, datadirSeen } from '../runbooks/proven.ts';
import type { Askers } from './asker.ts';
import { findingsOn } from './cluster-questions.ts';
import type { Drive } from './drive.ts';
import { ifAnswered } from './hosts.ts';
import { galeraStatus, listVolume, lockOf, othersAtWork, roomForArchive, volumePath } from './node-questions.ts';
import { prove } from './prove.ts';

/** How the checks of a backup are asked. */
export const backupAskers = {
  'backup-host-synced': async ({ host, nodes, container }, { drive: { hosts }, patience }) => ({
    nodes: await Promise.all(
      nodes.map((node) => {
        // Only the backup host's answer decides, so only that is waited for.
        const waiting = node.node === host ? patience : undefined;
        return galeraStatus(hosts, node, container, waiting);
      }),
    ),
  }),

  'lock-on-this-node': async ({ node, container, config }, { drive: { hosts }, patience }) =>
    patience(node.node, () => lockOf(hosts, node, container, config)),

  'nobody-else': async ({ nodes, container }, { drive: { hosts }, patience }) => ({
    found: await othersAtWork(hosts, nodes, container, patience),
  }),

  'archives-listed': async ({ nodes, volume }, { drive: { hosts }, patience }) => ({
    nodes: await Promise.all(
      nodes.map(async (node) => {
        const { directory, entries, omitted } = await patience(node.node, () => listVolume(hosts, node, volume));
        return { node: node.node, directory, count: entries.length, marks: marksOf(entries), omitted };
      }),
    ),
  }),

  'backup-base': async ({ node, type, volume, datadirVolume }, { drive, patience }) => {
    const { hosts, journal } = drive;
    const datadir = await patience(node.node, () => datadirOf(drive, node, datadirVolume));
    if (type === 'full') return { datadir, base: null, problem: null };
    const { entries } = await patience(node.node, () => listVolume(hosts, node, volume));
    const { cloud } = drive.operation();
    const past = await cloudPast(journal, cloud);
    return { datadir, ...baseFor(past, cloud, { node: node.node, datadir, listed: entries }) };
  },

  /** For later eyes and comparisons: where it can't be had, the backup is one all the same. */
  'backup-noted': async ({ node, container }, { drive: { hosts } }) => {
    const told = await ifAnswered(hosts.node(node.node).run(containers.containerImageCommand(node, container)));
    const [, id, name] = /^((?:sha256:)?[0-9a-f]{12,64}) (\S{1,200})$/.exec(told?.stdout.trim() ?? '') ?? [];
    return {
      image: id === undefined || name === undefined ? null : { id, name },
      findings: await ifAnswered(findingsOn(hosts, node, container)),
    };
  },

  'room-for-archive': async ({ node, volume, datadirVolume }, { drive: { hosts }, patience }) =>
    patience(node.node, () => roomForArchive(hosts, node, volume, datadirVolume)),

  'new-archive': async ({ node, volume, listedBefore, type }, { drive: { hosts, operation }, patience }) => {
    const before = archivesListedBefore(operation(), listedBefore)?.nodes.find((one) => one.node === node.node);
    const { directory, entries } = await patience(node.node, () => listVolume(hosts, node, volume));
    return { directory, fresh: freshAmong(entries, before?.marks ?? '').filter(({ path }) => isNameOf(type, path)) };
  },

  'archive-complete': async ({ node, foundBy }, { drive, timeLimitMs, patience }) => {
    const found = archivesFoundBy(drive.operation(), foundBy);
    const [archive] = found?.fresh ?? [];
    if (!archive || found?.directory == null)
      throw new KollaBackupError('NO_NEW_ARCHIVE', { host: node.node, directory: 'the volume' });
    const path = `${found.directory}/${archive.path}`;
    const proof = await patience(node.node, () => prove(drive, node, path, archive, timeLimitMs));
    return withChain(drive, node.node, archive.path, proof);
  },
} satisfies Partial<Askers<CheckName>>;

async function datadirOf({ hosts }: Drive, node: NodeRef, volume: string): Promise<string | null> {
  const directory = await volumePath(hosts, node, volume);
  if (directory === null) throw new KollaBackupError('NO_DATADIR_VOLUME', { host: node.node, volume });
  const mounted = await hosts.node(node.node).run(containers.datadirSourceCommand(node, MARIADB));
  const source = mounted.code === 0 ? mounted.stdout.trim() : '';
  const outcome = await hosts.node(node.node).run(containers.datadirCommand(directory));
  const told = outcome.stdout.trim();
  if (source !== '' && source !== directory) {
    // Perhaps another way to the same place.
    const live = await hosts.node(node.node).run(containers.datadirCommand(source));
    if (live.code !== 0 || live.stdout.trim() !== told)
      throw new KollaBackupError('BACKUP_OTHER_DATADIR', { host: node.node, volume, datadir: source });
  }
  return outcome.code === 0 ? containers.readDatadir(told) : null;
}

type Proof = AnswerTo<'archive-complete'>;

/** An incremental's proof, with the backups whose archives it needs, or why it continues no chain. */
async function withChain(drive: Drive, host: string, path: string, proof: Proof): Promise<Proof> {
  const { fromLsn, toLsn, lastLsn, serverVersion } = proof;
  if (!proof.complete || proof.type !== 'incremental' || fromLsn === null || toLsn === null) return proof;
  const { proven, restores } = await cloudPast(drive.journal, drive.operation().cloud);
  const own = {
    ...({ node: host, path, kind: 'incremental', fromLsn, toLsn, lastLsn: lastLsn ?? toLsn } as const),
    ...{ series: parseServerVersion(serverVersion ?? '')?.series ?? '', at: await drive.journal.now(), label: '' },
    datadir: datadirSeen(drive.operation()),
  };
  const moments = restores.flatMap(({ at }) => at);
  const found = chainTo<Omit<(typeof proven)[number], 'id' | 'by' | 'directory'> | typeof own>(own, proven, moments);
  if (found.kind === 'chain') return { ...proof, needs: found.links.slice(0, -1).map(({ label }) => label) };
  const lsn = found.kind === 'gap' ? found.lsn : fromLsn;
  return { ...proof, problem: { code: 'INCREMENTAL_OFF_CHAIN', params: { host, file: proof.path, lsn } } };
}
