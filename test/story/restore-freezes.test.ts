/** Workers freeze before they send, or are all away; plans expire, are cancelled, are backed out. What is late is refused by its host. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { liveChecksums } from '../../lab/mini/open-archive.ts';
import { type Stack, startStack } from '../../lab/stack.ts';
import { redisWake } from '../../src/engine/queues.ts';
import { gateOf } from '../../src/operation/approval.ts';
import { type Operation, stuckAt } from '../../src/operation/operation.ts';
import { countPlaybooks, lawful } from '../support/law.ts';
import { type Actor, type Clocks, leaseOver, type Troupe, troupeOf } from '../support/points.ts';
import {
  ALICE,
  approve,
  archived,
  askRestore,
  backOut,
  mostAdvanced,
  read,
  say,
  untilIs,
  waitsForPeople,
} from '../support/restores.ts';
import { type Scene, sceneOf } from '../support/story.ts';
import { until } from '../support/until.ts';
import { prepared, ranOnHosts, type Watcher, watch } from '../support/watcher.ts';

let stack: Stack;
let scene: Scene;
let troupe: Troupe;
let watcher: Watcher;
let wake: ReturnType<typeof redisWake>;
let playbooks: () => Promise<string[]>;
let path: string;
let restored: ReadonlyMap<string, string>;
let actors: Actor[] = [];
let since = 0;

beforeAll(async () => {
  stack = await startStack();
  scene = sceneOf(stack);
  troupe = troupeOf(stack);
  wake = redisWake(scene.redis);
  await enter();
  ({ path, before: restored } = await archived(scene, stack, wake));
  await troupe.close();
  await stack.cloud.nodes[0].sql('DROP DATABASE cinder');
  playbooks = await countPlaybooks(stack.cloud);
  watcher = watch(stack.cloud);
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') for (const actor of actors) console.log(actor.log().slice(-4000));
  await troupe.close();
  actors = [];
});
afterAll(async () => {
  await watcher?.stop();
  await wake?.close();
  scene?.end();
  await stack?.stop();
});

async function enter(clocks: Clocks = {}): Promise<Actor> {
  const actor = await troupe.enter(clocks);
  actors.push(actor);
  return actor;
}

/** A restore whose plan waits for people, prepared by the first worker. */
async function waiting(clocks: Clocks = {}): Promise<string> {
  since = Date.now();
  watcher.keep();
  await enter(clocks);
  const id = await askRestore(scene.journal, path);
  await wake.drive(id);
  await untilIs(scene.journal, id, waitsForPeople, 'a plan to approve');
  return id;
}

/** Rings until the journal is as wanted: nobody waits for the sweep of a minute. */
async function rung(id: string, wanted: (operation: Operation) => boolean, what: string): Promise<Operation> {
  const bell = setInterval(() => void wake.drive(id).catch(() => {}), 1_000);
  return untilIs(scene.journal, id, wanted, what).finally(() => clearInterval(bell));
}

/** Until the approval that is given has not begun in time, by the journal's clock: how loaded this machine is doesn't matter. */
async function untilExpired(id: string): Promise<void> {
  const { consent, plan } = await read(scene.journal, id);
  const over = (consent.completeAt ?? 0) + (plan?.plan.approval?.beginMs ?? 0);
  await until(async () => ((await scene.journal.now()) > over ? true : null), 'the approval has expired', 120_000);
}

/**
 * The worker that comes to this step freezes before it sends it, for longer than its lease, in which something may
 * happen; another takes its place.
 */
async function frozenBefore(
  id: string,
  step: string,
  clocks: Clocks = {},
  meanwhile: () => Promise<unknown> = async () => {},
): Promise<Actor> {
  await troupe.place('before', step, 'SIGSTOP');
  const frozen = actors.at(-1);
  await wake.drive(id);
  await troupe.met();
  await meanwhile();
  await leaseOver(scene.redis, { id });
  await enter(clocks);
  if (frozen === undefined) throw new Error('nobody drives');
  return frozen;
}

/** What a host says to what comes too late: the step was sent, or given up, already; its plan is over, which is told after the end. */
const REFUSED = ['already_sent', 'plan_over'];

/** It goes on where it froze, and sends; the host's answer is in its log. */
async function refusedWhenThawed(frozen: Actor): Promise<string> {
  frozen.process.kill('SIGCONT');
  const said = /"started":\{"state":"(already_sent|plan_over|plan_missing|sent)"/;
  const answer = () => said.exec(frozen.log().slice(frozen.log().lastIndexOf('"msg":"met"')))?.[1] ?? null;
  return until(async () => answer(), 'a thawed worker sends', 30_000);
}

const nothingTouched = async () => {
  expect(await playbooks()).toEqual([]);
  expect(watcher.exchanges.filter(({ at }) => at >= since)).toEqual([]);
  expect(watcher.silences.filter(({ at }) => at >= since)).toEqual([]);
  for (const node of stack.cloud.nodes) expect((await node.wsrep())?.['wsrep_cluster_size']).toBe('3');
};

test('cancelled while the archive is unpacked, and the worker that clears is killed: the copy goes, the datadirs stay', async () => {
  const { journal } = scene;
  const [node] = stack.cloud.nodes;
  since = Date.now();
  watcher.keep();
  await enter();
  const id = await askRestore(journal, path);
  const label = `label=kolla-backup.operation=${id}`;
  const pause = `for i in $(seq 1200); do c=$(docker ps -q --filter ${label}); [ -z "$c" ] || exec docker pause $c; sleep 0.05; done; exit 1`;
  const paused = node.must(['sh', '-c', pause], { timeoutMs: 120_000 });
  await wake.drive(id);
  await paused;
  await troupe.place('in', 'clear-1');
  await say(journal, id, () => ({ type: 'cancelled', by: ALICE }));
  await troupe.met();
  await leaseOver(scene.redis, { id });
  await enter();
  const { end } = await rung(id, (one) => one.end !== null, 'its end');
  expect(end).toMatchObject({ how: 'cancelled', by: ALICE });
  for (const one of stack.cloud.nodes) {
    expect(prepared(one, id)).toEqual([]);
    expect(await one.must(['docker', 'ps', '-aq', '--filter', label])).toBe('');
  }
  await nothingTouched();
  await lawful(journal, id, watcher, since);
}, 600_000);

test('a worker frozen before it sends the stop, thawed after the approval and the plan have expired', async () => {
  const { journal } = scene;
  const clocks = { waits: 1.2, begins: 0.8 };
  const id = await waiting(clocks);
  await approve(journal, id);
  await troupe.place('before', 'stop', 'SIGSTOP');
  const frozen = actors.at(-1);
  if (frozen === undefined) throw new Error('nobody drives');
  await wake.drive(id);
  await troupe.met();
  await untilExpired(id);
  await leaseOver(scene.redis, { id });
  await enter(clocks);
  const { end, attempts } = await rung(id, (one) => one.end !== null, 'its end');
  expect(end).toMatchObject({ how: 'expired' });
  expect(attempts.size).toBe(3);
  expect(REFUSED).toContain(await refusedWhenThawed(frozen));
  await sleep(2_000);
  for (const one of stack.cloud.nodes) expect(prepared(one, id)).toEqual([]);
  await nothingTouched();
  await lawful(journal, id, watcher, since);
}, 600_000);

test('nobody is there after the start of the stop was written: it needs a new approval; later ones freeze and are refused', async () => {
  const { journal } = scene;
  const clocks = { begins: 0.8 };
  const id = await waiting(clocks);
  await approve(journal, id);
  await troupe.place('before', 'stop');
  await wake.drive(id);
  await troupe.met();
  // A day, as far as lease and approval go.
  await leaseOver(scene.redis, { id });
  await untilExpired(id);
  await enter(clocks);
  const asked = await rung(id, (one) => one.consent.approvals.length === 0, 'a new approval to be waited for');
  expect(asked.attempts.get('stop')?.at(-1)?.end?.outcome).toBe('not_begun');
  expect(gateOf(asked, await journal.now()).gate).toBe('open');
  expect(stuckAt(asked)).toBeNull();
  await sleep(3_000);
  await nothingTouched();

  await approve(journal, id);
  const first = await frozenBefore(id, 'hold-1', clocks);
  const second = await frozenBefore(id, 'swap-1', clocks);
  // The plan goes on: only the step's own directory keeps it out.
  expect(await refusedWhenThawed(first)).toBe('already_sent');
  const third = await frozenBefore(id, 'recover', clocks);
  const done = await rung(id, ({ end }) => end !== null, 'its end');
  expect(done.end?.how).toBe('succeeded');
  for (const late of [second, third]) expect(REFUSED).toContain(await refusedWhenThawed(late));
  await sleep(2_000);
  expect(await playbooks()).toEqual(['stop', 'recovery']);
  for (const [step, times] of ranOnHosts(stack.cloud, id, done.plans[1]?.plan.number ?? 0))
    expect([step, times]).toEqual([step, 1]);
  expect(watcher.exchanges.filter(({ at }) => at >= since)).toHaveLength(3);
  for (const node of stack.cloud.nodes) expect(await liveChecksums(node)).toEqual(restored);
  await lawful(journal, id, watcher, since);
}, 600_000);

test('workers frozen before the stop, a swap and a recovery before which a node is started; thawed after all of it was backed out', async () => {
  const { journal } = scene;
  const { nodes } = stack.cloud;
  await nodes[0].sql('CREATE DATABASE later; CREATE TABLE later.t (a INT PRIMARY KEY)');
  const before = await liveChecksums(nodes[0]);
  const id = await waiting();
  await approve(journal, id);
  const first = await frozenBefore(id, 'stop');
  const second = await frozenBefore(id, 'swap-2');
  // It had seen all nodes down; who comes after it looks once more.
  const third = await frozenBefore(id, 'recover', {}, () =>
    nodes[1].must(['systemctl', 'start', 'kolla-mariadb-container.service']),
  );
  const stuck = await rung(id, (one) => stuckAt(one) !== null, 'a recovery that is not sent');
  expect(stuckAt(stuck)).toMatchObject({
    step: { id: 'recover' },
    attempt: { end: { problem: { code: 'NODE_IS_UP', params: { host: nodes[1].name } } } },
  });
  expect(await playbooks()).toEqual(['stop']);
  await backOut(journal, id, mostAdvanced(stuck));
  const { end } = await rung(id, (one) => one.end !== null, 'its end');
  expect(end?.how).toBe('backed_out');
  for (const late of [first, second, third]) expect(REFUSED).toContain(await refusedWhenThawed(late));
  await sleep(2_000);
  expect(await playbooks()).toEqual(['recovery']);
  for (const node of nodes) expect(await liveChecksums(node)).toEqual(before);
  expect(watcher.exchanges.filter(({ at }) => at >= since)).toHaveLength(6);
  await lawful(journal, id, watcher, since);
}, 600_000);
