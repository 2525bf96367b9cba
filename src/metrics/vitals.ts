import type { Logger } from 'pino';
import { calmly } from '../engine/calm.ts';
import { durabilityProblem } from '../engine/durability.ts';
import { redisJournal } from '../engine/journal.ts';
import { queueLengths } from '../engine/queues.ts';
import { connectRedis } from '../engine/redis.ts';
import { redisThreads } from '../engine/threads.ts';
import type { Keyring } from '../operation/record.ts';
import type { Shows } from '../run.ts';
import { createBoard } from './board.ts';
import { journalReader } from './read-journals.ts';

/** How often Redis and the journals are looked at for the numbers (ms): about Prometheus's own pace. */
export const LOOK_MS = 15_000;

/** How a process does, for whoever asks. */
export type Vitals = {
  /** Why it can't do all of its work now, in words; empty when it can. */
  notReady(): Promise<readonly string[]>;
  metrics(): Promise<{ readonly type: string; readonly body: string }>;
};

export type VitalsParts = {
  readonly redisUrl: string;
  readonly ring: Keyring;
  readonly clouds: readonly string[];
  readonly version: string;
  /** Whether this process tells what the journals say: one does, or sums would count twice. */
  readonly journals: boolean;
  /** The parts that run now; null until all of them were started. */
  readonly shows: () => readonly Shows[] | null;
  readonly log: Logger;
};

/** Looks every `LOOK_MS`, on a connection of its own. What can't be looked at keeps its last numbers. */
export async function startVitals(parts: VitalsParts): Promise<Vitals & { stop(): void }> {
  const { redisUrl, ring, clouds, log, shows } = parts;
  const redis = connectRedis(redisUrl, calmly(log, 'Redis connection of the metrics'));
  await redis.connect();
  const board = createBoard();
  board.set('build_info', 1, { version: parts.version, node: process.version });
  const journal = redisJournal(redis, ring);
  const readJournals = parts.journals
    ? once(journalReader({ clouds, journal, threads: redisThreads(redis), board }))
    : async () => {};
  if (parts.journals) board.set('journals_read_timestamp_seconds', 0);

  /** What is wrong with Redis, in words; null when nothing is. */
  const lookAtRedis = once(async (): Promise<string | null> => {
    const since = performance.now();
    try {
      await redis.ping();
      board.set('redis_roundtrip_seconds', (performance.now() - since) / 1000);
      board.set('redis_up', 1);
      const weakness = await durabilityProblem(redis);
      board.set('redis_durable', weakness === null ? 1 : 0);
      return weakness === null ? null : `Redis could lose events: ${weakness.params['settings'] ?? ''}`;
    } catch {
      board.set('redis_up', 0);
      return 'Redis does not answer';
    }
  });

  async function lookAtQueues(): Promise<void> {
    const [lengths, open, undriven] = await Promise.all([queueLengths(redis), journal.open(), journal.undriven()]);
    for (const [queue, { waiting, active }] of Object.entries(lengths)) {
      board.set('queue_jobs', waiting, { queue, state: 'waiting' });
      board.set('queue_jobs', active, { queue, state: 'active' });
    }
    board.set('open_operations', undriven.length, { driven: 'no' });
    board.set('open_operations', Math.max(0, open.length - undriven.length), { driven: 'yes' });
  }

  async function look(): Promise<void> {
    if ((await lookAtRedis()) === 'Redis does not answer') return;
    await lookAtQueues();
    await readJournals();
  }
  const looking = once(() =>
    look().catch((error: unknown) => log.warn({ error: String(error) }, 'the numbers could not be brought up to date')),
  );
  const timer = setInterval(looking, LOOK_MS);
  void looking();

  function lookAtParts(): string[] {
    const running = shows();
    if (running === null) return ['it is starting'];
    return running.flatMap((one) => {
      const why = one.notReady();
      board.set('ready', why === null ? 1 : 0, { part: one.part });
      if (one.connections) board.set('slack_connections', one.connections());
      if (one.leases) board.set('leases_held', one.leases());
      return why === null ? [] : [why];
    });
  }

  return {
    notReady: async () => [...lookAtParts(), ...[await lookAtRedis()].filter((why) => why !== null)],
    metrics: async () => {
      lookAtParts();
      return board.text();
    },
    stop: () => {
      clearInterval(timer);
      redis.disconnect();
    },
  };
}

/** Whoever asks while it is being looked gets the same answer. */
function once<T>(act: () => Promise<T>): () => Promise<T> {
  let under: Promise<T> | null = null;
  return () => {
    under ??= act().finally(() => {
      under = null;
    });
    return under;
  };
}
