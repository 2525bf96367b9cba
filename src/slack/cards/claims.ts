import { z } from 'zod';
import { hex64, hostName, operationId, stepId } from '../../operation/ids.ts';
import { parseJson } from '../../operation/json.ts';
import type { Operation } from '../../operation/operation.ts';

const about = z.strictObject({
  /** A plan's or a track's number, and the digest that was shown. */
  plan: z.int().min(1).optional(),
  digest: hex64.optional(),
  backOut: z.string().max(90).optional(),
  step: stepId.optional(),
  host: hostName.optional(),
  attempt: z.int().min(1).optional(),
});
const claims = about.extend({ v: z.literal(1), operation: operationId, seq: z.int().min(1), hash: hex64 });

/** What a button or a modal says it stands for. Never more than claims: the journal is asked. */
export type Claims = z.infer<typeof claims>;
/** What is claimed besides the operation and the head that was shown. */
type About = z.infer<typeof about>;

export function claimsOf(operation: Pick<Operation, 'id' | 'head'>, more: About = {}): string {
  const { seq, hash } = operation.head;
  return JSON.stringify({ v: 1, operation: operation.id, seq, hash, ...more } satisfies Claims);
}

/** What is claimed of the plan that was shown. */
export function planClaims({ plan }: Pick<Operation, 'plan'>): About {
  return plan === null ? {} : { plan: plan.plan.number, digest: plan.digest };
}

/** Null for anything that isn't the value of one of our buttons, or the metadata of one of our modals. */
export function readClaims(value: unknown): Claims | null {
  return typeof value === 'string' ? (claims.safeParse(parseJson(value)).data ?? null) : null;
}
