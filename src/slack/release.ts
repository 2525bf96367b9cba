import { personId } from '../operation/ids.ts';
import type { Appended } from '../operation/journal.ts';
import { changeStarted, type Operation } from '../operation/operation.ts';
import { releaseCard } from './cards/answers.ts';
import { PHASES } from './cards/progress.ts';
import type { Message } from './limits.ts';
import { type Asked, demandRequester, type Office, readSound, refuse, ring, whereIs } from './office.ts';

/** How long a second person has to agree (ms). */
export const RELEASE_MS = 900_000;
/** How often an append is decided anew because others wrote at the same moment. */
const TRIES = 6;

/**
 * Gives a cloud back whose operation can't come to its end: the first person asks with a reason, a second one agrees.
 * Both are looked up again when the second agrees. Needs no host to answer.
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
    const said = await append(office, operation, asked, reason);
    if (said.answer === 'appended') {
      await ring(office, id, ['project']);
      return releaseCard(said.operation, RELEASE_MS, await whereIs(office, said.operation));
    }
    if (said.answer === 'clock') return refuse('JOURNAL_CLOCK');
  }
  return refuse('JOURNAL_CONTENDED', { label, tries: String(TRIES) });
}

async function append(office: Office, operation: Operation, asked: Asked, reason: string): Promise<Appended> {
  const { label, cloud, release } = operation;
  const by = personId.parse(asked.by);
  const pending = release !== null && office.now() - release.at < RELEASE_MS ? release : null;
  if (pending === null) {
    if (reason.trim() === '') return refuse('RELEASE_REASON', { label });
    return office.journal.append(operation, { type: 'release_asked', by, reason }, {});
  }
  if (pending.by === by) return refuse('RELEASE_SECOND_PERSON', { label });
  await demandRequester(office, pending.by, cloud, true);
  return office.journal.append(operation, { type: 'released', by }, { notAfter: pending.at + RELEASE_MS });
}
