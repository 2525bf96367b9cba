/** A process that is told to leave before it has started whole: what has begun is let go of. */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { freePort, startRedis } from '../../lab/redis.ts';
import { scratchFolder } from '../../lab/scratch.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const CLOUD = {
  deploy_host: { ssh: { address: '192.0.2.10' }, executable: '/opt/kolla-ansible' },
  inventories: ['/etc/kolla/multinode'],
  nodes: { 'node-a': { ssh: { address: '192.0.2.11' } } },
  channel: 'C0000000001',
  requesters: { users: ['U0000000001'] },
};

test('a signal while the bot still waits for Slack ends the worker beside it cleanly', async () => {
  const redis = await startRedis();
  const silent = createServer(() => {}); // it takes the bot's first question, and never answers
  const port = await freePort();
  silent.listen(port, '127.0.0.1');
  const config = join(await scratchFolder('signals'), 'config.yml');
  await writeFile(config, JSON.stringify({ clouds: { lab: CLOUD } }));
  const env = {
    KOLLA_BACKUP_CONFIG: config,
    KOLLA_BACKUP_KEY: '0'.repeat(64),
    REDIS_URL: redis.url,
    SLACK_API_URL: `http://127.0.0.1:${port}/api/`,
    SLACK_BOT_TOKEN: 'xoxb-of-nobody',
    SLACK_APP_TOKEN: 'xapp-of-nobody',
  };
  const child = execa(process.execPath, [MAIN, 'start'], { env, all: true, reject: false });
  try {
    await Promise.race([once(silent, 'request'), child]);
    child.kill('SIGTERM');
    const { exitCode, all } = await child;
    expect([exitCode, all]).toEqual([0, expect.stringMatching(/"msg":"leaving: [\s\S]*"msg":"left"/)]);
    expect(all).not.toContain('"msg":"started"');
  } finally {
    child.kill('SIGKILL');
    silent.closeAllConnections();
    silent.close();
    await redis.stop();
  }
});
