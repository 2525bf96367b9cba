import type { Redis } from 'ioredis';
import type { Problem } from '../operation/catalogue.ts';

/** What Redis must be set to so that an event which it took is on disk, and stays. */
const DURABLE: Readonly<Record<string, string>> = {
  appendonly: 'yes',
  appendfsync: 'always',
  'aof-load-truncated': 'no',
  'maxmemory-policy': 'noeviction',
};

/** One setting: what it must be, and what Redis says; null where it doesn't say. */
export type DurableSetting = { readonly name: string; readonly wanted: string; readonly found: string | null };

/** Asks Redis for each; one that refuses CONFIG, or that is away, tells nothing. */
export async function durableSettings(redis: Redis): Promise<readonly DurableSetting[]> {
  const settings: DurableSetting[] = [];
  for (const [name, wanted] of Object.entries(DURABLE))
    settings.push({ name, wanted, found: await configured(redis, name) });
  return settings;
}

/** A setting of Redis; null where it doesn't tell. */
export async function configured(redis: Redis, name: string): Promise<string | null> {
  const told = await redis.config('GET', name).catch(() => null);
  const value: unknown = Array.isArray(told) ? told[1] : undefined;
  return typeof value === 'string' ? value : null;
}

/** What is missing for a journal to survive a crash of Redis; null when nothing is. What isn't told counts as missing. */
export function notDurable(settings: readonly DurableSetting[]): Problem | null {
  const wrong = settings
    .filter(({ wanted, found }) => found !== wanted)
    .map(({ name, wanted, found }) => `${name} ${wanted} (it is ${found ?? 'not told'})`);
  return wrong.length === 0 ? null : { code: 'REDIS_NOT_DURABLE', params: { settings: wrong.join(', ') } };
}

/** The same of this Redis. Rejects as the connection does. */
export async function durabilityProblem(redis: Redis): Promise<Problem | null> {
  return notDurable(await durableSettings(redis));
}
