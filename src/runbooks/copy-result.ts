import { quoteHost } from '../kolla/quoted.ts';
import type { Code, Problem } from '../operation/catalogue.ts';
import { EXITS } from './copy.ts';

/** What became of a step that fills the copy, out of its exit code and its last words. */

/** How a program ended: its exit code (null: by a signal) and the end of what it printed. */
export type Ended = { readonly exit: number | null; readonly output: string };

/** What tells one bad archive from another, in the order in which it is looked for. */
const UNPACK_SIGNS: readonly (readonly [RegExp, Code])[] = [
  [/No space left on device/i, 'STAGE_NO_ROOM'],
  [/unexpected end of file/i, 'ARCHIVE_CUT'],
  [/it cannot be read|permission denied/i, 'ARCHIVE_UNREADABLE'],
  [/crc error|invalid compressed data|not in gzip format|checksum mismatch|wrong chunk magic/i, 'ARCHIVE_DAMAGED'],
  [/mbstream/i, 'ARCHIVE_UNFINISHED'],
];

const OUTPUT_CHARS = 1_200;
const lastOf = (output: string) => quoteHost(output.slice(-OUTPUT_CHARS * 4), OUTPUT_CHARS);

/** Null where the archive was unpacked whole. `path` is the archive's, for people. */
export function readUnpack({ exit, output }: Ended, host: string, path: string): Problem | null {
  if (exit === 0 && output.includes('kolla-backup: unpacked')) return null;
  const detail = lastOf(output);
  if (exit === EXITS.belowFloor) return { code: 'STAGE_NO_ROOM', params: { host, detail } };
  if (exit === EXITS.notEnded) return { code: 'ARCHIVE_UNFINISHED', params: { host, path, detail } };
  if (exit === EXITS.notEmpty) return { code: 'STAGE_NOT_EMPTY', params: { host, detail } };
  const began = output.includes('kolla-backup:');
  const code = began ? UNPACK_SIGNS.find(([sign]) => sign.test(output))?.[1] : undefined;
  return { code: code ?? 'UNPACK_FAILED', params: { host, path, ended: String(exit ?? 'a signal'), detail } };
}

/** Null where mariabackup prepared the copy. */
export function readPrepare({ exit, output }: Ended, host: string): Problem | null {
  if (exit === 0 && /completed OK!\s*$/.test(output)) return null;
  if (/No space left on device/i.test(output))
    return { code: 'STAGE_NO_ROOM', params: { host, detail: lastOf(output) } };
  if (exit === EXITS.mismatch || /seems not to be proper for the target/.test(output))
    return { code: 'APPLY_MISMATCH', params: { host, detail: lastOf(output) } };
  return { code: 'PREPARE_FAILED', params: { host, ended: String(exit ?? 'a signal'), detail: lastOf(output) } };
}
