import { isUnpackedForIncrementals } from '../kolla/archives.ts';
import { lockPlace } from '../kolla/backup-config.ts';
import { type ChainArchive, chainTo } from '../kolla/chains.ts';
import { readDatadir } from '../kolla/containers.ts';
import { parseServerVersion } from '../kolla/xtrabackup.ts';
import type { AnswerTo } from '../operation/checks.ts';
import { everDriven, mayHaveRun, type Operation } from '../operation/operation.ts';
import type { Findings } from '../operation/restore-checks.ts';
import { earlierAnswers } from './judge.ts';

/**
 * What journals know of archives. A journal is the manifest of its backup: checksum, size, LSNs, server, who asked for
 * it, which datadir it is of. It lies on no host, so nobody who can write into a volume can change it.
 */

/** An archive that one of our backups made and proved complete; `at` is when (ms since the epoch). */
export type Proven = ChainArchive & {
  readonly id: string;
  readonly label: string;
  readonly by: string;
  /** Where the volume lay; `path` is relative to it. */
  readonly directory: string;
  readonly bytes: number;
  readonly unpackedBytes: number;
  readonly sha256: string;
  readonly serverVersion: string;
  /** Which datadir was copied; null where that wasn't recorded. */
  readonly datadir: string | null;
  /** What the databases held when it had been taken; null where that wasn't noted. */
  readonly schemas: readonly SchemaNoted[] | null;
  /** Whether it was seen on which node mariabackup had its lock. */
  readonly lockSeen: boolean;
};

type SchemaNoted = Pick<Findings['schemas'][number], 'name' | 'tables' | 'digest'>;

/** The archive of a backup that succeeded; null where there is none, or one that tells too little to be built on. */
export function provenBy(operation: Operation): Proven | null {
  if (operation.wish.kind !== 'backup' || operation.end?.how !== 'succeeded') return null;
  const answers = [...operation.attempts.keys()].flatMap((step) => earlierAnswers(operation, step));
  const proof = answers.find((one) => one.check === 'archive-complete')?.answer;
  const found = answers.find((one) => one.check === 'new-archive')?.answer;
  const noted = answers.find((one) => one.check === 'backup-noted')?.answer.findings?.schemas;
  const node = operation.plan?.plan.backupHost;
  if (!proof?.complete || !found?.directory || node === undefined) return null;
  const { type, fromLsn, toLsn, lastLsn, sha256, serverVersion, bytes, unpackedBytes, path } = proof;
  const series = parseServerVersion(serverVersion ?? '')?.series;
  const kind = type === 'full' || type === 'incremental' ? type : null;
  if (kind === null || fromLsn === null || toLsn === null || sha256 === null || series === undefined) return null;
  if (!path.startsWith(`${found.directory}/`)) return null;
  const { id, label, by, end } = operation;
  return {
    ...{ id, label, by, node, directory: found.directory, path: path.slice(found.directory.length + 1), at: end.at },
    ...{ kind, fromLsn, toLsn, lastLsn: lastLsn ?? toLsn, series, serverVersion: serverVersion ?? '', bytes },
    ...{ unpackedBytes, sha256 },
    ...{ datadir: datadirSeen(operation), takenOn: node },
    schemas: noted?.map(({ name, tables, digest }) => ({ name, tables, digest })) ?? null,
    lockSeen: answers.every((one) => one.check !== 'lock-on-this-node' || lockPlace(one.answer) !== 'unknown'),
  };
}

/** Which datadir a backup copies or has copied; null where that isn't known, or it was another one afterwards. */
export function datadirSeen(operation: Pick<Operation, 'attempts'>): string | null {
  const answers = [...operation.attempts.keys()].flatMap((step) => earlierAnswers(operation, step));
  const seen = new Set(answers.flatMap((one) => (one.check === 'backup-base' ? [one.answer.datadir] : [])));
  return seen.size === 1 ? readDatadir([...seen][0] ?? '') : null;
}

/** When a restore exchanged the datadirs of its cloud, and when it ended (ms); empty where it didn't come to that. */
export function replacedAt(operation: Operation): readonly number[] {
  const { wish, end, headAt } = operation;
  if (wish.kind !== 'restore') return [];
  const swaps = everDriven(operation).flatMap(({ track, attempts }) =>
    track.steps
      .filter(({ after }) => after.some((one) => one.check === 'reported' && one.program === 'swap'))
      .flatMap(({ id }) => attempts.get(id) ?? [])
      .filter(mayHaveRun),
  );
  return swaps.length === 0 ? [] : [Math.min(...swaps.map(({ startedAt }) => startedAt)), end?.at ?? headAt];
}

/** What the journals of one cloud tell of its archives and restores. */
export type CloudPast = {
  readonly proven: readonly Proven[];
  readonly restores: readonly { readonly label: string; readonly at: readonly number[] }[];
  /** Archives that restores have read whole, whoever made them; `series` is MariaDB's ("10.11"). */
  readonly read: readonly ArchiveReadBefore[];
};
type ArchiveReadBefore = Pick<Proven, 'node' | 'path' | 'bytes' | 'series'>;

/** Of every operation of one cloud, in any order. */
export function pastOf(operations: readonly Operation[]): CloudPast {
  return {
    proven: operations.flatMap((one) => provenBy(one) ?? []),
    restores: operations.flatMap((one) => {
      const at = replacedAt(one);
      return at.length === 0 ? [] : [{ label: one.label, at }];
    }),
    read: operations.flatMap(readBy),
  };
}

/** What a restore read of archives, also where that ended it. Answers stand in the order of their checks. */
function readBy(operation: Operation): readonly ArchiveReadBefore[] {
  return everDriven(operation).flatMap(({ track, attempts }) =>
    track.steps.flatMap(({ id, after }) => {
      const answers = attempts.get(id)?.at(-1)?.end?.after ?? [];
      return after.flatMap((check, index) => {
        const answered = answers[index];
        if (check.check !== 'archive-whole' || answered?.check !== 'archive-whole') return [];
        const series = parseServerVersion(answered.answer.serverVersion ?? '')?.series;
        const { node, path } = check;
        return series === undefined ? [] : [{ node: node.node, path, bytes: answered.answer.bytes, series }];
      });
    }),
  );
}

/** The full that an incremental will build on, or why there is none that it could. */
export function baseFor(
  { proven, restores }: Pick<CloudPast, 'proven' | 'restores'>,
  cloud: string,
  now: {
    readonly node: string;
    readonly datadir: string | null;
    /** MariaDB's series; null where it couldn't be asked. */
    readonly series: string | null;
    readonly listed: readonly { path: string; bytes: number }[];
  },
): Pick<AnswerTo<'backup-base'>, 'base' | 'problem'> {
  const none = (why: string) => ({ base: null, problem: { code: 'INCREMENTAL_NO_FULL', params: { cloud, why } } });
  const fulls = proven.filter(({ kind }) => kind === 'full').toSorted((a, b) => b.at - a.at);
  const full = fulls[0];
  if (full === undefined) return none('none was taken and proved by this software');
  const { label, path, node: host } = full;
  const restore = restores.find(({ at }) => at.some((moment) => moment > full.at));
  if (restore !== undefined)
    return {
      base: null,
      problem: { code: 'INCREMENTAL_AFTER_RESTORE', params: { cloud, restore: restore.label, full: label } },
    };
  if (host !== now.node) return none(`the newest, ${label}, lies on ${host}, and this backup is taken on ${now.node}`);
  if (now.series !== null && full.series !== now.series)
    return none(`the newest, ${label}, was taken of MariaDB ${full.series}, and ${host} runs ${now.series} since`);
  if (!now.listed.some((file) => file.path === path && file.bytes === full.bytes))
    return none(`the file of the newest, ${label}, is not in the volume any more`);
  if (full.datadir === null || now.datadir === null)
    return { base: null, problem: { code: 'INCREMENTAL_DATADIR_UNKNOWN', params: { host, full: label } } };
  if (full.datadir !== now.datadir)
    return { base: null, problem: { code: 'INCREMENTAL_OTHER_DATADIR', params: { host, full: label } } };
  return { base: { label, path }, problem: null };
}

/** What an incremental of now would unpack before it begins (bytes): the newest full, where its layout wants that. */
export function unpackedFirst({ proven }: Pick<CloudPast, 'proven'>): number | null {
  const [full] = proven.filter(({ kind }) => kind === 'full').toSorted((a, b) => b.at - a.at);
  return full !== undefined && isUnpackedForIncrementals(full.path) ? full.unpackedBytes : null;
}

type Link = ChainArchive & { readonly label: string };

/**
 * The backups whose archives a new incremental needs, or why it continues no chain: that a backup once proved an archive
 * is of no use when its file has been removed since, or was overwritten, perhaps by this very one.
 */
export function needsFor(
  { proven, restores }: Pick<CloudPast, 'proven' | 'restores'>,
  own: Link,
  { file, listed }: { readonly file: string; readonly listed: readonly { path: string; bytes: number }[] },
): Pick<AnswerTo<'archive-complete'>, 'needs' | 'problem'> {
  const lies = ({ path, bytes }: Pick<Proven, 'path' | 'bytes'>) =>
    path !== own.path && listed.some((one) => one.path === path && one.bytes === bytes);
  const moments = restores.flatMap(({ at }) => at);
  const chainOf = (archives: readonly Proven[]) => chainTo<Link>(own, archives, moments);
  const found = chainOf(proven.filter(lies));
  if (found.kind === 'chain') return { problem: null, needs: found.links.slice(0, -1).map(({ label }) => label) };
  const host = own.node;
  const once = chainOf(proven);
  if (once.kind === 'chain') {
    const gone = proven.find((one) => once.links.includes(one) && !lies(one))?.label ?? 'another backup';
    return { problem: { code: 'INCREMENTAL_LINK_GONE', params: { host, file, gone } } };
  }
  const lsn = found.kind === 'gap' ? found.lsn : own.fromLsn;
  return { problem: { code: 'INCREMENTAL_OFF_CHAIN', params: { host, file, lsn } } };
}
