import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import type { z } from 'zod';
import type { Problem } from '../operation/catalogue.ts';
import { hostPath } from '../operation/checks.ts';
import type { Command, Outcome } from '../operation/host.ts';
import { parseJson } from '../operation/json.ts';
import { sentProgram } from '../operation/python.ts';
import { quoteHost } from './quoted.ts';

/** The source of a program beside this file. They are ASCII, so that the host's locale doesn't matter. */
export function programSource(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}

/** The command that runs `source` with `request` on a host. `timeoutMs` in milliseconds. */
export function pythonCommand(source: string, request: object, timeoutMs: number): Command {
  return { ...sentProgram(source, request), timeoutMs };
}

/** A normalized path of a host: no `..`, no doubled or trailing slash. */
export const normalPath = hostPath.refine(
  (path) => posix.normalize(path) === path && !path.endsWith('/'),
  'must be normalized',
);

/** The last line of a program's output, parsed; undefined where it isn't the JSON that was agreed. */
export function lastAnswer<T>(outcome: Outcome, schema: z.ZodType<T>): T | undefined {
  const line = outcome.stdout.trimEnd().split('\n').at(-1) ?? '';
  return schema.safeParse(parseJson(line)).data;
}

/** The problem of a program that gave no readable answer. */
export function noAnswer(program: string, host: string, outcome: Outcome): Problem {
  const ended = outcome.code === null ? `signal ${outcome.signal ?? 'unknown'}` : `code ${outcome.code}`;
  const said = quoteHost(outcome.stderr) || 'nothing on standard error';
  return { code: 'HOST_PROGRAM_FAILED', params: { program, host, ended, said } };
}
