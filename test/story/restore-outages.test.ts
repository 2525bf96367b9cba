/** Everything dies at once, around the swap and in the recovery; Redis comes back with an older journal. The old data is there at every look. */
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { liveChecksums } from '../../lab/mini/open-archive.ts';
import { type Stack, startStack } from '../../lab/stack.ts';
import { redisWake } from '../../src/engine/queues.ts';
import { type Operation, stuckAt } from '../../src/operation/operation.ts';
import { countPlaybooks, lawful } from '../support/law.ts';
import { type Actor, leaseOver, type Troupe, troupeOf } from '../support/points.ts';
import {
  ALICE,
  approve,
  archived,
  askRestore,
  BOB,
  backOut,
  mostAdvanced,
  say,
  untilIs,
  waitsForPeople,
} from '../support/restores.ts';
import { type Scene, sceneOf } from '../support/story.ts';
import { until } from '../support/until.ts';
import { prepared, type Watcher, watch } from '../support/watcher.ts';

let stack: Stack;
let scene: Scene;
let troupe: Troupe;
let watcher: Watcher;
let wake: ReturnType<typeof redisWake>;
let playbooks: () => Promise<string[]>;
let path: string;
const actors: Actor[] = [];
let since = 0;

beforeAll(async () => {
  stack = await startStack();
  scene = sceneOf(stack);
  troupe = troupeOf(stack);
  wake = redisWake(scene.redis);
  await enter();
  ({ path } = await archived(scene, stack, wake));
  await stack.cloud.nodes[0].sql('CREATE DATABASE later; CREATE TABLE later.t (a INT PRIMARY KEY)');
  playbooks = await countPlaybooks(stack.cloud);
  watcher = watch(stack.cloud);
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') for (const actor of actors) console.log(actor.log().slice(-4000));
});
afterAll(async () => {
  await troupe?.close();
  await watcher?.stop();
  await wake?.close();
  scene?.end();
  await stack?.stop();
});

async function enter(): Promise<void> {
  actors.push(await troupe.enter());
}

async function waiting(): Promise<string> {
  since = Date.now();
  watcher.keep();
  const id = await askRestore(scene.journal, path);
  await wake.drive(id);
  await untilIs(scene.journal, id, waitsForPeople, 'a plan to approve');
  return id;
}

async function rung(id: string, wanted: (operation: Operation) => boolean, what: string): Promise<Operation> {
  const bell = setInterval(() => void wake.drive(id).catch(() => {}), 1_000);
  return untilIs(scene.journal, id, wanted, what).finally(() => clearInterval(bell));
}

/** The power goes: workers, Redis, nodes and deploy host at once. Then it comes back. */
async function powerCut(id: string): Promise<void> {
  const machines = [...stack.cloud.nodes, stack.cloud.deploy];
  await Promise.all([troupe.close(), stack.redis.kill(), ...machines.map((machine) => machine.kill())]);
  await Promise.all([stack.restartRedis(), ...machines.map((machine) => machine.start())]);
  await leaseOver(scene.redis, { id });
  await enter();
}

/** Two persons say of an unclear exchange what they see on the node: where the old datadir lies. */
async function resolvedAsSeen(id: string, { step, attempt }: NonNullable<ReturnType<typeof stuckAt>>): Promise<void> {
  const node = stack.cloud.nodes.find(({ name }) => name === step.host);
  if (node === undefined) throw new Error(`${step.id} is on no node`);
  const says = watcher.kept(node).some((place) => place.includes(id)) ? 'ran' : 'not_run';
  const about = ({ track }: Operation) => ({ plan: track?.number ?? 0, step: step.id, attempt: attempt.attempt });
  await say(scene.journal, id, (one) => ({
    type: 'resolution_asked',
    by: ALICE,
    ...about(one),
    says,
    reason: 'seen by inode',
  }));
  await say(scene.journal, id, (one) => ({ type: 'resolved', by: BOB, ...about(one) }));
}

const servers = async () => {
  const found = await Promise.all(stack.cloud.nodes.map((node) => node.exec(['pgrep', '-x', 'mariadbd'])));
  return found.filter(({ code }) => code === 0).length;
};

test('the power goes in the middle of the swap, and again in the recovery: people go on, then back, and nothing is lost', async () => {
  const { journal } = scene;
  const [node] = stack.cloud.nodes;
  const before = await liveChecksums(node);
  const id = await waiting();
  await approve(journal, id);
  await troupe.place('in', 'swap-2');
  await wake.drive(id);
  await troupe.met();
  // Its program has begun by now; it may be over, too.
  await sleep(300);
  await powerCut(id);
  // Held nodes stay down, whatever their unit managers start at boot.
  await sleep(3_000);
  expect(await servers()).toBe(0);
  await troupe.place('in', 'recover');
  const next = await rung(id, (one) => stuckAt(one) !== null || one.attempts.has('recover'), 'the swap to be settled');
  const stuck = stuckAt(next);
  if (stuck) {
    expect(stuck).toMatchObject({ step: { id: 'swap-2' }, attempt: { end: { outcome: 'unclear' } } });
    await resolvedAsSeen(id, stuck);
    await wake.drive(id);
  }
  await troupe.met();
  await until(async () => ((await servers()) > 0 ? true : null), 'the first node comes up on the copy', 60_000);
  await powerCut(id);

  const lost = await rung(id, (one) => stuckAt(one) !== null, 'people to be asked');
  expect(stuckAt(lost)).toMatchObject({ step: { id: 'recover' }, attempt: { end: { outcome: 'unclear' } } });
  expect(await playbooks()).toEqual(['stop', 'recovery']);
  await backOut(journal, id, mostAdvanced(lost));
  const { end } = await rung(id, (one) => one.end !== null, 'its end');
  expect(end?.how).toBe('backed_out');
  expect(await playbooks()).toEqual(['recovery']);
  for (const one of stack.cloud.nodes) expect(await liveChecksums(one)).toEqual(before);
  expect(watcher.exchanges.filter(({ at }) => at >= since)).toHaveLength(6);
  await lawful(journal, id, watcher, since);
}, 600_000);

test('Redis comes back with an older journal in the middle of the swap: nothing runs again, nothing is removed', async () => {
  const { journal } = scene;
  const id = await waiting();
  await troupe.close();
  await approve(journal, id);
  const saved = join(stack.dir, 'redis-before');
  await stack.redis.kill();
  await cp(stack.redis.dir, saved, { recursive: true });
  await stack.restartRedis();
  await enter();
  await troupe.place('after', 'swap-2');
  await troupe.met();
  await stack.redis.kill();
  await rm(stack.redis.dir, { recursive: true });
  await cp(saved, stack.redis.dir, { recursive: true });
  await stack.restartRedis();
  await enter();
  const forgotten = ({ attention }: Operation) => attention?.problem.code === 'HOST_REMEMBERS_MORE';
  const forgot = await rung(id, forgotten, 'what was forgotten to be seen');
  expect(forgot.attempts.size).toBe(0);
  // Nor does a cancel remove anything, though by this journal nothing was ever touched.
  await say(journal, id, () => ({ type: 'cancelled', by: ALICE }));
  await rung(id, (one) => one.track?.kind === 'clearing' && forgotten(one), 'the same before anything is removed');
  await sleep(3_000);
  expect(await playbooks()).toEqual(['stop']);
  expect(await servers()).toBe(0);
  const exchanged = watcher.exchanges.filter(({ at }) => at >= since);
  expect(exchanged).toHaveLength(2);
  for (const node of stack.cloud.nodes)
    expect(watcher.kept(node).some((place) => place.includes(id))).toBe(
      exchanged.some((one) => one.node === node.name),
    );
  for (const node of stack.cloud.nodes) expect(prepared(node, id)).not.toEqual([]);
  expect(watcher.faults).toEqual([]);
  await say(journal, id, () => ({ type: 'release_asked', by: ALICE, reason: 'Redis is an old copy' }));
  const { end } = await say(journal, id, () => ({ type: 'released', by: BOB }));
  expect(end?.how).toBe('released');
}, 600_000);
