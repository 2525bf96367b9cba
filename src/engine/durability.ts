import type { Redis } from 'ioredis';
import type { Problem } from '../operation/catalogue.ts';

/** What Redis must be set to so that an event which it took is on disk, and stays. */
const DURABLE: Readonly<Record<string, string>> = {
  appendonly: 'yes',
  appendfsync: 'always',
  'aof-load-truncated': 'no',
  'maxmemory-policy': 'noeviction',
};

/** What is missing for a journal to survive a crash of Redis; null when nothing is. A Redis that won't say counts as missing all. */
export async function durabilityProblem(redis: Redis): Promise<Problem | null> {
  const wrong: string[] = [];
  for (const [name, wanted] of Object.entries(DURABLE)) {
    const found = await redis.config('GET', name).catch(() => null);
    const value = Array.isArray(found) ? found[1] : undefined;
    if (value !== wanted) wrong.push(`${name} ${wanted} (it is ${typeof value === 'string' ? value : 'not told'})`);
  }
  return wrong.length === 0 ? null : { code: 'REDIS_NOT_DURABLE', params: { settings: wrong.join(', ') } };
}
