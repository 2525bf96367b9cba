import { isNameOf } from '../kolla/archives.ts';
import { backupConfigCommand, IDENTITY_STATEMENT, readBackupConfig, readIdentity } from '../kolla/backup-config.ts';
import * as containers from '../kolla/containers.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Answered, AnswerTo, Check, CheckName } from '../operation/checks.ts';
import { freshAmong, marksOf } from '../runbooks/freshness.ts';
import { foundBy as archivesFoundBy, listedBefore as archivesListedBefore } from '../runbooks/judge.ts';
import { askBase, withChain } from './backup-askers.ts';
import type { Drive } from './drive.ts';
import { firstNumber, galeraStatus, listVolume, othersAtWork, volumePath } from './node-questions.ts';
import { answersFromOutput, type OutputCheck } from './output-readers.ts';
import { prove } from './prove.ts';
import { restoreAskers } from './restore-askers.ts';

/** How long the size of a datadir may take to be found (ms). */
const SIZE_MS = 600_000;

export type Context = {
  readonly drive: Drive;
  readonly timeLimitMs: number;
  /** How long a host that doesn't answer is asked: briefly before a change, until it answers after one. */
  readonly patience: <T>(host: string, question: () => Promise<T>) => Promise<T>;
};
export type Asker<K extends CheckName> = (
  check: Extract<Check, { check: K }>,
  context: Context,
) => Promise<AnswerTo<K>>;

/** How each check is asked. Every one only reads. */
const askers: { readonly [K in Exclude<CheckName, OutputCheck>]: Asker<K> } = {
  ...restoreAskers,

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
    patience(node.node, async () => {
      const host = hosts.node(node.node);
      const named = readBackupConfig(await host.run(backupConfigCommand(config)));
      const self = readIdentity(await host.run(containers.sqlCommand(node, container, IDENTITY_STATEMENT)));
      const there =
        named && readIdentity(await host.run(containers.sqlOverTcp(node, container, named, IDENTITY_STATEMENT)));
      return {
        host: named?.host ?? null,
        answeredBy: there?.name ?? null,
        own: self?.name ?? null,
        address: self?.address ?? null,
      };
    }),

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

  'backup-base': askBase,

  'room-for-archive': async ({ node, volume, datadirVolume }, { drive: { hosts }, patience }) =>
    patience(node.node, async () => {
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
    }),

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
};

/** Asks a check and gives back its answer under its name. */
export async function ask(check: Check, context: Context): Promise<Answered> {
  if (answersFromOutput(check)) throw new TypeError('only a program that ended answers this');
  // The table holds for each name the asker of that name; the compiler can't see the pairing.
  const asker = askers[check.check] as (check: Check, context: Context) => Promise<unknown>;
  return { check: check.check, answer: await asker(check, context) } as Answered;
}
