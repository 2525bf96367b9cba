import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { explain } from '../operation/catalogue.ts';
import type { Keyring } from '../operation/record.ts';
import { calmly } from './calm.ts';
import { type DriverParts, driveOperation } from './driver.ts';
import { durabilityProblem } from './durability.ts';
import type { CloudHosts } from './hosts.ts';
import { redisJournal } from './journal.ts';
import { startLooking } from './looking.ts';
import { redisNotes } from './notes.ts';
import { planner } from './planner.ts';
import { probeFor } from './probe.ts';
import { listen, redisWake } from './queues.ts';
import { connectRedis } from './redis.ts';
import { startSweep } from './sweep.ts';

/** What a worker is made of. */
export type WorkerParts = {
  readonly config: Config;
  readonly redisUrl: string;
  readonly ring: Keyring;
  readonly log: Logger;
  /** The hosts of a cloud, connected when first asked. */
  readonly hostsOf: (cloud: string) => CloudHosts | null;
};

/**
 * Starts a worker: it answers rings, and sweeps. `leave` lets go of what runs on the hosts, which lives on there, and
 * resolves when this process holds nothing any more; leaving at once loses nothing either.
 */
export async function startWorker({
  config,
  redisUrl,
  ring,
  log,
  hostsOf,
}: WorkerParts): Promise<{ leave(): Promise<void>; answers(): boolean; driving(): number }> {
  const redis = connectRedis(redisUrl, calmly(log, 'Redis connection of the worker'));
  await redis.connect();
  const weakness = await durabilityProblem(redis);
  if (weakness) {
    const { wrong, next } = explain(weakness);
    log.warn({ problem: weakness }, `${wrong} ${next}`);
  }
  const journal = redisJournal(redis, ring);
  const wake = redisWake(redis);
  const leaving = new AbortController();
  const { operations_per_worker } = config.limits;
  const parts: DriverParts = {
    journal,
    wake,
    notes: redisNotes(redis),
    log,
    logDirectory: config.log_directory,
    worker: `${hostname()}:${process.pid}`,
    hostsOf,
    probe: probeFor(config, journal),
    plan: planner(config),
    durable: () => durabilityProblem(redis),
  };
  const sweep = startSweep(journal, wake, log);
  const looking = startLooking({ config, journal, notes: parts.notes, hostsOf, log });
  let driving = 0;
  const listener = listen('drive', {
    url: redisUrl,
    concurrency: operations_per_worker,
    log,
    answer: async (operation) => {
      driving += 1;
      await driveOperation(parts, operation, leaving.signal).finally(() => {
        driving -= 1;
      });
      await looking.after(operation);
    },
  });
  redis.on('ready', sweep.now); // after an outage nobody waits for the next sweep
  await sweep.now();
  return {
    answers: listener.answers,
    driving: () => driving,
    leave: async () => {
      sweep.stop();
      looking.stop();
      leaving.abort(new Error('this worker is leaving'));
      await listener.close();
      await wake.close();
      redis.disconnect();
    },
  };
}
