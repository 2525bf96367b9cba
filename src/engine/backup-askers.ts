import { isNameOf } from '../kolla/archives.ts';
import * as containers from '../kolla/containers.ts';
import { BACKUP_VOLUME, MARIADB } from '../kolla/names.ts';
import { parseServerVersion } from '../kolla/xtrabackup.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { AnswerTo, CheckName } from '../operation/checks.ts';
import type { NodeRef } from '../operation/shapes.ts';
import { cloudPast } from '../past.ts';
import { freshAmong, marksOf } from '../runbooks/freshness.ts';
import { foundBy as archivesFoundBy, listedBefore as archivesListedBefore } from '../runbooks/judge.ts';
import { baseFor, datadirSeen, needsFor, unpackedFirst } from '../runbooks/proven.ts';
import type { Askers, Context } from './asker.ts';
import { findingsOn } from './cluster-questions.ts';
import type { Drive } from './drive.ts';
import { ifAnswered } from './hosts.ts';
import {
  galeraStatus,
  listVolume,
  lockOf,
  othersAtWork,
  roomForArchive,
  roomToUnpack,
  volumePath,
} from './node-questions.ts';
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
    const series = await seriesOf(drive, node);
    return { datadir, ...baseFor(past, cloud, { node: node.node, datadir, series, listed: entries }) };
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

  'room-for-archive': async ({ node, volume, datadirVolume, unpackedIn }, { drive, patience }) => {
    const { hosts, journal } = drive;
    const room = await patience(node.node, () => roomForArchive(hosts, node, volume, datadirVolume));
    const bytes = unpackedIn === undefined ? null : unpackedFirst(await cloudPast(journal, drive.operation().cloud));
    if (unpackedIn === undefined || bytes === null) return room;
    const place = { container: unpackedIn, directory: room.directory };
    return { ...room, unpacks: { bytes, ...(await patience(node.node, () => roomToUnpack(hosts, node, place))) } };
  },

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
    return withChain({ drive, patience }, node, archive.path, proof);
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

/** MariaDB's series there ("10.11"); null where it couldn't be asked. */
async function seriesOf({ hosts }: Drive, node: NodeRef): Promise<string | null> {
  const told = await ifAnswered(hosts.node(node.node).run(containers.sqlCommand(node, MARIADB, 'SELECT VERSION()')));
  return parseServerVersion(told?.stdout ?? '')?.series ?? null;
}

type Proof = AnswerTo<'archive-complete'>;

/** An incremental's proof, with the backups whose archives it needs, or why it continues no chain. */
async function withChain(
  { drive, patience }: Pick<Context, 'drive' | 'patience'>,
  node: NodeRef,
  path: string,
  proof: Proof,
): Promise<Proof> {
  const { fromLsn, toLsn, lastLsn, serverVersion } = proof;
  if (!proof.complete || proof.type !== 'incremental' || fromLsn === null || toLsn === null) return proof;
  const past = await cloudPast(drive.journal, drive.operation().cloud);
  const own = {
    ...({ node: node.node, path, kind: 'incremental', fromLsn, toLsn, lastLsn: lastLsn ?? toLsn } as const),
    ...{ series: parseServerVersion(serverVersion ?? '')?.series ?? '', at: await drive.journal.now(), label: '' },
    datadir: datadirSeen(drive.operation()),
  };
  const { entries } = await patience(node.node, () => listVolume(drive.hosts, node, BACKUP_VOLUME));
  return { ...proof, ...needsFor(past, own, { file: proof.path, listed: entries }) };
}
