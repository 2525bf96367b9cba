import { personId } from '../operation/ids.ts';
import type { JournaledProblem, Operation } from '../operation/operation.ts';
import { changeStarted } from '../operation/operation.ts';
import { cancelledCard } from './cards/answers.ts';
import type { Claims } from './cards/claims.ts';
import { PHASES } from './cards/progress.ts';
import { sendings } from './cards/sendings.ts';
import { decide, demandKnown } from './decide.ts';
import type { Message } from './limits.ts';
import { type Asked, demandRequester, type Office, whereIs } from './office.ts';

/**
 * Cancels an operation for `asked.by`, or refuses with the reason; the journal decides which, whatever else happens at
 * that moment. `claims` is what a button said it stands for.
 */
export async function cancelOperation(
  office: Office,
  id: string,
  label: string,
  { by }: Asked,
  claims: Claims | null,
): Promise<Message> {
  const operation = await decide(office, { id, label, by, asked: 'cancel' }, async (now, records) => {
    const { withdrawal } = now;
    // Asked twice, or delivered twice: what they wanted is so.
    if (withdrawal?.how === 'cancelled' && withdrawal.by === by) return { write: null };
    if (claims !== null) demandKnown(now, records, claims);
    await demandRequester(office, by, now.cloud);
    const problem = whyNot(now);
    return problem === null ? { write: { type: 'cancelled', by: personId.parse(by) } } : { refuse: problem };
  });
  return cancelledCard(operation, await whereIs(office, operation));
}

/** Why this can't be cancelled now by anybody; null when it can. */
function whyNot(operation: Operation): JournaledProblem | null {
  const { label, end, withdrawal, wish } = operation;
  if (end) return { code: 'OPERATION_ENDED', params: { label, how: PHASES[end.how].words } };
  if (withdrawal) return { code: 'WITHDRAWN_ALREADY', params: { label, how: PHASES[withdrawal.how].words } };
  if (!changeStarted(operation)) return null;
  const code = wish.kind === 'backup' ? 'CANCEL_TOO_LATE' : 'RESTORE_BEGUN';
  return { code, params: { label, host: changingHost(operation) } };
}

function changingHost(operation: Operation): string {
  const change = operation.wish.kind === 'backup' ? ['change', 'destroy'] : ['destroy'];
  return sendings(operation).find(({ step }) => change.includes(step.touches))?.step.host ?? '';
}
