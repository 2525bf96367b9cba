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
import { yamlMistakes } from './yaml-mistakes.ts';

/** The YAML of a config file, and where everything in it stands. Lines and columns count from 1. */

export type Position = { readonly line: number; readonly column: number };

/** A mistake where it stands. `said` is what is wrong there and how to correct it, as sentences. */
export type Mistake = Position & {
  /** The path of the setting, with dots; empty where it is none's. */
  readonly where: string;
  readonly said: string;
};

export type ConfigText = {
  readonly value: unknown;
  /** Where a setting stands: its key, or its value if there is one. Of what isn't there, its nearest parent. */
  readonly position: (path: readonly PropertyKey[], part: 'key' | 'value') => Position;
  /** Each text in the file with its position, keys too. */
  readonly scalars: readonly (Position & { readonly text: string })[];
};

/** `text` is null where its YAML can't be read. */
export type ReadText = { readonly text: ConfigText | null; readonly mistakes: readonly Mistake[] };

export function readConfigText(source: string): ReadText {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const at = (offset: number, said: string): Mistake => ({ ...place(offset), where: '', said });
  const found = yamlMistakes(document);
  const [hiding] = found.filter(({ hides }) => hides).toSorted((one, other) => one.offset - other.offset);
  // Whatever else is found then may only follow from it.
  if (hiding !== undefined) return { text: null, mistakes: [at(hiding.offset, hiding.said)] };
  const mistakes = found.map(({ offset, said }) => at(offset, said));
  try {
    const value: unknown = document.toJS();
    return { text: { value, position: finder(document, place), scalars: scalarsOf(document, place) }, mistakes };
  } catch {
    // The parser's own limit: each anchor could multiply the one before.
    return { text: null, mistakes: [at(0, 'Too much stands here by *name. Write out what the anchors stand for.')] };
  }
}

function finder(document: Document.Parsed, place: (offset: number) => Position): ConfigText['position'] {
  const resolved = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);
  // Keys and values of a parsed document are nodes; their range is where they stand.
  const start = (node: unknown) => place((node as Node | null | undefined)?.range?.[0] ?? 0);
  return (path, part) => {
    let [key, value]: unknown[] = [undefined, document.contents];
    for (const step of path) {
      const inside = resolved(value);
      if (isMap(inside)) {
        const pair = inside.items.find(
          (one) => isPair(one) && isScalar(one.key) && String(one.key.value) === String(step),
        );
        if (pair === undefined) return start(key ?? value);
        [key, value] = [pair.key, pair.value];
      } else if (isSeq(inside) && typeof step === 'number' && inside.items[step] !== undefined) {
        [key, value] = [undefined, inside.items[step]];
      } else return start(key ?? value);
    }
    const empty = value === null || (isScalar(value) && value.value === null && value.source === '');
    return start(part === 'key' || empty ? (key ?? value) : value);
  };
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
