import type { JournaledProblem } from '../../operation/operation.ts';
import type { Message } from '../limits.ts';
import { clean, cleanLines, esc, tail } from '../text.ts';
import { codeLine, lines, preformatted, problemLines, problemText, say, strong } from './parts.ts';

/** What is said about a journal that can't be followed, once. */
export function noticeCard(problem: JournaledProblem): Message {
  return {
    text: problemText(problem),
    blocks: [lines([strong('🛑 ')], ...problemLines(problem)), codeLine(problem)],
  };
}

/** How much of a log's end is shown where files are forbidden, in characters. */
const LOG_TAIL_SHOWN = 2500;

/** The end of a log as text, for where no file can be attached; `why` is Slack's word. */
export function logTail(run: string, text: string, why: string): Message {
  // Cleaned first: tabs grow and invisible characters go, and what is cut must be the beginning.
  const shown = tail(cleanLines(text, Number.POSITIVE_INFINITY).trimEnd(), LOG_TAIL_SHOWN);
  return {
    text: esc(clean(`The end of the log of ${run}`, 200)),
    blocks: [
      lines([
        strong(`The end of the log of ${clean(run, 60)} `),
        say(`(a file could not be attached: ${clean(why, 80)})`),
      ]),
      preformatted(shown, LOG_TAIL_SHOWN),
    ],
  };
}
