import { BACKUP_VOLUME } from '../kolla/names.ts';
import { refuse } from '../operation/catalogue.ts';
import type { VolumeEntry } from '../operation/checks.ts';
import type { Wish } from '../operation/events.ts';
import type { FoundArchive } from '../operation/facts.ts';
import type { NodeRef } from '../operation/shapes.ts';
import { type CloudHosts, patiently } from './hosts.ts';
import { listVolume } from './node-questions.ts';

/** The archive that is wished for, where it lies, with what else lies there. Rejects with ARCHIVE_NOWHERE or ARCHIVE_ON_SEVERAL. */
export async function findArchive(
  cloud: string,
  { archive }: Extract<Wish, { kind: 'restore' }>,
  nodes: readonly NodeRef[],
  hosts: CloudHosts,
  signal: AbortSignal,
): Promise<{ readonly archive: FoundArchive; readonly listed: readonly VolumeEntry[] }> {
  const asked = archive.node === null ? nodes : nodes.filter(({ node }) => node === archive.node);
  const listed = await Promise.all(
    asked.map(async (node) => ({
      node: node.node,
      ...(await patiently(signal, () => listVolume(hosts, node, BACKUP_VOLUME))),
    })),
  );
  const held = listed.flatMap(({ node, directory, entries }) => {
    const entry = entries.find(({ path }) => path === archive.path);
    return entry && directory !== null
      ? [
          {
            archive: { node, directory, path: archive.path, bytes: entry.bytes, sha256: archive.sha256 },
            listed: entries,
          },
        ]
      : [];
  });
  const [only, ...others] = held;
  if (only === undefined) return refuse('ARCHIVE_NOWHERE', { cloud, path: archive.path });
  if (others.length === 0) return only;
  return refuse('ARCHIVE_ON_SEVERAL', { path: archive.path, hosts: held.map((one) => one.archive.node).join(', ') });
}
