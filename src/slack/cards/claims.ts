import { z } from 'zod';
import { hex64, operationId, stepId } from '../../operation/ids.ts';
import type { Operation } from '../../operation/operation.ts';

const claims = z.strictObject({
  v: z.literal(1),
  operation: operationId,
  seq: z.int().min(1),
  hash: hex64,
  /** Which plan, and as whom it was shown. */
  plan: z.int().min(1).optional(),
  digest: hex64.optional(),
  backOut: z.string().max(90).optional(),
  step: stepId.optional(),
  attempt: z.int().min(1).optional(),
});

/** What a button says it stands for. Never more than claims: the journal is asked. */
export type Claims = z.infer<typeof claims>;

export function claimsOf(
  operation: Pick<Operation, 'id' | 'head'>,
  more: Pick<Claims, 'plan' | 'digest' | 'backOut' | 'step' | 'attempt'> = {},
): string {
  const { seq, hash } = operation.head;
  return JSON.stringify({ v: 1, operation: operation.id, seq, hash, ...more } satisfies Claims);
}

/** Null for anything that isn't the value of one of our buttons. */
export function readClaims(value: unknown): Claims | null {
  if (typeof value !== 'string') return null;
  try {
    const parsed = claims.safeParse(JSON.parse(value));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
