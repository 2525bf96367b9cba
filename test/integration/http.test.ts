/** What a process tells of itself, asked as Prometheus and a container engine ask it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort, type RedisServer, startRedis } from '../../lab/redis.ts';
import { redisJournal } from '../../src/engine/journal.ts';
import { keys } from '../../src/engine/keys.ts';
import { startHttp } from '../../src/http.ts';
import { METRICS, PREFIX } from '../../src/metrics/definitions.ts';
import { startVitals, type VitalsParts } from '../../src/metrics/vitals.ts';
import { newId } from '../../src/operation/ids.ts';
import { EMPTY_HEAD, type Head, sign } from '../../src/operation/record.ts';
import { sampleRequest } from '../support/sample.ts';
import { until } from '../support/until.ts';

const HEALTH = fileURLToPath(new URL('../../src/health.ts', import.meta.url));
const log = pino({ level: 'silent' });
const ring = { current: 'k', keys: { k: 'key of a test, long enough for it' } };

let redis: RedisServer;
let client: Redis;
let dir: string;
beforeAll(async () => {
  redis = await startRedis();
  client = new Redis(redis.url, { maxRetriesPerRequest: null });
  client.on('error', () => {});
  dir = await mkdtemp(join(tmpdir(), 'kolla-backup-http-'));
});
afterAll(async () => {
  client?.disconnect();
  await redis?.stop();
  await rm(dir, { recursive: true, force: true });
});

async function telling(changes: Partial<VitalsParts> = {}) {
  const port = await freePort();
  const parts = { redisUrl: redis.url, ring, clouds: ['lab'], version: '1.2.3', journals: true, shows: () => [], log };
  const vitals = await startVitals({ ...parts, ...changes });
  const server = await startHttp(`127.0.0.1:${port}`, vitals, log);
  const ask = async (path: string, init?: RequestInit) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
    return { status: response.status, body: await response.text() };
  };
  const end = async () => {
    vitals.stop();
    await server.close();
  };
  return { port, vitals, ask, end };
}

/** Each sample of our own metrics, by name and labels. */
function samples(body: string): ReadonlyMap<string, number> {
  const lines = [...body.matchAll(/^(kolla_backup_\S+) (\S+)$/gm)];
  return new Map(lines.map(([, name = '', value]) => [name, Number(value)]));
}

/** Writes what only a later version knows into a journal, as that version would. */
async function fromTheFuture(id: string, head: Head): Promise<void> {
  const record = sign(head, { operation: id, at: Date.now(), event: { type: 'from_the_future' } }, ring);
  await client.rpush(keys.journal(id), JSON.stringify(record));
  await client.hset(keys.state(id), { seq: record.seq, hash: record.hash });
}

test('the journals’ numbers: an operation, one of a later version, and how far threads are behind', async () => {
  const journal = redisJournal(client, ring);
  await journal.request(newId(), sampleRequest(), {});
  const later = newId();
  await journal.request(later, sampleRequest(), {});
  await fromTheFuture(later, (await journal.head(later)) ?? EMPTY_HEAD);
  const { ask, end } = await telling();
  const told = await until(
    async () => {
      const found = samples((await ask('/metrics')).body);
      return (found.get('kolla_backup_journals_read_timestamp_seconds') ?? 0) > 0 ? found : null;
    },
    'the journals were read',
    20_000,
  );
  expect(told.get('kolla_backup_operations{cloud="lab",kind="full",outcome="open"}')).toBe(1);
  expect(told.get('kolla_backup_unsound_journals{cloud="lab",state="unreadable"}')).toBe(1);
  expect(told.get('kolla_backup_threads_behind')).toBe(2);
  expect(told.get('kolla_backup_slack_lag_seconds')).toBeGreaterThan(0);
  expect(told.get('kolla_backup_open_operations{driven="no"}')).toBe(2);
  expect(told.get('kolla_backup_redis_durable')).toBe(1);
  expect(told.get(`kolla_backup_build_info{version="1.2.3",node="${process.version}"}`)).toBe(1);
  const known = new Set(Object.keys(METRICS).map((name) => PREFIX + name));
  const names = [...told.keys()].map((name) => name.replace(/\{.*$/, '').replace(/_(bucket|sum|count)$/, ''));
  expect(names.filter((name) => !known.has(name))).toEqual([]);
  await end();
});

test('ready is who can do all of its work: not while it starts, not without Slack, not without a durable Redis', async () => {
  let parts: ReturnType<VitalsParts['shows']> = null;
  let why: string | null = null;
  const { ask, end } = await telling({ shows: () => parts });
  expect(await ask('/healthz')).toMatchObject({ status: 200 });
  expect(await ask('/readyz')).toMatchObject({ status: 503, body: expect.stringContaining('it is starting') });
  parts = [{ part: 'bot', notReady: () => why, connections: () => 2 }];
  expect(await ask('/readyz')).toMatchObject({ status: 200 });
  expect(samples((await ask('/metrics')).body).get('kolla_backup_slack_connections')).toBe(2);
  why = 'the bot has no connection to Slack';
  expect(await ask('/readyz')).toMatchObject({ status: 503, body: expect.stringContaining(why) });
  why = null;
  await client.config('SET', 'appendfsync', 'everysec');
  expect(await ask('/readyz')).toMatchObject({ status: 503, body: expect.stringContaining('appendfsync always') });
  await client.config('SET', 'appendfsync', 'always');
  redis.freeze();
  expect(await ask('/healthz')).toMatchObject({ status: 200 });
  expect(await ask('/readyz')).toMatchObject({ status: 503, body: expect.stringContaining('Redis does not answer') });
  expect(samples((await ask('/metrics')).body).get('kolla_backup_redis_up')).toBe(0);
  redis.thaw();
  await until(async () => ((await ask('/readyz')).status === 200 ? true : null), 'it is ready again', 20_000);
  await end();
});

test('it takes no orders, and knows no other pages', async () => {
  const { ask, end } = await telling();
  expect((await ask('/metrics', { method: 'POST' })).status).toBe(405);
  expect((await ask('/../etc/passwd')).status).toBe(404);
  expect((await ask('/constructor')).status).toBe(404);
  await end();
});

test('what a container asks: 0 and 1, over TCP and over a socket, also where a killed process left its file', async () => {
  let why: string | null = null;
  const { port, vitals, end } = await telling({ shows: () => [{ part: 'worker', notReady: () => why }] });
  const socket = join(dir, 'http.sock');
  await writeFile(socket, '');
  const other = await startHttp(socket, vitals, log);
  const ask = (listen: string) =>
    execa(process.execPath, [HEALTH], { env: { KOLLA_BACKUP_LISTEN: listen }, reject: false });
  expect(await ask(`0.0.0.0:${port}`)).toMatchObject({ exitCode: 0, stdout: '{"ready":true,"missing":[]}' });
  expect(await ask(socket)).toMatchObject({ exitCode: 0 });
  why = 'the worker takes no operations from its queue';
  expect(await ask(socket)).toMatchObject({ exitCode: 1, stdout: expect.stringContaining(why) });
  await other.close();
  expect(await ask(socket)).toMatchObject({ exitCode: 1 });
  await end();
});

test('a place that is taken, or is none, is an error with a code', async () => {
  const { vitals, end } = await telling();
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const address = taken.address();
  const port = typeof address === 'object' ? address?.port : 0;
  await expect(startHttp(`127.0.0.1:${port}`, vitals, log)).rejects.toMatchObject({
    problem: { code: 'LISTEN_FAILED' },
  });
  for (const value of ['9464', 'localhost', '127.0.0.1:99999', 'relative.sock'])
    await expect(startHttp(value, vitals, log)).rejects.toMatchObject({ problem: { code: 'LISTEN_INVALID' } });
  taken.close();
  await end();
});
