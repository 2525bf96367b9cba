import { refuse } from '../operation/catalogue.ts';
import type { FoundArchive } from '../operation/facts.ts';
import type { Proven } from './proven.ts';

/**
 * What our backups know of an archive that was found, whoever named it: the newest, for the script of one layout writes
 * over its own files. Null where none made it; rejects with ARCHIVE_CHANGED where another file lies there now.
 */
export function knownArchive(
  place: FoundArchive,
  proven: readonly Proven[],
): { readonly known: Proven; readonly archive: FoundArchive } | null {
  const { node, path, bytes, sha256 } = place;
  const [known] = proven.filter((one) => one.node === node && one.path === path).toSorted((a, b) => b.at - a.at);
  if (known === undefined) return null;
  if (known.bytes !== bytes || (sha256 !== null && sha256 !== known.sha256)) {
    const detail = `${known.label} had proved one of ${known.bytes} bytes with the checksum ${known.sha256}`;
    return refuse('ARCHIVE_CHANGED', { host: node, path, detail });
  }
  return { known, archive: { ...place, sha256: known.sha256, unpackedBytes: known.unpackedBytes } };
}
