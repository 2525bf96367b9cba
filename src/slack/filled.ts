import { z } from 'zod';
import type { Problem } from '../operation/catalogue.ts';
import { cloudId } from '../operation/ids.ts';
import { type Claims, readClaims } from './cards/claims.ts';
import { refuse } from './office.ts';

/** What goes with a form and comes back with it. Never more than claims. */
export const formContext = z.object({
  /** Where it was asked for: the answer is told there. */
  channel: z.string(),
  cloud: cloudId.optional(),
  claims: z
    .unknown()
    .transform((told) => readClaims(JSON.stringify(told ?? null)))
    .optional(),
  says: z.enum(['ran', 'not_run']).optional(),
});
export type FormContext = z.infer<typeof formContext>;

/** What was filled in, by block. */
export type Fields = {
  /** Trimmed; empty for a field that is empty or isn't there. */
  readonly text: (block: string) => string;
  readonly chosen: (block: string) => readonly string[];
};
export type Filled = { readonly fields: Fields; readonly context: FormContext };

/** What is wrong with a form, by block: shown in it, and nothing is done. */
export type FormFaults = Readonly<Record<string, Problem>>;

/** What a form says of an operation. */
export function claimed({ claims }: FormContext): Claims {
  return claims ?? refuse('FORM_UNKNOWN');
}
