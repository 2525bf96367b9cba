import type { AskedFor, OperationEvent } from '../operation/events.ts';
import { personId } from '../operation/ids.ts';
import type { JournaledProblem, Operation } from '../operation/operation.ts';
import type { JournalRecord } from '../operation/record.ts';
import type { Claims } from './cards/claims.ts';
import { type Office, problemOf, Refusal, readSound, refuse, ring } from './office.ts';

/** How often an append is decided anew because others wrote at the same moment. */
const TRIES = 6;
/** How many refusals one journal takes down, of all people and of one: clicking can't fill it, nor hide another's. */
export const REFUSALS_MAX = 50;
export const REFUSALS_EACH_MAX = 10;

/** What somebody wants of one operation. */
export type Wanted = {
  readonly id: string;
  /** For words, until the journal has told its label. */
  readonly label: string;
  readonly by: string;
  readonly asked: AskedFor;
};

/** What is to be done about it, as the journal stands. */
export type Verdict =
  /** Write this, until `notAfter` by the journal's clock; after that it is refused with `late`. */
  | { readonly write: OperationEvent; readonly notAfter?: number; readonly late?: JournaledProblem }
  | { readonly refuse: JournaledProblem }
  /** It is so already: asked twice, or delivered twice. */
  | { readonly write: null };

/** Decides on a journal as it stands; asked again where others wrote meanwhile. May throw a Refusal. */
export type Judge = (operation: Operation, records: readonly JournalRecord[]) => Promise<Verdict>;

/** Events after which a worker has something to do. */
const WORKERS_TURN: ReadonlySet<OperationEvent['type']> = new Set([
  'cancelled',
  'declined',
  'revoked',
  'backing_out',
  'resolved',
  'gone',
]);

/**
 * Decides on the journal and writes the decision, and decides anew when others wrote meanwhile: the journal alone says
 * who was first. A refusal is written too, and thrown. Resolves with the operation after it.
 */
export async function decide(office: Office, wanted: Wanted, judge: Judge): Promise<Operation> {
  const { id, label } = wanted;
  const by = personId.parse(wanted.by);
  let late: JournaledProblem | null = null;
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const { operation, records } = await readSound(office, id, label);
    const verdict: Verdict = late === null ? await judged(judge, operation, records) : { refuse: late };
    if ('refuse' in verdict && isFull(records, by)) throw new Refusal(verdict.refuse);
    const event = 'refuse' in verdict ? refusal(wanted, by, verdict.refuse) : verdict.write;
    if (event === null) return operation;
    const notAfter = 'refuse' in verdict || verdict.write === null ? undefined : verdict.notAfter;
    const said = await office.journal.append(operation, event, notAfter === undefined ? {} : { notAfter });
    switch (said.answer) {
      case 'appended':
        await ring(office, id, WORKERS_TURN.has(event.type) ? ['project', 'drive'] : ['project']);
        if ('refuse' in verdict) throw new Refusal(verdict.refuse);
        return said.operation;
      case 'clock':
        return refuse('JOURNAL_CLOCK');
      case 'late':
        late = ('late' in verdict ? verdict.late : undefined) ?? { code: 'JOURNAL_CLOCK', params: {} };
        continue;
      case 'moved':
        continue;
      default:
        throw new Error(`${event.type} was answered with ${JSON.stringify(said)}`);
    }
  }
  return refuse('JOURNAL_CONTENDED', { label, tries: String(TRIES) });
}

/** The same about what a button or a form was made from; refused where the journal is another than it was then. */
export async function decideClaimed(
  office: Office,
  by: string,
  asked: AskedFor,
  claims: Claims,
  judge: Judge,
): Promise<Operation> {
  const id = claims.operation;
  return decide(office, { id, label: id, by, asked }, async (operation, records) => {
    demandKnown(operation, records, claims);
    return judge(operation, records);
  });
}

/** A refusal that the judge throws is one like any other. */
async function judged(judge: Judge, operation: Operation, records: readonly JournalRecord[]): Promise<Verdict> {
  try {
    return await judge(operation, records);
  } catch (error) {
    const problem = error instanceof Refusal ? problemOf(error) : null;
    if (problem === null) throw error;
    return { refuse: problem };
  }
}

/** Refuses a button whose journal is another than this one. */
export function demandKnown({ label }: Operation, records: readonly JournalRecord[], claims: Claims): void {
  if (records[claims.seq - 1]?.hash !== claims.hash) refuse('BUTTON_STALE', { label });
}

/** Whether this person's event stands in the journal after what the button was made from: a second click. */
export function saidSince(
  records: readonly JournalRecord[],
  { seq }: Claims,
  fits: (event: JournalRecord['event']) => boolean,
): boolean {
  return records.slice(seq).some(({ event }) => fits(event));
}

/** Whether the journal takes no more refusals of this person. */
function isFull(records: readonly JournalRecord[], by: string): boolean {
  const refusals = records.filter(({ event }) => event.type === 'refused');
  const theirs = refusals.filter(({ event }) => event['by'] === by);
  return refusals.length >= REFUSALS_MAX || theirs.length >= REFUSALS_EACH_MAX;
}

/** As the journal's schema takes it. */
function refusal({ asked }: Wanted, by: string, { code, params }: JournaledProblem): OperationEvent {
  const capped = Object.entries(params).map(([name, value]) => [name, value.slice(0, 1000)]);
  return { type: 'refused', by, asked, problem: { code, params: Object.fromEntries(capped) } };
}
