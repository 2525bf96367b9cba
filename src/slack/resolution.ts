import { type OperationEvent, REASON_CHARS } from '../operation/events.ts';
import { personId } from '../operation/ids.ts';
import { type Operation, stuckAt } from '../operation/operation.ts';
import type { Claims } from './cards/claims.ts';
import { resolveModal } from './cards/modals.ts';
import { decideClaimed, saidSince } from './decide.ts';
import { claimed, type Filled } from './filled.ts';
import type { Message } from './limits.ts';
import { type Asked, demandApprover, demandEither, type Office, refuse, whereIs } from './office.ts';
import { openForm } from './open-form.ts';
import { notedCard, saidCard } from './said.ts';
import { clean } from './text.ts';

/** Two persons say how an unclear step ended, for its host can't tell. */

type Says = Extract<OperationEvent, { type: 'resolution_asked' }>['says'];

/** The unclear step that a button means; refused when it is another by now, or none. */
function unclear(operation: Operation, { step, attempt }: Claims): { plan: number; step: string; attempt: number } {
  const { label, track } = operation;
  const stuck = stuckAt(operation);
  if (track === null || stuck?.attempt.end?.outcome !== 'unclear') return refuse('NOTHING_UNCLEAR', { label });
  const now = { plan: track.number, step: stuck.step.id, attempt: stuck.attempt.attempt };
  if (now.step !== step || now.attempt !== attempt) return refuse('NOTHING_UNCLEAR', { label });
  return now;
}

/** Shows the form in which somebody writes how they know. */
export async function askResolution(office: Office, asked: Asked, claims: Claims, says: Says): Promise<null> {
  const { by } = asked;
  const operation = await decideClaimed(office, by, 'resolve', claims, async (now) => {
    unclear(now, claims);
    await demandEither(office, by, now.cloud);
    return { write: null };
  });
  return openForm(office, asked, resolveModal(operation, says), { claims, says });
}

/** Says how an unclear step ended, until a second person agrees. */
export async function resolve(office: Office, asked: Asked, { fields, context }: Filled): Promise<Message> {
  const claims = claimed(context);
  const says = context.says ?? refuse('FORM_UNKNOWN');
  const by = personId.parse(asked.by);
  const operation = await decideClaimed(office, by, 'resolve', claims, async (now) => {
    const about = unclear(now, claims);
    await demandEither(office, by, now.cloud, true);
    const reason = clean(fields.text('reason'), REASON_CHARS);
    return { write: { type: 'resolution_asked', by, ...about, says, reason } };
  });
  return notedCard(operation.label, await whereIs(office, operation));
}

/** A second person, an approver, agrees with what the first one said: with this very saying, not a later one. */
export async function agree(office: Office, asked: Asked, claims: Claims): Promise<Message> {
  const by = personId.parse(asked.by);
  const operation = await decideClaimed(office, by, 'resolve', claims, async (now, records) => {
    const { label, cloud, resolution } = now;
    if (saidSince(records, claims, (event) => event.type === 'resolved' && event['by'] === by)) return { write: null };
    if (saidSince(records, claims, ({ type }) => type === 'resolution_asked')) refuse('BUTTON_STALE', { label });
    const about = unclear(now, claims);
    if (resolution === null) return refuse('NOTHING_UNCLEAR', { label });
    if (resolution.by === by) return refuse('RESOLUTION_SECOND_PERSON', { label, person: by });
    await demandApprover(office, by, cloud, true);
    await demandEither(office, resolution.by, cloud, true);
    return { write: { type: 'resolved', by, ...about } };
  });
  return saidCard(`Agreed: ${operation.label} goes on from there.`, await whereIs(office, operation));
}
