import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { BACKUP_VOLUME } from '../kolla/names.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Sighting, StepNotes } from '../operation/ports.ts';
import { cloudPast, type PastJournal } from '../past.ts';
import { toRead, withRead } from '../runbooks/archives-read.ts';
import type { CloudHosts } from './hosts.ts';
import { listVolume } from './node-questions.ts';
import { readArchive } from './read-archive.ts';

/** How often it is asked whether it is time to look, and how long what was seen is fresh enough (ms). */
const ASK_MS = 300_000;
const FRESH_MS = 3_600_000;
/** How many archives that nobody of us made are read after one look: each takes a while of its node's disk. */
const READ_PER_LOOK = 6;

const MINUTE_MS = 60_000;

type Parts = {
  readonly config: Config;
  readonly journal: PastJournal;
  readonly notes: Pick<StepNotes, 'sighting' | 'setSighting' | 'sightingDue'>;
  readonly hostsOf: (cloud: string) => CloudHosts | null;
  readonly log: Logger;
};

/** Looks into the backup volumes, one worker once an hour and after each backup: for eyes, nothing is decided on it. */
export function startLooking(parts: Parts): { after(operation: string): Promise<void>; stop(): void } {
  const { config, journal, notes, log } = parts;
  const look = async (cloud: string) => {
    const listed = await lookInto(parts, cloud);
    if (listed === null) return null;
    // What was read of a file stays true for as long as it is the same file.
    const seen = withRead(listed, await notes.sighting(cloud));
    await notes.setSighting(cloud, seen);
    return seen;
  };
  const quietly = (work: () => Promise<unknown>) =>
    work().then(
      () => {},
      (error: unknown) =>
        log.warn({ error: error instanceof Error ? error.message : String(error) }, 'the archives could not be listed'),
    );
  let stopped = false;
  let busy = false;
  const round = async () => {
    if (busy) return;
    busy = true;
    await quietly(async () => {
      for (const cloud of Object.keys(config.clouds)) {
        if (!(await notes.sightingDue(cloud, FRESH_MS))) continue;
        const seen = await look(cloud);
        if (seen !== null) await readUnknown(parts, cloud, seen, () => stopped);
      }
    });
    busy = false;
  };
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
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
}

/** Lists the backup volumes of a cloud's nodes; null where the config has no such cloud. */
export async function lookInto(
  { config, hostsOf }: Pick<Parts, 'config' | 'hostsOf'>,
  cloud: string,
): Promise<Sighting | null> {
  const known = Object.hasOwn(config.clouds, cloud) ? config.clouds[cloud] : undefined;
  const hosts = hostsOf(cloud);
  if (known === undefined || hosts === null) return null;
  const nodes = await Promise.all(
    Object.entries(known.nodes).map(async ([node, { engine }]) => {
      try {
        const { entries, omitted } = await listVolume(hosts, { node, engine }, BACKUP_VOLUME);
        return { node, problem: null, files: entries.map((entry) => ({ ...entry, read: null })), omitted };
      } catch (error) {
        if (!(error instanceof KollaBackupError)) throw error;
        return { node, problem: error.problem, files: [] };
      }
    }),
  );
  return { at: Date.now(), nodes };
}

/** Reads archives that no journal knows, one after the other, the newest first, and notes what each told. */
async function readUnknown(parts: Parts, cloud: string, seen: Sighting, stopped: () => boolean): Promise<void> {
  const { config, journal, notes, hostsOf } = parts;
  const known = config.clouds[cloud];
  const hosts = hostsOf(cloud);
  if (known === undefined || hosts === null) return;
  const { proven } = await cloudPast(journal, cloud);
  for (const { node, file } of toRead(seen, proven).slice(0, READ_PER_LOOK)) {
    const engine = known.nodes[node]?.engine;
    if (stopped() || engine === undefined) return;
    const told = await readArchive(hosts, { node, engine }, file, config.limits.proof_minutes * MINUTE_MS);
    if (told.read === null) continue;
    // Others may have looked meanwhile.
    const latest = (await notes.sighting(cloud)) ?? seen;
    const nodes = [{ node, problem: null, files: [{ ...file, read: told.read }] }];
    await notes.setSighting(cloud, withRead(latest, { at: latest.at, nodes }));
  }
}
