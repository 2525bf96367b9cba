import type { Redis } from 'ioredis';
import { z } from 'zod';
import { advance } from '../operation/advance.ts';
import { type AppendAnswer, LEASE_MS } from '../operation/append.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import { isEnd, type OperationEvent, operationEvent } from '../operation/events.ts';
import { fold } from '../operation/fold.ts';
import { illegal } from '../operation/grammar.ts';
import type { Appended, Journal, JournalRead, Terms } from '../operation/journal.ts';
import { type Operation, touched } from '../operation/operation.ts';
import {
  EMPTY_HEAD,
  type Head,
  type JournalRecord,
  type Keyring,
  MAX_EVENT_BYTES,
  sign,
  verifyChain,
} from '../operation/record.ts';
import { appendScript } from './append-script.ts';
import { keys } from './keys.ts';
import { asking } from './redis.ts';

/** How often an append is stamped anew when Redis finds its time too old. */
const CLOCK_TRIES = 3;
/** Labels begin with these letters. */
const LABELS = { backup: 'BKP', restore: 'RST', discard: 'DSC' } as const satisfies Record<
  Extract<OperationEvent, { type: 'requested' }>['wish']['kind'],
  string
>;

/** The journals in Redis. */
export function redisJournal(redis: Redis, ring: Keyring, clock?: string): Journal {
  const { send, lease, now } = appendScript(redis, clock);

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

  async function read(id: string): Promise<JournalRead> {
    return asking(async () => {
      const replies = await redis.multi().lrange(keys.journal(id), 0, -1).hmget(keys.state(id), 'seq', 'hash').exec();
      const [lines, state] = z
        .tuple([z.tuple([z.null(), z.array(z.string())]), z.tuple([z.null(), z.array(z.string().nullable())])])
        .parse(replies)
        .map(([, value]) => value);
      return judge(
        id,
        (lines ?? []).map((line) => parseLine(line ?? '')),
        state?.[0] ?? null,
        state?.[1] ?? null,
      );
    });
  }

  function judge(id: string, lines: readonly unknown[], seq: string | null, hash: string | null): JournalRead {
    if (lines.length === 0 && seq === null) return { state: 'missing' };
    const verdict = verifyChain(lines, ring);
    if (!verdict.ok) return { state: 'broken', flaw: verdict.flaw, lines };
    if (String(verdict.head.seq) !== seq || verdict.head.hash !== hash)
      return { state: 'broken', flaw: { seq: verdict.head.seq, flaw: 'head' }, lines };
    // Signed as it is, a journal that was copied under another's key is not that one's.
    if (verdict.records[0]?.operation !== id) return { state: 'broken', flaw: { seq: 1, flaw: 'operation' }, lines };
    const folded = fold(verdict.records);
    if (!folded.ok)
      return { state: 'unreadable', seq: folded.seq, type: folded.type, why: folded.why, records: verdict.records };
    return { state: 'sound', records: verdict.records, operation: folded.operation };
  }

  async function undriven(): Promise<readonly string[]> {
    return asking(async () => {
      const ids = await redis.smembers(keys.open);
      const time = await now();
      const until = await Promise.all(ids.map((id) => redis.hget(keys.state(id), 'until')));
      return ids.filter((_, index) => Number(until[index] ?? 0) <= time);
    });
  }

  return {
    read,
    request,
    append,
    now: () => asking(now),
    renew: (id, claim) => asking(() => lease(id, claim, LEASE_MS)),
    letGo: (id, claim) =>
      asking(async () => {
        await lease(id, claim, 0);
      }),
    open: () => asking(() => redis.smembers(keys.open)),
    undriven,
    recent: (limit, cloud) =>
      asking(async () => {
        const flat = await redis.zrevrange(
          cloud === undefined ? keys.recent : keys.recentOf(cloud),
          0,
          limit - 1,
          'WITHSCORES',
        );
        return pairs(flat).map(([id, at]) => ({ id, at: Number(at) }));
      }),
    byLabel: (label) => asking(() => redis.hget(keys.labels, label)),
    owner: (cloud) => asking(() => redis.get(keys.owner(cloud))),
    head: (id) =>
      asking(async () => {
        const [seq, hash] = await redis.hmget(keys.state(id), 'seq', 'hash');
        return seq && hash ? { seq: Number(seq), hash } : null;
      }),
  };
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

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function pairs(flat: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let index = 0; index + 1 < flat.length; index += 2) found.push([flat[index] ?? '', flat[index + 1] ?? '']);
  return found;
}
