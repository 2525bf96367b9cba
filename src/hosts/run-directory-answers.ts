/** What the program on the host may answer: one schema an act. Anything else is a failure. */
import { z } from 'zod';
import type {
  Closed,
  Look,
  Opened,
  OperationOnHost,
  Removed,
  Started,
  StepState,
  Taken,
} from '../operation/run-directory.ts';

const head = z.object({ seq: z.number().int().nonnegative(), hash: z.string() });
const names = z.array(z.string());
const pids = z.array(z.number().int());

/** The program's own refusal, whatever the act. */
export const refusal = z.object({ ok: z.literal(false), code: z.string(), detail: z.string() });

const word = <const T extends readonly [string, ...string[]]>(...states: T) =>
  z.object({ ok: z.literal(true), state: z.enum(states) }).transform((answer) => answer.state);

export const opened: z.ZodType<Opened> = word('opened', 'exists', 'plan_over');
export const taken: z.ZodType<Taken> = word('taken', 'begun_already', 'plan_over', 'plan_missing');

const problem = z.object({
  file: z.string(),
  problem: z.enum(['unreadable', 'vault', 'too_large']),
  detail: z.string(),
});

export const started: z.ZodType<Started> = z.union([
  z
    .object({
      state: z.literal('sent'),
      supervised_by: z.enum(['systemd', 'setsid']),
      note: z.string().nullable(),
      redaction: z.array(problem),
    })
    .transform(({ supervised_by, ...rest }) => ({ ...rest, supervisedBy: supervised_by })),
  z.object({ state: z.enum(['already_sent', 'plan_over', 'plan_missing']) }),
]);

const stepState: z.ZodType<StepState> = z.discriminatedUnion('state', [
  z.object({ state: z.enum(['absent', 'sent', 'taken', 'unclear']) }),
  z.object({ state: z.literal('running'), pid: z.number().int().nullable() }),
  z.object({ state: z.literal('orphaned'), pids }),
  z.object({
    state: z.literal('finished'),
    code: z.number().int().nullable(),
    signal: z.number().int().nullable(),
    started: z.number(),
    ended: z.number(),
    left: pids,
  }),
]);

const nothing = { text: '', next: 0, size: 0 };

const place = z.object({
  plan: z.enum(['open', 'over', 'missing']),
  now: z.number(),
  head: head.nullable().default(null),
  output: z.object({ text: z.string(), next: z.number().int(), size: z.number().int() }).default(nothing),
});

export const look: z.ZodType<Look> = z.intersection(stepState, place);

export const closed: z.ZodType<Closed> = z.object({ state: z.enum(['closed', 'already', 'running']), running: names });

const operation = z.object({
  operation: z.string(),
  plans: z.array(
    z.object({
      plan: z.string(),
      over: z.boolean(),
      steps: z.array(z.object({ step: z.string(), head: head.nullable(), begun: z.boolean() })),
    }),
  ),
  highest: head.nullable(),
});

export const heads: z.ZodType<readonly OperationOnHost[]> = z
  .object({ state: z.literal('heads'), operations: z.array(operation) })
  .transform((answer) => answer.operations);

export const removed: z.ZodType<Removed> = z.union([
  z.object({ state: z.enum(['removed', 'absent']) }),
  z.object({ state: z.literal('kept'), open: names, running: names }),
]);
