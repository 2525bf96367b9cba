import { isNameOf } from '../kolla/archives.ts';
import { type ChainArchive, chainTo } from '../kolla/chains.ts';
import { parseServerVersion } from '../kolla/xtrabackup.ts';
import type { SeenFile, Sighting } from '../operation/ports.ts';
import { flawOf } from './archives-read.ts';
import { originOf } from './origin.ts';
import type { CloudPast, Proven } from './proven.ts';

/** The catalogue: what lay in the volumes when a worker last looked, beside what the journals know of it. */

/** What an archive is good for, by what is known of it now. */
export type Standing =
  /** What it needs before itself, the full first: labels of backups, or names of files that none of us made. */
  | { readonly kind: 'restorable'; readonly needs: readonly string[] }
  /** An incremental whose chain isn't whole on its node, or not as far as its archives were read, or has a restore inside. */
  | { readonly kind: 'no_chain'; readonly why: 'gap' | 'unread' | 'restore_inside' }
  /** The file isn't the one any more that was proved. */
  | { readonly kind: 'changed' }
  /** Partial, damaged or otherwise of no use; the code says how. */
  | { readonly kind: 'unusable'; readonly code: string }
  /** Nobody of us made it, and it wasn't read yet; a restore would read it first. */
  | { readonly kind: 'unread' };

/** One archive of the catalogue. */
export type ArchiveSeen = {
  readonly node: string;
  readonly path: string;
  /** As its name claims, or as it was proved or read. */
  readonly type: 'full' | 'incremental';
  readonly bytes: number;
  /** When it was made: by its journal, or else by the file (ms). */
  readonly at: number;
  readonly proven: Proven | null;
  /** MariaDB's version that took it; null where that isn't known. */
  readonly serverVersion: string | null;
  readonly standing: Standing;
};

/** An archive of which the LSNs are known: by a journal, or because it was read. */
type Known = ChainArchive & { readonly label: string };

/** Every archive that was seen, chain by chain: that of the newest archive first, in each the newest first. */
export function archivesSeen(
  { nodes }: Sighting,
  { proven, restores }: Pick<CloudPast, 'proven' | 'restores'>,
): readonly ArchiveSeen[] {
  const files = nodes.flatMap(({ node, files: found }) => found.map((file) => ({ ...file, node })));
  const ours = (file: SeenFile & { node: string }) =>
    proven.find((one) => one.node === file.node && one.path === file.path);
  const knownOf = (file: SeenFile & { node: string }): Known | null => {
    const one = ours(file);
    return one?.bytes === file.bytes ? one : readAs(file, proven);
  };
  const there = files.flatMap((file) => knownOf(file) ?? []);
  const moments = restores.flatMap(({ at }) => at);
  const seen = files.flatMap((file) => {
    const named = isNameOf('full', file.path) ? 'full' : isNameOf('incremental', file.path) ? 'incremental' : null;
    if (named === null) return [];
    const { node, path, bytes, modified, read } = file;
    const one = ours(file) ?? null;
    const known = there.find((other) => other.node === node && other.path === path);
    const found = known === undefined ? null : chainTo<Known>(known, there, moments);
    const archive: ArchiveSeen = {
      ...{ node, path, bytes, proven: one, type: known?.kind ?? one?.kind ?? named },
      at: one?.at ?? modified,
      serverVersion: one?.serverVersion ?? (read?.kind === 'whole' ? read.serverVersion : null),
      standing: standingOf(found, one, file),
    };
    // An archive without a chain stands for itself.
    const full = found?.kind === 'chain' ? found.links[0] : undefined;
    return [{ archive, chain: JSON.stringify([node, full?.path ?? path]) }];
  });
  const unread = new Set(seen.flatMap(({ archive: { node, standing } }) => (isUnread(standing) ? [node] : [])));
  const newest = new Map<string, number>();
  for (const { chain, archive } of seen) newest.set(chain, Math.max(archive.at, newest.get(chain) ?? 0));
  const rank = ({ chain }: (typeof seen)[number]) => newest.get(chain) ?? 0;
  return seen
    .toSorted(
      (a, b) =>
        rank(b) - rank(a) || (a.chain < b.chain ? -1 : a.chain > b.chain ? 1 : 0) || b.archive.at - a.archive.at,
    )
    .map(({ archive }) => (unread.has(archive.node) ? notYetMissing(archive) : archive));
}

const isUnread = (standing: ArchiveSeen['standing']) =>
  standing.kind === 'unread' || (standing.kind === 'unusable' && flawOf(standing.code) === 'passing');

/** What a chain lacks may be an archive that wasn't read yet, or couldn't be. */
function notYetMissing(archive: ArchiveSeen): ArchiveSeen {
  const { standing } = archive;
  if (standing.kind !== 'no_chain' || standing.why !== 'gap') return archive;
  return { ...archive, standing: { kind: 'no_chain', why: 'unread' } };
}

function readAs({ node, path, modified, read }: SeenFile & { node: string }, proven: readonly Proven[]): Known | null {
  const series = read?.kind === 'whole' ? parseServerVersion(read.serverVersion)?.series : undefined;
  if (read?.kind !== 'whole' || series === undefined) return null;
  const { type: kind, fromLsn, toLsn, lastLsn, sha256, endedAt } = read;
  const origin = originOf({ path, modified, kind, sha256, endedAt }, { proven });
  const label = path.split('/').at(-1) ?? path;
  return { node, path, kind, fromLsn, toLsn, lastLsn, series, ...origin, label };
}

function standingOf(
  found: ReturnType<typeof chainTo<Known>> | null,
  ours: Proven | null,
  { bytes, read }: SeenFile,
): Standing {
  // That it is whole may be: it is another one all the same.
  if (ours !== null && ours.bytes !== bytes) return { kind: 'changed' };
  if (read?.kind === 'unusable') return { kind: 'unusable', code: read.code };
  if (found === null) return { kind: 'unread' };
  return found.kind === 'chain'
    ? { kind: 'restorable', needs: found.links.slice(0, -1).map(({ label }) => label) }
    : { kind: 'no_chain', why: found.kind };
}
