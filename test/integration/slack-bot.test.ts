import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Seen } from '../../lab/slack/seen.ts';
import type { OperationEvent } from '../../src/operation/events.ts';
import type { Journal } from '../../src/operation/journal.ts';
import { authority, CACHE_MS } from '../../src/slack/authorize.ts';
import { REFUSALS_EACH_MAX, REFUSALS_MAX } from '../../src/slack/decide.ts';
import { headIn } from '../../src/slack/heads.ts';
import { RELEASE_MS } from '../../src/slack/release.ts';
import { threadDoor } from '../../src/slack/thread.ts';
import { webClients } from '../../src/slack/web.ts';
import { type Bench, cloudConfig, logTo, startBench, wordsOf } from '../support/slack-bench.ts';
import { until } from '../support/until.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(async () => {
  await bench.end();
});

const ask = (who: string, text: string, channel = 'cloud-ops') =>
  bench.slack.slash(who, channel, '/kolla-backup', text, { waitMs: 15_000 });
/** The answers alone: what threads tell at that moment is none. */
const heard = ({ said, failure }: Seen) =>
  [failure ?? '', ...said.filter(({ ephemeral }) => ephemeral).map(wordsOf)].join('\n');

/** The codes that the operation's refused requests have in its journal. */
async function refusedIn(id: string): Promise<string[]> {
  const read = await bench.journal.read(id);
  if (read.state !== 'sound') return [];
  return read.records.flatMap(({ event }) => {
    const problem = event['problem'];
    return event.type === 'refused' && typeof problem === 'object' && problem !== null && 'code' in problem
      ? [String(problem.code)]
      : [];
  });
}
const only = async () => (await bench.journal.recent(10))[0]?.id ?? expect.fail('no operation');
const roots = () => bench.slack.messages('cloud-ops');
const thread = () => bench.slack.thread('cloud-ops', roots()[0]?.ts ?? '');
const threadWords = () => thread().map(wordsOf);

test('a full backup is requested once, has a card in the cloud’s channel, and a second one is refused by name', async () => {
  const seen = await ask('alice', 'full');
  expect(seen.acked).toBe(true);
  expect(seen.said.every(({ ephemeral }) => ephemeral)).toBe(true);
  expect(heard(seen)).toContain('BKP-1 requested');
  const id = await only();
  await until(async () => (roots().length === 1 ? true : null), 'there is a root card', 5_000);
  expect(wordsOf(roots()[0] ?? expect.fail())).toContain('BKP-1 · full backup of lab · waiting for a worker');
  expect(headIn(roots()[0]?.metadata, id)).toEqual((await bench.operation(id)).head);
  expect(await bench.journal.owner('lab')).toBe(id);

  expect(heard(await ask('bob', 'full lab'))).toContain('BKP-1 is under way on lab');
  expect(await bench.journal.recent(10)).toHaveLength(1);
  expect((await bench.operation(id)).wish).toEqual({ kind: 'backup', type: 'full' });

  await ask('alice', 'cancel BKP-1');
  expect(heard(await ask('alice', 'incremental'))).toContain('BKP-2 requested');
  expect((await bench.operation(await only())).wish).toEqual({ kind: 'backup', type: 'incremental' });
});

test('an envelope that Slack delivers twice requests one backup and cancels one', async () => {
  bench.slack.duplicateEnvelopes(1);
  await ask('alice', 'full');
  expect(await bench.journal.recent(10)).toHaveLength(1);
  await until(async () => roots()[0] ?? null, 'there is a root card', 5_000);
  expect(bench.slack.ephemerals('alice')).toHaveLength(1);
  bench.slack.duplicateEnvelopes(1);
  const at = { channel: 'cloud-ops', ts: roots()[0]?.ts ?? '' };
  await bench.slack.click('alice', at, 'cancel');
  await sleep(500);
  const read = await bench.journal.read(await only());
  expect(read.state === 'sound' && read.records.map(({ event }) => event.type)).toEqual(['requested', 'cancelled']);
});

test('an envelope that reaches two processes requests one backup, and both give the same answer', async () => {
  await bench.another();
  // Slack hands envelopes around: after an odd one, the next two go to one connection of each bot.
  await ask('alice', 'help');
  bench.slack.duplicateEnvelopes(1);
  const seen = await ask('alice', 'full');
  await bench.slack.until(() => bench.slack.ephemerals('alice').length >= 3, 5_000);
  expect(heard(seen)).toContain('BKP-1 requested');
  const answers = bench.slack.ephemerals('alice').map(({ text }) => text);
  expect(answers.filter((text) => text.startsWith('BKP-1 requested'))).toHaveLength(2);
  expect(await bench.journal.recent(10)).toHaveLength(1);
});

test.for([
  ['carol', 'PERSON_NOT_LISTED', 'may not ask'],
  ['gus', 'PERSON_GUEST', 'is a guest'],
  ['botty', 'PERSON_BOT', 'is a bot'],
  ['ivy', 'PERSON_INVITED', 'not yet joined'],
] as const)('%s may not ask: %s', async ([who, code, words]) => {
  const kinds = { botty: 'bot', ivy: 'invited' } as const;
  for (const [name, kind] of Object.entries(kinds)) bench.slack.addUser({ name, kind });
  bench.slack.setGroupMembers('cloud-operators', ['alice', 'botty', 'ivy']);
  const seen = await ask(who, 'full');
  expect(heard(seen)).toContain(words);
  expect(heard(seen)).toContain(code);
  expect(await bench.journal.recent(10)).toEqual([]);
  expect(roots()).toEqual([]);
});

test('an external person and a deactivated one are refused though a group names them', async () => {
  const eve = bench.slack.addUser({ name: 'eve', kind: 'external' });
  const dora = bench.slack.addUser({ name: 'dora', kind: 'deactivated' });
  bench.slack.setGroupMembers('cloud-operators', ['alice', 'eve', 'dora']);
  const { id } = await bench.underWay();
  const at = { channel: 'cloud-ops', ts: roots()[0]?.ts ?? '' };
  // People of another organization can't type commands, but they can click.
  expect(heard(await bench.slack.click('eve', at, 'cancel'))).toContain('another workspace');
  expect(await refusedIn(id)).toEqual(['PERSON_EXTERNAL']);
  const { lookups } = webClients(bench.slack.botToken, bench.slack.apiUrl, logTo([]));
  const people = cloudConfig(bench.slack).requesters;
  const asked = authority(lookups, { team: bench.slack.teamId, enterprise: null });
  expect(await asked.among(dora.id, people, 'lab')).toMatchObject({ problem: { code: 'PERSON_DEACTIVATED' } });
  expect(await asked.among(eve.id, people, 'lab')).toMatchObject({ problem: { code: 'PERSON_EXTERNAL' } });
  expect(await asked.among('U0NOBODY', people, 'lab')).toMatchObject({ problem: { code: 'PERSON_UNKNOWN' } });
  expect(await asked.among(bench.slack.user('alice').id, people, 'lab')).toEqual({ ok: true });
});

test('who leaves the group may ask until the answer is a minute old, and not when asked anew', async () => {
  let now = 1_000_000;
  const { lookups } = webClients(bench.slack.botToken, bench.slack.apiUrl, logTo([]));
  const people = cloudConfig(bench.slack).requesters;
  const asked = authority(lookups, { team: bench.slack.teamId, enterprise: null }, () => now);
  const alice = bench.slack.user('alice').id;
  expect(await asked.among(alice, people, 'lab')).toEqual({ ok: true });
  bench.slack.setGroupMembers('cloud-operators', ['bob']);
  expect(await asked.among(alice, people, 'lab')).toEqual({ ok: true });
  expect((await asked.among(alice, people, 'lab', true)).ok).toBe(false);
  now += CACHE_MS;
  expect((await asked.among(alice, people, 'lab')).ok).toBe(false);
});

test('when Slack can’t say who asks, nobody may', async () => {
  for (const answer of ['500', 'drop', '429'] as const) {
    bench.slack.fail('users.info', { answer });
    expect(heard(await ask('alice', 'full'))).toContain('SLACK_UNANSWERED');
  }
  bench.slack.fail('usergroups.users.list', { answer: '500' });
  expect(heard(await ask('alice', 'full'))).toContain('SLACK_UNANSWERED');
  bench.slack.fail('usergroups.users.list', { answer: 'error', error: 'plan_upgrade_required' });
  expect(heard(await ask('alice', 'full'))).toContain('has no user groups');
  bench.slack.fail('usergroups.users.list', { answer: 'error', error: 'no_such_subteam' });
  expect(heard(await ask('alice', 'full'))).toContain('SLACK_GROUP_UNKNOWN');
  bench.slack.setScopes(['commands', 'chat:write', 'users:read']);
  expect(heard(await ask('alice', 'full'))).toContain('lacks the scope usergroups:read');
  expect(await bench.journal.recent(10)).toEqual([]);
});

test.for([
  ['x; rm -rf /', 'COMMAND_UNKNOWN'],
  ['full x; rm -rf /', 'COMMAND_UNREADABLE'],
  ['full <!channel>', 'COMMAND_UNREADABLE'],
  ['full nowhere', 'CLOUD_UNKNOWN'],
  ['cancel BKP-99', 'LABEL_UNKNOWN'],
  ['audit', 'COMMAND_UNREADABLE'],
  [`full ${'x'.repeat(3_000)}`, 'COMMAND_TOO_LONG'],
] as const)('%s is refused and changes nothing', async ([text, code]) => {
  const seen = await ask('alice', text);
  expect(seen.acked).toBe(true);
  expect(heard(seen)).toContain(code);
  expect(seen.said.map((one) => one.text).join()).not.toContain('<!');
  expect(await bench.journal.recent(10)).toEqual([]);
  expect(roots()).toEqual([]);
});

test('with several clouds the channel says which, and elsewhere the refusal names them', async () => {
  const lab = cloudConfig(bench.slack);
  const other = bench.slack.addChannel({ name: 'prod-ops' });
  await bench.restart({ config: { clouds: { lab, prod: { ...lab, channel: other.id } } } });
  expect(heard(await ask('alice', 'full', 'random'))).toContain('with one of: lab, prod');
  expect(heard(await ask('alice', 'full', 'prod-ops'))).toContain('full backup of prod');
  await until(async () => bench.slack.messages('prod-ops')[0] ?? null, 'the card is in the cloud’s channel', 5_000);
  expect(heard(await ask('alice', 'full lab', 'random'))).toContain('full backup of lab');
  await until(async () => roots()[0] ?? null, 'the card is in the cloud’s channel', 5_000);
});

test('the Cancel button and the command cancel while nothing was changed; then the cloud is free', async () => {
  const { id, label } = await bench.underWay();
  const at = { channel: 'cloud-ops', ts: roots()[0]?.ts ?? '' };
  expect(heard(await bench.slack.click('bob', at, 'cancel'))).toContain(`${label} is cancelled`);
  expect((await bench.operation(id)).end).toMatchObject({ how: 'cancelled', by: bench.slack.user('bob').id });
  expect(await bench.journal.owner('lab')).toBeNull();
  await until(async () => (threadWords().at(-1)?.includes('cancelled') ? true : null), 'the thread tells it', 8_000);
  // Asked again by the same person it is so; by another it has ended.
  expect(heard(await ask('bob', `cancel ${label}`))).toContain('is cancelled');
  expect(heard(await ask('alice', `cancel ${label}`))).toContain('OPERATION_ENDED');
  expect(await refusedIn(id)).toEqual(['OPERATION_ENDED']);
});

test('after the change was started a cancellation is refused, in the journal and in the thread too', async () => {
  const { id, label } = await bench.underWay();
  const at = { channel: 'cloud-ops', ts: roots()[0]?.ts ?? '' };
  const claim = 'c'.repeat(20);
  await bench.write(id, { type: 'step_started', claim, plan: 1, step: 'take-backup', attempt: 1, checks: [] }, false);
  // The card with the button is still there: Slack lags behind the journal.
  expect(heard(await bench.slack.click('alice', at, 'cancel'))).toContain('cannot be cancelled any more');
  expect(heard(await ask('alice', `cancel ${label}`))).toContain('cannot be cancelled any more');
  expect(await refusedIn(id)).toEqual(['CANCEL_TOO_LATE', 'CANCEL_TOO_LATE']);
  await until(
    async () => (threadWords().filter((one) => one.includes('was refused')).length === 2 ? true : null),
    'the thread tells it',
    8_000,
  );
  await until(
    async () => (JSON.stringify(roots()[0]?.blocks).includes('"cancel"') ? null : true),
    'the button is gone',
    15_000,
  );
});

test('a worker that starts the change at that very moment wins, and the answer says so', async () => {
  const { id, label } = await bench.underWay();
  const started: OperationEvent = {
    type: 'step_started',
    claim: 'c'.repeat(20),
    plan: 1,
    step: 'take-backup',
    attempt: 1,
    checks: [],
  };
  let asked = 0;
  const journal: Journal = {
    ...bench.journal,
    append: async (operation, event, terms) => {
      asked += 1;
      if (asked === 1) await bench.write(id, started, false);
      return bench.journal.append(operation, event, terms);
    },
  };
  await bench.restart({ journal });
  expect(heard(await ask('alice', `cancel ${label}`))).toContain('CANCEL_TOO_LATE');
  const read = await bench.journal.read(id);
  const types = read.state === 'sound' ? read.records.map(({ event }) => event.type) : [];
  expect(types.slice(-2)).toEqual(['step_started', 'refused']);
});

test('a cloud whose operation cannot end is given back by two persons, with a reason, and by nobody alone', async () => {
  const { id } = await bench.underWay();
  const claim = 'c'.repeat(20);
  await bench.write(id, { type: 'step_started', claim, plan: 1, step: 'take-backup', attempt: 1, checks: [] }, false);
  expect(heard(await ask('alice', 'release BKP-1'))).toContain('RELEASE_REASON');
  expect(heard(await ask('carol', 'release BKP-1 the host burnt down'))).toContain('PERSON_NOT_LISTED');
  expect(heard(await ask('alice', 'release BKP-1 the host <!channel> burnt down'))).toContain('Another requester must');
  expect(heard(await ask('alice', 'release BKP-1 really'))).toContain('RELEASE_SECOND_PERSON');
  expect(await bench.journal.owner('lab')).toBe(id);
  bench.slack.setGroupMembers('cloud-operators', ['bob']);
  expect(heard(await ask('bob', 'release BKP-1'))).toContain('PERSON_NOT_LISTED');
  expect((await bench.operation(id)).end).toBeNull();
  bench.slack.setGroupMembers('cloud-operators', ['alice', 'bob']);
  expect(heard(await ask('bob', 'release BKP-1'))).toContain('is released');
  expect((await bench.operation(id)).end).toMatchObject({ how: 'released', reason: 'the host <!channel> burnt down' });
  expect(await bench.journal.owner('lab')).toBeNull();
  await until(
    async () => threadWords().some((text) => text.includes('is released')) || null,
    'the thread says so',
    10_000,
  );
  expect(thread().every(({ text }) => !text.includes('<!channel>'))).toBe(true);
  expect(heard(await ask('bob', 'release BKP-1'))).toContain('OPERATION_ENDED');
});

test('a reason typed while another’s request is open agrees to nothing; a request that expired is asked anew', async () => {
  const { id } = await bench.underWay();
  const claim = 'c'.repeat(20);
  await bench.write(id, { type: 'step_started', claim, plan: 1, step: 'take-backup', attempt: 1, checks: [] }, false);
  await ask('alice', 'release BKP-1 the host burnt down');
  const refused = heard(await ask('bob', 'release BKP-1 it is slow'));
  for (const word of ['RELEASE_PENDING', `@${bench.slack.user('alice').id}`, 'the host burnt down', ' UTC'])
    expect(refused).toContain(word);
  expect((await bench.operation(id)).end).toBeNull();
  await until(
    async () => threadWords().some((text) => text.includes('Another requester of lab must agree')) || null,
    'the request is in the thread',
    10_000,
  );

  // However wrong the bot's clock is, the journal's decides: first one that is far ahead, then an old request.
  await bench.restart({ now: () => Date.now() + 86_400_000 });
  expect(heard(await ask('bob', 'release BKP-1 it is slow'))).toContain('RELEASE_PENDING');
  const late: Journal = {
    ...bench.journal,
    now: async () => (await bench.journal.now()) + RELEASE_MS,
    append: (operation, event, terms) =>
      bench.journal.append(operation, event, {
        ...terms,
        ...(terms.notAfter === undefined ? {} : { notAfter: terms.notAfter - RELEASE_MS }),
      }),
  };
  await bench.restart({ journal: late });
  expect(heard(await ask('bob', 'release BKP-1'))).toContain('RELEASE_EXPIRED');
  expect(heard(await ask('alice', 'release BKP-1'))).toContain('RELEASE_EXPIRED');
  expect(heard(await ask('bob', 'release BKP-1 it is slow'))).toContain('Another requester must');
  await bench.restart();
  expect(heard(await ask('alice', 'release BKP-1'))).toContain('is released');
  expect((await bench.operation(id)).end).toMatchObject({ how: 'released', reason: 'it is slow' });
});

test('what has changed nothing is cancelled, not released', async () => {
  await ask('alice', 'full');
  expect(heard(await ask('alice', 'release BKP-1 because'))).toContain('RELEASE_NOT_NEEDED');
});

test('refusals don’t fill a journal', async () => {
  const { id, label } = await bench.underWay();
  const event = {
    type: 'refused',
    by: 'U0ALICE',
    asked: 'cancel',
    problem: { code: 'PERSON_NOT_LISTED', params: {} },
  } as const;
  for (let times = 0; times < REFUSALS_MAX; times += 1) await bench.write(id, event, false);
  expect(heard(await ask('carol', `cancel ${label}`))).toContain('PERSON_NOT_LISTED');
  expect(await refusedIn(id)).toHaveLength(REFUSALS_MAX);
  expect(heard(await ask('alice', `cancel ${label}`))).toContain('is cancelled');
});

test('nor does one person fill it so that another’s refusals find no room; and the log has every one', async () => {
  const { id, label } = await bench.underWay();
  for (let times = 0; times < REFUSALS_EACH_MAX + 2; times += 1) await ask('carol', `cancel ${label}`);
  expect(await refusedIn(id)).toHaveLength(REFUSALS_EACH_MAX);
  await ask('gus', `cancel ${label}`);
  expect((await refusedIn(id)).at(-1)).toBe('PERSON_GUEST');
  await ask('alice', 'nonsense');
  const logged = bench.lines.filter(({ words }) => words === 'refused').map(({ fields }) => fields);
  const carol = { code: 'PERSON_NOT_LISTED', by: bench.slack.user('carol').id };
  expect(logged).toEqual([
    ...Array.from({ length: REFUSALS_EACH_MAX + 2 }, () => carol),
    { code: 'PERSON_GUEST', by: bench.slack.user('gus').id },
    { code: 'COMMAND_UNKNOWN', by: bench.slack.user('alice').id },
  ]);
});

test('clicks of those who may not are refused with an answer and noted; unknown and stale buttons are answered', async () => {
  const { id } = await bench.underWay();
  const at = { channel: 'cloud-ops', ts: roots()[0]?.ts ?? '' };
  expect(heard(await bench.slack.click('carol', at, 'cancel'))).toContain('PERSON_NOT_LISTED');
  expect(await refusedIn(id)).toEqual(['PERSON_NOT_LISTED']);
  expect((await bench.operation(id)).end).toBeNull();

  const { posts } = webClients(bench.slack.botToken, bench.slack.apiUrl, logTo([]));
  const channel = bench.slack.channel('cloud-ops').id;
  const button = (action: string, value: string) => ({
    type: 'button' as const,
    action_id: action,
    text: { type: 'plain_text' as const, text: 'Old' },
    value,
  });
  const forged = JSON.stringify({ v: 1, operation: id, seq: 1, hash: 'f'.repeat(64) });
  const old = await posts.chat.postMessage({
    channel,
    text: 'old',
    blocks: [{ type: 'actions', elements: [button('cancel', forged), button('launch', forged)] }],
  });
  const strange = { channel, ts: old.ts ?? '' };
  expect(heard(await bench.slack.click('alice', strange, 'cancel'))).toContain('BUTTON_STALE');
  expect(heard(await bench.slack.click('alice', strange, 'launch'))).toContain('BUTTON_UNKNOWN');
  const broken = await posts.chat.postMessage({
    channel,
    text: 'x',
    blocks: [{ type: 'actions', elements: [button('cancel', 'x')] }],
  });
  expect(heard(await bench.slack.click('alice', { channel, ts: broken.ts ?? '' }, 'cancel'))).toContain(
    'BUTTON_UNKNOWN',
  );
  expect((await bench.operation(id)).end).toBeNull();
  expect(await refusedIn(id)).toEqual(['PERSON_NOT_LISTED', 'BUTTON_STALE']);

  const told = async () => threadWords().some((text) => text.includes('BUTTON_STALE')) || null;
  await until(told, 'the thread tells the last refusal', 10_000);
  // The journal is another than the card's: Redis was emptied.
  await bench.redis.flushall();
  expect(heard(await bench.slack.click('alice', at, 'cancel'))).toContain('LABEL_UNKNOWN');
});

test('list and status say what there is, also to members who may not ask for backups, but not to guests', async () => {
  expect(heard(await ask('carol', 'list'))).toContain('None yet');
  expect(heard(await ask('carol', 'status'))).toContain('Nothing runs');
  const node = { node: 'node-a', problem: null, files: [], omitted: 7 };
  await bench.notes.setSighting('lab', { at: Date.now(), nodes: [node] });
  expect(heard(await ask('carol', 'list'))).toContain('more files than can be listed (7 left out)');
  const { label } = await bench.underWay();
  expect(heard(await ask('carol', 'list'))).toContain(`${label} · `.trim().slice(0, 5));
  expect(heard(await ask('carol', 'status'))).toContain(`${label} · full backup of lab · running`);
  expect(heard(await ask('carol', `status ${label}`))).toContain('Take the backup');
  expect(heard(await ask('gus', 'status'))).toContain('PERSON_GUEST');
  expect(heard(await ask('gus', 'help'))).toContain('take a full backup now');
});

test('when Redis is away, the answer says so and nothing is asked of anybody', async () => {
  bench.redis.disconnect();
  expect(heard(await ask('alice', 'full'))).toContain('REDIS_AWAY');
  await bench.redis.connect();
});

test('an answer that the response URL doesn’t take is told directly', async () => {
  bench.slack.fail('response_url', { answer: '500' });
  expect(heard(await ask('alice', 'status'))).toContain('Nothing runs');
  expect(bench.slack.calls('chat.postEphemeral')).toHaveLength(1);
});

test('an audit puts verdict, journal and timeline into the thread', async () => {
  const { id, label } = await bench.underWay();
  expect(heard(await ask('alice', `audit ${label}`))).toContain('nothing wrong found: shown up to record 4 of 4');
  const names = bench.slack.files().map(({ name }) => name);
  expect(names.toSorted()).toEqual([`${label}.jsonl`, `${label}.txt`]);
  expect(threadWords().join('\n')).toContain('All 2 heads that were shown are in it');
  expect(heard(await ask('carol', `audit ${label}`))).toContain('PERSON_NOT_LISTED');

  // Heads in messages of somebody else count for nothing.
  const clients = webClients(bench.slack.botToken, bench.slack.apiUrl, logTo([]));
  const { channel, root } = (await bench.threads.read(id)) ?? expect.fail('no thread');
  const ours = threadDoor(clients, { user: bench.slack.botUserId, bot: null }, logTo([]));
  const theirs = threadDoor(clients, { user: 'U0OTHER', bot: null }, logTo([]));
  expect((await ours.own(channel, root ?? '')).length).toBeGreaterThan(1);
  expect(await theirs.own(channel, root ?? '')).toEqual([]);

  // A journal that was cut is found by ours.
  await bench.redis.rpop(`kb:op:${id}:journal`);
  const seen = await ask('alice', `audit ${label}`);
  expect(heard(seen)).toContain('something is wrong');
  expect(threadWords().join('\n')).toContain('was shown and is not in it');
});

test('a journal that grows while its thread is read isn’t called cut', async () => {
  const { id, label } = await bench.underWay();
  let grows = false;
  const journal: Journal = {
    ...bench.journal,
    read: async (of) => {
      const read = await bench.journal.read(of);
      if (grows) {
        grows = false;
        await bench.write(id, { type: 'attention', claim: 'c'.repeat(20), problem: { code: 'X', params: {} } });
      }
      return read;
    },
  };
  await bench.restart({ journal });
  grows = true;
  expect(heard(await ask('alice', `audit ${label}`))).not.toContain('something is wrong');
  expect(threadWords().join('\n')).toContain('needs attention');
});

test('heads in a thread whose root was lost count in an audit too, and without any there is no good verdict', async () => {
  const { id, label } = await bench.underWay();
  await bench.restart();
  bench.slack.fail('chat.update', { answer: 'error', error: 'message_not_found' });
  await bench.bot.project(id);
  await until(async () => ((await bench.bot.project(id)) === 'shown' ? true : null), 'a new thread', 10_000);
  expect(roots()).toHaveLength(2);
  const after = () => bench.slack.thread('cloud-ops', roots()[1]?.ts ?? '').map(wordsOf);
  expect(heard(await ask('alice', `audit ${label}`))).toContain('nothing wrong found: shown up to record 4 of 4');
  expect(after().join()).toContain('in its 2 threads');

  // The new thread shows the first record only.
  await bench.redis.rpop(`kb:op:${id}:journal`);
  const last = JSON.parse((await bench.redis.lindex(`kb:op:${id}:journal`, -1)) ?? '');
  await bench.redis.hset(`kb:op:${id}:state`, { seq: last.seq, hash: last.hash });
  expect(heard(await ask('alice', `audit ${label}`))).toContain('something is wrong');
  bench.slack.deleteMessage({ channel: 'cloud-ops', ts: roots()[0]?.ts ?? '' });
  expect(heard(await ask('alice', `audit ${label}`))).toContain('shown up to record 1 of 3');
  expect(
    bench.slack
      .thread('cloud-ops', roots()[0]?.ts ?? '')
      .map(wordsOf)
      .join(),
  ).toContain('could not be compared: 1');
});
