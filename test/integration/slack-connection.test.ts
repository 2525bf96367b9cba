import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Seen } from '../../lab/slack/seen.ts';
import { KollaBackupError } from '../../src/operation/catalogue.ts';
import type { Journal } from '../../src/operation/journal.ts';
import { SOCKETS } from '../../src/slack/sockets.ts';
import { type Bench, startBench, wordsOf } from '../support/slack-bench.ts';
import { until } from '../support/until.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
  await connected();
});
afterEach(async () => {
  await bench.end();
});

const connected = () =>
  until(
    async () => (bench.slack.connections() === SOCKETS && bench.bot.ready().connections === SOCKETS ? true : null),
    'both connections stand',
    30_000,
  );
const ask = (text: string) => bench.slack.slash('alice', 'cloud-ops', '/kolla-backup', text);
const heard = ({ said, failure }: Seen) => [failure ?? '', ...said.map(wordsOf)].join('\n');
const codeOf = (error: unknown) => (error instanceof KollaBackupError ? error.problem.code : String(error));

test('two connections stand; when Slack closes them in its way, or cuts them, they come back and commands get through', async () => {
  for (const act of [
    () => bench.slack.disconnectSockets('warning'),
    () => bench.slack.disconnectSockets('refresh_requested'),
    () => bench.slack.dropSockets(),
  ]) {
    act();
    await connected();
    expect(heard(await ask('status'))).toContain('Nothing runs');
  }
  expect(bench.fatal).toEqual([]);
});

test('a reconnect that fails is tried again, and harms nothing', async () => {
  bench.slack.fail('apps.connections.open', { answer: '500' }, 2);
  bench.slack.fail('apps.connections.open', { answer: 'drop' }, 2);
  bench.slack.fail('apps.connections.open', { answer: '429', retryAfter: 1 }, 1);
  bench.slack.dropSockets();
  await connected();
  await bench.slack.takeAway();
  await until(async () => (bench.bot.ready().ok ? null : true), 'the bot is not ready', 10_000);
  await bench.slack.bringBack();
  await connected();
  expect(heard(await ask('status'))).toContain('Nothing runs');
  expect(bench.fatal).toEqual([]);
});

test('a token that is revoked while it runs ends the bot with a clear word, and no rejection goes astray', async () => {
  bench.slack.revokeToken('app');
  bench.slack.dropSockets();
  await until(async () => bench.fatal[0] ?? null, 'the bot asks to be ended', 20_000);
  expect(bench.fatal.map(codeOf)).toEqual(['SLACK_TOKEN_REFUSED']);
});

test('a bot that stays deaf says so once and asks to be ended', async () => {
  await bench.restart({ deafMs: 1_000 });
  await connected();
  await bench.slack.takeAway();
  await until(async () => bench.fatal[0] ?? null, 'the bot asks to be ended', 20_000);
  await sleep(1_000);
  expect(bench.fatal.map(codeOf)).toEqual(['SLACK_DEAF']);
  expect(bench.bot.ready()).toMatchObject({ ok: false, connections: 0 });
});

test('a refused token and a Slack that can’t be reached are clear words at the start', async () => {
  bench.slack.revokeToken('bot');
  const refused = await bench.another().catch((error: unknown) => error);
  expect(codeOf(refused)).toBe('SLACK_TOKEN_REFUSED');
  expect(String(refused)).toContain('SLACK_BOT_TOKEN');
  bench.slack.restoreTokens();
  bench.slack.revokeToken('app');
  const app = await bench.another().catch((error: unknown) => error);
  expect(codeOf(app)).toBe('SLACK_TOKEN_REFUSED');
  expect(String(app)).toContain('SLACK_APP_TOKEN');
  bench.slack.restoreTokens();
  const swapped = await bench.another({ tokens: { bot: bench.slack.appToken } }).catch((error: unknown) => error);
  expect(codeOf(swapped)).toBe('SLACK_TOKEN_REFUSED');
  await bench.slack.takeAway();
  expect(codeOf(await bench.another().catch((error: unknown) => error))).toBe('SLACK_UNREACHABLE');
  await bench.slack.bringBack();
});

test('what is wrong with scopes and channels is said at the start', async () => {
  bench.slack.changeChannel('cloud-ops', { external: true });
  bench.slack.setScopes(['commands', 'chat:write', 'users:read', 'usergroups:read', 'channels:read']);
  const bot = await bench.restart();
  const said = bot.concerns.map(({ code, params }) => `${code} ${params['scope'] ?? params['reason']}`);
  expect(said).toContain('SLACK_SCOPE_MISSING files:write');
  expect(said).toContain('SLACK_CHANNEL_UNUSABLE it is shared with another organization');
});

test('everything is acknowledged before anything is asked of anybody', async () => {
  bench.slack.fail('users.info', { answer: 'hang' });
  const seen = await ask('full');
  expect(seen).toMatchObject({ acked: true, failure: null, said: [] });
  expect(bench.slack.calls('users.info')).toHaveLength(1);
});

test('a stop lets those who asked hear their answer, takes nothing new, and closes the connections', async () => {
  let letGo = () => {};
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const journal: Journal = {
    ...bench.journal,
    request: async (...about) => {
      await gate;
      return bench.journal.request(...about);
    },
  };
  await bench.restart({ journal });
  await connected();
  const asking = bench.slack.slash('alice', 'cloud-ops', '/kolla-backup', 'full', { waitMs: 10_000 });
  await until(async () => bench.slack.calls('users.info')[0] ?? null, 'the person is looked up', 5_000);
  const stopping = bench.bot.stop();
  expect(heard(await ask('status'))).toContain('BOT_STOPPING');
  letGo();
  await asking;
  await stopping;
  const told = bench.slack.ephemerals('alice').map(({ text }) => text);
  expect(told.join('\n')).toContain('BKP-1 requested');
  expect(bench.slack.connections()).toBe(0);
  expect(bench.fatal).toEqual([]);
});

test('buttons work after a restart, and one 429 on a card delays no answer to a click', async () => {
  await bench.underWay();
  await bench.restart();
  await connected();
  bench.slack.fail('chat.update', { answer: '429', retryAfter: 60 }, 50);
  const ts = bench.slack.messages('cloud-ops')[0]?.ts ?? '';
  const seen = await bench.slack.click('alice', { channel: 'cloud-ops', ts }, 'cancel');
  expect(heard(seen)).toContain('is cancelled');
});

test('one post is one call: nothing repeats it underneath', async () => {
  const before = bench.slack.calls('chat.postMessage').length;
  bench.slack.fail('chat.postMessage', { answer: '500' }, 1);
  bench.slack.fail('conversations.replies', { answer: '500' }, 100);
  bench.slack.fail('conversations.history', { answer: 'error', error: 'missing_scope' }, 100);
  await bench.underWay();
  // The failed post of the root, and nothing else until it was looked for.
  expect(bench.slack.calls('chat.postMessage').length - before).toBe(1);
});
