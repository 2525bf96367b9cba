/** Workers, bot and Redis die and come back at the worst moments; a journal is written by hand. Nothing runs twice. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { CLOUD, type Part, type Stack } from '../../lab/stack.ts';
import { redisWake } from '../../src/engine/queues.ts';
import { changeStarted, type Operation } from '../../src/operation/operation.ts';
import { type Stage, slackStage } from '../support/stage.ts';
import {
  type Asked,
  archives,
  backupRuns,
  cutSessions,
  holdBackups,
  newArchive,
  type Scene,
} from '../support/story.ts';

let stage: Stage;
let stack: Stack;
let scene: Scene;
let bot: Part;
let workers: Part[] = [];
let runs = 0;
let known: readonly string[] = [];

beforeAll(async () => {
  stage = await slackStage();
  ({ stack, scene } = stage);
  bot = await stack.start('bot');
});
afterAll(() => stage?.end());
beforeEach(async () => {
  runs = await scene.runs();
  known = await archives(stack.cloud.nodes[0]);
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.end('SIGKILL')));
  workers = [];
});

async function worker(): Promise<Part> {
  const started = await stack.start('worker');
  workers.push(started);
  return started;
}

/** Kills a worker, lets its lease be over as if half a minute had passed, and starts another. */
async function replaced(dead: Part, { id }: Asked): Promise<void> {
  await dead.end('SIGKILL');
  await scene.redis.hdel(`kb:op:${id}:state`, 'claim', 'until');
  await worker();
}

const proving = (operation: Operation) => operation.attempts.has('prove-archive');

/** It ended well, after one run, with one new archive, and every milestone stands once in the thread. */
async function endedOnce(asked: Asked): Promise<string> {
  const said = await asked.ended();
  expect(said).toMatch(/succeeded\./);
  expect(await scene.runs()).toBe(runs + 1);
  expect(await archives(stack.cloud.nodes[0])).toHaveLength(known.length + 1);
  expect(await scene.journal.owner(CLOUD)).toBeNull();
  for (const milestone of [/Plan 1 ·/g, /▶️ Started:/g, /✅ Done:/g, /backup of lab, succeeded\./g])
    expect(said.match(milestone)).toHaveLength(1);
  return said;
}

test('a worker killed before, at and after the send, while mariabackup runs, and while the archive is read', async () => {
  const [node] = stack.cloud.nodes;
  const release = await holdBackups(node);
  try {
    let current = await worker();
    const asked = await scene.ask();
    await asked.journalHas((operation) => operation.facts !== null);
    await replaced(current, asked);
    current = workers.at(-1) ?? current;
    await asked.journalHas(changeStarted);
    await replaced(current, asked);
    current = workers.at(-1) ?? current;
    await newArchive(node, known);
    await replaced(current, asked);
    current = workers.at(-1) ?? current;
    await asked.journalHas((operation) => operation.claims === 4);
    await release();
    await asked.journalHas(proving);
    await replaced(current, asked);
    const said = await asked.ended();
    expect(said).toMatch(/Another worker goes on from the journal/);
    expect(said).toMatch(/succeeded\./);
    expect(await scene.runs()).toBe(runs + 1);
    expect(await archives(node)).toHaveLength(known.length + 1);
  } finally {
    await release();
  }
});

test('a worker killed at the very send: its start is in the journal, and it runs once', async () => {
  const first = await worker();
  const asked = await scene.ask();
  await asked.journalHas(changeStarted);
  await replaced(first, asked);
  const said = await asked.ended();
  expect(said).toMatch(/succeeded\./);
  expect(await scene.runs()).toBe(runs + 1);
  expect(await archives(stack.cloud.nodes[0])).toHaveLength(known.length + 1);
});

test('two workers, rung fifty times for one operation; the sessions that serve it are cut', async () => {
  const wake = redisWake(scene.redis);
  const [node] = stack.cloud.nodes;
  const release = await holdBackups(node);
  try {
    await Promise.all([worker(), worker()]);
    const asked = await scene.ask();
    await Promise.all(Array.from({ length: 50 }, () => wake.drive(asked.id)));
    await backupRuns(node);
    await cutSessions(stack.cloud.deploy);
    await Promise.all(Array.from({ length: 50 }, () => wake.drive(asked.id)));
    await release();
    const said = await endedOnce(asked);
    expect(said).not.toMatch(/Another worker/);
  } finally {
    await release();
    await wake.close();
  }
});

test('a worker asked to leave, and killed while it leaves; the bot restarted meanwhile: no post lost, none doubled', async () => {
  const [node] = stack.cloud.nodes;
  const release = await holdBackups(node);
  try {
    const first = await worker();
    const asked = await scene.ask();
    await newArchive(node, known);
    first.process.kill('SIGTERM');
    await first.end('SIGKILL');
    await bot.end('SIGKILL');
    await scene.redis.hdel(`kb:op:${asked.id}:state`, 'claim', 'until');
    await worker();
    await asked.journalHas((operation) => operation.claims === 2);
    await release();
    await asked.journalHas((operation) => operation.end !== null);
    expect(asked.thread()).not.toMatch(/succeeded\./);
    bot = await stack.start('bot');
    await endedOnce(asked);
  } finally {
    await release();
  }
});

test('Redis is away for longer than a lease: the backup goes on, and its end is told when Redis is back', async () => {
  const [node] = stack.cloud.nodes;
  const release = await holdBackups(node);
  try {
    await worker();
    const asked = await scene.ask();
    await newArchive(node, known);
    await stack.redis.kill();
    expect(await scene.type('alice', 'status')).toMatch(/REDIS_AWAY/);
    await release();
    // The lease and what the worker believes of it must both be over: there is nothing to be seen from outside.
    await new Promise((resolve) => setTimeout(resolve, 32_000));
    await stack.restartRedis();
    await endedOnce(asked);
  } finally {
    await release();
  }
});

test('an event forged into Redis is not believed, and said to be none', async () => {
  const asked = await scene.ask();
  const journal = `kb:op:${asked.id}:journal`;
  await asked.says(/requested|Asked by/);
  const [first = ''] = await scene.redis.lrange(journal, 0, 0);
  await scene.redis.rpush(journal, first.replace('"seq":1', '"seq":2').replace('requested', 'cancelled'));
  await worker();
  const wake = redisWake(scene.redis);
  await wake.project(asked.id);
  await asked.says(/JOURNAL_BROKEN/);
  expect(asked.thread()).toMatch(/journal of \S+ does not verify: record 2/);
  expect(await scene.type('alice', `status ${asked.label}`)).toMatch(/JOURNAL_BROKEN/);
  expect(await scene.runs()).toBe(runs);
  // Taken out again, it goes on as if nothing had been.
  await scene.redis.rpop(journal);
  await wake.drive(asked.id);
  await wake.close();
  await asked.says(/succeeded\./);
  expect(await scene.runs()).toBe(runs + 1);
});

test('the last event is taken away and the head set back: the thread knows it was longer', async () => {
  await worker();
  const asked = await scene.ask();
  await asked.ended();
  const { head } = await asked.journalHas((operation) => operation.end !== null);
  const state = `kb:op:${asked.id}:state`;
  await scene.redis.rpop(`kb:op:${asked.id}:journal`);
  const [last = ''] = await scene.redis.lrange(`kb:op:${asked.id}:journal`, -1, -1);
  const { seq, hash } = JSON.parse(last);
  await scene.redis.hset(state, { seq, hash });
  const wake = redisWake(scene.redis);
  await wake.project(asked.id);
  await asked.says(new RegExp(`ends at record ${seq}, but record ${head.seq} was shown here`));
  await wake.close();
  expect(asked.thread()).toMatch(/JOURNAL_SHORTER/);
  await scene.type('alice', `audit ${asked.label}`);
  await asked.says(new RegExp(`Record ${head.seq} \\(.*was shown and is not in it: the journal was cut`));
});

test('Redis has forgotten that a backup ran, back to its plan: the deploy host has not, and lets nothing begin again', async () => {
  await worker();
  const asked = await scene.ask();
  await endedOnce(asked);
  const [journal, state] = [`kb:op:${asked.id}:journal`, `kb:op:${asked.id}:state`];
  for (;;) {
    const [last = ''] = await scene.redis.lrange(journal, -1, -1);
    const { seq, hash, event } = JSON.parse(last);
    await scene.redis.hset(state, { seq, hash });
    if (event.type === 'planned') break;
    await scene.redis.rpop(journal);
  }
  await scene.redis.set(`kb:cloud:${CLOUD}:owner`, asked.id);
  await scene.redis.sadd('kb:open', asked.id);
  const wake = redisWake(scene.redis);
  await wake.drive(asked.id);
  const { end } = await asked.journalHas((operation) => operation.end !== null);
  await wake.close();
  expect(end).toMatchObject({ how: 'failed', problem: { code: 'RUN_REFUSED' } });
  expect(await scene.runs()).toBe(runs + 1);
  await asked.says(/Redis has forgotten something|is not the one that was shown here/);
});
