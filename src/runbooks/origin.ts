import { parseArchiveName } from '../kolla/archives.ts';
import type { ChainArchive } from '../kolla/chains.ts';
import { localTime } from '../kolla/xtrabackup.ts';
import type { Problem } from '../operation/catalogue.ts';
import type { CloudPast } from './proven.ts';

/** What is known of how an archive came to be that no journal names where it lies. Its file's time is that of the copying. */

const HOUR_MS = 3_600_000;
/** An archive's own times name no zone: by so much the clock on the wall may be ahead of UTC, or behind it (ms). */
const [AHEAD_MS, BEHIND_MS] = [14 * HOUR_MS, 12 * HOUR_MS];

/** A file in a volume, and what it told when it was read. */
type ReadFile = {
  readonly path: string;
  readonly modified: number;
  readonly kind: ChainArchive['kind'];
  readonly sha256: string;
  /** The end of the backup, by a clock of its host; undefined where that wasn't noted. */
  readonly endedAt: string | undefined;
};

/** A copy of a proven archive is known by its checksum, wherever it lies; of others it is told when they were made. */
export function originOf(
  file: ReadFile,
  { proven }: Pick<CloudPast, 'proven'>,
): Pick<ChainArchive, 'at' | 'datadir' | 'takenOn'> {
  const same = proven.find(({ sha256 }) => sha256 === file.sha256);
  return same === undefined ? { at: madeAt(file) } : { at: same.at, datadir: same.datadir, takenOn: same.node };
}

/**
 * Of a full the earliest moment (ms) at which it may have been made, of an incremental the latest: a restore that lies
 * between the two is never missed. A name tells the moment, unless it belies what the archive says of itself.
 */
function madeAt({ path, modified, kind, endedAt }: ReadFile): number {
  const local = localTime(endedAt);
  const [from, to] = local === null ? [modified, modified] : [local - AHEAD_MS, local + BEHIND_MS];
  const name = parseArchiveName(path);
  const epoch = 'epoch' in name && name.epoch !== undefined ? name.epoch * 1000 : null;
  const named = epoch === null || (local !== null && (epoch < from || epoch > to)) ? null : epoch;
  const told = named ?? (kind === 'full' ? from : to);
  // A file that is older than what it holds has lost its time.
  return modified < from ? told : Math.min(modified, told);
}

/** A chain, its last link the chosen one, with archives that no journal knows: whether it is of one history is told by themselves alone. */
export function originSuspicions(
  chain: readonly { readonly path: string; readonly sha256: string | null }[],
  { proven }: Pick<CloudPast, 'proven'>,
): readonly Problem[] {
  const seen = new Set<string | null>(proven.map(({ sha256 }) => sha256));
  const unseen = chain.filter(({ sha256 }) => !seen.has(sha256)).length;
  if (chain.length < 2 || unseen === 0) return [];
  const params = { path: chain.at(-1)?.path ?? '', links: String(chain.length), unseen: String(unseen) };
  return [{ code: 'CHAIN_ORIGIN_UNSEEN', params }];
}
