import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { BACKUP_VOLUME } from '../kolla/names.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Journal } from '../operation/journal.ts';
import type { Sighting, StepNotes } from '../operation/ports.ts';
import type { CloudHosts } from './hosts.ts';
import { listVolume } from './node-questions.ts';

/** How often it is asked whether it is time to look, and how long what was seen is fresh enough (ms). */
const ASK_MS = 300_000;
const FRESH_MS = 3_600_000;

type Parts = {
  readonly config: Config;
  readonly journal: Pick<Journal, 'read'>;
  readonly notes: Pick<StepNotes, 'setSighting' | 'sightingDue'>;
  readonly hostsOf: (cloud: string) => CloudHosts | null;
  readonly log: Logger;
};

/** Looks into the backup volumes, one worker once an hour and after each backup: for eyes, nothing is decided on it. */
export function startLooking(parts: Parts): { after(operation: string): Promise<void>; stop(): void } {
  const { config, journal, notes, log } = parts;
  const look = async (cloud: string) => {
    const seen = await lookInto(parts, cloud);
    if (seen !== null) await notes.setSighting(cloud, seen);
  };
  const quietly = (work: () => Promise<void>) =>
    work().catch((error: unknown) =>
      log.warn({ error: error instanceof Error ? error.message : String(error) }, 'the archives could not be listed'),
    );
  const round = () =>
    quietly(async () => {
      for (const cloud of Object.keys(config.clouds)) if (await notes.sightingDue(cloud, FRESH_MS)) await look(cloud);
    });
  const timer = setInterval(round, ASK_MS);
  void round();
  return {
    after: (id) =>
      quietly(async () => {
        const read = await journal.read(id);
        if (read.state !== 'sound') return;
        const { wish, end, cloud } = read.operation;
        if (wish.kind === 'backup' && end !== null) await look(cloud);
      }),
    stop: () => clearInterval(timer),
  };
}

async function lookInto({ config, hostsOf }: Parts, cloud: string): Promise<Sighting | null> {
  const known = Object.hasOwn(config.clouds, cloud) ? config.clouds[cloud] : undefined;
  const hosts = hostsOf(cloud);
  if (known === undefined || hosts === null) return null;
  const nodes = await Promise.all(
    Object.entries(known.nodes).map(async ([node, { engine }]) => {
      try {
        const { entries } = await listVolume(hosts, { node, engine }, BACKUP_VOLUME);
        return { node, problem: null, files: entries.map(({ path, bytes, modified }) => ({ path, bytes, modified })) };
      } catch (error) {
        if (!(error instanceof KollaBackupError)) throw error;
        return { node, problem: error.problem, files: [] };
      }
    }),
  );
  return { at: Date.now(), nodes };
}
