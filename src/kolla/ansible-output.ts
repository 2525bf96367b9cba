import { type AnsibleEvent, LABEL_CHARS, readLine } from './ansible-events.ts';
import { lineReader } from './ansible-lines.ts';

/**
 * Reads ansible-playbook's default output as it comes, in pieces cut anywhere. Lines that wrap (warnings up to
 * ansible-core 2.18) or that follow an `[ERROR]:` (2.19 and later: origin, source excerpt, causes) are put together.
 */
type AnsibleParser = { push(chunk: string): AnsibleEvent[]; end(): AnsibleEvent[] };

/** How many lines may follow a warning or an error. */
const BLOCK_LINES_MAX = 40;

type Block = { readonly kind: 'warning' | 'error'; readonly text: string; readonly lines: number };

export function ansibleParser(): AnsibleParser {
  const lines = lineReader();
  let block: Block | undefined;

  function flush(): AnsibleEvent[] {
    const done = block === undefined ? [] : [{ kind: block.kind, text: block.text } as const];
    block = undefined;
    return done;
  }

  function take(line: string): AnsibleEvent[] {
    const event = readLine(line);
    if (event.kind === 'warning' || event.kind === 'error') {
      const before = flush();
      block = { kind: event.kind, text: event.text, lines: 1 };
      return before;
    }
    if (event.kind !== 'other') return [...flush(), event];
    const joined = join(block, line);
    if (joined !== undefined) {
      block = joined;
      return [];
    }
    return line.trim() === '' ? flush() : [...flush(), event];
  }

  return {
    push: (chunk) => lines.push(chunk).flatMap(take),
    end: () => [...lines.end().flatMap(take), ...flush()],
  };
}

/** The block with one more line; undefined where the line doesn't belong to it. An error goes on over empty lines. */
function join(block: Block | undefined, line: string): Block | undefined {
  const empty = line.trim() === '';
  if (block === undefined || block.lines >= BLOCK_LINES_MAX || (empty && block.kind === 'warning')) return undefined;
  const text = empty || block.text.length > LABEL_CHARS * 4 ? block.text : `${block.text} ${line.trim()}`;
  return { ...block, text, lines: block.lines + 1 };
}
