import type { Redis } from 'ioredis';
import { LEASE_MS } from '../operation/append.ts';
import type { Journal } from '../operation/journal.ts';
import type { Keyring } from '../operation/record.ts';
import { appendScript } from './append-script.ts';
import { appender, LABELS } from './journal-append.ts';
import { readJournal } from './journal-read.ts';
import { keys } from './keys.ts';
import { asking } from './redis.ts';

/** The most restores, of all clouds, that are looked up: one a week for some twenty years. */
const RESTORES_MAX = 1_000;

/** The journals in Redis; `clock` is replaced by tests only. */
export function redisJournal(redis: Redis, ring: Keyring, clock?: string): Journal {
  const script = appendScript(redis, clock);
  const { lease, now } = script;

  async function undriven(): Promise<readonly string[]> {
    return asking(async () => {
      const ids = await redis.smembers(keys.open);
      const time = await now();
      const until = await Promise.all(ids.map((id) => redis.hget(keys.state(id), 'until')));
      return ids.filter((_, index) => Number(until[index] ?? 0) <= time);
    });
  }

  return {
    ...appender(redis, script, ring),
    read: (id) => readJournal(redis, ring, id),
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
    restores: (cloud) =>
      asking(async () => {
        const last = Number(await redis.get(keys.counter(LABELS.restore)));
        const labels = Array.from({ length: Math.min(last, RESTORES_MAX) }, (_, index) => last - index);
        if (labels.length === 0) return [];
        const found = await redis.hmget(keys.labels, ...labels.map((number) => `${LABELS.restore}-${number}`));
        const ids = found.flatMap((id) => id ?? []);
        const times = ids.length === 0 ? [] : await redis.zmscore(keys.recentOf(cloud), ...ids);
        return ids.flatMap((id, index) => (times[index] == null ? [] : [{ id, at: Number(times[index]) }]));
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

function pairs(flat: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let index = 0; index + 1 < flat.length; index += 2) found.push([flat[index] ?? '', flat[index + 1] ?? '']);
  return found;
}
