/** The doctor's look at real Redis servers, each with one thing wrong. */
import { Redis } from 'ioredis';
import { afterEach, expect, test } from 'vitest';
import { freePort, type RedisOptions, type RedisServer, startRedis } from '../../lab/redis.ts';
import { askRedis } from '../../src/doctor/ask-redis.ts';
import { judgeRedis } from '../../src/doctor/judge-redis.ts';
import { redisJournal } from '../../src/engine/journal.ts';
import { ask } from '../support/restores.ts';

const RING = { current: 'k1', keys: { k1: '0'.repeat(64) } };
let server: RedisServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function start(options: RedisOptions = {}): Promise<RedisServer> {
  server = await startRedis(options);
  return server;
}

/** The verdicts by id. */
async function look(url: string, ring: typeof RING | null = RING) {
  const found = judgeRedis(await askRedis({ seen: url }, ring));
  return Object.fromEntries(found.map(({ id, verdict }) => [id, verdict]));
}

test('one as it must be: all good', async () => {
  const { url } = await start();
  const found = await look(url);
  expect(Object.values(found).map(({ result }) => result)).toEqual(['good', 'good', 'good', 'good', 'good']);
});

test.each([
  ['appendonly', 'no', 'redis.durable'],
  ['appendfsync', 'everysec', 'redis.durable'],
  ['aof-load-truncated', 'yes', 'redis.durable'],
  ['maxmemory-policy', 'allkeys-lru', 'redis.eviction'],
])('%s %s', async (name, value, id) => {
  const { url } = await start({ settings: { [name]: value } });
  const { [id]: verdict, ...others } = await look(url);
  expect(verdict).toMatchObject({ result: 'bad', code: 'REDIS_NOT_DURABLE' });
  expect(verdict?.remedy).toContain(name);
  expect(verdict?.finding).toContain(value);
  expect(Object.values(others).every(({ result }) => result === 'good')).toBe(true);
});

test('CONFIG is denied: what to ask the provider, and what the user would need', async () => {
  const { url, port } = await start();
  const admin = new Redis(url);
  await admin.acl('SETUSER', 'bot', 'on', '>secret', '~*', '+@all', '-config');
  const mine = `redis://bot:secret@127.0.0.1:${port}`;
  const found = await look(mine);
  expect(found['redis.durable']).toMatchObject({ result: 'bad', code: 'REDIS_NOT_DURABLE' });
  expect(found['redis.durable']?.finding).toMatch(/CONFIG is denied.*it says that it has an append-only file/);
  expect(found['redis.durable']?.remedy).toMatch(/provider.*appendfsync always.*aof-load-truncated no.*\+config\|get/);
  expect(found['redis.eviction']?.result).toBe('good'); // INFO tells that one
  expect(JSON.stringify(found)).not.toContain('secret');
  // And the remedy is one.
  await admin.acl('SETUSER', 'bot', '+config|get');
  expect((await look(mine))['redis.durable']?.result).toBe('good');
  admin.disconnect();
});

test('a replica, a full memory, a wrong password, nobody there', async () => {
  const { url, port } = await start({ settings: { requirepass: 'right' } });
  const admin = new Redis(`redis://:right@127.0.0.1:${port}`);
  expect((await look(url))['redis.reach']).toMatchObject({ result: 'bad', code: 'REDIS_REFUSED' });
  const mine = `redis://:right@127.0.0.1:${port}`;
  await admin.config('SET', 'maxmemory', '1200kb');
  expect((await look(mine))['redis.eviction']).toMatchObject({ result: 'warning' });
  await admin.config('SET', 'maxmemory', '0');
  await admin.replicaof('127.0.0.1', await freePort());
  expect((await look(mine))['redis.reach']).toMatchObject({ result: 'bad', code: 'REDIS_REFUSED' });
  admin.disconnect();
  const away = await look(`redis://127.0.0.1:${await freePort()}`);
  expect(away['redis.reach']).toMatchObject({ result: 'bad', code: 'REDIS_AWAY' });
  const { 'redis.reach': _, ...others } = away;
  expect(new Set(Object.values(others).map(({ result }) => result))).toEqual(new Set(['unknown']));
});

test('journals of another key', async () => {
  const { url } = await start();
  const redis = new Redis(url);
  await ask(redisJournal(redis, RING), { kind: 'backup', type: 'full' }, 'prod');
  redis.disconnect();
  expect((await look(url))['redis.journals']).toMatchObject({ result: 'good' });
  const other = { current: 'k1', keys: { k1: '1'.repeat(64) } };
  expect((await look(url, other))['redis.journals']).toMatchObject({ result: 'bad', code: 'JOURNAL_BROKEN' });
  expect((await look(url, null))['redis.journals']).toMatchObject({ result: 'unknown' });
});
