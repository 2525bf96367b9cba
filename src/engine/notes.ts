import type { Redis } from 'ioredis';
import { z } from 'zod';
import { hex64 } from '../operation/ids.ts';
import type { StepNotes } from '../operation/ports.ts';
import { backupType, journaledProblem, lsn } from '../operation/shapes.ts';
import { keys } from './keys.ts';
import { asking } from './redis.ts';

/** How long what a running step shows of itself is worth showing. */
export const PROGRESS_MS = 120_000;
/** How long a step's log is kept for the thread; the file on the worker stays. */
export const LOG_MS = 7 * 86_400_000;
/** How much of a log's end is kept for the thread, in characters. */
export const LOG_TAIL = 262_144;

const progress = z.object({ step: z.string(), line: z.string(), at: z.number() });

const archiveRead = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('whole'),
    type: backupType,
    fromLsn: lsn,
    toLsn: lsn,
    lastLsn: lsn,
    serverVersion: z.string(),
    sha256: hex64,
    endedAt: z.string().exactOptional(),
  }),
  z.object({ kind: z.literal('unusable'), code: z.string(), at: z.number().default(0) }),
]);

const sighting = z.object({
  at: z.number(),
  nodes: z.array(
    z.object({
      node: z.string(),
      problem: journaledProblem.nullable(),
      files: z.array(
        z.object({
          path: z.string(),
          bytes: z.number(),
          modified: z.number(),
          // An earlier version of this software noted neither.
          inode: z.number().default(0),
          read: archiveRead.nullable().default(null),
        }),
      ),
      omitted: z.number().default(0),
    }),
  ),
});

/** Progress and redacted logs in Redis: for eyes, not for decisions. */
export function redisNotes(redis: Redis): StepNotes {
  return {
    progress: (id) =>
      asking(async () => {
        const text = await redis.get(keys.progress(id));
        return text === null ? null : progress.parse(JSON.parse(text));
      }),
    setProgress: (id, shown) =>
      asking(async () => {
        await redis.set(keys.progress(id), JSON.stringify(shown), 'PX', PROGRESS_MS);
      }),
    log: (id, run) => asking(() => redis.get(keys.log(id, run))),
    setLog: (id, run, text) =>
      asking(async () => {
        await redis.set(keys.log(id, run), text.slice(-LOG_TAIL), 'PX', LOG_MS);
      }),
    sighting: (cloud) =>
      asking(async () => {
        const text = await redis.get(keys.sighting(cloud));
        return text === null ? null : sighting.parse(JSON.parse(text));
      }),
    setSighting: (cloud, seen) =>
      asking(async () => {
        await redis.set(keys.sighting(cloud), JSON.stringify(seen));
      }),
    sightingDue: (cloud, everyMs) =>
      asking(async () => (await redis.set(keys.sightingDue(cloud), '1', 'PX', everyMs, 'NX')) === 'OK'),
  };
}
