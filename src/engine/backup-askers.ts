import { chainTo } from '../kolla/chains.ts';
import * as containers from '../kolla/containers.ts';
import { findingsCommand, parseFindings } from '../kolla/findings.ts';
import { MARIADB } from '../kolla/names.ts';
import { parseServerVersion } from '../kolla/xtrabackup.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { AnswerTo } from '../operation/checks.ts';
import type { Command } from '../operation/host.ts';
import type { NodeRef } from '../operation/shapes.ts';
import { baseFor } from '../runbooks/proven.ts';
import type { Asker } from './askers.ts';
import type { Drive } from './drive.ts';
import { listVolume, volumePath } from './node-questions.ts';
import { cloudPast } from './past.ts';

/** On what a backup builds, and whether what came of it continues a chain. */

export const askBase: Asker<'backup-base'> = async ({ node, type, volume, datadirVolume }, { drive, patience }) => {
  const { hosts, journal } = drive;
  const datadir = await patience(node.node, () => datadirOf(drive, node, datadirVolume));
  if (type === 'full') return { datadir, base: null, problem: null };
  const { entries } = await patience(node.node, () => listVolume(hosts, node, volume));
  const { cloud } = drive.operation();
  const past = await cloudPast(journal, cloud);
  return { datadir, ...baseFor(past, cloud, { node: node.node, datadir, listed: entries }) };
};

/** For later eyes and comparisons: where it can't be had, the backup is one all the same. */
export const askNoted: Asker<'backup-noted'> = async ({ node, container }, { drive: { hosts } }) => {
  const host = hosts.node(node.node);
  const quietly = (command: Command) =>
    host.run(command).catch((error: unknown) => {
      if (error instanceof KollaBackupError) return null;
      throw error;
    });
  const told = await quietly(containers.containerImageCommand(node, container));
  const [, id, name] = /^((?:sha256:)?[0-9a-f]{12,64}) (\S{1,200})$/.exec(told?.stdout.trim() ?? '') ?? [];
  const found = await quietly(findingsCommand(node, container));
  return {
    image: id === undefined || name === undefined ? null : { id, name },
    findings: found?.code === 0 ? (parseFindings(found.stdout) ?? null) : null,
  };
};

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
  return outcome.code === 0 && /^\d+:\d+$/.test(told) ? told : null;
}

type Proof = AnswerTo<'archive-complete'>;

/** An incremental's proof, with the backups whose archives it needs, or why it continues no chain. */
export async function withChain(drive: Drive, host: string, path: string, proof: Proof): Promise<Proof> {
  const { fromLsn, toLsn, lastLsn, serverVersion } = proof;
  if (!proof.complete || proof.type !== 'incremental' || fromLsn === null || toLsn === null) return proof;
  const { proven, restores } = await cloudPast(drive.journal, drive.operation().cloud);
  const own = {
    ...({ node: host, path, kind: 'incremental', fromLsn, toLsn, lastLsn: lastLsn ?? toLsn } as const),
    ...{ series: parseServerVersion(serverVersion ?? '')?.series ?? '', at: await drive.journal.now(), label: '' },
  };
  const moments = restores.flatMap(({ at }) => at);
  const found = chainTo<Omit<(typeof proven)[number], 'id' | 'by' | 'directory'> | typeof own>(own, proven, moments);
  if (found.kind === 'chain') return { ...proof, needs: found.links.slice(0, -1).map(({ label }) => label) };
  const lsn = found.kind === 'gap' ? found.lsn : fromLsn;
  return { ...proof, problem: { code: 'INCREMENTAL_OFF_CHAIN', params: { host, file: proof.path, lsn } } };
}
