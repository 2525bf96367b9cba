import { expect, test } from 'vitest';
import { readEnvironment } from '../../src/load-config.ts';
import { slackAccess } from '../../src/slack-access.ts';
import { slackSettings } from '../../src/slack-config.ts';

const tokens = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1', SLACK_SIGNING_SECRET: '0'.repeat(32) };
const access = (settings: unknown, given: Partial<typeof tokens> = tokens) =>
  slackAccess(readEnvironment({ KOLLA_BACKUP_KEY: 'k'.repeat(64), ...given }), slackSettings.parse(settings));

test('each way of hearing Slack asks for its own secret and not for the other’s', () => {
  const { SLACK_APP_TOKEN: _, ...forHttp } = tokens;
  const { SLACK_SIGNING_SECRET: __, ...forSockets } = tokens;
  expect(access({}, forSockets)).toEqual({ tokens: { bot: 'xoxb-1' }, hearing: { by: 'socket', appToken: 'xapp-1' } });
  expect(access({ mode: 'http' }, forHttp).hearing).toMatchObject({ by: 'http', signingSecret: '0'.repeat(32) });
  expect(() => access({ mode: 'http' }, forSockets)).toThrow(/SLACK_SIGNING_SECRET is not set/);
  expect(() => access({}, forHttp)).toThrow(/SLACK_APP_TOKEN is not set/);
});

test.for([
  ['127.0.0.1:3000', { host: '127.0.0.1', port: 3000 }],
  ['bot.example.com:443', { host: 'bot.example.com', port: 443 }],
  ['[::1]:8080', { host: '::1', port: 8080 }],
] as const)('listens on %s', ([listen, told]) => {
  expect(access({ mode: 'http', listen }).hearing).toMatchObject({ listen: told });
});

test.for(['3000', ':3000', '127.0.0.1', '127.0.0.1:99999', '::1:80', 'http://a:80', 'a:b'])('not on %s', (listen) => {
  expect(slackSettings.safeParse({ mode: 'http', listen }).success).toBe(false);
});
