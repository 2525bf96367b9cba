import { z } from 'zod';
import { approvalFaults, approve, decline } from './consent.ts';
import { type Fields, type Filled, type FormFaults, formContext } from './filled.ts';
import { declareGone } from './gone.ts';
import type { Message } from './limits.ts';
import type { Asked, Office } from './office.ts';
import { resolve } from './resolution.ts';
import { reasonFault, requestRestore, restoreFaults } from './restore.ts';

type Form = {
  /** The field under which a fault of the whole stands. */
  readonly main: string;
  /** Asked before the form closes; writes nothing. */
  readonly faults: (office: Office, filled: Filled) => FormFaults | Promise<FormFaults>;
  readonly act: (office: Office, asked: Asked, filled: Filled) => Promise<Message>;
};

/** Every form by its callback id. */
const FORMS = {
  restore: { main: 'reason', faults: restoreFaults, act: requestRestore },
  approve: { main: 'name', faults: approvalFaults, act: approve },
  decline: { main: 'reason', faults: (_, filled) => reasonFault(filled.fields), act: decline },
  gone: { main: 'reason', faults: (_, filled) => reasonFault(filled.fields), act: declareGone },
  resolve: { main: 'reason', faults: (_, filled) => reasonFault(filled.fields), act: resolve },
} as const satisfies Readonly<Record<string, Form>>;

const element = z.object({
  value: z.string().nullish(),
  selected_option: z.object({ value: z.string() }).nullish(),
  selected_options: z.array(z.object({ value: z.string() })).nullish(),
});
const submission = z.object({
  user: z.object({ id: z.string() }),
  view: z.object({
    id: z.string(),
    callback_id: z.string(),
    private_metadata: z.string(),
    state: z.object({ values: z.record(z.string(), z.record(z.string(), element)) }),
  }),
});

/** One filled-in form, as far as we look at its payload. */
export type Submission = {
  readonly by: string;
  readonly form: Form;
  readonly filled: Filled;
  /** The same for each delivery of this form, another for each that was opened. */
  readonly key: string;
};

/** A form out of Slack's payload; null for anything that isn't one of ours. */
export function readSubmission(body: unknown): Submission | null {
  const parsed = submission.safeParse(body);
  if (!parsed.success) return null;
  const { user, view } = parsed.data;
  const name = view.callback_id;
  const carried = formContext.safeParse(parseJson(view.private_metadata));
  if (!isForm(name) || !carried.success) return null;
  const of = (block: string) => Object.values(view.state.values[block] ?? {})[0];
  const fields: Fields = {
    text: (block) => (of(block)?.value ?? '').trim(),
    chosen: (block) => {
      const { selected_option: one, selected_options: several } = of(block) ?? {};
      return [...(one ? [one] : []), ...(several ?? [])].map(({ value }) => value);
    },
  };
  return { by: user.id, form: FORMS[name], filled: { fields, context: carried.data }, key: `view:${view.id}` };
}

const anyForm = z.object({ view: z.object({ blocks: z.array(z.object({ type: z.string(), block_id: z.string() })) }) });

/** The first field of whatever form this is: only under a field can Slack show a word in a form. */
export function firstField(body: unknown): string | null {
  const blocks = anyForm.safeParse(body).data?.view.blocks ?? [];
  return blocks.find(({ type }) => type === 'input')?.block_id ?? null;
}

function isForm(name: string): name is keyof typeof FORMS {
  return Object.hasOwn(FORMS, name);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
