import type { Redis } from 'ioredis';
import { z } from 'zod';
import { type AppendAnswer, type AppendRequest, LEASE_MS, MAX_TIME_AGE_MS } from '../operation/append.ts';
import { keys } from './keys.ts';
import { scripts } from './scripts.ts';

/** How long a request's key is remembered (ms): longer than Slack delivers anything again. */
export const ONCE_MS = 86_400_000;

const answer = z.union([
  z
    .tuple([z.enum(['appended', 'moved', 'clock', 'late', 'not_driver', 'not_owner'])])
    .transform(([said]) => ({ answer: said })),
  z.tuple([z.enum(['claimed', 'owned', 'another']), z.string()]).transform(([said, by]) => ({ answer: said, by })),
  z.tuple([z.literal('duplicate'), z.string()]).transform(([said, of]) => ({ answer: said, of })),
]);

/** The two scripts as functions, and Redis's clock. Rejects as the connection does. */
export type AppendScript = {
  send(request: AppendRequest): Promise<AppendAnswer>;
  /** Prolongs a lease, or with 0 ms gives it back; false when it is another's or has ended. */
  lease(id: string, claim: string, ms: number): Promise<boolean>;
  /** Redis's TIME in ms. */
  now(): Promise<number>;
};

/** `clock` is replaced by tests only. */
export function appendScript(redis: Redis, clock?: string): AppendScript {
  const { append, lease: leaseScript } = scripts(clock);

  async function now(): Promise<number> {
    const [seconds, micros] = z.tuple([z.coerce.number(), z.coerce.number()]).parse(await redis.time());
    return seconds * 1000 + Math.floor(micros / 1000);
  }

  async function send({
    expected,
    record,
    time,
    notAfter,
    lease,
    cloud,
    own,
    single,
    ends,
    once,
  }: AppendRequest): Promise<AppendAnswer> {
    const id = record.operation;
    const label = z.looseObject({ label: z.string() }).safeParse(record.event);
    const said = await redis.eval(
      append,
      10,
      keys.journal(id),
      keys.state(id),
      keys.owner(cloud),
      keys.restore(cloud),
      keys.open,
      keys.behind,
      keys.labels,
      keys.recent,
      keys.recentOf(cloud),
      once === null ? '' : keys.once(once),
      id,
      expected.seq,
      expected.hash,
      JSON.stringify(record),
      time,
      notAfter ?? '',
      lease.mode,
      lease.mode === 'none' ? '' : lease.claim,
      own,
      single,
      ends ? 1 : 0,
      record.seq === 1 && label.success ? label.data.label : '',
      LEASE_MS,
      MAX_TIME_AGE_MS,
      record.hash,
      ONCE_MS,
    );
    return answer.parse(said);
  }

  return {
    send,
    now,
    lease: async (id, claim, ms) => (await redis.eval(leaseScript, 1, keys.state(id), claim, ms)) === 1,
  };
}
