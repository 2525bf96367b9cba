import { personId } from '../operation/ids.ts';
import type { JournaledProblem, Operation } from '../operation/operation.ts';
import { changeStarted, latest } from '../operation/operation.ts';
import type { JournalRecord } from '../operation/record.ts';
import { cancelledCard } from './cards/answers.ts';
import type { Claims } from './cards/claims.ts';
import { PHASES } from './cards/progress.ts';
import type { Message } from './limits.ts';
import {
  type Asked,
  demandRequester,
  type Office,
  problemOf,
  Refusal,
  readSound,
  refuse,
  ring,
  whereIs,
} from './office.ts';

/** How often an append is decided anew because others wrote at the same moment. */
const TRIES = 6;
/** How many refusals one journal takes down, of all people and of one: clicking can't fill it, nor hide another's. */
export const REFUSALS_MAX = 50;
export const REFUSALS_EACH_MAX = 10;

/**
 * Cancels an operation for `asked.by`, or refuses with the reason; the journal decides which, whatever else happens at
 * that moment. Refusals go into the journal too. `claims` is what a button said it stands for.
 */
export async function cancelOperation(
  office: Office,
  id: string,
  label: string,
  asked: Asked,
  claims: Claims | null,
): Promise<Message> {
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const { operation, records } = await readSound(office, id, label);
    // Asked twice, or delivered twice: what they wanted is so.
    if (operation.end?.how === 'cancelled' && operation.end.by === asked.by)
      return cancelledCard(operation, await whereIs(office, operation));
    const problem = await whyNot(office, operation, records, asked, claims);
    const by = personId.parse(asked.by);
    const event =
      problem === null
        ? ({ type: 'cancelled', by } as const)
        : ({ type: 'refused', by, asked: 'cancel', problem: journaled(problem) } as const);
    if (problem !== null && isFull(records, by)) throw new Refusal(problem);
    const said = await office.journal.append(operation, event, {});
    switch (said.answer) {
      case 'appended':
        await ring(office, id, ['project']);
        if (problem !== null) throw new Refusal(problem);
        return cancelledCard(said.operation, await whereIs(office, said.operation));
      case 'clock':
        return refuse('JOURNAL_CLOCK');
      default:
        continue; // the journal moved: fold again and decide anew
    }
  }
  return refuse('JOURNAL_CONTENDED', { label, tries: String(TRIES) });
}

/** Why this can't be cancelled by this person now; null when it can. */
async function whyNot(
  office: Office,
  operation: Operation,
  records: readonly JournalRecord[],
  asked: Asked,
  claims: Claims | null,
): Promise<JournaledProblem | null> {
  const { label } = operation;
  if (claims !== null && records[claims.seq - 1]?.hash !== claims.hash)
    return { code: 'BUTTON_STALE', params: { label } };
  try {
    await demandRequester(office, asked.by, operation.cloud);
  } catch (error) {
    const problem = error instanceof Refusal ? problemOf(error) : null;
    if (problem === null) throw error;
    return problem;
  }
  if (operation.end) return { code: 'OPERATION_ENDED', params: { label, how: PHASES[operation.end.how].words } };
  if (changeStarted(operation)) return { code: 'CANCEL_TOO_LATE', params: { label, host: changingHost(operation) } };
  return null;
}

function changingHost(operation: Operation): string {
  const started = operation.plan?.plan.steps.find((step) => step.touches !== 'read' && latest(operation, step));
  return started?.host ?? '';
}

/** Whether the journal takes no more refusals of this person. */
function isFull(records: readonly JournalRecord[], by: string): boolean {
  const refusals = records.filter(({ event }) => event.type === 'refused');
  const theirs = refusals.filter(({ event }) => event['by'] === by);
  return refusals.length >= REFUSALS_MAX || theirs.length >= REFUSALS_EACH_MAX;
}

/** What the journal's schema takes of a problem. */
function journaled({ code, params }: JournaledProblem): { code: string; params: Record<string, string> } {
  return {
    code,
    params: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, value.slice(0, 1000)])),
  };
}
