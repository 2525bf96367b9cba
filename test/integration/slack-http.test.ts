import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { scratchFolder } from '../../lab/scratch.ts';
import { formOf, signature } from '../../lab/slack/signed-requests.ts';
import { KollaBackupError } from '../../src/operation/catalogue.ts';
import { REQUEST_PATH } from '../../src/slack/requests.ts';
import { type Bench, cloudConfig, hearingOf, startBench, wordsOf } from '../support/slack-bench.ts';
import { until } from '../support/until.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const MINUTES = 60_000;

let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
  await bench.restart({ hearing: hearingOf(bench.slack, true) });
});
afterEach(async () => {
  await bench.end();
});

const url = () => `${bench.bot.address()}${REQUEST_PATH}`;
/** A slash command as Slack would send it, with whatever a forger would do better. */
const command = (text: string, trigger = `${Math.random()}`) =>
  formOf('slash_commands', {
    command: '/kolla-backup',
    text,
    user_id: bench.slack.user('alice').id,
    channel_id: bench.slack.channel('cloud-ops').id,
    team_id: bench.slack.teamId,
    trigger_id: trigger,
    response_url: 'http://127.0.0.1:9/',
  });
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const post = (body: string, headers: Readonly<Record<string, string>>) =>
  fetch(url(), { method: 'POST', body, headers: { ...FORM, ...headers } });
const signed = (body: string, at = Date.now(), secret = bench.slack.signingSecret) => signature(secret, body, at);
const requested = async () => (await bench.journal.recent(10)).length;

test('without a signature, with another’s, with one of another body, six minutes late and six ahead nothing is done', async () => {
  const body = command('full');
  const other = command('full', 'another');
  for (const headers of [
    {},
    signed(body, Date.now(), '0'.repeat(32)),
    signed(other),
    signed(body, Date.now() - 6 * MINUTES),
    signed(body, Date.now() + 6 * MINUTES),
    {
      ...signed(body, Date.now() - 6 * MINUTES),
      'x-slack-request-timestamp': signed(body)['x-slack-request-timestamp'] ?? '',
    },
  ]) {
    const answer = await post(body, headers);
    expect([answer.status, await answer.text()]).toEqual([401, '']);
  }
  expect(await requested()).toBe(0);
  expect((await post(body, signed(body, Date.now() - 4 * MINUTES))).status).toBe(200);
  await until(async () => ((await requested()) === 1 ? true : null), 'it is requested', 5_000);
  const asks = command('status');
  expect((await post(asks, signed(asks, Date.now() + 4 * MINUTES))).status).toBe(200);
});

test('what Slack repeats is acknowledged again and done once', async () => {
  const body = command('full', 'the same');
  const again = { 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'http_timeout' };
  const answers = await Promise.all([post(body, signed(body)), post(body, { ...signed(body), ...again })]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  await until(async () => ((await requested()) > 0 ? true : null), 'it is requested', 5_000);
  const late = await post(body, { ...signed(body), ...again });
  expect(late.status).toBe(200);
  expect(await requested()).toBe(1);
});

test('Slack’s own questions are answered; another path, a huge body and nonsense are not', async () => {
  const challenge = JSON.stringify({ type: 'url_verification', challenge: 'who goes there' });
  const json = { 'content-type': 'application/json' };
  const verified = await fetch(url(), { method: 'POST', body: challenge, headers: { ...json, ...signed(challenge) } });
  expect(await verified.json()).toEqual({ challenge: 'who goes there' });
  expect((await fetch(url())).status).toBe(404);
  expect((await fetch(`${bench.bot.address()}/`)).status).toBe(404);
  const nonsense = 'payload=%7Bno';
  expect((await post(nonsense, signed(nonsense))).status).toBe(400);
  const seen = await bench.slack.slash('alice', 'cloud-ops', '/kolla-backup', 'status', { waitMs: 10_000 });
  expect([seen.failure, seen.said.map(wordsOf).join()]).toEqual([null, expect.stringContaining('Nothing runs')]);
  const huge = `payload=${'x'.repeat(2_000_000)}`;
  expect((await post(huge, signed(huge))).status).toBe(413);
});

test('Slack needs no app-level token, and no socket is opened', async () => {
  expect(bench.bot.ready()).toMatchObject({ ok: true, connections: 1, deafMs: 0 });
  expect(bench.slack.connections()).toBe(0);
  await bench.bot.stop();
  expect(bench.bot.ready()).toMatchObject({ ok: false, connections: 0 });
  await expect(post('', {})).rejects.toThrow();
});

test('a port that is taken is a clear word at the start', async () => {
  const port = Number(new URL(url()).port);
  const hearing = {
    by: 'http',
    signingSecret: bench.slack.signingSecret,
    listen: { host: '127.0.0.1', port },
  } as const;
  const refused = await bench.another({ hearing }).catch((error: unknown) => error);
  expect(refused instanceof KollaBackupError && refused.problem).toMatchObject({
    code: 'SLACK_LISTEN',
    params: { listen: `127.0.0.1:${port}` },
  });
});

test('the program hears Slack that way when the config says so, and asks for the secret by its name', async () => {
  const dir = await scratchFolder('slack-http');
  const file = join(dir, 'config.yml');
  const slack = { mode: 'http', listen: '127.0.0.1:0' };
  await writeFile(file, JSON.stringify({ slack, clouds: { lab: cloudConfig(bench.slack) } }));
  const environment = {
    PATH: process.env['PATH'] ?? '',
    KOLLA_BACKUP_CONFIG: file,
    KOLLA_BACKUP_KEY: '0'.repeat(64),
    REDIS_URL: `redis://127.0.0.1:${bench.redis.options.port}`,
    SLACK_API_URL: bench.slack.apiUrl,
    SLACK_BOT_TOKEN: bench.slack.botToken,
  };
  const run = (more: Readonly<Record<string, string>>) => {
    const child = spawn(process.execPath, [MAIN, 'bot'], { env: { ...environment, ...more } });
    const said: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(String(chunk)));
    return { child, said: () => said.join('') };
  };
  const without = run({});
  const [code] = await once(without.child, 'exit');
  expect([code, without.said()]).toEqual([2, expect.stringContaining('SLACK_SIGNING_SECRET')]);
  const bot = run({ SLACK_SIGNING_SECRET: bench.slack.signingSecret });
  try {
    await until(async () => (bot.said().includes('"msg":"started"') ? true : null), 'it has started', 20_000);
  } finally {
    bot.child.kill('SIGKILL');
  }
});
