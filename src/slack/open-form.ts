import type { ModalView } from '@slack/types';
import type { FormContext } from './filled.ts';
import { type Asked, type Office, refuse } from './office.ts';
import { troubleOf } from './web.ts';

/** Slack's words for a trigger that came too late. */
const LATE: ReadonlySet<string> = new Set(['expired_trigger_id', 'trigger_expired']);
/** Slack's words for one whose form is there: the same click reached another bot. */
const THERE: ReadonlySet<string> = new Set(['exchanged_trigger_id', 'trigger_exchanged']);

/** Shows a form; the form is the answer, so there is no message. What is needed when it comes back goes with it. */
export async function openForm(
  office: Office,
  { form, channel }: Asked,
  view: ModalView,
  context: Omit<FormContext, 'channel'>,
): Promise<null> {
  try {
    await office.showForm(form, { ...view, private_metadata: JSON.stringify({ ...context, channel }) });
    return null;
  } catch (error) {
    const trouble = troubleOf(error);
    if (trouble.kind === 'refused' && THERE.has(trouble.error)) return null;
    if (trouble.kind === 'refused' && LATE.has(trouble.error)) return refuse('MODAL_LATE');
    const reason =
      trouble.kind === 'rate' ? 'too many calls' : trouble.kind === 'refused' ? trouble.error : trouble.reason;
    return refuse('MODAL_NOT_OPENED', { reason });
  }
}
