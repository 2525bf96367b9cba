import type { Audit } from '../../operation/audit.ts';
import type { Message } from '../limits.ts';
import { clean, esc } from '../text.ts';
import type { Where } from './answers.ts';
import { lines, person, say, strong } from './parts.ts';

const VERDICTS = {
  0: { mark: '✅', words: 'the journal is whole' },
  1: { mark: '🛑', words: 'something is wrong' },
  2: { mark: '❓', words: 'it could not be looked at in full' },
} as const satisfies Record<Audit['exit'], { mark: string; words: string }>;

/** How many lines of a verdict a card shows. */
const LINES_MAX = 14;

/** The verdict, for the thread. */
export function auditCard(label: string, by: string, { exit, lines: said }: Audit, heads: number): Message {
  const { mark, words } = VERDICTS[exit];
  const title = `${mark} Audit of ${label}: ${words}`;
  return {
    text: esc(clean(`${title}. ${said[0] ?? ''}`, 1000)),
    blocks: [
      lines([strong(title), say(' · asked by '), person(by)], ...said.slice(0, LINES_MAX).map((line) => [say(line)]), [
        say(`Compared with ${heads} heads in this thread, of this bot’s own messages only.`),
      ]),
    ],
  };
}

/** The short word for the one who asked. */
export function auditPostedCard(label: string, { exit }: Audit, { link }: Where): Message {
  const { mark, words } = VERDICTS[exit];
  const said = `${mark} Audit of ${label}: ${words}. Verdict and files are in its thread.`;
  return {
    text: esc(said),
    blocks: [
      lines([say(said), ...(link === null ? [] : [say(' '), { type: 'link', url: link, text: 'Go there' } as const])]),
    ],
  };
}
