import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { z } from 'zod';
import { operationId } from '../operation/ids.ts';
import type { Wake } from '../operation/ports.ts';
import { calmly } from './calm.ts';
import { keys } from './keys.ts';
import { asking, connectForWaiting } from './redis.ts';

/** The two bells: somebody should drive an operation; its thread is behind. */
export const QUEUES = { drive: 'drive', project: 'project' } as const;
/** How long a worker waits for running jobs to leave when it is asked to stop. */
export const CLOSE_MS = 10_000;
/** A job that isn't renewed for this long counts as lost, which harms nothing: the lease and the journal decide. */
const LOCK_MS = 60_000;

const payload = z.strictObject({ operation: operationId });

/** Rings bells. Jobs carry an operation's id and nothing else, and leave nothing behind. */
export function redisWake(redis: Redis): Wake & { close(): Promise<void> } {
  const options = {
    connection: redis,
    prefix: keys.queues,
    skipVersionCheck: true,
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true, attempts: 1 },
  };
  const queues = { drive: new Queue(QUEUES.drive, options), project: new Queue(QUEUES.project, options) };
  for (const queue of Object.values(queues)) queue.on('error', () => {}); // the connection's own handler has logged it
  const ring = (name: keyof typeof QUEUES) => (operation: string) =>
    asking(async () => {
      await queues[name].add(name, { operation });
    });
  return {
    drive: ring('drive'),
    project: ring('project'),
    close: async () => {
      await Promise.allSettled(Object.values(queues).map((queue) => queue.close()));
    },
  };
}

/** How many bells wait and how many are being answered, by queue. */
export type Lengths = Readonly<Record<keyof typeof QUEUES, { readonly waiting: number; readonly active: number }>>;

/** Counts them. Rejects as the connection does. */
export async function queueLengths(redis: Redis): Promise<Lengths> {
  const length = async (name: string) => {
    const queue = `${keys.queues}:${name}`;
    const [waiting, active] = await Promise.all([redis.llen(`${queue}:wait`), redis.llen(`${queue}:active`)]);
    return { waiting, active };
  };
  const [drive, project] = await Promise.all([length(QUEUES.drive), length(QUEUES.project)]);
  return { drive, project };
}

/** `answers`: it is connected and takes the next bell. */
export type Listener = { answers(): boolean; close(): Promise<void> };

/** Answers a bell. What `answer` throws is logged; the sweep rings again. */
export function listen(
  name: keyof typeof QUEUES,
  {
    url,
    concurrency,
    log,
    answer,
  }: { url: string; concurrency: number; log: Logger; answer: (operation: string) => Promise<void> },
): Listener {
  const connection = connectForWaiting(url, calmly(log, 'Redis connection of a queue'));
  const worker = new Worker(
    QUEUES[name],
    async (job) => {
      const { operation } = payload.parse(job.data);
      await answer(operation);
    },
    { connection, prefix: keys.queues, concurrency, lockDuration: LOCK_MS, maxStalledCount: 0, maxStartedAttempts: 1 },
  );
  worker.on('error', calmly(log, 'a queue'));
  worker.on('failed', (job, error) =>
    log.warn({ operation: job?.data, error: error.message }, 'a bell was not answered'),
  );
  return {
    answers: () => worker.isRunning() && connection.status === 'ready',
    close: async () => {
      const closed = worker.close();
      const deadline = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS).unref());
      await Promise.race([closed, deadline]);
      connection.disconnect();
    },
  };
}
