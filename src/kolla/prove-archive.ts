import { z } from 'zod';
import type { Code, Problem } from '../operation/catalogue.ts';
import { count } from '../operation/checks.ts';
import type { Command, Outcome } from '../operation/host.ts';
import { parseJson } from '../operation/json.ts';
import { foldInode } from './list-volume.ts';
import { lastAnswer, noAnswer, normalPath, programSource, pythonCommand } from './python-program.ts';
import { PARAM_CHARS, quoteHost } from './quoted.ts';
import { type BackupInfo, type Checkpoints, compareLsn, parseBackupInfo, parseCheckpoints } from './xtrabackup.ts';

/** Asks a host to prove that one archive is whole; the program is `prove-archive.py`, sent along. */

const SOURCE = programSource('prove-archive.py');

/** The most bytes of output that an honest proof has: two metadata files of 64 KiB, escaped, and progress lines. */
const PROOF_OUTPUT_BYTES_MAX = 1 << 20;

const REASONS = {
  missing: 'ARCHIVE_MISSING',
  not_a_file: 'ARCHIVE_UNREADABLE',
  unreadable: 'ARCHIVE_UNREADABLE',
  empty: 'ARCHIVE_EMPTY',
  gzip_cut: 'ARCHIVE_CUT',
  gzip_damaged: 'ARCHIVE_DAMAGED',
  stream_cut: 'ARCHIVE_UNFINISHED',
  stream_damaged: 'ARCHIVE_DAMAGED',
  not_ended: 'ARCHIVE_UNFINISHED',
  no_metadata: 'ARCHIVE_UNFINISHED',
  unsupported: 'ARCHIVE_UNSUPPORTED',
  limit: 'ARCHIVE_UNSUPPORTED',
  changed: 'ARCHIVE_CHANGED',
} as const satisfies Record<string, Code>;

type Reason = keyof typeof REASONS;
const reasons = Object.keys(REASONS) as [Reason, ...Reason[]]; // the keys of a literal table

const digits = z.string().regex(/^\d{1,20}$/);

const answer = z.discriminatedUnion('complete', [
  z.object({
    complete: z.literal(true),
    files: count,
    bytes: count,
    compressed_bytes: count,
    checkpoints: z.string(),
    info: z.string(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    mtime_ns: digits,
    inode: digits,
  }),
  z.object({ complete: z.literal(false), reason: z.enum(reasons), detail: z.string() }),
]);

/** A whole archive: sizes in bytes (`bytes` unpacked), modification time in nanoseconds since 1970 as digits. */
type WholeArchive = {
  readonly kind: 'whole';
  readonly files: number;
  readonly bytes: number;
  readonly compressedBytes: number;
  readonly checkpoints: Checkpoints;
  readonly info: BackupInfo;
  readonly sha256: string;
  readonly mtimeNs: string;
  /** Digits, folded as in a listing: the same file has the same. */
  readonly inode: string;
};

/** What became of a proof. `unproven`: the archive isn't usable. `unknown`: no answer came, so nothing is known. */
export type ArchiveProof =
  | WholeArchive
  | { readonly kind: 'unproven'; readonly problem: Problem }
  | { readonly kind: 'unknown'; readonly problem: Problem };

/**
 * The question. `path` is the archive's absolute path on the host, `timeoutMs` milliseconds (a proof reads the whole
 * archive: some 100 MB of unpacked data a second). `onProgress` gets the compressed bytes read and their total.
 */
export function proveArchiveCommand(
  path: string,
  timeoutMs: number,
  onProgress?: (done: number, total: number) => void,
): Command {
  const command = pythonCommand(SOURCE, { path: normalPath.parse(path) }, timeoutMs);
  return onProgress === undefined ? command : { ...command, onStdout: progressReader(onProgress) };
}

const progress = z.object({ progress: count, of: count });

function progressReader(onProgress: (done: number, total: number) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(0, PROOF_OUTPUT_BYTES_MAX);
    for (const line of lines) {
      const found = line.startsWith('{"progress"') ? progress.safeParse(parseJson(line)) : undefined;
      if (found?.success) onProgress(found.data.progress, found.data.of);
    }
  };
}

/** Reads the program's answer. */
export function readProof(host: string, path: string, outcome: Outcome): ArchiveProof {
  const found = outcome.code === 0 ? lastAnswer(outcome, answer) : undefined;
  if (found === undefined) return { kind: 'unknown', problem: noAnswer('prove-archive.py', host, outcome) };
  if (!found.complete) return unproven(REASONS[found.reason], host, path, found.detail);
  const checkpoints = parseCheckpoints(found.checkpoints);
  const info = parseBackupInfo(found.info);
  if (checkpoints === undefined || info === undefined) {
    return unproven('ARCHIVE_UNSUPPORTED', host, path, 'its checkpoints or info file could not be read');
  }
  const doubt = contradiction(checkpoints, info);
  if (doubt !== undefined) return unproven('ARCHIVE_DAMAGED', host, path, doubt);
  const { fromLsn, toLsn } = checkpoints;
  if (compareLsn(fromLsn, toLsn) > 0)
    return unproven('ARCHIVE_OTHER_HISTORY', host, path, `it reaches from LSN ${fromLsn} to ${toLsn}`);
  const { files, bytes, compressed_bytes: compressedBytes, sha256, mtime_ns: mtimeNs } = found;
  const inode = String(foldInode(found.inode));
  return { kind: 'whole', files, bytes, compressedBytes, checkpoints, info, sha256, mtimeNs, inode };
}

function unproven(code: Code, host: string, path: string, detail: string): ArchiveProof {
  return { kind: 'unproven', problem: { code, params: { host, path, detail: quoteHost(detail, PARAM_CHARS) } } };
}

/** What makes the two metadata files of one archive contradict each other, or the archive no backup of everything. */
function contradiction(checkpoints: Checkpoints, info: BackupInfo): string | undefined {
  if (info.partial) return 'it is a partial backup (some tables only)';
  if (info.incremental !== (checkpoints.kind === 'incremental')) return 'its two metadata files disagree on its kind';
  if (info.fromLsn !== checkpoints.fromLsn) return 'its two metadata files disagree on where it begins';
  if (info.toLsn !== checkpoints.toLsn) return 'its two metadata files disagree on where it ends';
  if (compareLsn(checkpoints.lastLsn, checkpoints.toLsn) < 0) return 'its redo log ends before its data';
  return undefined;
}
