import { lines, preformatted, strong } from './cards/parts.ts';
import type { Message } from './limits.ts';
import { cleanLines, esc } from './text.ts';

/** Characters of a plan in one message: escaped as JSON it may double, and must stay below Slack's limit. */
const PIECE_MAX = 6_000;

/** A plan as thread text, for where no file can be attached: all of it, in order. */
export function planPieces(title: string, text: string): readonly Message[] {
  // Cleaned first: cleaning makes it longer, and nothing of a plan may be cut.
  const parts = pieces(cleanLines(text, Number.POSITIVE_INFINITY), PIECE_MAX);
  return parts.map((part, index) => {
    const heading = `${title}, part ${index + 1} of ${parts.length}`;
    return { text: esc(heading), blocks: [lines([strong(heading)]), preformatted(part, PIECE_MAX)] };
  });
}

/** Whole lines where they fit, else cut, but never between two halves of a character. */
function pieces(text: string, max: number): readonly string[] {
  const found: string[] = [];
  for (let rest = text; rest !== ''; ) {
    const line = rest.length > max ? rest.lastIndexOf('\n', max) + 1 : rest.length;
    const cut = line > 0 ? line : /[\uD800-\uDBFF]/.test(rest.charAt(max - 1)) ? max - 1 : max;
    found.push(rest.slice(0, cut));
    rest = rest.slice(cut);
  }
  return found;
}
