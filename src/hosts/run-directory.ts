/** The port `RunDirectory`: a fixed Python program, sent with each request, does one act on the host. */
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { quoteHost } from '../kolla/quoted.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Host, Outcome } from '../operation/host.ts';
import { parseJson } from '../operation/json.ts';
import { sentProgram } from '../operation/python.ts';
import type { RunDirectory, StartRequest } from '../operation/run-directory.ts';
import * as answers from './run-directory-answers.ts';

const DEFAULT_BASE = '/var/lib/kolla-backup/runs';
/** The longest act: a start that waits for systemd, a close that waits for a lock. */
const ACT_LIMIT_MS = 60_000;
const REASON_CHARACTERS = 500;
const PARTS = ['files', 'processes', 'redact', 'supervise', 'acts'] as const;

/** The program as it is sent. */
export const PROGRAM = PARTS.map((part) =>
  readFileSync(new URL(`run-directory/${part}.py`, import.meta.url), 'utf8'),
).join('\n');

/** The answer, or why there is none. */
type Parsed<T> = { readonly answer: T } | { readonly reason: string };

function parseAnswer<T>(schema: z.ZodType<T>, { code, signal, stdout, stderr }: Outcome): Parsed<T> {
  const reason = (text: string) => ({ reason: quoteHost(text, REASON_CHARACTERS) });
  if (code !== 0) return reason(`it ended with ${code ?? signal}: ${stderr}`);
  const answer = parseJson(stdout);
  const refusal = answers.refusal.safeParse(answer);
  if (refusal.success) return reason(`${refusal.data.code}: ${refusal.data.detail}`);
  const parsed = schema.safeParse(answer);
  return parsed.success ? { answer: parsed.data } : reason(`its answer can't be read: ${parsed.error.message}`);
}

function startFields({ limits, cwd, env, systemd, ...request }: StartRequest, program: string) {
  return {
    ...request,
    cwd: cwd ?? '/',
    env: env ?? {},
    systemd: systemd ?? 'auto',
    limits: limits && { output_bytes: limits.outputBytes, tail_bytes: limits.tailBytes },
    program,
  };
}

/** The run directories of one host below `base`. `program` is replaced by tests only. */
export function runDirectory(host: Host, base: string = DEFAULT_BASE, program: string = PROGRAM): RunDirectory {
  async function act<T>(name: string, schema: z.ZodType<T>, fields: object): Promise<T> {
    const sent = sentProgram(program, { ...fields, act: name, base });
    const parsed = parseAnswer(schema, await host.run({ ...sent, timeoutMs: ACT_LIMIT_MS }));
    if ('answer' in parsed) return parsed.answer;
    throw new KollaBackupError('RUN_DIRECTORY_FAILED', { host: host.name, act: name, base, reason: parsed.reason });
  }
  return {
    open: (plan) => act('open', answers.opened, plan),
    start: (request) => act('start', answers.started, startFields(request, program)),
    look: (step, outputOffset = 0) => act('look', answers.look, { ...step, output_offset: outputOffset }),
    take: (step) => act('take', answers.taken, step),
    close: (plan, options) =>
      act('close', answers.closed, { ...plan, even_if_running: options?.evenIfRunning ?? false }),
    heads: () => act('heads', answers.heads, {}),
    remove: (operation) => act('remove', answers.removed, { operation }),
  };
}
