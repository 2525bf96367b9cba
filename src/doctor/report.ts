import type { Check, Result } from './check.ts';

/** What people and programs read of the checks. Pure. */

/** 0 good, 1 found something, 2 couldn't look at everything and found nothing. */
export type Exit = 0 | 1 | 2;

const count = (checks: readonly Check[], result: Result) => checks.filter((one) => one.result === result).length;

export function exitOf(checks: readonly Check[]): Exit {
  if (checks.some(({ result }) => result === 'bad' || result === 'warning')) return 1;
  return checks.some(({ result }) => result === 'unknown') || checks.length === 0 ? 2 : 0;
}

export function verdictOf(checks: readonly Check[]): string {
  const [bad, warnings, blind] = [count(checks, 'bad'), count(checks, 'warning'), count(checks, 'unknown')];
  const parts = [
    bad > 0 ? `${bad} to be mended` : '',
    warnings > 0 ? `${warnings} to be looked at` : '',
    blind > 0 ? `${blind} not seen` : '',
  ].filter((part) => part !== '');
  return `${checks.length} checks: ${parts.length === 0 ? 'all good' : parts.join(', ')}. Exit code ${exitOf(checks)}.`;
}

const WORDS = { good: 'good', warning: 'warning', bad: 'BAD', unknown: 'unknown' } as const satisfies Record<
  Result,
  string
>;
const COLOURS = { good: 32, warning: 33, bad: 31, unknown: 35 } as const satisfies Record<Result, number>;
const RESET = '\u001b[0m';

export type Look = { readonly colour: boolean; readonly columns: number };

/** The width of a line where the terminal doesn't say (characters). */
export const COLUMNS = 120;
const RESULT_WIDTH = 8;

/** Where to look, once more: the rows themselves have often scrolled away. */
function whereabouts(checks: readonly Check[], result: Result, words: string): string[] {
  const rows = checks.filter((one) => one.result === result).map(({ title, about }) => `${title} (${about})`);
  return rows.length === 0 ? [] : [`${words}: ${rows.join('; ')}`];
}

/** A table, one block for each thing that was looked at, remedies below what they mend; ends with the verdict. */
export function table(checks: readonly Check[], { colour, columns }: Look): string {
  const width = Math.max(...checks.map(({ title }) => title.length), 0);
  const indent = 2 + RESULT_WIDTH + 1 + width + 2;
  const paint = (result: Result, text: string) => (colour ? `\u001b[${COLOURS[result]}m${text}${RESET}` : text);
  const row = ({ result, title, finding, remedy, code }: Check): string[] => {
    const named = code === null ? finding : `${finding} [${code}]`;
    const [first = '', ...more] = wrapped(named, columns - indent);
    const head = `  ${paint(result, WORDS[result].padEnd(RESULT_WIDTH))} ${title.padEnd(width)}  ${first}`;
    const advice = remedy === null ? [] : wrapped(`→ ${remedy}`, columns - indent);
    return [head, ...[...more, ...advice].map((line) => `${' '.repeat(indent)}${line}`)];
  };
  const abouts = [...new Set(checks.map(({ about }) => about))];
  const blocks = abouts.map((about) => [about, ...checks.filter((one) => one.about === about).flatMap(row)].join('\n'));
  const found = [...whereabouts(checks, 'bad', 'To be mended'), ...whereabouts(checks, 'warning', 'To be looked at')];
  const end = [...found.flatMap((line) => wrapped(line, columns)), verdictOf(checks)].join('\n');
  return `${[...blocks, end].join('\n\n')}\n`;
}

/** Lines of at most `width` characters, broken at spaces; a longer word has a line of its own. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > Math.max(width, 30)) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** The same for programs. `at` is the time of the look (ms since 1970). */
export function json(checks: readonly Check[], at: number): string {
  return `${JSON.stringify({ at: new Date(at).toISOString(), exit: exitOf(checks), verdict: verdictOf(checks), checks }, null, 2)}\n`;
}
