import { KollaBackupError } from '../operation/catalogue.ts';
import type { Wish } from '../operation/events.ts';
import type { Facts } from '../operation/facts.ts';
import type { Journal } from '../operation/journal.ts';
import { keptBy } from '../operation/kept.ts';
import type { Proven } from '../runbooks/proven.ts';
import { newerFull } from './restore-questions.ts';

/**
 * What a restore still keeps, out of its journal, on those of its nodes that the cloud still has: one that was taken out
 * for good keeps no other from being freed. Refuses where that is nothing, or no newer full was proven that still `lies` there.
 */
export async function probeDiscard(
  cloud: string,
  { restore: id, label }: Extract<Wish, { kind: 'discard' }>,
  nodes: Facts['nodes'],
  journal: Pick<Journal, 'read' | 'recent'>,
  lies: (archive: Proven) => Promise<boolean>,
): Promise<NonNullable<Facts['discard']>> {
  const read = await journal.read(id);
  if (read.state !== 'sound') throw new KollaBackupError('LABEL_UNKNOWN', { label });
  const { operation } = read;
  const kept = keptBy(operation).filter(({ node }) => nodes.some(({ name }) => name === node));
  if (operation.end === null || operation.cloud !== cloud || kept.length === 0)
    throw new KollaBackupError('NOTHING_KEPT', { label });
  const endedAt = operation.end.at;
  if ((await newerFull(journal, cloud, endedAt, lies)) === null) throw new KollaBackupError('DISCARD_NEEDS_FULL');
  return { restore: id, endedAt, kept };
}
