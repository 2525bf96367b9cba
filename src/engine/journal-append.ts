import type { Redis } from 'ioredis';
import { advance } from '../operation/advance.ts';
import type { AppendAnswer } from '../operation/append.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import { isEnd, type OperationEvent, operationEvent } from '../operation/events.ts';
import { illegal } from '../operation/grammar.ts';
import type { Appended, Journal, Terms } from '../operation/journal.ts';
import { type Operation, touched } from '../operation/operation.ts';
import { EMPTY_HEAD, type Head, type JournalRecord, type Keyring, MAX_EVENT_BYTES, sign } from '../operation/record.ts';
import type { AppendScript } from './append-script.ts';
import { keys } from './keys.ts';
import { asking } from './redis.ts';

/** How often an append is stamped anew when Redis finds its time too old. */
const CLOCK_TRIES = 3;
/** Labels begin with these letters. */
export const LABELS = { backup: 'BKP', restore: 'RST', discard: 'DSC' } as const satisfies Record<
  Extract<OperationEvent, { type: 'requested' }>['wish']['kind'],
  string
>;

/** How events are written: signed, and appended by the script if the caller knows the journal's head. */
export function appender(
  redis: Redis,
  { send, now }: Pick<AppendScript, 'send' | 'now'>,
  ring: Keyring,
): Pick<Journal, 'append' | 'request'> {
  async function stamp(
    operation: Operation | null,
    id: string,
    cloud: string,
    event: OperationEvent,
    terms: Terms,
  ): Promise<{ said: AppendAnswer; record: JournalRecord }> {
    const expected: Head = operation?.head ?? EMPTY_HEAD;
    const ends = operation !== null && isEnd(event, touched(operation));
    for (let tries = 1; ; tries++) {
      const time = await now();
      const record = sign(expected, { operation: id, at: Math.max(time, operation?.headAt ?? 0), event }, ring);
      if (Buffer.byteLength(JSON.stringify(record)) > MAX_EVENT_BYTES)
        throw new KollaBackupError('EVENT_TOO_LARGE', { event: event.type });
      const said = await send({
        expected,
        record,
        time,
        notAfter: terms.notAfter ?? null,
        lease: terms.lease ?? { mode: 'none' },
        cloud,
        own: terms.own ?? (ends ? 'drop' : 'none'),
        single: terms.single ?? (ends ? 'drop' : 'none'),
        ends,
        once: terms.once ?? null,
      });
      if (said.answer !== 'clock' || tries === CLOCK_TRIES) return { said, record };
    }
  }

  async function append(operation: Operation, event: OperationEvent, terms: Terms): Promise<Appended> {
    const why = illegal(operation, event);
    if (why !== null) return { answer: 'illegal', why };
    demandReadable(event);
    const { said, record } = await asking(() => stamp(operation, operation.id, operation.cloud, event, terms));
    if (said.answer !== 'appended') return said;
    return { answer: 'appended', record, operation: advance(operation, event, record) };
  }

  async function request(id: string, event: Parameters<Journal['request']>[1], terms: Terms): Promise<Appended> {
    return asking(async () => {
      // Asked first only so that a refused request uses up no label; the script decides.
      const earlier = terms.once === undefined ? null : await redis.get(keys.once(terms.once));
      if (earlier !== null) return { answer: 'duplicate', of: earlier };
      const owner = terms.own === 'take' ? await redis.get(keys.owner(event.cloud)) : null;
      if (owner !== null) return { answer: 'owned', by: owner };
      const restore = terms.single === 'take' ? await redis.get(keys.restore(event.cloud)) : null;
      if (restore !== null) return { answer: 'another', by: restore };
      const prefix = LABELS[event.wish.kind];
      const requested = { ...event, label: `${prefix}-${await redis.incr(keys.counter(prefix))}` };
      demandReadable(requested);
      const { said, record } = await stamp(null, id, event.cloud, requested, terms);
      if (said.answer !== 'appended') return said;
      return { answer: 'appended', record, operation: advance(null, requested, record) };
    });
  }

  return { append, request };
}

/** What no reader could follow is never written: better a loud error here than a journal that nobody can go on with. */
function demandReadable(event: OperationEvent): void {
  const parsed = operationEvent.safeParse(event);
  if (parsed.success) return;
  const [issue] = parsed.error.issues;
  throw new KollaBackupError('EVENT_UNREADABLE', {
    event: event.type,
    where: issue?.path.join('.') ?? '',
    why: issue?.message ?? '',
  });
}
