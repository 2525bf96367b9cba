import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import type { z } from 'zod';
import type { Problem } from '../operation/catalogue.ts';
import { hostPath } from '../operation/checks.ts';
import type { Command, Outcome } from '../operation/host.ts';

/**
 * The one line of Python that every program of this folder is started with: it reads the request (one line of JSON)
 * and then the program itself from standard input, so that nothing of either stands in an argument.
 */
const PYTHON_BOOT =
  'import sys,json; request=json.loads(sys.stdin.readline()); exec(compile(sys.stdin.read(),"kolla-backup","exec"))';

/** How much of a program's standard error a problem quotes, in characters. */
const STDERR_QUOTED = 400;

/** The source of a program beside this file. They are ASCII, so that the host's locale doesn't matter. */
export function programSource(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}

/** JSON on one line, ASCII only. */
function requestLine(request: object): string {
  const json = JSON.stringify(request);
  return json.replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The command that runs `source` with `request` on a host. `timeoutMs` in milliseconds. */
export function pythonCommand(source: string, request: object, timeoutMs: number): Command {
  return { argv: ['python3', '-c', PYTHON_BOOT], stdin: `${requestLine(request)}\n${source}`, timeoutMs };
}

/** A normalized path of a host: no `..`, no doubled or trailing slash. */
export const normalPath = hostPath.refine(
  (path) => posix.normalize(path) === path && !path.endsWith('/'),
  'must be normalized',
);

/** The last line of a program's output, parsed; undefined where it isn't the JSON that was agreed. */
export function lastAnswer<T>(outcome: Outcome, schema: z.ZodType<T>): T | undefined {
  const line = outcome.stdout.trimEnd().split('\n').at(-1) ?? '';
  try {
    return schema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** The problem of a program that gave no readable answer. */
export function noAnswer(program: string, host: string, outcome: Outcome): Problem {
  const ended = outcome.code === null ? `signal ${outcome.signal ?? 'unknown'}` : `code ${outcome.code}`;
  const said = outcome.stderr.trim().slice(-STDERR_QUOTED) || 'nothing on standard error';
  return { code: 'HOST_PROGRAM_FAILED', params: { program, host, ended, said } };
}
