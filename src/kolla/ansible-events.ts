import { type Details, parseDetails } from './ansible-details.ts';

/** What one line of ansible-playbook's default output says. */

export const STATUSES = ['skipping', 'ok', 'changed', 'failed', 'unreachable'] as const;

/** From the least to the most that happened: of a loop's items the last in this order counts. */
export type Status = (typeof STATUSES)[number];

/** How many tasks ended how on one host. */
export type Recap = Readonly<
  Record<'ok' | 'changed' | 'unreachable' | 'failed' | 'skipped' | 'rescued' | 'ignored', number>
>;

/** One line, or the lines that belong together. */
export type AnsibleEvent =
  | { readonly kind: 'command'; readonly text: string }
  | { readonly kind: 'play'; readonly name: string }
  | { readonly kind: 'no_hosts' }
  | { readonly kind: 'task'; readonly name: string; readonly handler: boolean }
  | {
      readonly kind: 'result';
      readonly status: Status;
      readonly host: string;
      /** The host that did it, where the task was delegated. */
      readonly delegate: string | undefined;
      readonly item: string | undefined;
      readonly details: Details | undefined;
    }
  | { readonly kind: 'included'; readonly hosts: readonly string[] }
  | { readonly kind: 'ignoring' }
  | { readonly kind: 'retrying'; readonly host: string; readonly task: string; readonly left: number }
  | { readonly kind: 'warning'; readonly text: string }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'recap_begins' }
  | { readonly kind: 'recap'; readonly host: string; readonly counts: Recap }
  /** The command line's own word that the playbook failed. */
  | { readonly kind: 'command_failed'; readonly text: string }
  | { readonly kind: 'other'; readonly text: string };

/** Characters of a loop item's label, a warning or a stray line that are kept. */
export const LABEL_CHARS = 300;

const short = (text: string) => (text.length > LABEL_CHARS ? `${text.slice(0, LABEL_CHARS)}…` : text);

type Reader = readonly [pattern: RegExp, read: (match: RegExpExecArray) => AnsibleEvent];

const HOST = String.raw`\[([^\]\s]+)(?: -> ([^\]]+))?\]`;
const words = { ok: 'ok', changed: 'changed', skipping: 'skipping', fatal: 'failed', failed: 'failed' } as const;
const isWord = (word: string | undefined): word is keyof typeof words => word !== undefined && word in words;

const READERS: readonly Reader[] = [
  [/^PLAY RECAP \*+\s*$/, () => ({ kind: 'recap_begins' })],
  [/^PLAY \[(.*?)\](?: \[CHECK MODE\])? \*+\s*$/, (m) => ({ kind: 'play', name: m[1] ?? '' })],
  [/^skipping: no hosts matched\s*$/, () => ({ kind: 'no_hosts' })],
  [/^TASK \[(.*?)\](?: \[CHECK MODE\])? \*+\s*$/, (m) => ({ kind: 'task', name: m[1] ?? '', handler: false })],
  [
    /^RUNNING HANDLER \[(.*?)\](?: \[CHECK MODE\])? \*+\s*$/,
    (m) => ({ kind: 'task', name: m[1] ?? '', handler: true }),
  ],
  [
    new RegExp(`^fatal: ${HOST}: UNREACHABLE! => (.*)$`, 's'),
    (m) => resultOf('unreachable', m[1], m[2], ` => ${m[3]}`),
  ],
  [new RegExp(`^fatal: ${HOST}: FAILED! => (.*)$`, 's'), (m) => resultOf('failed', m[1], m[2], ` => ${m[3]}`)],
  [new RegExp(`^(ok|changed|skipping|failed|fatal): ${HOST}(.*)$`, 's'), readResult],
  [/^included: (?:\S+) for (.*?)(?: => .*)?$/, (m) => ({ kind: 'included', hosts: (m[1] ?? '').split(', ') })],
  [/^\.\.\.ignoring\s*$/, () => ({ kind: 'ignoring' })],
  [
    new RegExp(String.raw`^FAILED - RETRYING: (?:${HOST}: )?(.*) \((\d+) retries left\)\.`),
    (m) => ({ kind: 'retrying', host: m[1] ?? '', task: m[3] ?? '', left: Number(m[4]) }),
  ],
  [/^\[(?:DEPRECATION )?WARNING\]: ?(.*)$/s, (m) => ({ kind: 'warning', text: short(m[1] ?? '') })],
  [/^(?:\[ERROR\]:|ERROR!|ERROR:) ?(.*)$/s, (m) => ({ kind: 'error', text: short(m[1] ?? '') })],
  [
    /^(\S+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)(?:\s+skipped=(\d+))?(?:\s+rescued=(\d+))?(?:\s+ignored=(\d+))?\s*$/,
    readRecap,
  ],
  [/^Command failed(?: .*)?$/, (m) => ({ kind: 'command_failed', text: short(m[0]) })],
  [/^Kolla Ansible playbook\(s\) .* exited \d+$/, (m) => ({ kind: 'command_failed', text: m[0] })],
  [/^(?:Running command: |.{1,80} : )ansible-playbook .*$/, (m) => ({ kind: 'command', text: m[0] })],
];

/** Reads one line, without its end and without colours. */
export function readLine(line: string): AnsibleEvent {
  for (const [pattern, read] of READERS) {
    const match = pattern.exec(line);
    if (match !== null) return read(match);
  }
  return { kind: 'other', text: short(line) };
}

function readResult(match: RegExpExecArray): AnsibleEvent {
  const word = match[1];
  return resultOf(isWord(word) ? words[word] : 'failed', match[2], match[3], match[4] ?? '');
}

function resultOf(status: Status, host = '', delegate: string | undefined, rest: string): AnsibleEvent {
  const { item, json } = splitRest(rest);
  const details = json === undefined ? undefined : parseDetails(json);
  return { kind: 'result', status, host, delegate, item, details };
}

/** ` => (item=…)`, ` (item=…) => {…}`, ` => (item=…) => {…}` or ` => {…}`. */
function splitRest(rest: string): { item: string | undefined; json: string | undefined } {
  const begin = /^ (?:=> )?\(item=/.exec(rest);
  if (begin === null) return { item: undefined, json: rest.startsWith(' => ') ? rest.slice(4) : undefined };
  const after = rest.slice(begin[0].length);
  const cut = after.indexOf(') => {');
  if (cut < 0) return { item: short(after.trimEnd().replace(/\)$/, '')), json: undefined };
  return { item: short(after.slice(0, cut)), json: after.slice(cut + ') => '.length) };
}

function readRecap(m: RegExpExecArray): AnsibleEvent {
  const [ok = 0, changed = 0, unreachable = 0, failed = 0, skipped = 0, rescued = 0, ignored = 0] = m
    .slice(2)
    .map((digits) => Number(digits ?? 0));
  return { kind: 'recap', host: m[1] ?? '', counts: { ok, changed, unreachable, failed, skipped, rescued, ignored } };
}
