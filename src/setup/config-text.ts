import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';

/** The YAML of a config file, and where everything in it stands. Lines and columns count from 1. */
export type Position = { readonly line: number; readonly column: number };

/** A mistake where it stands. `said` is what is wrong there and how to correct it, as sentences. */
export type Mistake = Position & {
  /** The path of the setting, with dots; empty for the whole file. */
  readonly where: string;
  readonly said: string;
};

export type ConfigText = {
  readonly value: unknown;
  /** Where a setting stands: its key, or its value if there is one. Of what isn't there, its nearest parent. */
  readonly position: (path: readonly PropertyKey[], part: 'key' | 'value') => Position;
  /** Each scalar in the file with its position, keys too. */
  readonly scalars: readonly (Position & { readonly text: string })[];
};

/** What the YAML parser finds, in our words, by its code and message; what isn't here has its own. */
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

const saidOf = (code: string, message: string) =>
  SYNTAX.find(([finding]) => finding.test(`${code} ${message}`))?.[1] ??
  `The YAML cannot be read: ${message.replace(/\.$/, '')}. Correct it there or in the line before.`;

/** Parses the text; the mistakes of its YAML are all that is known where it has such that hide what follows. */
export function readConfigText(
  text: string,
): { readonly text: ConfigText; readonly mistakes: readonly Mistake[] } | { readonly mistakes: readonly Mistake[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const said = (offset: number, what: string): Mistake => ({ ...place(offset), where: '', said: what });
  const found = [...document.errors, ...document.warnings].map(({ code, pos, message }) => ({
    code,
    mistake: said(pos[0], saidOf(code, message)),
  }));
  // What follows after the first such mistake is often its consequence only.
  const hiding = found.find(({ code }) => code !== 'DUPLICATE_KEY' && code !== 'TAG_RESOLVE_FAILED');
  if (hiding !== undefined) return { mistakes: [hiding.mistake] };
  const mistakes = [...found.map(({ mistake }) => mistake), ...unusual(document, said)];
  if (mistakes.some(({ said: words }) => words === ALIAS)) return { mistakes };
  try {
    return {
      text: { value: document.toJS(), position: finder(document, place), scalars: scalarsOf(document, place) },
      mistakes,
    };
  } catch (error) {
    // Anchors that multiply.
    return {
      mistakes: [
        said(
          0,
          `The YAML cannot be read: ${error instanceof Error ? error.message : error}. Write out what the anchors stand for.`,
        ),
      ],
    };
  }
}

const ALIAS = 'No anchor of this name stands before. Write &name where it is defined, and *name only after that.';

/** What YAML allows and this file doesn't: it would be read as something else than it looks like. */
function unusual(document: Document.Parsed, said: (offset: number, what: string) => Mistake): Mistake[] {
  const mistakes: Mistake[] = [];
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) === undefined) mistakes.push(said(alias.range?.[0] ?? 0, ALIAS));
    },
    Pair: (_, { key }) => {
      if (isScalar(key) && typeof key.value !== 'string')
        mistakes.push(
          said(
            key.range?.[0] ?? 0,
            `The name ${String(key.source ?? 'here')} is no text for YAML, but ${key.value === null ? 'nothing' : `a ${typeof key.value}`}. Put it in quotes: "${String(key.source ?? '')}".`,
          ),
        );
      else if (isScalar(key) && key.value === '<<')
        mistakes.push(
          said(
            key.range?.[0] ?? 0,
            'Blocks are not merged here. Write the settings out; what all hosts share belongs under `ssh` at the top, and *name may stand for a whole value.',
          ),
        );
      else if (!isScalar(key))
        mistakes.push(
          said(
            (isAlias(key) || isMap(key) || isSeq(key) ? key.range?.[0] : undefined) ?? 0,
            'This is no name of a setting. Write a word and a colon.',
          ),
        );
    },
  });
  return mistakes;
}

function finder(document: Document.Parsed, place: (offset: number) => Position): ConfigText['position'] {
  const resolved = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);
  return (path, part) => {
    let current: unknown = document.contents;
    let [key, value]: unknown[] = [undefined, current];
    for (const step of path) {
      const inside = resolved(current);
      if (isMap(inside)) {
        const pair = inside.items.find(
          (one) => isPair(one) && isScalar(one.key) && String(one.key.value) === String(step),
        );
        if (pair === undefined) return offset(key ?? value, place);
        [key, value] = [pair.key, pair.value];
      } else if (isSeq(inside) && typeof step === 'number' && inside.items[step] !== undefined) {
        [key, value] = [undefined, inside.items[step]];
      } else return offset(key ?? value, place);
      current = value;
    }
    const empty = value === null || (isScalar(value) && value.value === null && value.source === '');
    return offset(part === 'key' || empty ? (key ?? value) : value, place);
  };
}

function offset(node: unknown, place: (offset: number) => Position): Position {
  // Keys and values of a parsed document are nodes; their range is where they stand.
  return place((node as Node | null | undefined)?.range?.[0] ?? 0);
}

function scalarsOf(document: Document.Parsed, place: (offset: number) => Position): ConfigText['scalars'] {
  const found: (Position & { text: string })[] = [];
  visit(document, {
    Scalar: (_, { value, range }) => {
      if (typeof value === 'string') found.push({ ...place(range?.[0] ?? 0), text: value });
    },
  });
  return found;
}
