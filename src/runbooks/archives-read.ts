import { isNameOf } from '../kolla/archives.ts';
import type { Code } from '../operation/catalogue.ts';
import type { ArchiveRead, SeenFile, Sighting } from '../operation/ports.ts';
import type { Proven } from './proven.ts';

/** Archives that no journal knows are read once, so that the catalogue can tell what they are good for. */

/** A file that was written to so shortly before the look may be one that is still being written (ms). */
export const SETTLED_MS = 600_000;

/** What reading may show of an archive, and stays true while it is the same file. */
const LASTING: ReadonlySet<string> = new Set<Code>([
  'ARCHIVE_EMPTY',
  'ARCHIVE_CUT',
  'ARCHIVE_UNFINISHED',
  'ARCHIVE_DAMAGED',
  'ARCHIVE_OTHER_HISTORY',
]);
/** The same, where a disk, a limit or this software may get better. */
const PASSING: ReadonlySet<string> = new Set<Code>(['ARCHIVE_UNREADABLE', 'ARCHIVE_UNSUPPORTED', 'PROOF_TOO_LONG']);

/** What a problem (its code) is for its archive; null where it shows nothing of it. */
export const flawOf = (code: string) => (LASTING.has(code) ? 'lasting' : PASSING.has(code) ? 'passing' : null);

/** After how long an archive is read again that couldn't be read or understood (ms): that may cost its whole length. */
const AGAIN_MS = 86_400_000;

const isArchive = (path: string) => isNameOf('full', path) || isNameOf('incremental', path);

/** Whether nothing is known of an archive, or only that it couldn't be read or understood some time ago. */
const isOpen = (read: ArchiveRead | null, at: number) =>
  read === null || (read.kind === 'unusable' && flawOf(read.code) !== 'lasting' && at - (read.at ?? 0) >= AGAIN_MS);

/**
 * What is to be read, the newest first, what was tried before last: archives that are nobody's of ours, or no longer the
 * files that were proved.
 */
export function toRead(
  { at, nodes }: Sighting,
  proven: readonly Pick<Proven, 'node' | 'path' | 'bytes'>[],
): readonly { readonly node: string; readonly file: SeenFile }[] {
  const all = nodes.flatMap(({ node, files }) => files.map((file) => ({ node, file })));
  const isOurs = (node: string, { path, bytes }: SeenFile) =>
    proven.some((one) => one.node === node && one.path === path && one.bytes === bytes);
  return all
    .filter(({ node, file }) => isArchive(file.path) && isOpen(file.read, at) && !isOurs(node, file))
    .filter(({ file }) => at - file.modified >= SETTLED_MS)
    .toSorted((a, b) => tried(a.file) - tried(b.file) || b.file.modified - a.file.modified);
}

const tried = ({ read }: SeenFile) => (read === null ? 0 : 1);

/** A sighting with what an earlier one had read of the very same files. */
export function withRead(seen: Sighting, earlier: Sighting | null): Sighting {
  const known = new Map(
    (earlier?.nodes ?? []).flatMap(({ node, files }) => files.map((file) => [keyOf(node, file), file.read] as const)),
  );
  const nodes = seen.nodes.map((one) => ({
    ...one,
    files: one.files.map((file) => ({ ...file, read: known.get(keyOf(one.node, file)) ?? file.read })),
  }));
  return { at: seen.at, nodes };
}

const keyOf = (node: string, { path, bytes, modified, inode }: SeenFile) =>
  JSON.stringify([node, path, bytes, modified, inode]);
