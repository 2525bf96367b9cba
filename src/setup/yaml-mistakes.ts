import { type Document, isScalar, type Node, visit } from 'yaml';
import { quoteHost } from '../kolla/quoted.ts';
import { looksSecret } from './secrets.ts';

/** What is wrong with a file as YAML, before its settings are looked at. */

export type YamlMistake = {
  /** In characters from the beginning of the text. */
  readonly offset: number;
  readonly said: string;
  /** Whether what follows can't be told from a consequence of it. */
  readonly hides: boolean;
};

/** What the parser finds, in our words, by its code and message; what isn't here has its own. */
const SYNTAX: readonly (readonly [finding: RegExp, said: string])[] = [
  [/^TAB_AS_INDENT/, 'This line is indented with a tab. Use spaces: YAML takes no tabs there.'],
  [/^DUPLICATE_KEY/, 'This setting stands twice in the same block. Keep one of them.'],
  [/^MULTIPLE_DOCS/, 'A second document begins here. Take out the line “---”.'],
  [/^BAD_INDENT Flow/, 'A bracket that was opened before is not closed. Close it where its list or block ends.'],
  [
    /^BLOCK_AS_IMPLICIT_KEY/,
    'A block begins in the middle of another, or a line holds two colons. Indent it as its block is, and put text with “: ” in quotes.',
  ],
  [
    /^BAD_INDENT/,
    'The indentation does not fit the lines before. Give settings of the same block the same number of spaces.',
  ],
  [/^TAG_RESOLVE_FAILED/, 'Tags such as !vault are not read here. Take it out; secrets belong into the environment.'],
  [/^BAD_SCALAR_START/, 'Text that begins with this character must stand in quotes. Put them around it.'],
];

/** Of these the rest of the file can still be understood. */
const HARMLESS = ['DUPLICATE_KEY', 'TAG_RESOLVE_FAILED'];

function syntaxSaid(code: string, message: string): string {
  const ours = SYNTAX.find(([finding]) => finding.test(`${code} ${message}`))?.[1];
  // The parser may quote what it met.
  const theirs = looksSecret(message) ? 'something unexpected stands here' : quoteHost(message).replace(/\.$/, '');
  return ours ?? `The YAML cannot be read: ${theirs}. Correct it there or in the line before.`;
}

const NO_ANCHOR = 'No anchor of this name stands before. Write &name where it is defined, and *name only after that.';
const NO_MERGE =
  'Blocks are not merged here. Write the settings out; what all hosts share belongs under `ssh` at the top, and *name may stand for a whole value.';

/** Everything that the parser finds, and what YAML allows but would be read as something else than it looks like. */
export function yamlMistakes(document: Document.Parsed): YamlMistake[] {
  const found: YamlMistake[] = [...document.errors, ...document.warnings].map(({ code, pos: [offset], message }) => ({
    offset,
    said: syntaxSaid(code, message),
    hides: !HARMLESS.includes(code),
  }));
  const add = (node: Node, said: string, hides: boolean) =>
    void found.push({ offset: node.range?.[0] ?? 0, said, hides });
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) === undefined) add(alias, NO_ANCHOR, true);
    },
    Pair: (_, { key }) => {
      if (!isScalar(key)) {
        // Keys of a parsed document are nodes.
        add(key as Node, 'This is no name of a setting. Write a word and a colon.', true);
      } else if (typeof key.value !== 'string') {
        const kind = key.value === null ? 'nothing' : `a ${typeof key.value}`;
        const name = String(key.source ?? '');
        add(key, `The name ${name} is no text for YAML, but ${kind}. Put it in quotes: "${name}".`, false);
      } else if (key.value === '<<') add(key, NO_MERGE, false);
    },
  });
  return found;
}
