import { REASON_CHARS } from '../operation/events.ts';
import { hostName, personId } from '../operation/ids.ts';
import { mayBeGone, type Operation } from '../operation/operation.ts';
import type { Claims } from './cards/claims.ts';
import { goneModal } from './cards/modals.ts';
import { decideClaimed, saidSince } from './decide.ts';
import { claimed, type Filled } from './filled.ts';
import type { Message } from './limits.ts';
import { type Asked, demandApprover, demandEither, type Office, refuse, whereIs } from './office.ts';
import { openForm } from './open-form.ts';
import { notedCard, saidCard } from './said.ts';
import { clean } from './text.ts';

/** Two persons declare a node gone for good, so that nothing waits for it any more. */

function demandMissing(operation: Operation, host: string): string {
  return mayBeGone(operation).includes(host) ? host : refuse('NO_NODE_MISSING', { label: operation.label });
}

/** Shows the form in which somebody says which node, and how they know. */
export async function askGone(office: Office, asked: Asked, claims: Claims): Promise<null> {
  const { by } = asked;
  const operation = await decideClaimed(office, by, 'resolve', claims, async (now) => {
    if (mayBeGone(now).length === 0) refuse('NO_NODE_MISSING', { label: now.label });
    await demandEither(office, by, now.cloud);
    return { write: null };
  });
  return openForm(office, asked, goneModal(operation), { claims });
}

/** Says so, until a second person agrees. */
export async function declareGone(office: Office, asked: Asked, { fields, context }: Filled): Promise<Message> {
  const claims = claimed(context);
  const by = personId.parse(asked.by);
  const operation = await decideClaimed(office, by, 'resolve', claims, async (now) => {
    const chosen = hostName.safeParse(fields.chosen('node')[0]);
    const host = demandMissing(now, chosen.success ? chosen.data : refuse('FORM_UNKNOWN'));
    await demandEither(office, by, now.cloud, true);
    return { write: { type: 'gone_asked', by, host, reason: clean(fields.text('reason'), REASON_CHARS) } };
  });
  return notedCard(operation.label, await whereIs(office, operation));
}

/** A second person, an approver, agrees with what the first one said of this very node. */
export async function agreeGone(office: Office, asked: Asked, claims: Claims): Promise<Message> {
  const by = personId.parse(asked.by);
  const operation = await decideClaimed(office, by, 'resolve', claims, async (now, records) => {
    const { label, cloud, goneAsked } = now;
    if (saidSince(records, claims, (event) => event.type === 'gone' && event['by'] === by)) return { write: null };
    if (saidSince(records, claims, ({ type }) => type === 'gone_asked')) refuse('BUTTON_STALE', { label });
    if (goneAsked === null || goneAsked.host !== claims.host) return refuse('NO_NODE_MISSING', { label });
    if (goneAsked.by === by) return refuse('GONE_SECOND_PERSON', { label, person: by });
    const host = demandMissing(now, goneAsked.host);
    await demandApprover(office, by, cloud, true);
    await demandEither(office, goneAsked.by, cloud, true);
    return { write: { type: 'gone', by, host } };
  });
  return saidCard(`Agreed: nothing of ${operation.label} waits for it any more.`, await whereIs(office, operation));
}
