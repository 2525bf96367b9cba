import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startRedis } from '../../lab/redis.ts';
import { driveOperation } from '../../src/engine/driver.ts';
import { redisJournal } from '../../src/engine/journal.ts';
import { redisNotes } from '../../src/engine/notes.ts';
import { redisWake } from '../../src/engine/queues.ts';
import type { Facts } from '../../src/operation/facts.ts';
import { newId } from '../../src/operation/ids.ts';
import type { Journal } from '../../src/operation/journal.ts';
import type { Operation } from '../../src/operation/operation.ts';
import { sampleFacts, samplePlan } from '../support/sample.ts';
import { makeTiny, SYNCED, type Tiny } from '../support/tiny.ts';
import { until } from '../support/until.ts';

const KEY = 'a key for tests of the driver only';
const ring = { current: 'k', keys: { k: KEY } };
let server: Awaited<ReturnType<typeof startRedis>>;
let redis: Redis;
let journal: Journal;
let wake: ReturnType<typeof redisWake>;
let tiny: Tiny;
let workers: ChildProcess[] = [];

beforeAll(async () => {
  server = await startRedis();
});
afterAll(async () => {
  await server.stop();
});
beforeEach(async () => {
  redis = new Redis(server.url);
  await redis.flushall();
  journal = redisJournal(redis, ring);
  wake = redisWake(redis);
  tiny = await makeTiny();
});
afterEach(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  workers = [];
  await wake.close();
  redis.disconnect();
  for (const pid of await tiny.pids()) killIfAlive(pid);
  await tiny.remove();
});

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended
  }
}

async function startWorker(changes: Readonly<Record<string, string>> = {}): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('../support/tiny-worker.ts', import.meta.url));
  const worker = spawn(process.execPath, [script, server.url, tiny.configText, KEY], {
    env: { ...process.env, PATH: `${tiny.dir}:${process.env['PATH']}`, ...changes },
    stdio: ['ignore', 'pipe', process.env['SHOW_WORKER'] ? 'inherit' : 'ignore'],
  });
  workers.push(worker);
  if (worker.stdout) await once(worker.stdout, 'data');
  return worker;
}

async function request(): Promise<string> {
  const id = newId();
  const said = await journal.request(
    id,
    {
      type: 'requested',
      cloud: 'lab',
      wish: { kind: 'backup', type: 'full' },
      by: 'U0ALICE',
      place: { channel: 'C0OPS' },
    },
    { own: 'take', once: id },
  );
  expect(said.answer).toBe('appended');
  await wake.drive(id);
  return id;
}

async function read(id: string): Promise<Operation> {
  const found = await journal.read(id);
  if (found.state !== 'sound') throw new Error(`the journal is ${JSON.stringify(found)}`);
  return found.operation;
}

const ended = (id: string, seconds = 30) =>
  until(async () => ((await read(id)).end ? read(id) : null), `${id} ends`, seconds * 1000);
const began = (id: string) => until(async () => ((await tiny.runs()) > 0 ? read(id) : null), `${id} begins`, 20_000);

test('a backup runs from its request to a proven archive, and gives the cloud back', async () => {
  await startWorker();
  const operation = await ended(await request());
  expect(operation.end).toMatchObject({ how: 'succeeded' });
  const proof = operation.attempts.get('prove-archive')?.[0]?.end?.after[0];
  expect(proof).toMatchObject({ check: 'archive-complete', answer: { complete: true, toLsn: '360915725' } });
  expect(await tiny.runs()).toBe(1);
  expect(await journal.owner('lab')).toBeNull();
  expect(await journal.open()).toEqual([]);
});

test('a restore whose plan no journal could hold is given up with a word, not tried for ever', async () => {
  const id = newId();
  const asked = { kind: 'restore', archive: { path: 'full.gz', node: null, sha256: null }, reason: 'x' } as const;
  await journal.request(
    id,
    { type: 'requested', cloud: 'lab', wish: { ...asked, olderSchemas: false }, by: 'U0ALICE', place: null },
    { single: 'take', once: id },
  );
  const parts = {
    ...{ journal, wake, log: pino({ level: 'silent' }), logDirectory: tiny.dir, worker: 'here' },
    ...{ notes: redisNotes(redis), hostsOf: () => tiny.hosts(), durable: async () => null },
    probe: async () => sampleFacts,
    plan: (operation: Operation, _: Facts, number: number) => {
      const [step] = samplePlan(id).steps;
      if (step?.program == null) throw new Error('no step with a program');
      const { program } = step;
      const steps = Array.from({ length: 70 }, (_, index) => ({
        ...{ ...step, id: `step-${index}` },
        program: { ...program, argv: ['true', 'x'.repeat(16_000)] },
      }));
      return { ...samplePlan(id), cloud: operation.cloud, number, runbook: 'preparation' as const, steps };
    },
  };
  await driveOperation(parts, id, new AbortController().signal);
  const { end, attention } = await read(id);
  expect({ end, attention }).toMatchObject({
    end: { how: 'failed', problem: { code: 'PLAN_TOO_LARGE' } },
    attention: null,
  });
});

test('a second request is refused by the cloud while the first runs', async () => {
  const first = await request();
  const said = await journal.request(
    newId(),
    { type: 'requested', cloud: 'lab', wish: { kind: 'backup', type: 'full' }, by: 'U0ALICE', place: null },
    { own: 'take', once: 'other' },
  );
  expect(said).toEqual({ answer: 'owned', by: first });
});

test('a node that is not Synced, or somebody else at work, stops it before anything is sent', async () => {
  await tiny.status({ ...SYNCED, wsrep_local_state_comment: 'Donor/Desynced' });
  await startWorker();
  const operation = await ended(await request());
  expect(operation.end).toMatchObject({ how: 'failed', problem: { code: 'BACKUP_HOST_NOT_SYNCED' }, remains: [] });
  expect(await tiny.runs()).toBe(0);
});

test('a worker killed while the program runs: another follows it to its end, and it ran once', async () => {
  await tiny.seconds(6);
  const first = await startWorker();
  const id = await request();
  await began(id);
  first.kill('SIGKILL');
  await startWorker();
  // The dead worker's lease must end first; a sweep at the next worker's start may come before that.
  const bell = setInterval(() => void wake.drive(id), 2_000);
  const operation = await ended(id, 60).finally(() => clearInterval(bell));
  expect(operation.end).toMatchObject({ how: 'succeeded' });
  expect(operation.claims).toBe(2);
  expect(await tiny.runs()).toBe(1);
});

test('a worker asked to leave lets go at once, and the next one goes on without waiting for a lease', async () => {
  await tiny.seconds(5);
  const first = await startWorker();
  const id = await request();
  await began(id);
  first.kill('SIGTERM');
  const [code] = await once(first, 'exit');
  expect(code).toBe(0);
  expect((await read(id)).end).toBeNull();
  await startWorker();
  const operation = await ended(id, 20);
  expect(operation.end).toMatchObject({ how: 'succeeded' });
  expect(await tiny.runs()).toBe(1);
});

test('a frozen worker that thaws after another took over sends nothing and writes nothing', async () => {
  await tiny.seconds(1);
  const first = await startWorker();
  const id = await request();
  await until(async () => ((await read(id)).plan ? true : null), 'planned', 20_000);
  first.kill('SIGSTOP');
  await startWorker();
  const bell = setInterval(() => void wake.drive(id), 2_000);
  const operation = await ended(id, 70).finally(() => clearInterval(bell));
  first.kill('SIGCONT');
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  expect(operation.end).toMatchObject({ how: 'succeeded' });
  expect((await read(id)).head).toEqual(operation.head);
  expect(await tiny.runs()).toBe(1);
});

test('the program killed: it is told, what is left is listed, and nothing is sent again', async () => {
  await tiny.seconds(30);
  await startWorker();
  const id = await request();
  await began(id);
  for (const pid of await tiny.pids()) process.kill(pid, 'SIGKILL');
  const operation = await ended(id);
  expect(operation.end).toMatchObject({ how: 'failed', problem: { code: 'BACKUP_UNCLEAR' } });
  expect(await tiny.runs()).toBe(1);
});

test('its container goes on after it: the cloud is given back only once that is gone, with what it left', async () => {
  await tiny.seconds(30);
  await startWorker();
  const id = await request();
  await began(id);
  await writeFile(join(tiny.dir, 'mariabackup-runs'), '');
  for (const pid of await tiny.pids()) process.kill(pid, 'SIGKILL');
  await until(
    async () => ((await read(id)).attempts.get('take-backup')?.at(-1)?.end ? true : null),
    'its end is known',
    20_000,
  );
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  expect(await journal.owner('lab')).toBe(id);
  await mkdir(join(tiny.dir, 'volumes/mariadb_backup'), { recursive: true });
  await writeFile(join(tiny.dir, 'volumes/mariadb_backup/mysqlbackup-23-11-2026-1.qp.xbc.xbs.gz'), 'half');
  await rm(join(tiny.dir, 'mariabackup-runs'));
  const operation = await ended(id);
  expect(operation.end).toMatchObject({ how: 'failed', remains: [{ host: 'node-a', files: [{ bytes: 4 }] }] });
  expect(await journal.owner('lab')).toBeNull();
});

test('a volume with thousands of files is no hindrance, and many new archives at once are told in a journal that can be read', async () => {
  const volume = join(tiny.dir, 'volumes/mariadb_backup');
  await mkdir(volume, { recursive: true });
  const name = (number: number) => join(volume, `mysqlbackup-23-11-2026-${1_795_300_000 + number}.qp.xbc.xbs.gz`);
  for (let number = 1000; number < 3000; number += 1) await writeFile(name(number), '');
  await tiny.seconds(4);
  await startWorker();
  const id = await request();
  await began(id);
  for (let number = 0; number < 200; number += 1) await writeFile(name(number), '');
  const operation = await ended(id, 60);
  expect(operation.end).toMatchObject({ how: 'failed', problem: { code: 'SEVERAL_NEW_ARCHIVES' } });
});

test('a program that is slow to begin is waited for, not taken away', async () => {
  await startWorker({ TINY_BEFORE_BEGUN: 'time.sleep(8)' });
  const operation = await ended(await request(), 60);
  expect(operation.end).toMatchObject({ how: 'succeeded' });
  expect(operation.attempts.get('take-backup')).toHaveLength(1);
  expect(await tiny.runs()).toBe(1);
});

test('a program whose supervisor died before it began is taken, and sent again, and runs once', async () => {
  const died = 'if not path.endswith(".2"): os.kill(os.getpid(), signal.SIGKILL)';
  await startWorker({ TINY_BEFORE_BEGUN: died });
  const operation = await ended(await request(), 110);
  expect(operation.end).toMatchObject({ how: 'succeeded' });
  expect(operation.attempts.get('take-backup')?.map(({ end }) => end?.outcome)).toEqual(['not_begun', 'worked']);
  expect(await tiny.runs()).toBe(1);
}, 150_000);

test('Redis away in the middle: the program goes on, and its end is written when Redis is back', async () => {
  await tiny.seconds(4);
  await startWorker();
  const id = await request();
  await began(id);
  await server.kill();
  await new Promise((resolve) => setTimeout(resolve, 25_000));
  server = await startRedis({ dir: server.dir, port: server.port });
  const operation = await ended(id, 60);
  expect(operation.end).toMatchObject({ how: 'succeeded' });
  expect(await tiny.runs()).toBe(1);
});

test('an event forged into Redis is not followed, one removed neither', async () => {
  const id = await request();
  const records = await redis.lrange(`kb:op:${id}:journal`, 0, -1);
  await redis.rpush(`kb:op:${id}:journal`, records[0] ?? '');
  expect(await journal.read(id)).toMatchObject({ state: 'broken', flaw: { seq: 2 } });
  await redis.rpop(`kb:op:${id}:journal`, 2);
  expect(await journal.read(id)).toMatchObject({ state: 'broken', flaw: { flaw: 'head' } });
  await startWorker();
  await wake.drive(id);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  expect(await tiny.runs()).toBe(0);
});
