import { z } from 'zod';
import { type Code, KollaBackupError } from '../operation/catalogue.ts';
import { count, VOLUME_PATH_CHARS } from '../operation/checks.ts';
import type { Command, Outcome } from '../operation/host.ts';
import { lastAnswer, noAnswer, normalPath, programSource, pythonCommand } from './python-program.ts';
import { quoteHost, shorten } from './quoted.ts';

/** Asks a host what lies in a backup volume; the program is `list-volume.py`, sent along. */

const SOURCE = programSource('list-volume.py');

/** How long a listing may take, in ms: a few directories. */
const LISTING_MS = 60_000;

/** Two names of 255 bytes, in the program's longest spelling of them, and the slash. */
const TOLD_PATH_CHARS = 2 * 4 * 255 + 1;

const digits = z.string().regex(/^-?\d{1,20}$/);

const entry = z.object({
  path: z.string().min(1).max(TOLD_PATH_CHARS),
  bytes: count,
  mtime_ns: digits,
  inode: digits,
});

const REASONS = {
  missing: 'VOLUME_DIRECTORY_MISSING',
  not_a_directory: 'VOLUME_DIRECTORY_UNREADABLE',
  unreadable: 'VOLUME_DIRECTORY_UNREADABLE',
} as const satisfies Record<string, Code>;

const answer = z.discriminatedUnion('found', [
  z.object({ found: z.literal(true), entries: z.array(entry), omitted: count }),
  z.object({
    found: z.literal(false),
    reason: z.enum(['missing', 'not_a_directory', 'unreadable']),
    detail: z.string(),
  }),
]);

/** A file; its path relative to the volume (a long one is cut, it is nobody's archive), its time in ms since 1970. An inode beyond 2^53 is folded into it. */
type VolumeFile = {
  readonly path: string;
  readonly bytes: number;
  readonly modified: number;
  readonly inode: number;
};

type VolumeListing = {
  /** Regular files at the top and one level down, in order of their names. */
  entries: VolumeFile[];
  /** How many files the limit left out: what isn't among the entries may lie there all the same. */
  omitted: number;
};

/** An inode number as a JSON number: of one beyond 2^53 its lower bits. */
export function foldInode(digits: string): number {
  return Number(BigInt.asUintN(53, BigInt(digits)));
}

/** The question. `directory` is where the volume really lies. */
export function listVolumeCommand(directory: string): Command {
  return pythonCommand(SOURCE, { path: normalPath.parse(directory) }, LISTING_MS);
}

const NANOSECONDS_PER_MS = 1_000_000n;

/** Reads the answer. Throws `KollaBackupError` VOLUME_DIRECTORY_… or HOST_PROGRAM_FAILED. */
export function readListing(host: string, directory: string, outcome: Outcome): VolumeListing {
  const found = outcome.code === 0 ? lastAnswer(outcome, answer) : undefined;
  if (found === undefined) {
    const { code, params } = noAnswer('list-volume.py', host, outcome);
    throw new KollaBackupError(code, params);
  }
  if (!found.found)
    throw new KollaBackupError(REASONS[found.reason], { host, directory, detail: quoteHost(found.detail) });
  const entries = found.entries.map(({ path, bytes, mtime_ns, inode }) => ({
    path: shorten(path, VOLUME_PATH_CHARS),
    bytes,
    modified: Math.max(0, Number(BigInt(mtime_ns) / NANOSECONDS_PER_MS)),
    inode: foldInode(inode),
  }));
  return { entries, omitted: found.omitted };
}
