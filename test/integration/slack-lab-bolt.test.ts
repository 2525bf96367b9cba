/** The stand-in, driven by the real Bolt over Socket Mode. */
import type { App } from '@slack/bolt';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type SlackLab, startSlack } from '../../lab/slack/server.ts';
import { startApp } from '../support/slack-lab-app.ts';

let slack: SlackLab;
let app: App | undefined;

beforeEach(async () => {
  slack = await startSlack();
});

afterEach(async () => {
  await app?.stop();
  app = undefined;
  await expect.poll(() => slack.connections()).toBe(0);
  await slack.stop();
});

const button = (action_id: string, value = 'v') => ({
  type: 'button' as const,
  action_id,
  value,
  text: { type: 'plain_text' as const, text: action_id },
});

const modal = {
  type: 'modal' as const,
  callback_id: 'reason',
  private_metadata: 'op-1',
  title: { type: 'plain_text' as const, text: 'Decline' },
  submit: { type: 'plain_text' as const, text: 'Send' },
  blocks: [
    {
      type: 'input' as const,
      block_id: 'why',
      label: { type: 'plain_text' as const, text: 'Reason' },
      element: { type: 'plain_text_input' as const, action_id: 'text', min_length: 3 },
    },
  ],
};

test('a command is acknowledged with a text that only its user sees', async () => {
  app = await startApp(slack, (bolt) => {
    bolt.command('/kolla-backup', async ({ ack, command }) => ack(`got ${command.text} from <@${command.user_id}>`));
  });
  const seen = await slack.slash('alice', 'cloud-ops', '/kolla-backup', 'full');
  expect(seen.acked).toBe(true);
  expect(seen.said).toMatchObject([{ text: `got full from <@${slack.user('alice').id}>`, ephemeral: true }]);
  expect(slack.ephemerals('bob')).toEqual([]);
  expect(slack.messages('cloud-ops')).toEqual([]);
});

test('an answer through response_url is seen; the sixth is refused', async () => {
  const results: unknown[] = [];
  app = await startApp(slack, (bolt) => {
    bolt.command('/kolla-backup', async ({ ack, respond }) => {
      await ack();
      for (let count = 0; count < 6; count += 1)
        results.push(await respond({ text: 'later' }).catch((error: { statusCode: number }) => error.statusCode));
    });
  });
  await slack.slash('alice', 'cloud-ops', '/kolla-backup', '');
  await expect.poll(() => results.at(-1)).toBe(404);
  expect(results).toHaveLength(6);
  expect(slack.ephemerals('alice')).toHaveLength(5);
});

test('a response_url is good for half an hour', async () => {
  let say: ((text: string) => Promise<unknown>) | undefined;
  app = await startApp(slack, (bolt) => {
    bolt.command('/kolla-backup', async ({ ack, respond }) => {
      say = (text) => respond({ text }).catch((error: { statusCode: number }) => error.statusCode);
      await ack();
    });
  });
  await slack.slash('alice', 'cloud-ops', '/kolla-backup', '', { waitMs: 0 });
  slack.advance(29 * 60_000);
  await say?.('in time');
  slack.advance(60_001);
  expect(await say?.('too late')).toBe(404);
  expect(slack.ephemerals('alice').map((each) => each.text)).toEqual(['in time']);
});

test('a command that nobody acknowledges fails in the words of Slack, with and without a connection', async () => {
  slack.set({ ackMs: 200 });
  const without = await slack.slash('alice', 'cloud-ops', '/kolla-backup', 'full');
  expect(without.failure).toBe('/kolla-backup failed with the error "dispatch_failed"');
  app = await startApp(slack, () => {});
  const seen = await slack.slash('alice', 'cloud-ops', '/kolla-backup', 'full');
  expect(seen).toMatchObject({ acked: false, failure: '/kolla-backup failed with the error "operation_timeout"' });
});

test('people of another organisation and unknown commands get no command', async () => {
  slack.addUser({ name: 'eve', kind: 'external' });
  const seen = await slack.slash('eve', 'cloud-ops', '/kolla-backup', 'full');
  expect(seen.failure).toBe('/kolla-backup is not a valid command.');
  expect((await slack.slash('alice', 'cloud-ops', '/other', '')).failure).toBe('/other is not a valid command.');
});

test('a click carries the message, its value and its user; the message is changed in place', async () => {
  const bodies: unknown[] = [];
  app = await startApp(slack, (bolt) => {
    bolt.action('approve', async ({ ack, body, action, respond }) => {
      await ack();
      bodies.push(body, action);
      await respond({ text: 'approved', replace_original: true });
    });
  });
  const { channel, ts } = await app.client.chat.postMessage({
    channel: slack.channel('cloud-ops').id,
    text: 'card',
    blocks: [{ type: 'actions', block_id: 'b', elements: [button('approve', 'digest'), button('decline')] }],
    metadata: { event_type: 'card', event_payload: { id: 'op-1' } },
  });
  const seen = await slack.click('bob', { channel: channel ?? '', ts: ts ?? '' }, 'approve');
  expect(seen).toMatchObject({ acked: true, failure: null });
  expect(bodies[0]).toMatchObject({
    type: 'block_actions',
    user: { id: slack.user('bob').id, team_id: slack.teamId },
    channel: { id: channel, name: 'cloud-ops' },
    container: { type: 'message', message_ts: ts, is_ephemeral: false },
    message: { ts, metadata: { event_type: 'card', event_payload: { id: 'op-1' } } },
    state: { values: {} },
  });
  expect(bodies[1]).toMatchObject({ type: 'button', action_id: 'approve', block_id: 'b', value: 'digest' });
  expect(slack.messages('cloud-ops')).toMatchObject([{ text: 'approved', edited: { user: slack.botUserId } }]);
  expect(slack.messages('cloud-ops')[0]).not.toHaveProperty('blocks');
});

test('a modal goes round: opened, refused field by field, taken, closed', async () => {
  const said: (string | null | undefined)[] = [];
  app = await startApp(slack, (bolt) => {
    bolt.command('/kolla-backup', async ({ ack, body, client }) => {
      await ack();
      await client.views.open({ trigger_id: body.trigger_id, view: modal });
    });
    bolt.view('reason', async ({ ack, view }) => {
      const text = view.state.values['why']?.['text']?.value;
      said.push(view.private_metadata, text);
      await (text === 'bad' ? ack({ response_action: 'errors', errors: { why: 'Say more' } }) : ack());
    });
  });
  const { view } = await slack.slash('bob', 'cloud-ops', '/kolla-backup', '');
  expect(view).toMatchObject({ callback_id: 'reason', title: { text: 'Decline' } });
  // The client itself refuses what is missing or too short.
  expect(await slack.submit('bob')).toMatchObject({
    outcome: 'errors',
    errors: { why: 'Please complete this required field.' },
  });
  expect(await slack.submit('bob', { why: 'no' })).toMatchObject({ outcome: 'errors' });
  expect(said).toEqual([]);
  expect(await slack.submit('bob', { why: 'bad' })).toMatchObject({ outcome: 'errors', errors: { why: 'Say more' } });
  expect(slack.view('bob')).not.toBeNull();
  expect(await slack.submit('bob', { text: 'too risky' })).toMatchObject({ outcome: 'closed' });
  expect(slack.view('bob')).toBeNull();
  expect(said).toEqual(['op-1', 'bad', 'op-1', 'too risky']);
});

test('modals are pushed, updated and cleared; an answer that makes no sense is trouble for the user', async () => {
  const answers = [
    { response_action: 'push', view: { ...modal, title: { type: 'plain_text', text: 'Second' } } },
    { response_action: 'errors', errors: { 'no such block': 'x' } },
    { response_action: 'update', view: { ...modal, title: { type: 'plain_text', text: 'x'.repeat(25) } } },
    { response_action: 'update', view: { ...modal, title: { type: 'plain_text', text: 'Third' } } },
    { response_action: 'clear' },
  ] as const;
  let next = 0;
  app = await startApp(slack, (bolt) => {
    bolt.command('/kolla-backup', async ({ ack, body, client }) => {
      await ack();
      await client.views.open({ trigger_id: body.trigger_id, view: modal });
    });
    bolt.view('reason', async ({ ack }) => {
      const answer = answers[next];
      next += 1;
      await ack(answer);
    });
  });
  await slack.slash('bob', 'cloud-ops', '/kolla-backup', '');
  const titles: (string | undefined)[] = [];
  const outcomes: string[] = [];
  for (const _ of answers) {
    outcomes.push((await slack.submit('bob', { why: 'because' })).outcome);
    titles.push(slack.view('bob')?.title.text);
  }
  expect(outcomes).toEqual(['pushed', 'trouble', 'trouble', 'updated', 'cleared']);
  expect(titles).toEqual(['Second', 'Second', 'Second', 'Third', undefined]);
});

test('a trigger is good once, and for three seconds', async () => {
  const triggers: string[] = [];
  app = await startApp(slack, (bolt) => {
    bolt.command('/kolla-backup', async ({ ack, body }) => {
      triggers.push(body.trigger_id);
      await ack();
    });
  });
  const type = () => slack.slash('bob', 'cloud-ops', '/kolla-backup', '', { waitMs: 0 });
  const open = (trigger_id: string | undefined) =>
    app?.client.views.open({ trigger_id: trigger_id ?? '', view: modal }).then(
      () => 'ok',
      (error: { data: { error: string } }) => error.data.error,
    );
  await type();
  expect(await open(triggers[0])).toBe('ok');
  expect(await open(triggers[0])).toBe('exchanged_trigger_id');
  await type();
  slack.advance(3_001);
  expect(await open(triggers[1])).toBe('expired_trigger_id');
  expect(await open('made up')).toBe('invalid_trigger_id');
});

test('the same envelope can arrive twice', async () => {
  const triggers: string[] = [];
  app = await startApp(slack, (bolt) => {
    bolt.command('/kolla-backup', async ({ ack, body }) => {
      triggers.push(body.trigger_id);
      await ack();
    });
  });
  slack.duplicateEnvelopes();
  await slack.slash('alice', 'cloud-ops', '/kolla-backup', 'full', { waitMs: 0 });
  await expect.poll(() => triggers.length).toBe(2);
  expect(triggers[0]).toBe(triggers[1]);
  await expect.poll(() => slack.acks().length).toBe(2);
  await slack.slash('alice', 'cloud-ops', '/kolla-backup', 'full', { waitMs: 0 });
  expect(triggers).toHaveLength(3);
});

test('with two connections each envelope goes to one of them; when one is lost the other gets all', async () => {
  const got: string[] = [];
  const wire = (name: string) => (bolt: App) =>
    bolt.command('/kolla-backup', async ({ ack }) => {
      got.push(name);
      await ack();
    });
  app = await startApp(slack, wire('one'));
  const other = await startApp(slack, wire('two'));
  for (let count = 0; count < 4; count += 1)
    await slack.slash('alice', 'cloud-ops', '/kolla-backup', '', { waitMs: 0 });
  expect(got.sort()).toEqual(['one', 'one', 'two', 'two']);
  await other.stop();
  await expect.poll(() => slack.connections()).toBe(1);
  got.length = 0;
  await slack.slash('alice', 'cloud-ops', '/kolla-backup', '', { waitMs: 0 });
  expect(got).toEqual(['one']);
});

test('after dropped sockets and after a requested refresh Bolt comes back', async () => {
  app = await startApp(slack, (bolt) => {
    bolt.command('/kolla-backup', async ({ ack }) => ack('here'));
  });
  const works = async () => (await slack.slash('alice', 'cloud-ops', '/kolla-backup', '')).acked;
  for (const trouble of [() => slack.dropSockets(), () => slack.disconnectSockets('refresh_requested')]) {
    trouble();
    expect(await works()).toBe(false);
    await expect.poll(() => slack.connections(), { timeout: 20_000 }).toBe(1);
    expect(await works()).toBe(true);
  }
});

const option = (value: string) => ({ text: { type: 'plain_text' as const, text: value }, value });
const menus = (id: string) => [
  { type: 'static_select' as const, action_id: `${id}one`, options: [option('a'), option('b')] },
  { type: 'users_select' as const, action_id: `${id}person` },
  {
    type: 'radio_buttons' as const,
    action_id: `${id}radio`,
    options: [option('a'), option('b')],
    initial_option: option('a'),
  },
  { type: 'checkboxes' as const, action_id: `${id}checks`, options: [option('a'), option('b')] },
];

test('menus, people, radio buttons and checkboxes carry what was chosen, and a message remembers it', async () => {
  const got: { action: object; values: object | undefined }[] = [];
  app = await startApp(slack, (bolt) => {
    bolt.action(/./, async ({ ack, body, action }) => {
      await ack();
      got.push({ action, values: body.type === 'block_actions' ? body.state?.values : undefined });
    });
  });
  const channel = slack.channel('cloud-ops').id;
  const blocks = [{ type: 'actions' as const, block_id: 'b', elements: menus('') }];
  const { ts = '' } = await app.client.chat.postMessage({ channel, text: 'menus', blocks });
  const choose = (id: string, choice: string | string[]) =>
    slack.click('bob', { channel, ts }, id, choice, { waitMs: 0 });
  const carol = slack.user('carol').id;
  await choose('one', 'b');
  await choose('person', carol);
  await choose('checks', ['a', 'b']);
  await expect.poll(() => got.length).toBe(3);
  expect(got.map((each) => each.action)).toMatchObject([
    { type: 'static_select', selected_option: { value: 'b' } },
    { type: 'users_select', selected_user: carol },
    { type: 'checkboxes', selected_options: [{ value: 'a' }, { value: 'b' }] },
  ]);
  expect(got.at(-1)?.values).toMatchObject({
    b: {
      one: { selected_option: { value: 'b' } },
      person: { selected_user: carol },
      radio: { selected_option: { value: 'a' } },
    },
  });
  await expect(choose('one', 'c')).rejects.toThrow('has no option c');
});

test('the same in a modal', async () => {
  const got: object[] = [];
  app = await startApp(slack, (bolt) => {
    bolt.command('/kolla-backup', async ({ ack, body, client }) => {
      await ack();
      const blocks = menus('').map((element) => ({
        type: 'input' as const,
        block_id: `${element.action_id}-block`,
        optional: element.action_id === 'checks',
        label: { type: 'plain_text' as const, text: element.action_id },
        element,
      }));
      await client.views.open({ trigger_id: body.trigger_id, view: { ...modal, blocks } });
    });
    bolt.view('reason', async ({ ack, view }) => {
      await ack();
      got.push(view.state.values);
    });
  });
  await slack.slash('bob', 'cloud-ops', '/kolla-backup', '');
  const bob = slack.user('bob').id;
  const missing = await slack.submit('bob', { one: 'a' });
  expect(missing).toMatchObject({
    outcome: 'errors',
    errors: { 'person-block': 'Please complete this required field.' },
  });
  expect(Object.keys(missing.errors)).toEqual(['person-block']);
  expect(await slack.submit('bob', { one: 'a', person: bob })).toMatchObject({ outcome: 'closed' });
  expect(got).toMatchObject([
    {
      'one-block': { one: { selected_option: { value: 'a' } } },
      'person-block': { person: { selected_user: bob } },
      'radio-block': { radio: { selected_option: { value: 'a' } } },
      'checks-block': { checks: { selected_options: [] } },
    },
  ]);
});
