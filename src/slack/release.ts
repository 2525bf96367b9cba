import { newId, personId } from '../operation/ids.ts';
import type { Appended } from '../operation/journal.ts';
import { changeStarted, type Operation } from '../operation/operation.ts';
import { releaseCard } from './cards/answers.ts';
import { PHASES } from './cards/progress.ts';
import type { Message } from './limits.ts';
import { type Asked, demandRequester, type Office, readSound, refuse, ring, whereIs } from './office.ts';
import { moment } from './text.ts';

/** How long a second person has to agree (ms). */
export const RELEASE_MS = 900_000;
/** How often an append is decided anew because others wrote at the same moment. */
const TRIES = 6;

/**
 * Gives a cloud back whose operation can't come to its end: the first person asks with a reason, a second one agrees by
 * the same command without one. Both are looked up again when the second agrees. Needs no host to answer.
 */
export async function releaseOperation(
  office: Office,
  id: string,
  label: string,
  asked: Asked,
  reason: string,
): Promise<Message> {
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const { operation } = await readSound(office, id, label);
    await demandRequester(office, asked.by, operation.cloud, true);
    if (operation.end) return refuse('OPERATION_ENDED', { label, how: PHASES[operation.end.how].words });
    if (!changeStarted(operation)) return refuse('RELEASE_NOT_NEEDED', { label });
    const said = await append(office, operation, asked, reason.trim());
    switch (said.answer) {
      case 'appended':
        await ring(office, id, ['project']);
        return releaseCard(said.operation, RELEASE_MS, await whereIs(office, said.operation));
      case 'moved':
        continue;
      case 'late':
        return refuse('RELEASE_EXPIRED', { label });
      case 'clock':
        return refuse('JOURNAL_CLOCK');
      default:
        throw new Error(`a release was answered with ${said.answer}`);
    }
  }
  return refuse('JOURNAL_CONTENDED', { label, tries: String(TRIES) });
}

type Pending = NonNullable<Operation['release']>;

async function append(office: Office, operation: Operation, asked: Asked, reason: string): Promise<Appended> {
  const { label, cloud, release: pending } = operation;
  const by = personId.parse(asked.by);
  const ask = () => office.journal.append(operation, { type: 'release_asked', by, reason }, {});
  if (pending === null) return reason === '' ? refuse('RELEASE_REASON', { label }) : ask();
  if (reason === '' && pending.by !== by) {
    await demandRequester(office, pending.by, cloud, true);
    return office.journal.append(operation, { type: 'released', by }, { notAfter: pending.at + RELEASE_MS });
  }
  const said = await stillOpen(office, operation, pending);
  if (said.answer === 'late' && reason !== '') return ask();
  if (said.answer !== 'not_driver') return said;
  if (pending.by === by) return refuse('RELEASE_SECOND_PERSON', { label });
  // A reason of one's own isn't agreement with another's: its writer may not have seen that request.
  return refuse('RELEASE_PENDING', { label, person: pending.by, at: moment(pending.at), reason: pending.reason });
}

/**
 * Whether a request may still be agreed to, by the journal's clock: `late`, or `not_driver` while it may. Nothing is
 * ever written, for the claim that is asked for is nobody's.
 */
function stillOpen(office: Office, operation: Operation, { by, reason, at }: Pending): Promise<Appended> {
  const event = { type: 'release_asked', by: personId.parse(by), reason } as const;
  return office.journal.append(operation, event, {
    lease: { mode: 'hold', claim: newId() },
    notAfter: at + RELEASE_MS,
  });
}
