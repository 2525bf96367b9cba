import { offeredBackOuts } from '../operation/back-outs.ts';
import { personId } from '../operation/ids.ts';
import { highestNumber, stuckAt } from '../operation/operation.ts';
import type { JournalRecord } from '../operation/record.ts';
import type { Claims } from './cards/claims.ts';
import { decideClaimed, saidSince } from './decide.ts';
import type { Message } from './limits.ts';
import { type Asked, demandEither, type Office, refuse, whereIs } from './office.ts';
import { saidCard } from './said.ts';

/** What people do about an operation that can't go on by itself. */

/** Starts one of the plan's back-outs. */
export async function backOut(office: Office, asked: Asked, claims: Claims): Promise<Message> {
  const by = personId.parse(asked.by);
  const operation = await decideClaimed(office, by, 'back_out', claims, async (now, records) => {
    const { label, cloud, plan } = now;
    const twice = (event: JournalRecord['event']) =>
      event.type === 'backing_out' && event['by'] === by && event['backOut'] === claims.backOut;
    if (saidSince(records, claims, twice)) return { write: null };
    if (plan?.plan.number !== claims.plan || plan?.digest !== claims.digest) refuse('PLAN_IS_ANOTHER', { label });
    const offered = offeredBackOuts(now).find((one) => one.id === claims.backOut);
    if (plan === null || offered === undefined) return refuse('BACK_OUT_NOT_OFFERED', { label });
    await demandEither(office, by, cloud, true);
    const number = highestNumber(now) + 1;
    return { write: { type: 'backing_out', by, plan: plan.plan.number, backOut: offered.id, number } };
  });
  return saidCard(`Begun for ${operation.label}; its thread tells how it goes.`, await whereIs(office, operation));
}

/** Somebody looks after it: the alerts stop. */
export async function acknowledge(office: Office, asked: Asked, claims: Claims): Promise<Message> {
  const by = personId.parse(asked.by);
  const operation = await decideClaimed(office, by, 'acknowledge', claims, async (now) => {
    const { label, cloud, acknowledged, attention, end } = now;
    await demandEither(office, by, cloud);
    if (end !== null || (attention === null && stuckAt(now) === null)) refuse('NOTHING_TO_ACKNOWLEDGE', { label });
    return acknowledged?.by === by ? { write: null } : { write: { type: 'acknowledged', by } };
  });
  return saidCard(`You look after ${operation.label}; no more alerts for this.`, await whereIs(office, operation));
}
