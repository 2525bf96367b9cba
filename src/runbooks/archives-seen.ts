import { isNameOf } from '../kolla/archives.ts';
import { chainTo } from '../kolla/chains.ts';
import type { Sighting } from '../operation/ports.ts';
import type { CloudPast, Proven } from './proven.ts';

/** The catalogue: what lay in the volumes when a worker last looked, beside what the journals know of it. */

export type Standing =
  /** Labels of the backups that it needs before itself, the full first; none for a full. */
  | { readonly kind: 'restorable'; readonly needs: readonly string[] }
  /** An incremental whose chain isn't whole on its node, or has a restore inside. */
  | { readonly kind: 'no_chain'; readonly why: 'gap' | 'restore_inside' }
  /** The file isn't the one any more that was proved. */
  | { readonly kind: 'changed' }
  /** Nobody of us made it; a restore would read it first. */
  | { readonly kind: 'unread' };

export type ArchiveSeen = {
  readonly node: string;
  readonly path: string;
  /** As its name claims, or as it was proved. */
  readonly type: 'full' | 'incremental';
  readonly bytes: number;
  /** When it was made: by its journal, or else by the file (ms). */
  readonly at: number;
  readonly proven: Proven | null;
  readonly standing: Standing;
};

/** Every archive that was seen, the newest first. */
export function archivesSeen({ nodes }: Sighting, { proven, restores }: CloudPast): readonly ArchiveSeen[] {
  const files = nodes.flatMap(({ node, files: found }) => found.map((file) => ({ node, ...file })));
  const there = proven.filter((one) =>
    files.some(({ node, path, bytes }) => node === one.node && path === one.path && bytes === one.bytes),
  );
  const moments = restores.flatMap(({ at }) => at);
  const seen = files.flatMap((file): readonly ArchiveSeen[] => {
    const type = isNameOf('full', file.path) ? 'full' : isNameOf('incremental', file.path) ? 'incremental' : null;
    if (type === null) return [];
    const { node, path, bytes, modified } = file;
    const known = proven.find((one) => one.node === node && one.path === path);
    if (known === undefined)
      return [{ node, path, type, bytes, at: modified, proven: null, standing: { kind: 'unread' } }];
    const standing: Standing = there.includes(known) ? standingOf(known, there, moments) : { kind: 'changed' };
    return [{ node, path, type: known.kind, bytes, at: known.at, proven: known, standing }];
  });
  return seen.toSorted((a, b) => b.at - a.at);
}

function standingOf(one: Proven, there: readonly Proven[], restores: readonly number[]): Standing {
  const found = chainTo(one, there, restores);
  return found.kind === 'chain'
    ? { kind: 'restorable', needs: found.links.slice(0, -1).map(({ label }) => label) }
    : { kind: 'no_chain', why: found.kind };
}
