/** The doctor's look at the Slack stand-in, with one thing wrong at a time. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type SlackLab, startSlack } from '../../lab/slack/server.ts';
import { askSlack } from '../../src/doctor/ask-slack.ts';
import type { Seen, Verdict } from '../../src/doctor/check.ts';
import { judgeSlack, judgeSlackCloud } from '../../src/doctor/judge-slack.ts';
import { parseConfig } from '../../src/load-config.ts';
import { SCOPES } from '../../src/slack/identity.ts';

let slack: SlackLab;
beforeEach(async () => {
  slack = await startSlack();
});
afterEach(() => slack.stop());

type Wanted = { readonly requesters?: object; readonly approvers?: object | null; readonly more?: object };

function clouds({ requesters, approvers, more = {} }: Wanted) {
  const group = { groups: [slack.group('cloud-operators').id] };
  const ssh = { address: '192.0.2.1' };
  const cloud = {
    deploy_host: { ssh, executable: '/opt/kolla-ansible' },
    inventories: ['/etc/kolla/inventory'],
    nodes: { 'node-1': { ssh } },
    channel: slack.channel('cloud-ops').id,
    requesters: requesters ?? group,
    ...(approvers === null ? {} : { approvers: approvers ?? group }),
    ...more,
  };
  return parseConfig('test', JSON.stringify({ clouds: { prod: cloud } })).clouds;
}

type Tokens = { readonly bot?: Seen<string>; readonly app?: Seen<string>; readonly signing?: Seen<string> };

async function look(wanted: Wanted = {}, tokens: Tokens = {}): Promise<Readonly<Record<string, Verdict>>> {
  const { bot = { seen: slack.botToken }, app = { seen: slack.appToken }, signing } = tokens;
  const hears =
    signing === undefined ? { by: 'socket' as const, secret: app } : { by: 'http' as const, secret: signing };
  const facts = await askSlack({ bot, hears }, slack.apiUrl, clouds(wanted));
  const found = [...judgeSlack(facts), ...facts.clouds.flatMap(judgeSlackCloud)];
  return Object.fromEntries(found.map(({ id, verdict }) => [id, verdict]));
}

const notGood = (found: Readonly<Record<string, Verdict>>) =>
  Object.entries(found).flatMap(([id, { result, code }]) => (result === 'good' ? [] : [`${id} ${result} ${code}`]));

test('as it must be: all good, nothing posted, nothing uploaded', async () => {
  const found = await look({ more: { alerts: { group: slack.group('cloud-operators').id } } });
  expect(notGood(found)).toEqual([]);
  expect(Object.keys(found)).toHaveLength(8);
  expect(slack.messages('cloud-ops')).toEqual([]);
  expect(slack.files()).toEqual([]);
  expect(slack.connections()).toBe(0);
});

test('tokens: of each other, revoked, unknown', async () => {
  const swapped = await look({}, { bot: { seen: slack.appToken }, app: { seen: slack.botToken } });
  expect(swapped['slack.bot-token']).toMatchObject({ result: 'bad', code: 'SLACK_TOKEN_REFUSED' });
  expect(swapped['slack.bot-token']?.finding).toMatch(/SLACK_BOT_TOKEN.*not_allowed_token_type/);
  expect(swapped['slack.bot-token']?.remedy).toMatch(/xoxb-/);
  expect(swapped['slack.app-token']?.finding).toMatch(/SLACK_APP_TOKEN.*not_allowed_token_type/);
  slack.revokeToken('app');
  expect(notGood(await look())).toEqual(['slack.app-token bad SLACK_TOKEN_REFUSED']);
  slack.restoreTokens();
  const unset = await look({}, { bot: { blocked: 'SLACK_BOT_TOKEN is not set here' } });
  expect(unset['slack.bot-token']).toMatchObject({ result: 'unknown' });
  expect(unset['slack.channel']).toMatchObject({ result: 'unknown' });
  expect(unset['slack.app-token']).toMatchObject({ result: 'good' });
});

test('signed requests need no app token, and a signing secret', async () => {
  const signed = await look({}, { signing: { seen: 's'.repeat(32) } });
  expect(notGood(signed)).toEqual([]);
  expect(signed['slack.app-token']).toBeUndefined();
  const unset = await look({}, { signing: { blocked: 'SLACK_SIGNING_SECRET is not set here' } });
  expect(unset['slack.signing-secret']).toMatchObject({ result: 'unknown' });
});

test.each(SCOPES.map((scope) => [scope]))('without the scope %s', async (scope) => {
  slack.setScopes(SCOPES.filter((one) => one !== scope));
  const { 'slack.scopes': found } = await look();
  expect(found).toMatchObject({ result: 'bad', code: 'SLACK_SCOPE_MISSING' });
  expect(found?.finding).toContain(scope);
  expect(found?.remedy).toMatch(/manifest\.yml/);
});

test('a channel that the bot is not in, or that is shared or archived; an alert channel too', async () => {
  slack.changeChannel('cloud-ops', { bot: false });
  const { 'slack.channel': outside } = await look();
  expect(outside).toMatchObject({ result: 'bad', code: 'SLACK_CHANNEL_UNUSABLE' });
  expect(outside?.remedy).toMatch(/Invite the bot/);
  slack.changeChannel('cloud-ops', { bot: true, external: true });
  expect((await look())['slack.channel']?.finding).toMatch(/another organization/);
  slack.changeChannel('cloud-ops', { external: false });
  const other = slack.addChannel({ name: 'alerts', bot: false });
  expect(notGood(await look({ more: { alerts: { channel: other.id } } }))).toEqual([
    'slack.alert-channel bad SLACK_CHANNEL_UNUSABLE',
  ]);
});

test('uploads that are forbidden', async () => {
  slack.set({ filesForbidden: true });
  const { 'slack.files': found } = await look();
  expect(found).toMatchObject({ result: 'bad', code: 'SLACK_FILES_FORBIDDEN' });
  expect(found?.remedy).toMatch(/admins/);
});

test('an empty group, a disabled one, and a plan without groups', async () => {
  const { id } = slack.addGroup({ handle: 'nobody', members: [] });
  const empty = await look({ approvers: { groups: [id] } });
  expect(empty['slack.approvers']).toMatchObject({ result: 'bad' });
  expect(empty['slack.approvers']?.finding).toContain(id);
  expect(empty['slack.approvers']?.remedy).toMatch(/Put people into the group/);
  const beside = await look({ requesters: { groups: [id, slack.group('cloud-operators').id] } });
  expect(beside['slack.requesters']).toMatchObject({ result: 'warning' });
  const gone = slack.addGroup({ handle: 'gone', members: [], disabled: true });
  expect((await look({ requesters: { groups: [gone.id] } }))['slack.requesters']).toMatchObject({
    result: 'bad',
    code: 'SLACK_GROUP_UNKNOWN',
  });
  slack.set({ plan: 'free' });
  expect((await look())['slack.approvers']).toMatchObject({ result: 'bad', code: 'SLACK_GROUPS_PLAN' });
});

test('people who may not act: a guest, somebody deactivated; and too few to approve', async () => {
  const [alice, gus] = [slack.user('alice').id, slack.user('gus').id];
  const guest = await look({ requesters: { users: [alice, gus] } });
  expect(guest['slack.requesters']).toMatchObject({ result: 'warning', code: 'PERSON_GUEST' });
  slack.setUserKind('alice', 'deactivated');
  expect((await look({ requesters: { users: [alice] } }))['slack.requesters']).toMatchObject({ result: 'bad' });
  slack.setUserKind('alice', 'member');
  const { id } = slack.addGroup({ handle: 'alone', members: [alice] });
  // Only Alice may approve, and only she may ask: nobody is left.
  const alone = await look({ requesters: { users: [alice] }, approvers: { groups: [id] } });
  expect(alone['slack.approvers']).toMatchObject({ result: 'bad' });
  expect(alone['slack.approvers']?.finding).toMatch(/any requester/);
  const some = await look({ requesters: { users: [alice, slack.user('bob').id] }, approvers: { groups: [id] } });
  expect(some['slack.approvers']).toMatchObject({ result: 'warning' });
  expect((await look({ approvers: null }))['slack.approvers']).toMatchObject({
    result: 'warning',
    code: 'APPROVERS_MISSING',
  });
});

test('Slack away: one row says so, the others are unknown', async () => {
  await slack.takeAway();
  const found = await look();
  expect(found['slack.bot-token']).toMatchObject({ result: 'bad', code: 'SLACK_UNREACHABLE' });
  const { 'slack.bot-token': _, 'slack.app-token': __, ...others } = found;
  expect(new Set(Object.values(others).map(({ result }) => result))).toEqual(new Set(['unknown']));
});
