import { personId } from '../operation/ids.ts';
import { changeStarted, type Operation } from '../operation/operation.ts';
import { releaseCard } from './cards/answers.ts';
import { PHASES } from './cards/progress.ts';
import { decide, type Verdict } from './decide.ts';
import type { Message } from './limits.ts';
import { type Asked, demandRequester, type Office, refuse, whereIs } from './office.ts';
import { moment } from './text.ts';

/** How long a second person has to agree (ms). */
export const RELEASE_MS = 900_000;

/**
 * Gives a cloud back whose operation can't come to its end: the first person asks with a reason, a second one agrees by
 * the same command without one. Both are looked up again when the second agrees. Needs no host to answer.
 */
export async function releaseOperation(
  office: Office,
  id: string,
  label: string,
  { by }: Asked,
  reason: string,
): Promise<Message> {
  const operation = await decide(office, { id, label, by, asked: 'release' }, async (now) => {
    await demandRequester(office, by, now.cloud, true);
    if (now.end) return refuse('OPERATION_ENDED', { label, how: PHASES[now.end.how].words });
    if (!changeStarted(now) && now.withdrawal === null) return refuse('RELEASE_NOT_NEEDED', { label });
    return verdict(office, now, personId.parse(by), reason.trim());
  });
  return releaseCard(operation, RELEASE_MS, await whereIs(office, operation));
}

async function verdict(office: Office, operation: Operation, by: string, reason: string): Promise<Verdict> {
  const { label, cloud, release: pending } = operation;
  const ask: Verdict = { write: { type: 'release_asked', by, reason } };
  if (pending === null) return reason === '' ? refuse('RELEASE_REASON', { label }) : ask;
  if (reason === '' && pending.by !== by) {
    await demandRequester(office, pending.by, cloud, true);
    const late = { code: 'RELEASE_EXPIRED', params: { label } };
    return { write: { type: 'released', by }, notAfter: pending.at + RELEASE_MS, late };
  }
  // By the journal's clock, for the bot's may be wrong.
  if ((await office.journal.now()) > pending.at + RELEASE_MS)
    return reason === '' ? refuse('RELEASE_EXPIRED', { label }) : ask;
  if (pending.by === by) return refuse('RELEASE_SECOND_PERSON', { label });
  // A reason of one's own isn't agreement with another's: its writer may not have seen that request.
  return refuse('RELEASE_PENDING', { label, person: pending.by, at: moment(pending.at), reason: pending.reason });
}
