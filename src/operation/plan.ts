import { z } from 'zod';
import { canonicalJson, sha256 } from './canonical.ts';
import { check, hostPath, RELEASE_CHARS } from './checks.ts';
import { cloudId, hostName, operationId, stepId } from './ids.ts';

/** The host name under which the deploy host stands in plans and hosts' tables. */
export const DEPLOY = 'deploy';

const argument = z
  .string()
  .max(4096)
  .refine((text) => !text.includes('\0'), 'an argument cannot hold NUL');

/** The program that a step runs: its whole argv, detached from whoever sent it, under the host's run directory. */
export const program = z.strictObject({
  argv: z.array(argument).min(1).max(200),
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
  title: z.string().max(120),
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

export const plan = z.strictObject({
  v: z.literal(1),
  operation: operationId,
  number: z.int().min(1),
  cloud: cloudId,
  runbook: z.enum(['backup']),
  /** Kolla Ansible's release and the address of each node at planning time. */
  release: z.string().max(RELEASE_CHARS),
  nodes: z.array(z.strictObject({ name: hostName, address: z.string().max(255) })).min(1),
  backupHost: hostName,
  steps: z.array(step).min(1),
});
export type Plan = z.infer<typeof plan>;

/** SHA-256 of the plan's canonical JSON: what people see, claim and approve. */
export function digestOf(subject: Plan): string {
  return sha256(canonicalJson(subject));
}
