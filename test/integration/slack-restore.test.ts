import { setTimeout as sleep } from 'node:timers/promises';
import type { ModalView } from '@slack/types';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Seen } from '../../lab/slack/seen.ts';
import type { OperationEvent } from '../../src/operation/events.ts';
import type { Operation } from '../../src/operation/operation.ts';
import type { BotParts } from '../../src/slack/app.ts';
import { type Claims, claimsOf } from '../../src/slack/cards/claims.ts';
import { REFUSALS_EACH_MAX } from '../../src/slack/decide.ts';
import { headMark, isNotice } from '../../src/slack/heads.ts';
import { threadDoor } from '../../src/slack/thread.ts';
import { webClients } from '../../src/slack/web.ts';
import { type Bench, byHttp, cloudConfig, hearingOf, logTo, startBench, wordsOf } from '../support/slack-bench.ts';
import { backedUp, begun, preparing, says, waiting } from '../support/slack-restores.ts';
import { until } from '../support/until.ts';

const ARCHIVE = 'full-24-11-2026-1795000000/mysqlbackup-24-11-2026-1795000000.qp.xbc.xbs.gz';
const OLDER = 'mysqlbackup-01-11-2026-1793000000.qp.xbc.xbs.gz';

/** What threads tell is the same whichever way a click came: it is tried once. */
const telling = test.skipIf(byHttp);

let bench: Bench;
let rung: string[];
beforeEach(async () => {
  rung = [];
  bench = await startBench();
  for (const name of ['dave', 'erin']) bench.slack.addUser({ name });
  bench.slack.addUser({ name: 'eve', kind: 'external' });
  bench.slack.addGroup({ handle: 'approvers', members: ['alice', 'bob', 'dave', 'gus', 'eve'] });
  await configure();
});
afterEach(async () => {
  await bench.end();
});

/** A bot whose cloud has approvers: alice, bob, dave, and two who never may. */
async function configure(cloud: Partial<Cloud> = {}, more: Partial<BotParts> = {}): Promise<void> {
  await bench.restart(parts(cloud, more));
}
type Cloud = BotParts['config']['clouds'][string];
function parts(cloud: Partial<Cloud> = {}, more: Partial<BotParts> = {}): Partial<BotParts> {
  const approvers = { users: [], groups: [bench.slack.group('approvers').id] };
  return {
    config: { clouds: { lab: { ...cloudConfig(bench.slack), approvers, ...cloud } } },
    wake: { drive: async (id) => void rung.push(id), project: async (id) => void bench.bot.project(id) },
    ...more,
  };
}

const id = (who: string) => bench.slack.user(who).id;
const ask = (who: string, text: string, channel = 'cloud-ops') =>
  bench.slack.slash(who, channel, '/kolla-backup', text, { waitMs: 15_000 });
const heard = ({ said, failure }: Seen) =>
  [failure ?? '', ...said.filter(({ ephemeral }) => ephemeral).map(wordsOf)].join('\n');

/** Clicks a button that says this of an operation, in a card of its own: what cards look like is not tried here. */
async function press(
  who: string,
  action: string,
  operation: Operation,
  more: Partial<Claims> = {},
  channel = 'cloud-ops',
) {
  const { posts } = webClients(bench.slack.botToken, bench.slack.apiUrl, logTo([]));
  const place = bench.slack.channel(channel).id;
  const { ts = '' } = await posts.chat.postMessage({
    channel: place,
    text: 'a card',
    blocks: [
      {
        type: 'actions',
        elements: [
          {
            type: 'button',
            action_id: action,
            text: { type: 'plain_text', text: 'Press' },
            value: value(operation, more),
          },
        ],
      },
    ],
  });
  return bench.slack.click(who, { channel: place, ts }, action, undefined, { waitMs: 15_000 });
}
const value = (operation: Operation, more: Partial<Claims>) =>
  JSON.stringify({ ...JSON.parse(claimsOf(operation)), ...planOf(operation), ...more });
const planOf = ({ plan }: Operation) => (plan === null ? {} : { plan: plan.plan.number, digest: plan.digest });

/** Submits the open form and waits for the answer that follows. */
async function submit(who: string, fields: Record<string, string | string[]>): Promise<string> {
  const before = bench.slack.ephemerals(who).length;
  const { outcome, errors, failure } = await bench.slack.submit(who, fields);
  if (outcome !== 'closed') return `${outcome} ${JSON.stringify(errors)} ${failure ?? ''}`;
  await bench.slack.until(() => bench.slack.ephemerals(who).length > before, 10_000);
  return bench.slack.ephemerals(who).slice(before).map(wordsOf).join('\n');
}

/** Clicks Approve and types the cloud's name. */
async function approves(who: string, operation: Operation, more: Partial<Claims> = {}, channel = 'cloud-ops') {
  const seen = await press(who, 'approve', operation, more, channel);
  return seen.view === null ? heard(seen) : submit(who, { name: 'lab' });
}

/** A plan that stands in its thread and waits. */
async function awaiting(approval: Parameters<typeof waiting>[1] = {}): Promise<Operation> {
  const { id: of } = await waiting(bench, approval);
  return shown(of);
}

/** Projects until the gatekeeper has nothing more to say. */
async function shown(of: string): Promise<Operation> {
  await until(async () => ((await bench.bot.project(of)) === 'shown' ? true : null), 'the thread is told', 30_000);
  return bench.operation(of);
}

async function events(of: string, type?: OperationEvent['type']) {
  const read = await bench.journal.read(of);
  const all = read.state === 'sound' ? read.records.map(({ event }) => event) : [];
  return type === undefined ? all : all.filter((event) => event.type === type);
}
const refusedIn = async (of: string) =>
  (await events(of, 'refused')).map((event) => `${event['asked']} ${(event['problem'] as { code: string }).code}`);

async function threadOf(of: string) {
  const state = await bench.threads.read(of);
  return state?.root ? bench.slack.thread(state.channel, state.root) : [];
}
const noticesIn = async (of: string, key: string) =>
  (await threadOf(of)).filter(({ metadata }) => isNotice(metadata, of, key)).length;

const restores = async () => {
  const listed = await bench.journal.recent(20);
  const all = await Promise.all(listed.map((one) => bench.operation(one.id)));
  return all.filter(({ wish }) => wish.kind !== 'backup');
};

test('a restore is asked for in a form with the proven archives, and requested once', async () => {
  await backedUp(bench, OLDER);
  await backedUp(bench, ARCHIVE);
  const seen = await ask('alice', 'restore', 'random');
  expect(heard(seen)).toBe('');
  const form = JSON.stringify(seen.view?.blocks);
  expect(form.indexOf('1795000000')).toBeGreaterThan(-1);
  expect(form.indexOf('1795000000')).toBeLessThan(form.indexOf('1793000000'));
  const [newest] = (await bench.journal.recent(5)).map((one) => one.id);
  expect(await submit('alice', { archive: newest ?? '', reason: ' ' })).toContain(
    'errors {"reason":"A reason is needed',
  );
  expect(await submit('alice', { reason: 'gone' })).toContain('Exactly one archive');
  expect(await submit('alice', { archive: newest ?? '', archive_name: OLDER, reason: 'x' })).toContain('not both');
  expect(await submit('alice', { archive_name: '../../etc/x.gz', reason: 'x' })).toContain(
    'not the name of an archive',
  );
  expect(await restores()).toEqual([]);

  bench.slack.duplicateEnvelopes(1);
  // The bot isn't in #random: the answer comes where it can.
  await bench.slack.submit('alice', { archive: newest ?? '', reason: 'the <!channel> is gone', older: ['older'] });
  const [restore] = await until(async () => ((await restores()).length > 0 ? restores() : null), 'requested', 5_000);
  expect(restore?.wish).toEqual({
    kind: 'restore',
    archive: { path: ARCHIVE, node: 'node-a', sha256: 'a'.repeat(64) },
    reason: 'the <!channel> is gone',
    olderSchemas: true,
  });
  expect(restore?.label).toBe('RST-1');
  await until(async () => (rung.includes(restore?.id ?? '') ? true : null), 'a worker is called', 5_000);
  const told = () => bench.slack.calls('chat.postMessage').some(({ args }) => args['channel'] === id('alice'));
  expect(await bench.slack.until(told, 5_000)).toBe(true);
  expect(await restores()).toHaveLength(1);

  await ask('bob', `restore ${OLDER}`);
  expect(await submit('bob', { reason: 'mine' })).toContain('RST-1 is open on lab');
  expect(await restores()).toHaveLength(1);
});

test('an archive that is named by hand is looked for; one that is known to be proven is known by its checksum', async () => {
  const strange = await ask('alice', 'restore old.gz lab');
  expect(JSON.stringify(strange.view)).toContain('"initial_value":"old.gz"');
  expect(await submit('alice', { reason: 'gone' })).toContain('RST-1 requested');
  expect((await restores())[0]?.wish).toMatchObject({ archive: { path: 'old.gz', node: null, sha256: null } });
  await ask('alice', 'cancel RST-1');
  await backedUp(bench, ARCHIVE);
  await ask('alice', 'restore');
  expect(await submit('alice', { archive_name: ARCHIVE, reason: 'gone' })).toContain('RST-2 requested');
  // It may have been copied from there.
  const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/);
  expect((await restores())[0]?.wish).toMatchObject({ archive: { path: ARCHIVE, node: null, sha256 } });
});

telling(
  'a restore without a node that is gone says so in its wish; never without one that the cloud has not',
  async () => {
    await backedUp(bench, ARCHIVE);
    const only = cloudConfig(bench.slack).nodes['node-a'] ?? expect.fail('no node');
    const nodes = Object.fromEntries(['node-a', 'node-b', 'node-c'].map((name) => [name, only]));
    await configure({ nodes });
    await ask('alice', 'restore');
    const [known = ''] = (await bench.journal.recent(1)).map((one) => one.id);
    expect(await submit('alice', { archive: known, reason: 'gone', gone: ['node-c'] })).toContain('RST-1 requested');
    expect((await restores())[0]?.wish).toMatchObject({ archive: { path: ARCHIVE }, without: ['node-c'] });
    await ask('alice', 'cancel RST-1');
    await ask('alice', 'restore');
    const { 'node-c': _, ...left } = nodes;
    await configure({ nodes: left });
    expect(await submit('alice', { archive: known, reason: 'gone', gone: ['node-c'] })).toContain('FORM_UNKNOWN');
    expect(await restores()).toHaveLength(1);
  },
);

test('an archive that has left the list since the form was opened is not restored, and the form says so', async () => {
  await backedUp(bench, ARCHIVE);
  const [known] = (await bench.journal.recent(5)).map((one) => one.id);
  await ask('alice', 'restore');
  await configure({}, { journal: { ...bench.journal, recent: async () => [] } });
  const said = await submit('alice', { archive: known ?? '', reason: 'gone' });
  expect(said).toContain('errors {"archive":"This archive has left the list');
  expect(await restores()).toEqual([]);
});

test('a restore is refused to those who may not ask, and where it could never be approved or be forgotten', async () => {
  expect(heard(await ask('carol', 'restore a.gz'))).toContain('PERSON_NOT_LISTED');
  expect(heard(await ask('gus', 'restore a.gz'))).toContain('PERSON_GUEST');
  expect(heard(await ask('alice', 'restore'))).toContain('NO_ARCHIVE_KNOWN');
  expect(heard(await ask('alice', 'restore nowhere'))).toContain('CLOUD_UNKNOWN');
  bench.slack.fail('views.open', { answer: 'error', error: 'expired_trigger_id' });
  expect(heard(await ask('alice', 'restore a.gz'))).toContain('MODAL_LATE');
  bench.slack.fail('views.open', { answer: '500' });
  expect(heard(await ask('alice', 'restore a.gz'))).toContain('MODAL_NOT_OPENED');

  // Who may ask no more when the form comes back is refused, in words.
  await ask('alice', 'restore a.gz');
  bench.slack.setGroupMembers('cloud-operators', ['bob']);
  expect(await submit('alice', { reason: 'gone' })).toContain('PERSON_NOT_LISTED');
  bench.slack.fail('usergroups.users.list', { answer: '500' }, 2);
  await ask('bob', 'restore a.gz');

  await configure({}, { durable: async () => ({ code: 'REDIS_NOT_DURABLE', params: { settings: 'appendonly' } }) });
  expect(heard(await ask('bob', 'restore a.gz'))).toContain('REDIS_NOT_DURABLE');
  await configure({ approvers: undefined });
  expect(heard(await ask('bob', 'restore a.gz'))).toContain('APPROVERS_MISSING');
  expect(await restores()).toEqual([]);
});

test('a backup destroys nothing: where Redis could forget it, it is begun with that said', async () => {
  await configure({}, { durable: async () => ({ code: 'REDIS_NOT_DURABLE', params: { settings: 'appendonly' } }) });
  expect(heard(await ask('bob', 'full'))).toMatch(/BKP-1 requested: .*Backups go on.*REDIS_NOT_DURABLE/s);
});

test('when Redis is away a form keeps what was typed, and says so', async () => {
  const operation = await awaiting();
  await press('bob', 'approve', operation);
  bench.redis.disconnect();
  expect(await submit('bob', { name: 'lab' })).toContain('errors {"name":"Redis could not be asked');
  await bench.redis.connect();
  expect(await submit('bob', { name: 'lab' })).toContain('Approved');
});

test('old data is discarded only after a newer full, with approvers, and once', async () => {
  await backedUp(bench, OLDER);
  const { id: of, label } = await begun(bench);
  expect(heard(await ask('alice', 'discard BKP-9 x'))).toContain('LABEL_UNKNOWN');
  expect(heard(await ask('alice', `discard ${label} x`))).toContain('DISCARD_NOT_ENDED');
  for (const event of [
    says.end(2, 'swap-1'),
    says.start(2, 'confirm-service'),
    says.end(2, 'confirm-service'),
    says.succeeded,
  ])
    await bench.write(of, event, false);
  expect(heard(await ask('bob', 'status'))).toContain(`/var/lib/docker/kolla-backup/${of}/1/data`);
  expect(heard(await ask('carol', `discard ${label} x`))).toContain('PERSON_NOT_LISTED');
  expect(heard(await ask('alice', `discard ${label}`))).toContain('DISCARD_REASON');
  expect(heard(await ask('alice', `discard ${label} all is well`))).toContain('DISCARD_NEEDS_FULL');
  const backup = await backedUp(bench, ARCHIVE);
  expect(heard(await ask('alice', `discard ${backup.label} x`))).toContain('DISCARD_NOT_RESTORE');
  await configure({ approvers: undefined });
  expect(heard(await ask('alice', `discard ${label} x`))).toContain('APPROVERS_MISSING');
  await configure();
  expect(heard(await ask('alice', `discard ${label} all is  well`))).toContain('DSC-1 requested');
  const [discard] = await restores();
  expect(discard?.wish).toEqual({ kind: 'discard', restore: of, label, reason: 'all is well' });
  expect(heard(await ask('bob', `discard ${label} me too`))).toContain('DSC-1 is open on lab');
  expect(heard(await ask('bob', `restore ${ARCHIVE}`))).toBe('');
  expect(await submit('bob', { reason: 'x' })).toContain('RESTORE_OPEN');
});

telling('what was swapped back isn’t kept, and there is nothing to discard', async () => {
  const { id: of, label } = await begun(bench);
  await bench.write(of, says.end(2, 'swap-1'), false);
  await bench.write(of, says.start(2, 'confirm-service'), false);
  await bench.write(of, says.end(2, 'confirm-service', 'failed'), false);
  await bench.write(of, { type: 'backing_out', by: id('alice'), plan: 2, backOut: 'way-back.1', number: 3 }, false);
  for (const step of ['swap-1', 'confirm-cluster'])
    for (const event of [says.start(3, step), says.end(3, step)]) await bench.write(of, event, false);
  await bench.write(of, says.succeeded, false);
  expect((await bench.operation(of)).end?.how).toBe('backed_out');
  await backedUp(bench, ARCHIVE);
  expect(heard(await ask('alice', `discard ${label} x`))).toContain('NOTHING_KEPT');
  expect(heard(await ask('bob', 'status'))).not.toContain(of);
});

telling(
  'a plan can be approved only after all of it stands in the thread, whatever goes wrong with its file',
  async () => {
    bench.slack.fail('files.completeUploadExternal', { answer: '500', committed: false }, 1);
    const { id: of } = await waiting(bench);
    expect(await bench.bot.project(of)).toBe('behind');
    const before = await bench.operation(of);
    expect(before.consent.announcedAt).toBeNull();
    expect(await approves('bob', before)).toContain('PLAN_NOT_SHOWN');
    const { consent, plan } = await shown(of);
    expect(consent.announcedAt).not.toBeNull();
    const [file] = bench.slack.files().filter(({ name }) => name.includes('plan'));
    expect(String(file?.content)).toContain(plan?.digest);
    const thread = await threadOf(of);
    const filed = thread.findIndex(({ files }) => files !== undefined && files.length > 0);
    expect(filed).toBeGreaterThan(0);
    expect(await events(of, 'announced')).toHaveLength(1);
  },
);

telling.each([
  ['late is waited for', 1_000],
  ['never is posted as text', null],
])('a plan’s file that Slack shares %s, before anybody can approve', async (_, shareMs) => {
  bench.slack.set({ shareMs });
  const { id: of } = await shown((await waiting(bench)).id);
  const thread = await threadOf(of);
  const card = thread.findIndex(({ blocks }) => JSON.stringify(blocks ?? []).includes('consent-actions'));
  const files = thread.flatMap((one, index) => (one.files?.length ? [index] : []));
  const pieces = thread.flatMap(({ text }, index) => (/, part \d+ of \d+$/.test(text) ? [index] : []));
  expect([files.length, pieces.length > 0]).toEqual(shareMs === null ? [0, true] : [1, false]);
  expect(Math.max(...files, ...pieces)).toBeLessThan(card);
});

telling('where files are forbidden the whole plan is posted as text, each piece once', async () => {
  bench.slack.set({ filesForbidden: true });
  const { id: of, plan } = await waiting(bench);
  // Each post arrives, and none is answered at first.
  bench.slack.fail('chat.postMessage', { answer: '500', committed: true }, 100);
  await shown(of);
  bench.slack.clearFaults();
  const pieces = (await threadOf(of)).filter(({ text }) => /, part \d+ of \d+$/.test(text));
  expect(pieces.length).toBeGreaterThan(1);
  const numbers = pieces.map(({ text }) => Number(/part (\d+)/.exec(text)?.[1]));
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  expect(JSON.stringify(pieces)).toContain(plan?.digest);
  expect((await bench.operation(of)).consent.announcedAt).not.toBeNull();
});

test('a second person approves; “stopping now” stands in the thread before the worker may begin', async () => {
  const operation = await awaiting();
  const { id: of } = operation;
  const modal = await press('bob', 'approve', operation);
  expect(modal.view?.callback_id).toBe('approve');
  expect(await submit('bob', { name: 'prod' })).toContain(
    'errors {"name":"What was typed is not the name of the cloud, lab.',
  );
  rung = [];
  expect(await submit('bob', { name: ' lab ' })).toContain('Approved: plan 2');
  const after = await until(
    async () => {
      const now = await bench.operation(of);
      return now.consent.execution === null ? null : now;
    },
    'its execution is announced',
    10_000,
  );
  expect(after.consent.execution?.eligible).toEqual([id('bob')]);
  expect(await noticesIn(of, `stopping:2:${after.consent.completeAt}`)).toBe(1);
  await until(async () => (rung.includes(of) ? true : null), 'a worker is called', 5_000);
  expect(await refusedIn(of)).toEqual([]);
});

test('nobody approves who may not: each refusal is told and noted', async () => {
  const operation = await awaiting();
  const { id: of } = operation;
  const other = bench.slack.addChannel({ name: 'elsewhere' });
  expect(await approves('alice', operation)).toContain('APPROVER_IS_REQUESTER');
  expect(await approves('alice', operation, {}, other.id)).toContain('APPROVER_IS_REQUESTER');
  expect(await approves('gus', operation)).toContain('PERSON_GUEST');
  expect(await approves('eve', operation)).toContain('PERSON_EXTERNAL');
  expect(await approves('carol', operation)).toContain('APPROVER_NOT_LISTED');
  expect(await approves('bob', operation, { digest: 'f'.repeat(64) })).toContain('PLAN_IS_ANOTHER');
  expect(await approves('bob', operation, { plan: 1 })).toContain('PLAN_IS_ANOTHER');
  expect(await approves('bob', operation, { digest: undefined })).toContain('PLAN_IS_ANOTHER');
  expect(await approves('bob', operation, { hash: 'f'.repeat(64) })).toContain('BUTTON_STALE');
  // Nor when Slack can't say who they are at the moment of the form.
  await press('dave', 'approve', operation);
  bench.slack.fail('usergroups.users.list', { answer: '500' });
  expect(await submit('dave', { name: 'lab' })).toContain('SLACK_UNANSWERED');
  // Nor who was an approver when the form was opened.
  await press('dave', 'approve', operation);
  bench.slack.setGroupMembers('approvers', ['bob']);
  expect(await submit('dave', { name: 'lab' })).toContain('APPROVER_NOT_LISTED');
  const codes = ['APPROVER_IS_REQUESTER', 'APPROVER_IS_REQUESTER', 'PERSON_GUEST', 'PERSON_EXTERNAL'];
  const more = ['APPROVER_NOT_LISTED', 'PLAN_IS_ANOTHER', 'PLAN_IS_ANOTHER', 'PLAN_IS_ANOTHER', 'BUTTON_STALE'];
  const last = ['SLACK_UNANSWERED', 'APPROVER_NOT_LISTED'];
  expect(await refusedIn(of)).toEqual([...codes, ...more, ...last].map((code) => `approve ${code}`));
  expect((await bench.operation(of)).consent.approvals).toEqual([]);
  for (let times = 0; times < REFUSALS_EACH_MAX + 2; times += 1) await press('carol', 'approve', operation);
  expect((await refusedIn(of)).filter((one) => one.endsWith('APPROVER_NOT_LISTED'))).toHaveLength(
    REFUSALS_EACH_MAX + 1,
  );
});

telling('after its time a plan can’t be approved, by the journal’s clock', async () => {
  const operation = await awaiting({ waitMs: 2_000 });
  await press('bob', 'approve', operation);
  await sleep(2_100);
  expect(await submit('bob', { name: 'lab' })).toContain('APPROVAL_TOO_LATE');
  expect(await refusedIn(operation.id)).toEqual(['approve APPROVAL_TOO_LATE']);
});

test('two approvers at the same moment both count, and one who approves twice counts once', async () => {
  await configure({ approvals: 2 });
  const operation = await awaiting({ needed: 2 });
  const { id: of } = operation;
  for (const who of ['bob', 'dave']) await press(who, 'approve', operation);
  bench.slack.duplicateEnvelopes(2);
  const [bob, dave] = await Promise.all([submit('bob', { name: 'lab' }), submit('dave', { name: 'lab' })]);
  expect(bob).toContain('Approved');
  expect(dave).toContain('Approved');
  expect((await bench.operation(of)).consent.approvals.map(({ by }) => by).toSorted()).toEqual(
    [id('bob'), id('dave')].toSorted(),
  );
  expect(await refusedIn(of)).toEqual([]);
  expect(await approves('bob', operation)).toMatch(/APPROVED_ALREADY/);
});

test('what two bots are given of one click or form is said once and refused never', async () => {
  const hearing = hearingOf(bench.slack, true);
  await configure({ approvals: 2 }, { hearing });
  await bench.another(parts({ approvals: 2 }, { hearing }));
  const operation = await awaiting({ needed: 2 });
  const twice = async (act: () => Promise<unknown>) => {
    const answers = bench.slack.ephemerals('bob').length;
    bench.slack.duplicateEnvelopes(1);
    await act();
    expect(await bench.slack.until(() => bench.slack.ephemerals('bob').length === answers + 2, 10_000)).toBe(true);
  };
  await press('bob', 'approve', operation);
  await twice(() => bench.slack.submit('bob', { name: 'Lab' }));
  await twice(() => press('bob', 'revoke', operation));
  await press('bob', 'decline', operation);
  await twice(() => bench.slack.submit('bob', { reason: 'the wrong archive' }));
  const said = (await events(operation.id)).map(({ type }) => type);
  for (const type of ['approved', 'revoked', 'declined']) expect(said.filter((one) => one === type)).toHaveLength(1);
  expect(said).not.toContain('refused');
});

test('declined with a reason nothing comes of a plan; an approval is taken back by whoever gave it', async () => {
  await configure({ approvals: 2 });
  const operation = await awaiting({ needed: 2 });
  const { id: of } = operation;
  expect(heard(await press('bob', 'revoke', operation))).toContain('APPROVAL_NOT_GIVEN');
  expect(await approves('bob', operation)).toContain('1 more must approve');
  expect(heard(await press('dave', 'revoke', operation))).toContain('APPROVAL_NOT_GIVEN');
  // Also when they may approve no more.
  bench.slack.setGroupMembers('approvers', ['dave']);
  expect(heard(await press('bob', 'revoke', operation))).toContain('is taken back');
  expect((await bench.operation(of)).consent.approvals).toEqual([]);
  expect(heard(await press('carol', 'decline', operation))).toContain('APPROVER_NOT_LISTED');
  await press('dave', 'decline', operation);
  expect(await submit('dave', { reason: '  ' })).toContain('errors {"reason"');
  rung = [];
  expect(await submit('dave', { reason: 'the wrong archive' })).toContain('Declined');
  const after = await bench.operation(of);
  // What was prepared must be removed first.
  expect(after).toMatchObject({ end: null, withdrawal: { how: 'declined', reason: 'the wrong archive' } });
  expect(rung).toContain(of);
  expect(await approves('bob', operation)).toContain('PLAN_NOT_WAITING');
  expect(heard(await ask('alice', `cancel ${after.label}`))).toContain('WITHDRAWN_ALREADY');
});

telling('an approver who left meanwhile counts no more when it is to begin, and nothing begins', async () => {
  await configure({ approvals: 2 });
  const operation = await awaiting({ needed: 2 });
  const { id: of } = operation;
  expect(await approves('bob', operation)).toContain('Approved');
  bench.slack.setGroupMembers('approvers', ['dave', 'erin']);
  expect(await approves('dave', operation)).toContain('Approved');
  await until(async () => ((await events(of, 'revoked')).length > 0 ? true : null), 'bob’s counts no more', 10_000);
  await shown(of);
  const [revoked] = await events(of, 'revoked');
  expect(revoked).toMatchObject({ by: id('bob'), problem: { code: 'APPROVER_NOT_LISTED' } });
  const after = await bench.operation(of);
  expect(after.consent).toMatchObject({ execution: null, completeAt: null });
  expect(JSON.stringify((await threadOf(of)).map(({ metadata }) => metadata))).not.toContain('stopping');
  expect(await approves('erin', operation)).toContain('Approved');
  await until(async () => (await bench.operation(of)).consent.execution, 'it begins with two others', 10_000);
});

telling('while Slack can’t say who approved, nothing begins; when it can, it begins', async () => {
  const operation = await awaiting();
  const { id: of } = operation;
  await bench.write(of, { type: 'approved', by: id('bob'), ...planRef(operation) }, false);
  bench.slack.fail('users.info', { answer: '500' }, 100);
  expect(await bench.bot.project(of)).toBe('shown');
  expect((await bench.operation(of)).consent.execution).toBeNull();
  expect(await events(of, 'revoked')).toEqual([]);
  await bench.bot.project(of);
  expect(await saidIn(of, 'APPROVER_NOT_ASKED')).toBe(1);
  bench.slack.clearFaults();
  await bench.bot.project(of);
  expect((await bench.operation(of)).consent.execution?.eligible).toEqual([id('bob')]);
});

telling('while a backup has the cloud an approved plan waits, and its thread says so once', async () => {
  // The approval is told, and only then the cloud's owner is known.
  let told = false;
  const journal = {
    ...bench.journal,
    owner: async (cloud: string) => (told ? bench.journal.owner(cloud) : Promise.reject(new Error('not yet'))),
  };
  await configure({}, { journal });
  const { label } = await bench.underWay();
  const operation = await awaiting();
  const { id: of } = operation;
  await bench.write(of, { type: 'approved', by: id('bob'), ...planRef(operation) }, false);
  expect(await bench.bot.project(of)).toBe('behind');
  // What Slack didn't take is said again.
  told = true;
  bench.slack.fail('chat.postMessage', { answer: '500' }, 1);
  expect(await bench.bot.project(of)).toBe('behind');
  for (let times = 0; times < 2; times += 1) expect(await bench.bot.project(of)).toBe('shown');
  expect((await bench.operation(of)).consent.execution).toBeNull();
  expect(await saidIn(of, 'EXECUTION_WAITS')).toBe(1);
  expect((await threadOf(of)).map(wordsOf).join('\n')).toContain(`but ${label} has the cloud now`);
});

const saidIn = async (of: string, code: string) =>
  (await threadOf(of)).map(wordsOf).filter((text) => text.includes(code)).length;
const planRef = ({ plan }: Operation) => ({ plan: plan?.plan.number ?? 0, digest: plan?.digest ?? '' });

telling('a thread that shows another journal keeps a plan from beginning, and says so once', async () => {
  const operation = await awaiting();
  const { id: of } = operation;
  const clients = webClients(bench.slack.botToken, bench.slack.apiUrl, logTo([]));
  const door = threadDoor(clients, { user: bench.slack.botUserId, bot: null }, logTo([]));
  const { channel, root } = (await bench.threads.read(of)) ?? expect.fail('no thread');
  const ts = await door.post(
    channel,
    root,
    { text: 'lost', blocks: [] },
    headMark(of, { seq: 40, hash: 'f'.repeat(64) }),
  );
  await bench.write(of, { type: 'approved', by: id('bob'), ...planRef(operation) }, false);
  for (let times = 0; times < 3; times += 1) {
    if (times === 2) await configure();
    await bench.bot.project(of);
  }
  expect((await bench.operation(of)).consent.execution).toBeNull();
  expect((await threadOf(of)).map(wordsOf).filter((text) => text.includes('THREAD_DISAGREES'))).toHaveLength(1);
  bench.slack.deleteMessage({ channel, ts });
  // Nor where the bot may not read its own thread.
  bench.slack.setScopes(['commands', 'chat:write', 'users:read', 'usergroups:read', 'files:write']);
  await bench.bot.project(of);
  await bench.bot.project(of);
  expect((await bench.operation(of)).consent.execution).toBeNull();
  expect((await threadOf(of)).map(wordsOf).filter((text) => text.includes('THREAD_UNREADABLE'))).toHaveLength(1);
});

telling('two bots announce one plan and one beginning, and say “stopping now” once', async () => {
  const other = await bench.another(parts());
  const { id: of } = await waiting(bench);
  const both = () => Promise.all(Array.from({ length: 6 }, (_, index) => (index % 2 ? bench.bot : other).project(of)));
  await both();
  const operation = await shown(of);
  await bench.write(of, { type: 'approved', by: id('bob'), ...planRef(operation) }, false);
  await both();
  await shown(of);
  expect((await events(of, 'announced')).map((event) => event['what'])).toEqual(['plan', 'execution']);
  const { completeAt } = (await bench.operation(of)).consent;
  expect(await noticesIn(of, `stopping:2:${completeAt}`)).toBe(1);
});

telling(
  'a bot that died after “stopping now” says it no second time; nobody rings, and it begins all the same',
  async () => {
    let dies = true;
    const journal = {
      ...bench.journal,
      append: async (...args: Parameters<typeof bench.journal.append>) => {
        if (args[1].type === 'announced' && args[1].what === 'execution' && dies) throw new Error('it died');
        return bench.journal.append(...args);
      },
    };
    await configure({}, { journal });
    const operation = await awaiting();
    const { id: of } = operation;
    await bench.write(of, { type: 'approved', by: id('bob'), ...planRef(operation) });
    const { completeAt } = (await bench.operation(of)).consent;
    expect(await noticesIn(of, `stopping:2:${completeAt}`)).toBe(1);
    dies = false;
    // Only the new bot's own looks find it: nothing rings.
    await configure();
    await until(async () => (await bench.operation(of)).consent.execution, 'it begins', 20_000);
    expect(await noticesIn(of, `stopping:2:${completeAt}`)).toBe(1);
  },
);

test('a restore is cancelled until something was destroyed; then its card has other ways', async () => {
  const { id: of, label } = await preparing(bench);
  rung = [];
  expect(heard(await ask('bob', `cancel ${label}`))).toContain('is removed now');
  expect(await bench.operation(of)).toMatchObject({ end: null, withdrawal: { how: 'cancelled', by: id('bob') } });
  expect(rung).toContain(of);
  expect(heard(await ask('bob', `cancel ${label}`))).toContain('is cancelled');
  expect(heard(await ask('alice', `release ${label} node-a burnt down`))).toContain('Another requester must agree');
  expect(heard(await ask('bob', `release ${label}`))).toContain('is released');
  const next = await begun(bench);
  expect(heard(await ask('bob', `cancel ${next.label}`))).toContain('RESTORE_BEGUN');
  expect(await refusedIn(next.id)).toEqual(['cancel RESTORE_BEGUN']);
});

/** A restore whose swap ended so. */
async function stuck(how: 'failed' | 'unclear'): Promise<Operation> {
  const { id: of } = await begun(bench);
  await bench.write(of, how === 'failed' ? says.end(2, 'swap-1', 'failed') : says.unclear(2, 'swap-1'), false);
  return bench.write(of, says.attention, false);
}

test('a back-out is begun once, by whoever may ask or approve, and only as the plan offers it', async () => {
  const operation = await stuck('failed');
  const { id: of } = operation;
  const backOut = { backOut: 'way-back.1' };
  const press1 = (who: string, more: Partial<Claims>) => press(who, 'back_out:way-back.1', operation, more).then(heard);
  expect(await press1('carol', backOut)).toContain('PERSON_NOT_LISTED');
  expect(await press1('bob', { backOut: 'restart.1' })).toContain('BACK_OUT_NOT_OFFERED');
  expect(await press1('bob', { ...backOut, digest: 'f'.repeat(64) })).toContain('PLAN_IS_ANOTHER');
  rung = [];
  expect(await press1('dave', backOut)).toContain('Begun');
  expect(await press1('dave', backOut)).toContain('Begun');
  expect(await press1('bob', backOut)).toContain('BACK_OUT_NOT_OFFERED');
  expect(rung).toEqual([of]);
  expect(await events(of, 'backing_out')).toMatchObject([{ by: id('dave'), number: 3 }]);
  expect((await bench.operation(of)).track).toMatchObject({ kind: 'back_out', number: 3 });
});

test('how an unclear step ended, two persons say', async () => {
  const operation = await stuck('unclear');
  const { id: of } = operation;
  const step = { plan: 2, step: 'swap-1', attempt: 1 };
  expect(heard(await press('carol', 'resolve_ran', operation, step))).toContain('PERSON_NOT_LISTED');
  expect(heard(await press('alice', 'resolve_ran', operation, { ...step, attempt: 2 }))).toContain('NOTHING_UNCLEAR');
  expect(heard(await press('bob', 'resolve_agree', operation, step))).toContain('NOTHING_UNCLEAR');
  await press('alice', 'resolve_not_run', operation, step);
  expect(await submit('alice', { reason: 'the old inode is live' })).toContain('must agree');
  const asked = await bench.operation(of);
  expect(asked.resolution).toMatchObject({ by: id('alice'), says: 'not_run', step: 'swap-1' });
  expect(heard(await press('alice', 'resolve_agree', asked, step))).toContain('RESOLUTION_SECOND_PERSON');
  expect(heard(await press('carol', 'resolve_agree', asked, step))).toContain('APPROVER_NOT_LISTED');
  // Who says otherwise meanwhile: the button agrees to what it showed, or to nothing.
  await press('dave', 'resolve_ran', asked, step);
  expect(await submit('dave', { reason: 'I saw it' })).toContain('must agree');
  expect(heard(await press('bob', 'resolve_agree', asked, step))).toContain('BUTTON_STALE');
  const again = await bench.operation(of);
  expect(heard(await press('bob', 'resolve_agree', again, step))).toContain('Agreed');
  expect((await bench.operation(of)).attempts.get('swap-1')?.at(-1)?.end?.outcome).toBe('worked');
  expect(heard(await press('bob', 'resolve_agree', again, step))).toContain('Agreed');
  expect(await events(of, 'resolved')).toHaveLength(1);
});

telling('that a node is gone for good, two persons say', async () => {
  const host = 'node-a';
  expect(heard(await press('alice', 'gone', await awaiting()))).toContain('NO_NODE_MISSING');
  await ask('alice', 'cancel RST-1');
  await ask('alice', 'release RST-1 it is not needed');
  await ask('bob', 'release RST-1');
  const operation = await stuck('failed');
  const { id: of } = operation;
  expect(heard(await press('carol', 'gone', operation))).toContain('PERSON_NOT_LISTED');
  expect(heard(await press('bob', 'gone_agree', operation, { host }))).toContain('NO_NODE_MISSING');
  await press('alice', 'gone', operation);
  expect(await submit('alice', { node: host, reason: 'its power supply burnt' })).toContain('must agree');
  const asked = await bench.operation(of);
  expect(asked.goneAsked).toMatchObject({ by: id('alice'), host, reason: 'its power supply burnt' });
  const agree = async (who: string, to = asked, which = host) =>
    heard(await press(who, 'gone_agree', to, { host: which }));
  expect(await agree('alice')).toContain('GONE_SECOND_PERSON');
  expect(await agree('carol')).toContain('APPROVER_NOT_LISTED');
  expect(await agree('bob', asked, 'node-b')).toContain('NO_NODE_MISSING');
  // What somebody says anew meanwhile is agreed with only where it was read.
  await press('dave', 'gone', asked);
  expect(await submit('dave', { node: host, reason: 'I pulled its plug' })).toContain('must agree');
  expect(await agree('bob')).toContain('BUTTON_STALE');
  const again = await bench.operation(of);
  rung = [];
  expect(await agree('bob', again)).toContain('Agreed');
  expect(await agree('bob', again)).toContain('Agreed');
  expect(rung).toEqual([of]);
  expect((await bench.operation(of)).gone).toMatchObject([{ host, by: [id('dave'), id('bob')] }]);
  expect(heard(await press('alice', 'gone', again))).toContain('NO_NODE_MISSING');
});

telling('people are called until somebody looks after it, by one bot of two', async () => {
  const everyMs = 6_000;
  const channel = bench.slack.addChannel({ name: 'alarms' });
  const quick = parts({ alerts: { channel: channel.id } }, { alertEveryMs: everyMs });
  await bench.restart(quick);
  await bench.another(quick);
  const operation = await stuck('failed');
  await bench.bot.project(operation.id);
  const alerts = () => bench.slack.messages(channel.id).filter(({ text }) => text.includes('<!subteam^'));
  await until(async () => (alerts().length >= 2 ? true : null), 'they are called twice', 30_000);
  expect(alerts()[0]?.text).toContain(bench.slack.group('approvers').id);
  const [first, second] = alerts().map(({ ts }) => Number(ts) * 1000);
  expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(everyMs - 500);
  expect(await noticesIn(operation.id, 'alert')).toBe(alerts().length);
  expect(heard(await press('carol', 'acknowledge', operation))).toContain('PERSON_NOT_LISTED');
  expect(heard(await press('bob', 'acknowledge', operation))).toContain('You look after');
  const before = alerts().length;
  await sleep(everyMs + 6_000);
  expect(alerts()).toHaveLength(before);
  expect((await bench.operation(operation.id)).acknowledged?.by).toBe(id('bob'));
});

telling('those who may approve are called once for a plan that waits', async () => {
  const operation = await awaiting();
  const group = bench.slack.group('approvers').id;
  const calls = () => bench.slack.messages('cloud-ops').filter(({ text }) => text.includes(`<!subteam^${group}>`));
  await until(async () => (calls().length > 0 ? true : null), 'they are called', 30_000);
  expect(calls()[0]?.text).toContain(`${operation.label}, restore of lab, waits for an approval`);
  await sleep(6_000);
  expect(calls()).toHaveLength(1);
});

telling('an alert that Slack didn’t take is given again at the next look', async () => {
  await configure({}, { alertEveryMs: 600_000 });
  bench.slack.fail('chat.postMessage', { answer: 'error', error: 'restricted_action' }, 2);
  const { id: of } = await stuck('failed');
  const called = () => bench.slack.messages('cloud-ops').filter(({ text }) => text.includes('<!subteam^')).length;
  await until(async () => (called() > 0 ? true : null), 'they are called', 25_000);
  expect(called()).toBe(1);
  expect((await bench.operation(of)).acknowledged).toBeNull();
});

telling('nothing needs attention while all is well; a backup is asked for from an ended restore’s card', async () => {
  const operation = await awaiting();
  expect(heard(await press('bob', 'acknowledge', operation))).toContain('NOTHING_TO_ACKNOWLEDGE');
  expect(heard(await press('carol', 'backup_again', operation))).toContain('PERSON_NOT_LISTED');
  expect(heard(await press('bob', 'backup_again', operation))).toContain('BKP-1 requested');
  expect(heard(await press('bob', 'backup_again', operation))).toContain('CLOUD_BUSY');
});

test('a form of another version stays open and says so', async () => {
  const operation = await awaiting();
  const { view } = await press('bob', 'approve', operation);
  const { interactive } = webClients(bench.slack.botToken, bench.slack.apiUrl, logTo([]));
  const { title, submit: button, blocks } = view ?? expect.fail('no form');
  await interactive.views.update({
    view_id: view?.id ?? '',
    view: { type: 'modal', callback_id: 'of_another_version', title, submit: button, blocks } as ModalView,
  });
  expect(await submit('bob', { name: 'lab' })).toContain('errors {"name":"This version does not know this form.');
  expect((await bench.operation(operation.id)).consent.approvals).toEqual([]);
});

test('a form about an operation that Redis has forgotten is refused in it', async () => {
  const operation = await awaiting();
  await press('bob', 'approve', operation);
  // The operation is unknown by now.
  await bench.redis.flushall();
  expect(await submit('bob', { name: 'lab' })).toContain('There is no operation');
});
