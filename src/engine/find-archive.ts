import { BACKUP_VOLUME } from '../kolla/names.ts';
import { refuse } from '../operation/catalogue.ts';
import type { VolumeEntry } from '../operation/checks.ts';
import type { Wish } from '../operation/events.ts';
import type { FoundArchive } from '../operation/facts.ts';
import type { NodeRef } from '../operation/shapes.ts';
import { type CloudHosts, patiently } from './hosts.ts';
import { listVolume } from './node-questions.ts';

/**
 * The archive that is wished for, where it lies, with what else lies there and how many files more than were listed.
 * Rejects with ARCHIVE_NOWHERE or ARCHIVE_ON_SEVERAL, or with TOO_MANY_ARCHIVES where neither can be known.
 */
export async function findArchive(
  cloud: string,
  { archive }: Extract<Wish, { kind: 'restore' }>,
  nodes: readonly NodeRef[],
  hosts: CloudHosts,
  signal: AbortSignal,
): Promise<{ readonly archive: FoundArchive; readonly listed: readonly VolumeEntry[]; readonly omitted: number }> {
  const asked = archive.node === null ? nodes : nodes.filter(({ node }) => node === archive.node);
  const listed = await Promise.all(
    asked.map(async (node) => ({
      node: node.node,
      ...(await patiently(signal, () => listVolume(hosts, node, BACKUP_VOLUME))),
    })),
  );
  const held = listed.flatMap(({ node, directory, entries, omitted }) => {
    const entry = entries.find(({ path }) => path === archive.path);
    return entry && directory !== null
      ? [
          {
            archive: { node, directory, path: archive.path, bytes: entry.bytes, sha256: archive.sha256 },
            listed: entries,
            omitted,
          },
        ]
      : [];
  });
  const [only, ...others] = held;
  if (others.length > 0)
    return refuse('ARCHIVE_ON_SEVERAL', { path: archive.path, hosts: held.map((one) => one.archive.node).join(', ') });
  const cut = listed.find(({ node, omitted }) => omitted > 0 && node !== only?.archive.node);
  if (cut !== undefined) {
    const count = String(cut.entries.length + cut.omitted);
    return refuse('TOO_MANY_ARCHIVES', { host: cut.node, volume: BACKUP_VOLUME, count });
  }
  return only ?? refuse('ARCHIVE_NOWHERE', { cloud, path: archive.path });
}
