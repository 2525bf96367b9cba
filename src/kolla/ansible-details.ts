import { z } from 'zod';
import { parseJson } from '../operation/json.ts';

/** How many lines of a module's output are kept, from its end, and how many characters of each. */
const OUTPUT_LINES_KEPT = 60;
const OUTPUT_LINE_CHARS = 500;

/** Characters of a message that are kept, half of them from its end: a traceback tells its reason last. */
const MESSAGE_CHARS = 4_000;

/** The parts of a module's JSON result that tell what happened. */
export type Details = {
  readonly msg: string;
  readonly rc: number | undefined;
  /** The last lines of what the module's program printed. */
  readonly stderr: readonly string[];
  readonly stdout: readonly string[];
};

const text = z.string().catch('');
const result = z.looseObject({
  msg: z.unknown().optional(),
  rc: z.number().int().optional().catch(undefined),
  stderr: text,
  stdout: text,
});

const KEYS = ['msg', 'rc', 'stderr', 'stdout'];

/** Reads ` => {…}` of a result line. Undefined where nothing in it tells what happened. */
export function parseDetails(json: string): Details | undefined {
  const whole = parseJson(json);
  if (whole === undefined) return salvage(json);
  const parsed = result.safeParse(whole);
  if (!parsed.success || !KEYS.some((key) => Object.hasOwn(Object(whole), key))) return undefined;
  const { msg, rc, stderr, stdout } = parsed.data;
  return { msg: messageText(msg), rc, stderr: lastLines(stderr), stdout: lastLines(stdout) };
}

function messageText(msg: unknown): string {
  const text = typeof msg === 'string' ? msg : msg === undefined ? '' : JSON.stringify(msg);
  if (text.length <= MESSAGE_CHARS) return text;
  return `${text.slice(0, MESSAGE_CHARS / 2)} … ${text.slice(-MESSAGE_CHARS / 2)}`;
}

function lastLines(text: string): string[] {
  // Kolla's module for podman puts an empty line after each.
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-OUTPUT_LINES_KEPT).map((line) => line.slice(0, OUTPUT_LINE_CHARS));
}

/** What can be had of a line that was cut, or that isn't JSON: its message, its code, the words at its end. */
function salvage(text: string): Details | undefined {
  const msg = parseJson(/"msg": ("(?:[^"\\]|\\.)*")/.exec(text)?.[1] ?? '');
  const rc = /"rc": (-?\d+)/.exec(text)?.[1];
  const lines = text.split(/", "|\\n/).slice(-OUTPUT_LINES_KEPT);
  if (msg === undefined && rc === undefined) return undefined;
  const stderr = lines.map((line) => line.slice(0, OUTPUT_LINE_CHARS));
  return { msg: messageText(msg), rc: rc === undefined ? undefined : Number(rc), stderr, stdout: [] };
}
