import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { startRedis } from '../../lab/redis.ts';
import { durabilityProblem } from '../../src/engine/durability.ts';

async function problemOf(settings: Readonly<Record<string, string>>) {
  const server = await startRedis({ settings });
  const redis = new Redis(server.url);
  try {
    return await durabilityProblem(redis);
  } finally {
    redis.disconnect();
    await server.stop();
  }
}

test('a Redis that keeps everything is fine; each setting that does not is named', async () => {
  expect(await problemOf({})).toBeNull();
  for (const [name, value] of Object.entries({
    appendonly: 'no',
    appendfsync: 'everysec',
    'aof-load-truncated': 'yes',
    'maxmemory-policy': 'allkeys-lru',
  })) {
    const problem = await problemOf({ [name]: value });
    expect(problem?.params['settings']).toContain(`${name} `);
    expect(problem?.params['settings']).toContain(`it is ${value}`);
    expect(problem?.params['settings']?.split(',')).toHaveLength(1);
  }
});

test('a Redis that does not tell counts as one that keeps nothing', async () => {
  const server = await startRedis();
  const admin = new Redis(server.url);
  await admin.acl('SETUSER', 'bot', 'on', '>secret', '~*', '+@all', '-config');
  const redis = new Redis(server.url, { username: 'bot', password: 'secret' });
  try {
    const problem = await durabilityProblem(redis);
    expect(problem?.params['settings']?.split(',')).toHaveLength(4);
  } finally {
    redis.disconnect();
    admin.disconnect();
    await server.stop();
  }
});
