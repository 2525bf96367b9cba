import type { JournaledProblem } from '../../operation/operation.ts';
import type { Message } from '../limits.ts';
import { clean, esc } from '../text.ts';
import { codeLine, lines, preformatted, problemLines, problemText, say, strong } from './parts.ts';

/** What is said about a journal that can't be followed, once. */
export function noticeCard(problem: JournaledProblem): Message {
  return {
    text: problemText(problem),
    blocks: [lines([strong('🛑 ')], ...problemLines(problem)), codeLine(problem)],
  };
}

/** How much of a log's end is shown where files are forbidden, in characters. */
export const LOG_TAIL_SHOWN = 2500;

/** The end of a log as text, for where no file can be attached; `why` is Slack's word. */
export function logTail(run: string, text: string, why: string): Message {
  return {
    text: esc(clean(`The end of the log of ${run}`, 200)),
    blocks: [
      lines([
        strong(`The end of the log of ${clean(run, 60)} `),
        say(`(a file could not be attached: ${clean(why, 80)})`),
      ]),
      preformatted(text, LOG_TAIL_SHOWN),
    ],
  };
}
