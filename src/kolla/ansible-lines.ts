import { stripVTControlCharacters } from 'node:util';

/**
 * The longest line that is kept whole, in characters. One result is one line of JSON: a failed backup of 400 tables
 * prints 62 kB, and mariabackup's report stands in it twice.
 */
export const LINE_CHARS_MAX = 4 << 20;

/** Of a longer line this much of its beginning and of its end is kept. */
export const CUT_LINE_KEPT = 64 << 10;

/** What stands where the middle of a line was left out. */
export const LINE_CUT = ' … (cut) … ';

/** Cuts a stream of text into lines, wherever its pieces were cut, without colours and carriage returns. */
type LineReader = { push(chunk: string): string[]; end(): string[] };

type Growing = { head: string; tail: string; long: boolean };

const EMPTY: Growing = { head: '', tail: '', long: false };

function grow(line: Growing, piece: string): Growing {
  if (line.long) return { ...line, tail: (line.tail + piece).slice(-CUT_LINE_KEPT) };
  const head = line.head + piece;
  if (head.length <= LINE_CHARS_MAX) return { ...line, head };
  return { head: head.slice(0, CUT_LINE_KEPT), tail: head.slice(-CUT_LINE_KEPT), long: true };
}

function finish(line: Growing): string {
  const text = line.long ? line.head + LINE_CUT + line.tail : line.head;
  return stripVTControlCharacters(text).replace(/\r+$/, '');
}

export function lineReader(): LineReader {
  let line = EMPTY;
  return {
    push(chunk) {
      const [first = '', ...others] = chunk.split('\n');
      const done: string[] = [];
      line = grow(line, first);
      for (const piece of others) {
        done.push(finish(line));
        line = grow(EMPTY, piece);
      }
      return done;
    },
    end() {
      const last = finish(line);
      line = EMPTY;
      return last === '' ? [] : [last];
    },
  };
}
