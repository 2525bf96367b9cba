/** Workers are killed at every point of a restore. Another finishes it; nothing runs twice; the old data is there at every look. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { liveChecksums } from '../../lab/mini/open-archive.ts';
import { type Stack, startStack } from '../../lab/stack.ts';
import { redisWake } from '../../src/engine/queues.ts';
import { latest } from '../../src/operation/operation.ts';
import { countPlaybooks, lawful } from '../support/law.ts';
import { type Actor, leaseOver, type Moment, type Troupe, troupeOf } from '../support/points.ts';
import { approve, archived, askRestore, untilIs, waitsForPeople } from '../support/restores.ts';
import { type Scene, sceneOf } from '../support/story.ts';
import { ranOnHosts, type Watcher, watch } from '../support/watcher.ts';

let stack: Stack;
let scene: Scene;
let troupe: Troupe;
let watcher: Watcher;
let wake: ReturnType<typeof redisWake>;
let actors: Promise<Actor>[] = [];
let playbooks: () => Promise<string[]>;

beforeAll(async () => {
  stack = await startStack();
  scene = sceneOf(stack);
  troupe = troupeOf(stack);
  wake = redisWake(scene.redis);
  watcher = watch(stack.cloud);
  playbooks = await countPlaybooks(stack.cloud);
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail')
    for (const actor of await Promise.all(actors)) console.log(actor.log().slice(-4000));
  await troupe.close();
  actors = [];
});
afterAll(async () => {
  await watcher?.stop();
  await wake?.close();
  scene?.end();
  await stack?.stop();
});

/** Of every step from 2 to 9, in their order. What stands before a step has its own ten seconds until it is given up. */
const PREPARING: readonly (readonly [Moment, string])[] = [
  ['in', 'stage-1'],
  ['after', 'stage-3'],
  ['before', 'unpack'],
  ['in', 'unpack'],
  ['after', 'unpack'],
  ['before', 'prepare'],
  ['in', 'prepare'],
  ['after', 'prepare'],
  ['before', 'trial'],
  ['in', 'trial'],
];
const EXECUTING: readonly (readonly [Moment, string])[] = [
  ['before', 'stop'],
  ['in', 'stop'],
  ['after', 'stop'],
  ['before', 'hold-1'],
  ['in', 'hold-2'],
  ['after', 'hold-3'],
  ['before', 'swap-1'],
  ['in', 'swap-1'],
  ['after', 'swap-1'],
  ['in', 'swap-2'],
  ['after', 'swap-3'],
  ['in', 'let-go-1'],
  ['after', 'let-go-3'],
  ['before', 'recover'],
  ['in', 'recover'],
];

/** At each point the worker that comes there is killed, and another goes on, while the next one starts. */
async function killedAt(id: string, points: readonly (readonly [Moment, string])[]): Promise<void> {
  for (const [index, [at, step]] of points.entries()) {
    if (index === 0) await troupe.place(at, step);
    await wake.drive(id);
    await troupe.met();
    const next = points[index + 1];
    if (next) await troupe.place(...next);
    await leaseOver(scene.redis, { id });
    actors.push(troupe.enter());
    // The one that stands by may not have started yet.
    await actors.at(-2);
  }
  await wake.drive(id);
}

test('a worker is killed before, in and after each step: another goes on, and every step runs once', async () => {
  const { journal } = scene;
  const [node] = stack.cloud.nodes;
  actors = [troupe.enter(), troupe.enter()];
  await Promise.all(actors);
  const { path, before } = await archived(scene, stack, wake);
  await node.sql('DROP DATABASE cinder; DELETE FROM keystone.project WHERE name LIKE "tenant-%"');
  const since = Date.now();
  watcher.keep();

  const id = await askRestore(journal, path);
  await killedAt(id, PREPARING);
  const planned = await untilIs(journal, id, waitsForPeople, 'a plan to approve');
  expect(await playbooks()).toEqual([]);
  await approve(journal, id);
  await killedAt(id, EXECUTING);
  const confirming = await untilIs(journal, id, (one) => one.attempts.has('confirm-service'), 'a confirmation');
  const killed = PREPARING.length + EXECUTING.length;
  expect(confirming.claims).toBeGreaterThan(killed);
  const driver = (await Promise.all(actors)).find(({ process }) =>
    confirming.claim?.worker.endsWith(`:${process.pid}`),
  );
  await driver?.kill();
  await leaseOver(scene.redis, { id });
  await wake.drive(id);

  const done = await untilIs(journal, id, ({ end }) => end !== null, 'its end', 180_000);
  expect(done.end?.how).toBe('succeeded');
  expect(await playbooks()).toEqual(['stop', 'recovery']);
  for (const { plan } of [planned.plans[0], done.plans[1]].filter((one) => one !== undefined)) {
    const ran = ranOnHosts(stack.cloud, id, plan.number);
    for (const step of plan.steps.filter(({ program }) => program !== null))
      expect([step.id, ran.get(step.id)]).toEqual([step.id, 1]);
  }
  expect(latest(done, { id: 'stop' })?.attempt).toBe(2);
  for (const one of stack.cloud.nodes) {
    expect(await liveChecksums(one)).toEqual(before);
    expect(watcher.kept(one)).toHaveLength(1);
  }
  expect(watcher.exchanges.filter(({ at }) => at >= since)).toHaveLength(3);
  await lawful(journal, id, watcher, since);
}, 600_000);
