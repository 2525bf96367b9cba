import { Redis } from 'ioredis';
import { z } from 'zod';
import { KollaBackupError } from '../operation/catalogue.ts';

/** How long one command may take before Redis counts as away. */
export const REDIS_COMMAND_MS = 5_000;
/** How long a connection may take to be made. */
export const REDIS_CONNECT_MS = 5_000;
/** How often an unanswered command is sent again after a reconnect; appending twice is refused by the head. */
export const REDIS_RETRIES = 1;
/** The longest pause between two attempts to reconnect. */
export const REDIS_RECONNECT_MAX_MS = 2_000;

/** A connection for questions that want a prompt answer, also when the answer is that Redis is away. */
export function connectRedis(url: string, onError: (error: Error) => void): Redis {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: REDIS_CONNECT_MS,
    commandTimeout: REDIS_COMMAND_MS,
    maxRetriesPerRequest: REDIS_RETRIES,
    retryStrategy: (times) => Math.min(100 * times, REDIS_RECONNECT_MAX_MS),
  });
  redis.on('error', onError);
  return redis;
}

/** A connection for a queue's worker, whose blocking read waits as long as there is nothing to do. */
export function connectForWaiting(url: string, onError: (error: Error) => void): Redis {
  const redis = new Redis(url, {
    connectTimeout: REDIS_CONNECT_MS,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(100 * times, REDIS_RECONNECT_MAX_MS),
  });
  redis.on('error', onError);
  return redis;
}

/** Asks Redis once whether it is there, before anything begins. Rejects with REDIS_AWAY or REDIS_REFUSED. */
export async function reachRedis(url: string): Promise<void> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: REDIS_CONNECT_MS,
    commandTimeout: REDIS_COMMAND_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let last: unknown;
  redis.on('error', (error) => {
    last = error;
  });
  try {
    await asking(async () => {
      await redis.connect().catch((error: unknown) => {
        throw last ?? error;
      });
      await redis.ping();
    });
  } finally {
    redis.disconnect();
  }
}

/** Runs a question to Redis; what goes wrong becomes a REDIS_… problem. */
export async function asking<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (cause) {
    // A defect of ours, or an answer that can't be read, isn't an outage and must not look like one.
    if (
      cause instanceof KollaBackupError ||
      cause instanceof TypeError ||
      cause instanceof RangeError ||
      cause instanceof z.ZodError
    )
      throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new KollaBackupError(
      /OOM|READONLY|MISCONF|NOPERM|NOAUTH|WRONGPASS/.test(reason) ? 'REDIS_REFUSED' : 'REDIS_AWAY',
      { reason },
      { cause },
    );
  }
}
