import { z } from 'zod';
import { canonicalJson, sha256 } from './canonical.ts';
import { check, hostPath, RELEASE_CHARS } from './checks.ts';
import { cloudId, hostName, operationId, stepId } from './ids.ts';

/** The host name under which the deploy host stands in plans and hosts' tables. */
export const DEPLOY = 'deploy';

const argument = z
  .string()
  .max(16_384)
  .refine((text) => !text.includes('\0'), 'an argument cannot hold NUL');

/** The most characters of a step's title, of a back-out's, and of what it says that it does: a host's name has up to 252. */
export const TITLE_CHARS = 120;
export const BACK_OUT_TITLE_CHARS = 75;
export const DOES_CHARS = 300;

/** The name of a program text that the plan holds once (`sources`) and several steps run. */
const sourceName = z.string().regex(/^[a-z][a-z-]{0,30}$/);

/** The program that a step runs: its whole argv, detached from whoever sent it, under the host's run directory. */
export const program = z.strictObject({
  argv: z
    .array(z.union([argument, z.strictObject({ source: sourceName })]))
    .min(1)
    .max(200),
  cwd: hostPath,
  env: z.record(z.string().regex(/^[A-Z_][A-Z0-9_]*$/), argument),
  /** Files on that host whose values are cut out of the output before it is written anywhere. */
  redact: z.array(hostPath),
});
export type Program = z.infer<typeof program>;

/**
 * One step. A step that touches nothing has no program: it is its questions (`after`), asked again after a crash.
 * A step with a program is told after a crash by its run directory.
 */
export const step = z.strictObject({
  id: stepId,
  title: z.string().max(TITLE_CHARS),
  host: hostName,
  touches: z.enum(['read', 'change', 'destroy']),
  program: program.nullable(),
  /** Milliseconds. Passing it is reported; a program that changes something is never killed for it. */
  timeLimitMs: z.int().min(1000),
  /** Must be true before the program is sent. */
  before: z.array(check),
  /** Must be true afterwards: exit code 0 alone proves nothing. */
  after: z.array(check),
});
export type Step = z.infer<typeof step>;

/**
 * What may be done when a step of a plan didn't work: approved with the plan, started by one person.
 * - `offered`: from the start of the plan's step `from` on (null: from its beginning), until its step `until` has worked
 *   (null: to the plan's end); of a remedy these are steps of what is stuck.
 * - `leads`: to `end` – the operation has ended with it, `resume` – a remedy: the plan, or the way back that was begun,
 *   goes on with the step that didn't work, if that only looks or stands in `again` or `anew`.
 */
export const backOut = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9.-]{0,80}$/),
  title: z.string().min(1).max(BACK_OUT_TITLE_CHARS),
  /** What it would do, in sentences for the one who presses the button. */
  does: z.string().min(1).max(DOES_CHARS),
  offered: z.strictObject({ from: stepId.nullable(), until: stepId.nullable() }),
  /** The node from which it would bring the cluster back, where that matters. */
  node: hostName.nullable(),
  steps: z.array(step),
  leads: z.enum(['end', 'resume']),
  /** Offered only when two persons have declared these nodes gone: nothing of it is on them. Absent: none. */
  without: z.array(hostName).min(1).exactOptional(),
  /** Steps of the plan that may be sent again after it, if they failed: their programs do nothing twice. */
  again: z.array(stepId).default([]),
  /** Steps whose program ended, and failed, and whose end is looked at anew after it: nothing is sent. Absent: none. */
  anew: z.array(stepId).min(1).exactOptional(),
});
export type BackOut = z.infer<typeof backOut>;

/** All that people approve: its digest covers every field. */
export const plan = z.strictObject({
  v: z.literal(1),
  operation: operationId,
  number: z.int().min(1),
  cloud: cloudId,
  runbook: z.enum(['backup', 'preparation', 'restore', 'discard']),
  /** Kolla Ansible's release and the address of each node at planning time. */
  release: z.string().max(RELEASE_CHARS),
  nodes: z.array(z.strictObject({ name: hostName, address: z.string().max(255) })).min(1),
  backupHost: hostName,
  steps: z.array(step).min(1),
  /** Program texts that steps run, by name: each stands here once. */
  sources: z.record(sourceName, z.string().min(1).max(65_536)).default({}),
  /** Null for a plan that destroys nothing. */
  approval: z
    .strictObject({
      /** How many people other than the requester must approve. */
      needed: z.int().min(1).max(10),
      /** How long the plan waits for them, counted from its card (ms). */
      waitMs: z.int().min(1000),
      /** How soon after the last approval its execution must begin (ms). */
      beginMs: z.int().min(1000),
    })
    .nullable()
    .default(null),
  backOuts: z.array(backOut).max(40).default([]),
  /** Removes what a preparation left on the hosts, when nothing comes of it. */
  clearing: z.array(step).default([]),
});
export type Plan = z.infer<typeof plan>;

/** A program's argv as it runs: the texts that the plan holds once put in their places. */
export function argvOf({ sources }: Pick<Plan, 'sources'>, { argv }: Program): readonly string[] {
  return argv.map((part) => {
    if (typeof part === 'string') return part;
    const text = Object.hasOwn(sources, part.source) ? sources[part.source] : undefined;
    if (text === undefined) throw new TypeError(`the plan has no program text ${part.source}`);
    return text;
  });
}

/** SHA-256 of the plan's canonical JSON: what people see, claim and approve. */
export function digestOf(subject: Plan): string {
  return sha256(canonicalJson(subject));
}
