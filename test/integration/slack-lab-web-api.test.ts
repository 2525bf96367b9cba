/** The stand-in's Web API, driven by the real WebClient: what it refuses, and the trouble that it makes on request. */
import { WebAPIPlatformError } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type SlackLab, startSlack } from '../../lab/slack/server.ts';
import { client } from '../support/slack-lab-app.ts';

let slack: SlackLab;
let channel: string;

beforeEach(async () => {
  slack = await startSlack();
  channel = slack.channel('cloud-ops').id;
});

afterEach(() => slack.stop());

/** Slack's error code, or `ok`. */
async function outcome(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'ok';
  } catch (error) {
    return error instanceof WebAPIPlatformError ? error.data.error : String(error);
  }
}

const post = (text = 'hello') => client(slack).chat.postMessage({ channel, text });
const apiCall = (method: string, args: Record<string, unknown> = {}, token?: string) =>
  outcome(client(slack, token).apiCall(method, args));

describe('refusals', () => {
  test('of tokens', async () => {
    expect(await apiCall('auth.test')).toBe('ok');
    expect(await apiCall('auth.test', {}, 'xoxb-wrong')).toBe('invalid_auth');
    expect(await apiCall('auth.test', {}, slack.appToken)).toBe('not_allowed_token_type');
    expect(await apiCall('apps.connections.open')).toBe('not_allowed_token_type');
    const naked = await fetch(`${slack.apiUrl}auth.test`, { method: 'POST' });
    expect(await naked.json()).toMatchObject({ ok: false, error: 'not_authed' });
    slack.revokeToken('bot');
    expect(await apiCall('auth.test')).toBe('token_revoked');
    slack.restoreTokens();
    expect(await apiCall('auth.test')).toBe('ok');
  });

  test('of methods, arguments and their types', async () => {
    expect(await apiCall('chat.unknown')).toBe('unknown_method');
    expect(await apiCall('chat.postMessage', { text: 'x' })).toBe('invalid_arguments');
    expect(await apiCall('chat.postMessage', { channel, text: 'x', client_msg_id: '1' })).toBe('invalid_arguments');
    expect(await apiCall('chat.postMessage', { channel, text: 'x', unfurl_links: 'perhaps' })).toBe(
      'invalid_arguments',
    );
    expect(await apiCall('chat.postMessage', { channel, text: 'x', thread_ts: 12.5 })).toBe('invalid_arguments');
    expect(await apiCall('chat.postMessage', { channel, text: 'x', attachments: [] })).toBe('invalid_arguments');
    expect(await apiCall('constructor')).toBe('unknown_method');
  });

  test('of a JSON body where the method reads none', async () => {
    const send = async (method: string, body: object) => {
      const headers = { authorization: `Bearer ${slack.botToken}`, 'content-type': 'application/json' };
      return (await fetch(slack.apiUrl + method, { method: 'POST', headers, body: JSON.stringify(body) })).json();
    };
    expect(await send('chat.postMessage', { channel, text: 'x' })).toMatchObject({ ok: true });
    expect(await send('users.info', { user: slack.user('alice').id })).toMatchObject({ error: 'invalid_arguments' });
  });

  test('of scopes, saying which was needed', async () => {
    slack.setScopes(['chat:write']);
    const refused = await client(slack)
      .users.info({ user: 'U1' })
      .catch((error) => error.data);
    expect(refused).toMatchObject({ error: 'missing_scope', needed: 'users:read', provided: 'chat:write' });
    expect(await apiCall('conversations.info', { channel })).toBe('missing_scope');
    expect(await apiCall('conversations.replies', { channel, ts: '1.000000' })).toBe('missing_scope');
    expect(await apiCall('chat.postMessage', { channel, text: 'x', username: 'root' })).toBe('missing_scope');
    slack.setScopes(['channels:read']);
    expect(await apiCall('conversations.info', { channel })).toBe('ok');
    expect(await apiCall('chat.postMessage', { channel, text: 'x' })).toBe('missing_scope');
  });

  test('a reply to a root that was deleted stands in the channel, and nothing says so', async () => {
    const { ts } = await post();
    slack.deleteMessage({ channel: 'cloud-ops', ts: ts ?? '' });
    const said = await client(slack).chat.postMessage({ channel, text: 'astray', thread_ts: ts ?? '' });
    expect(said).toMatchObject({ ok: true, message: { text: 'astray' } });
    expect(said.message).not.toHaveProperty('thread_ts');
    expect(slack.messages('cloud-ops').map((one) => one.ts)).toContain(said.ts);
  });

  test('of channels, messages and threads', async () => {
    const random = slack.channel('random').id;
    const hidden = slack.addChannel({ name: 'secret', private: true, bot: false }).id;
    const { ts } = await post();
    const human = slack.say('alice', 'cloud-ops', 'mine').ts;
    const table = [
      ['chat.postMessage', { channel: random, text: 'x' }, 'not_in_channel'],
      ['chat.postMessage', { channel: hidden, text: 'x' }, 'channel_not_found'],
      ['chat.postMessage', { channel: 'C0NOSUCH', text: 'x' }, 'channel_not_found'],
      ['chat.postMessage', { channel }, 'no_text'],
      ['chat.postMessage', { channel, text: 'x', thread_ts: '1.000000' }, 'thread_not_found'],
      ['chat.postMessage', { channel, text: 'x'.repeat(40_001) }, 'msg_too_long'],
      ['chat.update', { channel, ts, text: 'x'.repeat(4_001) }, 'msg_too_long'],
      ['chat.update', { channel, ts: '1.000000', text: 'x' }, 'message_not_found'],
      ['chat.update', { channel, ts: human, text: 'x' }, 'cant_update_message'],
      ['chat.delete', { channel, ts: human }, 'cant_delete_message'],
      ['chat.getPermalink', { channel, message_ts: '1.000000' }, 'message_not_found'],
      ['conversations.replies', { channel, ts: '1.000000' }, 'thread_not_found'],
      ['conversations.history', { channel, cursor: 'x' }, 'invalid_cursor'],
      ['users.info', { user: 'U0NOSUCH' }, 'user_not_found'],
      ['usergroups.users.list', { usergroup: 'S0NOSUCH' }, 'no_such_subteam'],
      ['files.completeUploadExternal', { files: [{ id: 'F0NOSUCH' }] }, 'file_not_found'],
      ['chat.postMessage', { channel, text: 'x', metadata: 'no json' }, 'invalid_metadata_format'],
      ['chat.postMessage', { channel, text: 'x', metadata: { event_type: 'x' } }, 'invalid_metadata_schema'],
      ['chat.postMessage', { channel, text: 'x', blocks: 'no json' }, 'invalid_blocks_format'],
      ['chat.postMessage', { channel, text: 'x', blocks: [{ type: 'nonsense' }] }, 'invalid_blocks'],
    ] as const;
    for (const [method, args, error] of table)
      expect([method, args, await apiCall(method, args)]).toEqual([method, args, error]);
    slack.changeChannel('cloud-ops', { archived: true });
    expect(await outcome(post())).toBe('is_archived');
  });

  test('of an ephemeral message to somebody who is not there', async () => {
    slack.addUser({ name: 'dora', channels: ['random'] });
    const args = { channel, text: 'psst' };
    expect(await apiCall('chat.postEphemeral', { ...args, user: slack.user('dora').id })).toBe('user_not_in_channel');
    expect(await apiCall('chat.postEphemeral', { ...args, user: slack.user('bob').id })).toBe('ok');
    expect(slack.ephemerals('bob')).toMatchObject([{ text: 'psst' }]);
    slack.set({ ephemeralsSurviveReload: false });
    slack.reload('bob');
    expect(slack.ephemerals('bob')).toEqual([]);
  });
});

describe('messages', () => {
  const blocks = [{ type: 'divider' as const }];

  test('an update with text alone takes the blocks away and marks the message; one with blocks does not mark it', async () => {
    const web = client(slack);
    const { ts = '' } = await web.chat.postMessage({
      channel,
      text: 'a',
      blocks,
      metadata: { event_type: 'e', event_payload: { n: 1 } },
    });
    await web.chat.update({ channel, ts, text: 'b', blocks });
    const [first] = slack.messages('cloud-ops');
    expect(first).toMatchObject({ text: 'b', blocks: [{ type: 'divider' }], metadata: { event_payload: { n: 1 } } });
    expect(first).not.toHaveProperty('edited');
    await web.chat.update({ channel, ts, text: 'c' });
    const [second] = slack.messages('cloud-ops');
    expect(second).toMatchObject({
      text: 'c',
      edited: { user: slack.botUserId },
      metadata: { event_payload: { n: 1 } },
    });
    expect(second).not.toHaveProperty('blocks');
  });

  test('a thread is read page by page, with its root, and metadata only when asked for', async () => {
    const web = client(slack);
    const { ts = '' } = await post('root');
    for (const n of [1, 2, 3])
      await web.chat.postMessage({
        channel,
        thread_ts: ts,
        text: `reply ${n}`,
        metadata: { event_type: 'r', event_payload: { n } },
      });
    const texts: (string | undefined)[] = [];
    let cursor: string | undefined;
    do {
      const page = await web.conversations.replies({ channel, ts, limit: 2, ...(cursor ? { cursor } : {}) });
      texts.push(...(page.messages ?? []).map((each) => each.text));
      cursor = page.response_metadata?.next_cursor;
    } while (cursor);
    expect(texts).toEqual(['root', 'reply 1', 'reply 2', 'reply 3']);
    const bare = await web.conversations.replies({ channel, ts });
    expect(bare.messages?.some((each) => 'metadata' in each)).toBe(false);
    const rich = await web.conversations.replies({ channel, ts, include_all_metadata: true });
    expect(rich.messages?.at(-1)?.metadata).toEqual({ event_type: 'r', event_payload: { n: 3 } });
    expect(rich.messages?.[0]).toMatchObject({ reply_count: 3, thread_ts: ts });
    const history = await web.conversations.history({ channel });
    expect(history.messages?.map((each) => each.text)).toEqual(['root']);
  });

  test('a file goes up with filesUploadV2 and stands in the thread', async () => {
    const { ts = '' } = await post('root');
    await client(slack).filesUploadV2({
      channel_id: channel,
      thread_ts: ts,
      filename: 'run.log',
      content: 'PLAY [x]\nok',
      initial_comment: 'log',
    });
    expect(slack.files()).toMatchObject([{ name: 'run.log', size: 11, content: Buffer.from('PLAY [x]\nok') }]);
    expect(slack.thread('cloud-ops', ts).at(-1)).toMatchObject({ text: 'log', files: [{ name: 'run.log' }] });
    slack.set({ filesForbidden: true });
    const again = client(slack).filesUploadV2({ channel_id: channel, filename: 'x.log', content: 'x' });
    expect(await outcome(again)).toBe('file_uploads_disabled');
  });

  test('an upload of another length than was said is refused', async () => {
    const { upload_url = '' } = await client(slack).files.getUploadURLExternal({ filename: 'x.log', length: 3 });
    expect((await fetch(upload_url, { method: 'POST', body: 'xx' })).status).toBe(400);
    expect((await fetch(upload_url, { method: 'POST', body: 'xxx' })).status).toBe(200);
    expect((await fetch(upload_url, { method: 'POST', body: 'xxx' })).status).toBe(400);
  });
});

describe('people', () => {
  test('each kind is told apart by users.info', async () => {
    const kinds = [
      ['guest', { is_restricted: true, is_ultra_restricted: false }],
      ['single-channel guest', { is_restricted: true, is_ultra_restricted: true }],
      ['bot', { is_bot: true }],
      ['app user', { is_app_user: true }],
      ['workflow bot', { is_workflow_bot: true }],
      ['deactivated', { deleted: true }],
      ['invited', { is_invited_user: true }],
      ['external', { is_stranger: true }],
      ['member', { deleted: false, is_bot: false, is_restricted: false, team_id: slack.teamId }],
    ] as const;
    for (const [kind, marks] of kinds) {
      slack.setUserKind('carol', kind);
      const { user } = await client(slack).users.info({ user: slack.user('carol').id });
      expect(user).toMatchObject(marks);
    }
    slack.setUserKind('carol', 'external');
    expect((await client(slack).users.info({ user: slack.user('carol').id })).user?.team_id).not.toBe(slack.teamId);
  });

  test('a group follows its members, and needs a paid plan', async () => {
    const web = client(slack);
    const { usergroups } = await web.usergroups.list({});
    const usergroup = usergroups?.[0]?.id ?? '';
    const members = async () => (await web.usergroups.users.list({ usergroup })).users;
    expect(await members()).toEqual([slack.user('alice').id, slack.user('bob').id]);
    slack.setGroupMembers('cloud-operators', ['carol']);
    expect(await members()).toEqual([slack.user('carol').id]);
    slack.set({ plan: 'free' });
    expect(await outcome(members())).toBe('plan_upgrade_required');
  });
});

describe('trouble on request', () => {
  test('429 with the seconds to wait, once', async () => {
    slack.fail('chat.postMessage', { answer: '429', retryAfter: 7 });
    const refused = await post().catch((error) => error);
    expect(refused).toMatchObject({ retryAfter: 7 });
    expect(await outcome(post())).toBe('ok');
    expect(slack.messages('cloud-ops')).toHaveLength(1);
  });

  test.each(['500', 'drop', 'hang'] as const)('%s, before and after it was done', async (answer) => {
    slack.fail('chat.postMessage', { answer });
    slack.fail('chat.postMessage', { answer, committed: true });
    const short = () => AbortSignal.timeout(300);
    const send = (text: string) =>
      fetch(`${slack.apiUrl}chat.postMessage`, {
        method: 'POST',
        headers: { authorization: `Bearer ${slack.botToken}` },
        body: new URLSearchParams({ channel, text }),
        signal: short(),
      }).then(
        (response) => response.status,
        (error) => error.name,
      );
    const seen = { 500: 500, drop: 'TypeError', hang: 'TimeoutError' }[answer];
    expect(await send('lost')).toBe(seen);
    expect(slack.messages('cloud-ops')).toEqual([]);
    expect(await send('done')).toBe(seen);
    expect(slack.messages('cloud-ops')).toMatchObject([{ text: 'done' }]);
    expect(await send('fine')).toBe(200);
    expect(slack.calls('chat.postMessage').map((call) => call.outcome)).toEqual([answer, `${answer}, committed`, 'ok']);
  });

  test('Slack is away, and back on the same port with what was there', async () => {
    await post('before');
    await slack.takeAway();
    const error = await post('lost').catch((caught) => caught);
    expect(String(error.cause?.cause?.code ?? error.cause?.code ?? error.message)).toContain('ECONNREFUSED');
    await slack.bringBack();
    await post('after');
    expect(slack.messages('cloud-ops').map((each) => each.text)).toEqual(['before', 'after']);
  });

  test('rate limits by channel and by tier, when switched on', async () => {
    slack.set({ channelLimit: true });
    expect([await outcome(post()), await outcome(post()).then((said) => said !== 'ok')]).toEqual(['ok', true]);
    slack.advance(1_000);
    expect(await outcome(post())).toBe('ok');
    slack.set({ channelLimit: false, tierLimits: true });
    const results: string[] = [];
    for (let count = 0; count < 21; count += 1) results.push(await apiCall('usergroups.list'));
    expect(results.slice(0, 20)).toEqual(Array(20).fill('ok'));
    expect(results[20]).not.toBe('ok');
    slack.advance(60_001);
    expect(await apiCall('usergroups.list')).toBe('ok');
  });
});

test('another process controls it over HTTP; a page of another origin does not', async () => {
  const control = (verb: string, body: object, headers: Record<string, string> = {}) =>
    fetch(`${slack.pageUrl}control/${verb}`, { method: 'POST', headers, body: JSON.stringify(body) });
  expect((await control('say', { user: 'alice', channel: '#cloud-ops', text: 'hi' })).status).toBe(200);
  expect(await (await control('messages', { channel: 'cloud-ops' })).json()).toMatchObject([{ text: 'hi' }]);
  expect((await control('say', { user: 'nobody', channel: '#cloud-ops', text: 'hi' })).status).toBe(409);
  expect((await control('say', { text: 'hi' })).status).toBe(400);
  expect((await control('no-such-verb', {})).status).toBe(404);
  expect((await control('messages', { channel: 'cloud-ops' }, { origin: 'http://evil.example' })).status).toBe(403);
  const outside = await fetch(`${slack.pageUrl}..%2fserver.ts`);
  expect(outside.status).toBe(404);
});

test('with ten connections the eleventh is turned away', async () => {
  const open = async () => {
    const { url = '' } = await client(slack, slack.appToken).apps.connections.open({});
    const socket = new WebSocket(url);
    const first = await new Promise<string>((resolve) => {
      socket.onmessage = ({ data }) => resolve(String(data));
    });
    return { socket, hello: JSON.parse(first) };
  };
  const all = await Promise.all(Array.from({ length: 10 }, open));
  expect(all.map(({ hello }) => hello.type)).toEqual(Array(10).fill('hello'));
  const last = await open();
  expect(last.hello).toMatchObject({ type: 'disconnect', reason: 'too_many_websockets' });
  expect(slack.connections()).toBe(10);
  for (const { socket } of [...all, last]) socket.close();
});
