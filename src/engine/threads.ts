import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Threads } from '../operation/ports.ts';
import { keys } from './keys.ts';
import { asking } from './redis.ts';

const stored = z.object({
  channel: z.string(),
  root: z.string().nullable(),
  shown: z.object({ seq: z.int().min(0), hash: z.string() }),
  posting: z.string().nullable(),
});

/** Only the holder ends its hold. */
const RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";
/** An operation is behind no more once everything up to the journal's present head is shown. */
const CAUGHT_UP =
  "if redis.call('HGET', KEYS[1], 'seq') == ARGV[2] then return redis.call('SREM', KEYS[2], ARGV[1]) end return 0";

/** The projector's memory in Redis. */
export function redisThreads(redis: Redis): Threads {
  return {
    read: (id) =>
      asking(async () => {
        const text = await redis.get(keys.thread(id));
        return text === null ? null : stored.parse(JSON.parse(text));
      }),
    write: (id, state) =>
      asking(async () => {
        await redis.set(keys.thread(id), JSON.stringify(state));
      }),
    behind: () => asking(() => redis.smembers(keys.behind)),
    caughtUp: (id, head) =>
      asking(async () => {
        await redis.eval(CAUGHT_UP, 2, keys.state(id), keys.behind, id, String(head.seq));
      }),
    hold: (id, token, ms) =>
      asking(async () => {
        if ((await redis.set(keys.projector(id), token, 'PX', ms, 'NX')) === 'OK') return true;
        if ((await redis.get(keys.projector(id))) !== token) return false;
        return (await redis.pexpire(keys.projector(id), ms)) === 1;
      }),
    release: (id, token) =>
      asking(async () => {
        await redis.eval(RELEASE, 1, keys.projector(id), token);
      }),
  };
}
