import { expect } from 'vitest';
import type { Deployment } from '../../lab/containers/deployment.ts';
import { must } from '../../lab/mini/machine.ts';
import { liveChecksums } from '../../lab/mini/open-archive.ts';
import { type RestorePeople, type RestoreThread, restorePeople } from '../../lab/restore-people.ts';
import type { JournalRecord } from '../../src/operation/record.ts';
import type { Scene } from './story.ts';
import { until } from './until.ts';
import { ranOnHosts, type Watcher } from './watcher.ts';

/** A restore whose plan waits for approval, asked for in Slack, by bot and workers in containers. */
export type ContainerRestore = {
  readonly id: string;
  readonly label: string;
  /** When it was begun (ms). */
  readonly since: number;
  readonly people: RestorePeople;
  readonly thread: RestoreThread;
  /** The journal, also where this version can't follow it. */
  records(): Promise<readonly JournalRecord[]>;
  /** Resolves when the journal has a record of this type, about this step where one is named. */
  has(type: string, step?: string): Promise<void>;
  /** The images of the workers that claimed it, in their order. */
  images(): Promise<string[]>;
  /** The container of the worker that claimed it last. */
  driver(): Promise<string>;
  /** Stops the workers of an image; their containers. */
  takeAway(image: string): Promise<readonly string[]>;
  /** Stops the workers of all other images, until one of this image has claimed it; their containers. */
  handTo(image: string): Promise<readonly string[]>;
  start(containers: readonly string[]): Promise<void>;
  /** Its end is told, the rows are what they were, and everything ran once. */
  endsWell(): Promise<void>;
};

/** How long a playbook, or a worker that takes over, may take on a busy machine (ms). */
const PATIENCE_MS = 180_000;

export async function beginRestore(
  { cloud, slack, containers, inspect, ids }: Deployment,
  scene: Scene,
  watcher: Watcher,
): Promise<ContainerRestore> {
  const [node] = cloud.nodes;
  const people = restorePeople(slack);
  const before = await liveChecksums(node);
  const { length: startsBefore } = await scene.starts.all();
  const since = Date.now();
  watcher.keep();
  await node.sql('DROP DATABASE cinder; CREATE DATABASE later; CREATE TABLE later.t (a INT PRIMARY KEY)');
  const answer = await people.ask('alice', 'Cinder’s database was dropped');
  const label = /RST-\d+/.exec(answer)?.[0] ?? '';
  const id = await scene.journal.byLabel(label);
  if (id === null) throw new Error(`not begun:\n${answer}`);
  const thread = people.thread(label);
  await thread.offers('approve');
  /** The claims' worker names its host: a container's is the beginning of its id. */
  const seen = new Map<string, string>();

  async function records(): Promise<readonly JournalRecord[]> {
    const read = await scene.journal.read(id ?? '');
    if (read.state !== 'sound' && read.state !== 'unreadable') throw new Error(`the journal is ${read.state}`);
    return read.records;
  }

  async function claimants(): Promise<string[]> {
    for (const one of await ids('worker')) seen.set(one.slice(0, 12), one);
    const claims = (await records()).filter(({ event }) => event.type === 'claimed');
    return claims.map(({ event }) => seen.get(String(event['worker']).split(':')[0] ?? '') ?? 'unknown');
  }
  const driver = async () => (await claimants()).at(-1) ?? 'nobody';
  const images = new Map<string, string>();
  async function imageOf(container: string): Promise<string> {
    // A container that is gone has none any more.
    const known = images.get(container) ?? (await inspect(container, '{{.Config.Image}}').catch(() => 'none'));
    images.set(container, known);
    return known;
  }
  const docker = (...argv: string[]) => must(containers.machine, ['docker', ...argv]);
  async function stopped(which: (image: string) => boolean): Promise<readonly string[]> {
    const found: string[] = [];
    for (const one of await ids('worker')) if (which(await imageOf(one))) found.push(one);
    await docker('stop', '--time', '30', ...found);
    return found;
  }

  return {
    id,
    label,
    since,
    people,
    thread,
    records,
    driver,
    images: async () => {
      const all: string[] = [];
      for (const one of await claimants()) all.push(await imageOf(one));
      return all;
    },
    has: async (type, step) => {
      const found = async () =>
        (await records()).some(({ event }) => event.type === type && (step === undefined || event['step'] === step));
      await until(async () => (await found()) || null, `${label} has ${type} ${step ?? ''}`, PATIENCE_MS);
    },
    takeAway: (image) => stopped((one) => one === image),
    handTo: async (image) => {
      const others = await stopped((one) => one !== image);
      const here = async () => ((await imageOf(await driver())) === image ? true : null);
      await until(here, `a worker of ${image} drives`, PATIENCE_MS);
      return others;
    },
    start: async (away) => void (await docker('start', ...away)),
    endsWell: async () => {
      await slack.until(() => /succeeded|needs attention|failed/i.test(thread.root()?.text ?? ''), PATIENCE_MS);
      expect(thread.root()?.text).toMatch(/succeeded/i);
      expect((await scene.starts.all()).slice(startsBefore)).toEqual(['stop', 'recovery']);
      const planned = (await records()).filter(({ event }) => event.type === 'planned').length;
      for (const number of Array.from({ length: planned }, (_, index) => index + 1))
        for (const [step, times] of ranOnHosts(cloud, id, number)) expect([step, times]).toEqual([step, 1]);
      expect(watcher.exchanges.filter(({ at }) => at >= since)).toHaveLength(3);
      expect(watcher.faults).toEqual([]);
      await cloud.synced();
      for (const one of cloud.nodes) expect(await liveChecksums(one)).toEqual(before);
    },
  };
}
