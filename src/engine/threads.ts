import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Threads } from '../operation/ports.ts';
import { keys } from './keys.ts';
import { asking } from './redis.ts';

const stored = z.object({
  channel: z.string(),
  root: z.string().nullable(),
  former: z.array(z.string()).default([]),
  shown: z.object({ seq: z.int().min(0), hash: z.string() }),
  posting: z.string().nullable(),
});

/** One holder at a time; its own hold is prolonged. */
const HOLD = `local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;
/** Only the holder writes: one that was presumed dead must not undo what its successor wrote. */
const WRITE = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2])
return 1`;
/** Only the holder ends its hold. */
const RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";
/** An operation is behind no more once everything up to the journal's present head is shown. */
const CAUGHT_UP =
  "if redis.call('HGET', KEYS[1], 'seq') == ARGV[2] then return redis.call('SREM', KEYS[2], ARGV[1]) end return 0";

const DELIVERED = `redis.call('SADD', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('SCARD', KEYS[1])`;

/** The projector's memory in Redis. */
export function redisThreads(redis: Redis): Threads {
  return {
    read: (id) =>
      asking(async () => {
        const text = await redis.get(keys.thread(id));
        return text === null ? null : stored.parse(JSON.parse(text));
      }),
    write: (id, token, state) =>
      asking(async () => {
        const written = await redis.eval(WRITE, 2, keys.projector(id), keys.thread(id), token, JSON.stringify(state));
        return written === 1;
      }),
    behind: () => asking(() => redis.smembers(keys.behind)),
    caughtUp: (id, head) =>
      asking(async () => {
        await redis.eval(CAUGHT_UP, 2, keys.state(id), keys.behind, id, String(head.seq));
      }),
    hold: (id, token, ms) => asking(async () => (await redis.eval(HOLD, 1, keys.projector(id), token, ms)) === 1),
    release: (id, token) =>
      asking(async () => {
        await redis.eval(RELEASE, 1, keys.projector(id), token);
      }),
    alertDue: (occasion, everyMs) =>
      asking(async () => (await redis.set(keys.alert(occasion), '1', 'PX', everyMs, 'NX')) === 'OK'),
    deliveries: (key, bot, ms) =>
      asking(async () => z.int().parse(await redis.eval(DELIVERED, 1, keys.delivery(key), bot, ms))),
  };
}
