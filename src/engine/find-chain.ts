import { parseArchiveName } from '../kolla/archives.ts';
import { type ChainArchive, type ChainFound, chainTo } from '../kolla/chains.ts';
import { BACKUP_VOLUME } from '../kolla/names.ts';
import { KollaBackupError, refuse } from '../operation/catalogue.ts';
import type { VolumeEntry } from '../operation/checks.ts';
import type { ChainLink, FoundArchive } from '../operation/facts.ts';
import { CHAIN_MAX } from '../operation/shapes.ts';
import { originOf } from '../runbooks/origin.ts';
import type { CloudPast } from '../runbooks/proven.ts';
import { type CloudHosts, patiently } from './hosts.ts';
import { readToItsEnd } from './prove.ts';

/** Which archives a restore needs, by what the journals know of them, and by reading the others. */

/** The most archives that are read to find the links of a chain. */
const READ_MAX = 60;

type Known = ChainArchive & Pick<FoundArchive, 'bytes' | 'sha256'>;
type Look = {
  readonly past: CloudPast;
  /** What lies in the volume of the chosen archive's node. */
  readonly listed: readonly VolumeEntry[];
  /** How many files lie there that aren't listed. */
  readonly omitted: number;
  readonly hosts: CloudHosts;
  readonly signal: AbortSignal;
  /** How long reading one archive may take (ms). */
  readonly proofMs: number;
};

/**
 * The chain that ends with an archive, the full first. Empty for one that is a full by its name: that it is one is
 * proved before it is unpacked. Rejects with CHAIN_GAP, CHAIN_OTHER_SERIES, CHAIN_RESTORE_INSIDE, PROOF_TOO_LONG, or why
 * the archive isn't usable.
 */
export async function findChain(chosen: FoundArchive, look: Look): Promise<readonly ChainLink[]> {
  if (parseArchiveName(chosen.path).kind === 'full') return [];
  const { node: host, path } = chosen;
  const pool = new Map(knownOn(host, look).map((one) => [one.path, one]));
  const own = pool.get(path) ?? (await mustRead(chosen, look));
  if (chosen.sha256 !== null && chosen.sha256 !== own.sha256)
    return refuse('ARCHIVE_CHANGED', { host, path, detail: 'it is another file than the one that was proven' });
  pool.set(path, own);
  const written = look.listed.find((entry) => entry.path === path)?.modified ?? 0;
  let tooSlow: KollaBackupError | null = null;
  let unread = look.listed
    .filter((entry) => !pool.has(entry.path) && isArchive(entry.path))
    .toSorted(likelier(path, written))
    .slice(0, READ_MAX);
  const restores = look.past.restores.flatMap(({ at }) => at);
  for (;;) {
    const found = chainTo(own, [...pool.values(), ...onOthers(host, look)], restores);
    switch (found.kind) {
      case 'chain':
        if (found.links.length > CHAIN_MAX)
          return refuse('CHAIN_TOO_LONG', { path, links: String(found.links.length) });
        return found.links.map((link) => linkOf(link, chosen.directory));
      case 'restore_inside':
        return refuse('CHAIN_RESTORE_INSIDE', { path, host, at: new Date(found.at).toISOString() });
      case 'gap': {
        const next = unread.shift();
        if (next === undefined) {
          // The missing one may be one that wasn't read, or not even listed.
          if (tooSlow !== null) throw tooSlow;
          return refuseGap(chosen, found, look, [...pool.values()]);
        }
        try {
          const read = await readWhole(chosen.directory, host, next, look);
          if (read !== null) pool.set(next.path, read);
        } catch (error) {
          if (!(error instanceof KollaBackupError) || error.problem.code !== 'PROOF_TOO_LONG') throw error;
          // Perhaps it isn't needed; what is as large would take as long.
          tooSlow ??= error;
          unread = unread.filter(({ bytes }) => bytes < next.bytes);
        }
      }
    }
  }
}

/** Says of a chain that breaks off why no archive continues it, after all that could be read was. */
function refuseGap(
  { node: host, path }: FoundArchive,
  { lsn, links, elsewhere, apart }: Extract<ChainFound<Known>, { kind: 'gap' }>,
  { listed, omitted }: Look,
  pool: readonly Known[],
): never {
  const [head] = links;
  if (omitted > 0)
    return refuse('TOO_MANY_ARCHIVES', { host, volume: BACKUP_VOLUME, count: String(listed.length + omitted) });
  const before = pool.find((one) => one.toLsn === lsn && one.series !== head.series);
  if (before !== undefined)
    return refuse('CHAIN_OTHER_SERIES', { path: head.path, host, before: before.path, series: before.series });
  const known = elsewhere.length === 0 ? 'nowhere that is known' : `on ${elsewhere.join(', ')}`;
  return refuse('CHAIN_GAP', { path, host, lsn, where: apart ? 'there, but is of another datadir or node' : known });
}

/**
 * Which of two archives is read first, for each costs its whole length: the full that the chosen one's name points at,
 * then what was written last before it, then what was written after it. Names and times are hints and prove nothing:
 * whoever copied archives into a volume has given them the times, and the order, of the copying.
 */
function likelier(path: string, written: number) {
  const chosen = parseArchiveName(path);
  const epoch = chosen.kind === 'incremental' ? chosen.full?.epoch : undefined;
  const rank = (entry: VolumeEntry) => {
    const name = parseArchiveName(entry.path);
    if (name.kind === 'full' && epoch !== undefined && name.epoch === epoch) return 0;
    return entry.modified <= written ? 1 : 2;
  };
  const distance = ({ modified }: VolumeEntry) => Math.abs(written - modified);
  return (a: VolumeEntry, b: VolumeEntry) => rank(a) - rank(b) || distance(a) - distance(b);
}

function isArchive(path: string): boolean {
  const { kind } = parseArchiveName(path);
  return kind === 'full' || kind === 'incremental';
}

function linkOf(known: Known, directory: string): ChainLink {
  const { node, path, bytes, sha256, kind, fromLsn, toLsn, series } = known;
  return { node, directory, path, bytes, sha256, kind, fromLsn, toLsn, series };
}

/** Archives of our own backups whose files are still there as they were, the newest last: it may have overwritten others. */
function knownOn(host: string, { past, listed }: Look): readonly Known[] {
  const lies = ({ path, bytes }: Known) => listed.some((entry) => entry.path === path && entry.bytes === bytes);
  return past.proven.filter((one) => one.node === host && lies(one)).toSorted((a, b) => a.at - b.at);
}

/** What lies on other nodes is only named: a chain is restored from one. */
const onOthers = (host: string, { past }: Look): readonly Known[] => past.proven.filter(({ node }) => node !== host);

async function mustRead(chosen: FoundArchive, look: Look): Promise<Known> {
  const { node: host, path, directory } = chosen;
  const entry = look.listed.find((one) => one.path === path);
  const read = entry === undefined ? null : await readWhole(directory, host, entry, look, true);
  return read ?? refuse('ARCHIVE_INCOMPLETE', { host, file: path });
}

/** What an archive tells of itself; null where it isn't usable, or a refusal where it is `demanded`. */
async function readWhole(
  directory: string,
  host: string,
  { path, bytes, modified }: VolumeEntry,
  { past, hosts, signal, proofMs }: Look,
  demanded = false,
): Promise<Known | null> {
  const file = `${directory}/${path}`;
  const proof = await patiently(signal, () => readToItsEnd(hosts, host, file, proofMs));
  if (proof.kind === 'unknown' || (demanded && proof.kind === 'unproven'))
    return refuse(proof.problem.code, proof.problem.params);
  if (proof.kind !== 'whole' || proof.checkpoints.kind === 'prepared') return null;
  const { checkpoints, info, sha256 } = proof;
  const { fromLsn, toLsn, lastLsn } = checkpoints;
  const kind = checkpoints.kind === 'full' ? 'full' : 'incremental';
  const { series } = info.server;
  const origin = originOf({ path, modified, kind, sha256, endedAt: info.endTime }, past);
  return { node: host, path, bytes, sha256, kind, fromLsn, toLsn, lastLsn, series, ...origin };
}
