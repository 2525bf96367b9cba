import { sha256 } from '../operation/canonical.ts';
import type { VolumeEntry } from '../operation/checks.ts';

/** Hex digits that stand for one file: 48 bits, so that thousands of files fit into one event and still differ. */
export const MARK = 12;

/** What remembers a file: where it is and which inode it has. A file that grows stays the same one. */
function markOf({ path, inode }: Pick<VolumeEntry, 'path' | 'inode'>): string {
  return sha256(`${inode} ${path}`).slice(0, MARK);
}

/** The marks of a listing, one after the other. */
export function marksOf(entries: readonly VolumeEntry[]): string {
  return entries.map(markOf).join('');
}

/** The files that weren't there when `marks` was taken. */
export function freshAmong(entries: readonly VolumeEntry[], marks: string): VolumeEntry[] {
  const known = new Set(marks.match(new RegExp(`.{${MARK}}`, 'g')));
  return entries.filter((entry) => !known.has(markOf(entry)));
}
