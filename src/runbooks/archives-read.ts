import { isNameOf } from '../kolla/archives.ts';
import type { SeenFile, Sighting } from '../operation/ports.ts';
import type { Proven } from './proven.ts';

/** Archives that no journal knows are read once, so that the catalogue can tell what they are good for. */

/** A file that was written to so shortly before the look may be one that is still being written (ms). */
export const SETTLED_MS = 600_000;

const isArchive = (path: string) => isNameOf('full', path) || isNameOf('incremental', path);

/** What is to be read, the newest first: archives that are nobody's of ours, or no longer the files that were proved. */
export function toRead(
  { at, nodes }: Sighting,
  proven: readonly Pick<Proven, 'node' | 'path' | 'bytes'>[],
): readonly { readonly node: string; readonly file: SeenFile }[] {
  const all = nodes.flatMap(({ node, files }) => files.map((file) => ({ node, file })));
  const isOurs = (node: string, { path, bytes }: SeenFile) =>
    proven.some((one) => one.node === node && one.path === path && one.bytes === bytes);
  return all
    .filter(({ node, file }) => isArchive(file.path) && file.read === null && !isOurs(node, file))
    .filter(({ file }) => at - file.modified >= SETTLED_MS)
    .toSorted((a, b) => b.file.modified - a.file.modified);
}

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
