import { isNameOf } from '../kolla/archives.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Answered, AnswerTo, Check, CheckName } from '../operation/checks.ts';
import { freshAmong, marksOf } from '../runbooks/freshness.ts';
import { foundBy as archivesFoundBy, listedBefore as archivesListedBefore } from '../runbooks/judge.ts';
import { askBase, askNoted, withChain } from './backup-askers.ts';
import type { Drive } from './drive.ts';
import { galeraStatus, listVolume, lockOf, othersAtWork, roomForArchive } from './node-questions.ts';
import { answersFromOutput, type OutputCheck } from './output-readers.ts';
import { prove } from './prove.ts';
import { restoreAskers } from './restore-askers.ts';

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

  'backup-base': askBase,

  'backup-noted': askNoted,

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
};

/** Asks a check and gives back its answer under its name. */
export async function ask(check: Check, context: Context): Promise<Answered> {
  if (answersFromOutput(check)) throw new TypeError('only a program that ended answers this');
  // The table holds for each name the asker of that name; the compiler can't see the pairing.
  const asker = askers[check.check] as (check: Check, context: Context) => Promise<unknown>;
  return { check: check.check, answer: await asker(check, context) } as Answered;
}
