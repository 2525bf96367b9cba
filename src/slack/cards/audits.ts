import { type Audit, verdictOf } from '../../operation/audit.ts';
import type { Message } from '../limits.ts';
import { clean, esc } from '../text.ts';
import type { Where } from './answers.ts';
import { lines, person, say, strong } from './parts.ts';

const MARKS = { 0: '✅', 1: '🛑', 2: '❓' } as const satisfies Record<Audit['exit'], string>;

/** A journal with nothing to compare it with isn't a good one: its end could be missing. */
function verdict(found: Audit): { mark: string; words: string } {
  const mark = found.exit === 0 && found.shown === 0 ? MARKS[2] : MARKS[found.exit];
  return { mark, words: verdictOf(found) };
}

/** How many lines of a verdict a card shows. */
const LINES_MAX = 14;

/** What a journal was compared with: heads, in how many threads, and how many earlier threads are gone. */
type Comparison = { readonly heads: number; readonly threads: number; readonly gone: number };

/** The verdict, for the thread. */
export function auditCard(label: string, by: string, found: Audit, { heads, threads, gone }: Comparison): Message {
  const { mark, words } = verdict(found);
  const title = `${mark} Audit of ${label}: ${words}`;
  const where = threads === 1 ? 'in this thread' : `in its ${threads} threads`;
  const lost = gone === 0 ? '' : ` Earlier threads that were deleted and could not be compared: ${gone}.`;
  return {
    text: esc(clean(`${title}. ${found.lines[0] ?? ''}`, 1000)),
    blocks: [
      lines(
        [strong(title), say(' · asked by '), person(by)],
        ...found.lines.slice(0, LINES_MAX).map((line) => [say(line)]),
        [say(`Compared with ${heads} heads ${where}, of this bot’s own messages only.${lost}`)],
      ),
    ],
  };
}

/** The short word for the one who asked. */
export function auditPostedCard(label: string, found: Audit, { link }: Where): Message {
  const { mark, words } = verdict(found);
  const said = `${mark} Audit of ${label}: ${words}. Verdict and files are in its thread.`;
  return {
    text: esc(said),
    blocks: [
      lines([say(said), ...(link === null ? [] : [say(' '), { type: 'link', url: link, text: 'Go there' } as const])]),
    ],
  };
}
