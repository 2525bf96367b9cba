import type { Redis } from 'ioredis';
import { configured, type DurableSetting, durableSettings } from '../engine/durability.ts';
import { redisJournal } from '../engine/journal.ts';
import { asking, connectRedis, reachRedis } from '../engine/redis.ts';
import type { Problem } from '../operation/catalogue.ts';
import type { Keyring } from '../operation/record.ts';
import type { Seen } from './check.ts';
import { see, seeAfter } from './see.ts';

/** What Redis says of itself: of INFO what was told, by name. */
export type RedisFacts = {
  readonly url: string;
  readonly reach: Seen<true>;
  /** Where it keeps its files; null where it doesn't tell. */
  readonly directory: string | null;
  readonly info: Seen<Readonly<Record<string, string>>>;
  readonly settings: Seen<readonly DurableSetting[]>;
  /** How far its clock is ahead of ours (ms), and how much of that the way there and back may be. */
  readonly clock: Seen<{ readonly aheadMs: number; readonly unsureMs: number }>;
  /** How many of the newest journals verify, and what is wrong with the first that doesn't. */
  readonly journals: Seen<{ readonly sound: number; readonly problem: Problem | null }>;
};

/** How many journals are verified. */
const JOURNALS = 5;

/** Without the password. */
function shown(url: string): string {
  if (!URL.canParse(url)) return '';
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

/** `ring` is null where there is no usable key here. */
export async function askRedis(from: Seen<string>, ring: Keyring | null): Promise<RedisFacts> {
  if (!('seen' in from)) {
    const blocked = { blocked: 'REDIS_URL is not as it must be' } as const;
    return {
      url: '',
      reach: blocked,
      directory: null,
      info: blocked,
      settings: blocked,
      clock: blocked,
      journals: blocked,
    };
  }
  const url = from.seen;
  const reach = await see(async () => {
    await reachRedis(url);
    return true as const;
  });
  const redis = connectRedis(url, () => {});
  try {
    const about = <T>(question: () => Promise<T>) => seeAfter(reach, 'Redis cannot be asked', () => asking(question));
    const [info, settings, clock, journals] = [
      await about(async () => readInfo(await redis.info())),
      await about(() => durableSettings(redis)),
      await about(() => clockOf(redis)),
      ring === null
        ? ({ blocked: 'KOLLA_BACKUP_KEY is not usable here' } as const)
        : await about(() => verifyJournals(redis, ring)),
    ];
    const directory = 'seen' in reach ? await configured(redis, 'dir') : null;
    return { url: shown(url), reach, directory, info, settings, clock, journals };
  } finally {
    redis.disconnect();
  }
}

function readInfo(text: string): Record<string, string> {
  const rows = text.split('\r\n').map((line) => /^([a-z_0-9]+):(.*)$/.exec(line));
  return Object.fromEntries(rows.flatMap((row) => (row?.[1] === undefined ? [] : [[row[1], row[2] ?? '']])));
}

async function clockOf(redis: Redis) {
  const sent = Date.now();
  const [seconds, micros] = await redis.time();
  const unsureMs = (Date.now() - sent) / 2;
  return { aheadMs: Number(seconds) * 1000 + Number(micros) / 1000 - (sent + unsureMs), unsureMs };
}

async function verifyJournals(redis: Redis, ring: Keyring) {
  const journal = redisJournal(redis, ring);
  let sound = 0;
  let problem: Problem | null = null;
  for (const { id } of await journal.recent(JOURNALS)) {
    const read = await journal.read(id);
    if (read.state === 'sound') sound += 1;
    if (read.state === 'broken')
      problem ??= { code: 'JOURNAL_BROKEN', params: { label: id, seq: String(read.flaw.seq), flaw: read.flaw.flaw } };
  }
  return { sound, problem };
}
