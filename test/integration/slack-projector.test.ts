import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { OperationEvent } from '../../src/operation/events.ts';
import { newId } from '../../src/operation/ids.ts';
import type { Journal } from '../../src/operation/journal.ts';
import type { ThreadState } from '../../src/operation/ports.ts';
import { sign } from '../../src/operation/record.ts';
import { headIn, headMark } from '../../src/slack/heads.ts';
import { projector } from '../../src/slack/projector.ts';
import { threadDoor } from '../../src/slack/thread.ts';
import { webClients } from '../../src/slack/web.ts';
import { TEST_RING } from '../support/journals.ts';
import { sampleFacts, samplePlanned } from '../support/sample.ts';
import { type Bench, logTo, startBench, wordsOf } from '../support/slack-bench.ts';
import { until } from '../support/until.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(async () => {
  await bench.end();
});
afterEach(async () => {
  bench.slack.clearFaults();
  bench.slack.set({ filesForbidden: false });
  await bench.redis.del('kb:cloud:lab:owner', 'kb:open');
});

const claim = 'c'.repeat(20);
const started: OperationEvent = { type: 'step_started', claim, plan: 1, step: 'take-backup', attempt: 1, checks: [] };
const finished = (step: string, outcome: 'worked' | 'failed'): OperationEvent => ({
  type: 'step_finished',
  claim,
  plan: 1,
  step,
  attempt: 1,
  outcome,
  exit: null,
  checks: [],
  problem: outcome === 'failed' ? { code: 'ARCHIVE_CUT', params: { path: '/x', host: 'node-a', detail: 'cut' } } : null,
});
const succeeded: OperationEvent = { type: 'succeeded', claim };
/** From the plan to success; the milestones among them in the thread's order. */
const rest: readonly OperationEvent[] = [
  started,
  finished('take-backup', 'worked'),
  { ...started, step: 'find-archive' },
  finished('find-archive', 'worked'),
  succeeded,
];
const TOLD = ['Asked by', 'Plan 1', 'Started:', 'Done:', 'succeeded.'];

/** The thread of an operation, wherever its root is. */
async function threadOf(id: string) {
  const state = await bench.threads.read(id);
  return state?.root ? bench.slack.thread(state.channel, state.root) : [];
}
const words = async (id: string) => (await threadOf(id)).map(wordsOf);

const rootsOf = (id: string) => bench.slack.messages('cloud-ops').filter((one) => headIn(one.metadata, id) !== null);

/** The index in `TOLD` of each message that tells one of them. */
async function toldIn(id: string): Promise<number[]> {
  return (await words(id)).map((said) => TOLD.findIndex((one) => said.includes(one))).filter((index) => index >= 0);
}

/** Projects until the thread is up to the journal, as timers and sweeps do in time. */
async function settle(id: string): Promise<void> {
  for (let tries = 0; tries < 40; tries += 1) if ((await bench.bot.project(id)) === 'shown') return;
  throw new Error(`the thread of ${id} stays behind`);
}

/** The door that the bot has. */
function ownDoor() {
  const { slack } = bench;
  const clients = webClients(slack.botToken, slack.apiUrl, logTo([]));
  return threadDoor(clients, { user: slack.botUserId, bot: null }, logTo(bench.lines));
}

/** How often a log says that this card can't be edited. */
const saidOf = (ts: string | null) =>
  bench.lines.filter(
    ({ words: said, fields }) => said.includes('refuses to update') && JSON.stringify(fields).includes(`"${ts}"`),
  ).length;

/** What a projector would have left behind in Redis. */
const setState = (id: string, state: ThreadState) => bench.redis.set(`kb:op:${id}:thread`, JSON.stringify(state));

async function fresh(): Promise<string> {
  const id = newId();
  const by = bench.slack.user('alice').id;
  const place = { channel: bench.slack.channel('cloud-ops').id };
  const wish = { kind: 'backup', type: 'full' } as const;
  await bench.journal.request(id, { type: 'requested', cloud: 'lab', wish, by, place }, {});
  await bench.write(id, { type: 'claimed', claim, worker: 'w' }, false);
  await bench.write(id, { type: 'probed', claim, facts: sampleFacts }, false);
  await bench.write(id, samplePlanned(id, claim), false);
  return id;
}

test('a thread tells a backup from its request to its end, in order, and each message carries its head', async () => {
  const { id } = await bench.underWay();
  for (const event of rest) await bench.write(id, event);
  await settle(id);
  expect(await toldIn(id)).toEqual([0, 1, 2, 3, 4]);
  const read = await bench.journal.read(id);
  const records = read.state === 'sound' ? read.records : [];
  for (const message of await threadOf(id)) {
    const head = headIn(message.metadata, id) ?? expect.fail('a message without its head');
    expect(records[head.seq - 1]?.hash).toBe(head.hash);
  }
  const [root] = await words(id);
  expect(root).toContain('✅ BKP-');
  expect(root).not.toContain('"cancel"');
  expect((await words(id)).at(-1)).toContain(`<@${bench.slack.user('alice').id}>`);
  expect(await bench.threads.behind()).not.toContain(id);
});

test('whatever goes wrong with posts, every milestone is told once and in order', async () => {
  const fault = fc.record({
    answer: fc.constantFrom('429' as const, '500' as const, 'drop' as const, 'error' as const),
    committed: fc.boolean(),
    after: fc.nat({ max: 4 }),
    times: fc.integer({ min: 1, max: 2 }),
    method: fc.constantFrom(
      'chat.postMessage',
      'chat.postMessage',
      'chat.update',
      'conversations.replies',
      'conversations.history',
    ),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fault, { minLength: 1, maxLength: 4 }), async (faults) => {
      bench.slack.clearFaults();
      await bench.redis.del('kb:cloud:lab:owner');
      const id = await fresh();
      for (const [index, event] of [null, ...rest].entries()) {
        // What Slack refuses with 429 isn't done; after the others nobody knows.
        for (const { answer, committed, after, times, method } of faults)
          if (after === index)
            bench.slack.fail(method, { answer, committed: committed && answer !== '429', retryAfter: 1 }, times);
        if (event !== null) await bench.write(id, event, false);
        await bench.bot.project(id);
      }
      await settle(id);
      expect(await toldIn(id)).toEqual([0, 1, 2, 3, 4]);
      expect(rootsOf(id)).toHaveLength(1);
    }),
    { numRuns: 8 },
  );
}, 300_000);

test('two bots on one thread tell each milestone once', async () => {
  const other = await bench.another();
  const id = await fresh();
  for (const event of rest) {
    await bench.write(id, event, false);
    await Promise.all(Array.from({ length: 6 }, (_, index) => (index % 2 ? bench.bot : other).project(id)));
  }
  await settle(id);
  expect(await toldIn(id)).toEqual([0, 1, 2, 3, 4]);
});

test('what happens while Slack is away is told when it is back, by the sweep of a bot that started meanwhile', async () => {
  const { id } = await bench.underWay();
  await bench.slack.takeAway();
  for (const event of rest) await bench.write(id, event, false);
  expect(await bench.bot.project(id)).toBe('behind');
  expect(await bench.threads.behind()).toContain(id);
  await bench.slack.bringBack();
  await bench.restart();
  await bench.bot.sweep();
  await settle(id);
  expect(await toldIn(id)).toEqual([0, 1, 2, 3, 4]);
});

test('where Slack doesn’t let us look, a milestone is rather repeated than dropped', async () => {
  const { id } = await bench.underWay();
  bench.slack.setScopes(['commands', 'chat:write', 'users:read', 'usergroups:read', 'files:write']);
  bench.slack.fail('chat.postMessage', { answer: '500', committed: true });
  await bench.write(id, started);
  await settle(id);
  expect(await toldIn(id)).toEqual([0, 1, 2, 2]);
  bench.slack.setScopes([
    ...['commands', 'chat:write', 'users:read', 'usergroups:read', 'files:write', 'channels:read', 'groups:read'],
    ...['channels:history', 'groups:history'],
  ]);
});

test('a thread that Redis forgot is found again in the channel and goes on there', async () => {
  const { id } = await bench.underWay();
  await bench.redis.del(`kb:op:${id}:thread`);
  await bench.write(id, started);
  await settle(id);
  expect(await toldIn(id)).toEqual([0, 1, 2]);
  expect(rootsOf(id)).toHaveLength(1);
});

test('when somebody deletes the root card, another is posted and the thread goes on', async () => {
  const { id } = await bench.underWay();
  const before = await bench.threads.read(id);
  bench.slack.deleteMessage({ channel: 'cloud-ops', ts: before?.root ?? '' });
  await bench.write(id, started);
  await settle(id);
  expect((await bench.threads.read(id))?.root).not.toBe(before?.root);
  expect((await words(id)).join('\n')).toContain('Started:');
  // Slack takes a reply to a deleted root and shows it in the channel; it is taken away again.
  const left = rootsOf(id).map(({ metadata }) => headIn(metadata, id)?.seq);
  expect(left).toEqual([1]);
  await until(
    async () => ((await words(id))[0]?.includes('· running') ? true : null),
    'the new root is up to date',
    15_000,
  );
});

test('a stray reply in the channel isn’t taken for the root card', async () => {
  const { id } = await bench.underWay();
  const { channel, root } = (await bench.threads.read(id)) ?? expect.fail('no thread');
  const { head } = await bench.operation(id);
  const stray = await ownDoor().post(channel, null, { text: 'astray', blocks: [] }, headMark(id, head));
  await bench.redis.del(`kb:op:${id}:thread`);
  await bench.write(id, started);
  await settle(id);
  expect((await bench.threads.read(id))?.root).toBe(root);
  expect(bench.slack.thread('cloud-ops', stray)).toHaveLength(1);
});

test('the log of a failed step is attached once; where files are forbidden its end stands in the thread', async () => {
  const log = `${'line\n'.repeat(2_000)}the last line <!channel>`;
  const first = await bench.underWay();
  await bench.notes.setLog(first.id, 'take-backup', log);
  bench.slack.fail('files.completeUploadExternal', { answer: '500', committed: true });
  for (const event of [started, finished('take-backup', 'failed')]) await bench.write(first.id, event);
  await settle(first.id);
  const attached = (await threadOf(first.id)).flatMap((one) => one.files ?? []);
  expect(attached.map(({ name }) => name)).toEqual([`${first.label}-take-backup.log`]);

  await bench.redis.del('kb:cloud:lab:owner');
  bench.slack.set({ filesForbidden: true });
  const second = await bench.underWay();
  await bench.notes.setLog(second.id, 'take-backup', log);
  for (const event of [started, finished('take-backup', 'failed')]) await bench.write(second.id, event);
  await settle(second.id);
  const told = await words(second.id);
  expect(told.at(-1)).toContain('the last line <!channel>');
  expect((await threadOf(second.id)).at(-1)?.text).not.toContain('<!');
});

test('a message with the same number and another hash isn’t taken for the one that is to be told', async () => {
  const { id } = await bench.underWay();
  const operation = await bench.write(id, started, false);
  const state = (await bench.threads.read(id)) ?? expect.fail('no thread');
  const mark = headMark(id, { seq: operation.head.seq, hash: 'f'.repeat(64) });
  await ownDoor().post(state.channel, state.root, { text: 'of a lost journal', blocks: [] }, mark);
  await setState(id, { ...state, posting: `seq:${operation.head.seq}` });
  await settle(id);
  expect(await toldIn(id)).toEqual([0, 1, 2]);
});

test('a look at the root card that began before the end doesn’t overwrite the last card', async () => {
  const other = await bench.another();
  const { id } = await bench.underWay();
  let slow = true;
  const journal: Journal = {
    ...bench.journal,
    open: async () => [id],
    read: async (of) => {
      const read = await bench.journal.read(of);
      if (slow) {
        slow = false;
        for (const event of rest) await bench.write(id, event, false);
        await other.project(id);
      }
      return read;
    },
  };
  const looking = projector({ ...bench, journal, door: ownDoor(), log: logTo([]) });
  await looking.tick();
  await looking.stop();
  expect(slow).toBe(false);
  await until(async () => ((await other.project(id)) === 'shown' ? true : null), 'all is told', 10_000);
  expect((await words(id))[0]).toContain('✅ BKP-');
});

test('the last root card is shown also where timers fire early', async () => {
  const { id } = await bench.underWay();
  const before = Date.now();
  // By this clock each timer is a fifth early.
  const now = () => before + (Date.now() - before) * 0.8;
  const telling = projector({ ...bench, door: ownDoor(), log: logTo([]), now });
  for (const event of rest) {
    await bench.write(id, event, false);
    expect(await telling.project(id)).toBe('shown');
  }
  await telling.stop();
  expect((await words(id))[0]).toContain('✅ BKP-');
});

test('only who holds a thread writes its state; a hold is one’s own until it ends', async () => {
  const { threads } = bench;
  const id = newId();
  const state = { channel: 'C0', root: null, former: [], shown: { seq: 0, hash: '' }, posting: null };
  expect(await threads.write(id, 'first', state)).toBe(false);
  expect(await threads.hold(id, 'first', 60_000)).toBe(true);
  expect(await threads.write(id, 'first', state)).toBe(true);
  expect(await threads.hold(id, 'second', 60_000)).toBe(false);
  expect(await threads.hold(id, 'first', 1)).toBe(true);
  await until(async () => ((await threads.hold(id, 'second', 60_000)) ? true : null), 'the first hold ends', 2_000);
  expect(await threads.hold(id, 'first', 60_000)).toBe(false);
  expect(await threads.write(id, 'first', { ...state, root: '1.000001' })).toBe(false);
  expect(await threads.read(id)).toEqual(state);
});

test('a projector that lost its hold while it posted changes nothing any more', async () => {
  const { id } = await bench.underWay();
  await bench.write(id, started, false);
  const before = await bench.threads.read(id);
  const door = ownDoor();
  const losing = projector({
    ...bench,
    log: logTo([]),
    door: {
      ...door,
      post: async (...args) => {
        const ts = await door.post(...args);
        await bench.redis.set(`kb:op:${id}:projector`, 'another', 'PX', 60_000);
        return ts;
      },
    },
  });
  expect(await losing.project(id)).toBe('busy');
  await losing.stop();
  expect((await bench.threads.read(id))?.shown).toEqual(before?.shown);
  await bench.redis.del(`kb:op:${id}:projector`);
  await settle(id);
  expect(await toldIn(id)).toEqual([0, 1, 2]);
});

test('a journal that doesn’t verify, is shorter or another than what was shown is said to be so, once', async () => {
  const cases = [
    [
      'JOURNAL_BROKEN',
      async (id: string) => {
        const line = JSON.parse((await bench.redis.lindex(`kb:op:${id}:journal`, 1)) ?? '');
        await bench.redis.lset(`kb:op:${id}:journal`, 1, JSON.stringify({ ...line, at: line.at + 1 }));
      },
    ],
    [
      'JOURNAL_SHORTER',
      async (id: string) => {
        await bench.redis.rpop(`kb:op:${id}:journal`);
        const last = JSON.parse((await bench.redis.lindex(`kb:op:${id}:journal`, -1)) ?? '');
        await bench.redis.hset(`kb:op:${id}:state`, { seq: last.seq, hash: last.hash });
      },
    ],
    [
      'JOURNAL_DIFFERS',
      async (id: string) => {
        await bench.redis.rpop(`kb:op:${id}:journal`);
        const last = JSON.parse((await bench.redis.lindex(`kb:op:${id}:journal`, -1)) ?? '');
        await bench.redis.hset(`kb:op:${id}:state`, { seq: last.seq, hash: last.hash });
        await bench.write(id, { type: 'claimed', claim: 'd'.repeat(20), worker: 'another' }, false);
      },
    ],
  ] as const;
  for (const [code, tamper] of cases) {
    await bench.redis.del('kb:cloud:lab:owner');
    const { id } = await bench.underWay();
    await bench.redis.hdel(`kb:op:${id}:state`, 'claim', 'until');
    await tamper(id);
    expect(await bench.bot.project(id)).toBe('halted');
    expect(await bench.bot.project(id)).toBe('halted');
    // Nor does a bot that starts anew say it again.
    await bench.restart();
    expect(await bench.bot.project(id)).toBe('halted');
    expect(
      (await words(id)).filter((one) => one.includes(code)),
      code,
    ).toHaveLength(1);
  }
});

test('an event that this version doesn’t know is said to be so, once; what was before it is told', async () => {
  const { id } = await bench.underWay();
  const operation = await bench.write(id, started, false);
  const strange = sign(operation.head, { operation: id, at: operation.headAt, event: { type: 'invented' } }, TEST_RING);
  await bench.redis.rpush(`kb:op:${id}:journal`, JSON.stringify(strange));
  await bench.redis.hset(`kb:op:${id}:state`, { seq: strange.seq, hash: strange.hash });
  expect(await bench.bot.project(id)).toBe('halted');
  await bench.restart();
  expect(await bench.bot.project(id)).toBe('halted');
  expect(await toldIn(id)).toEqual([0, 1, 2]);
  expect((await words(id)).filter((one) => one.includes('JOURNAL_UNREADABLE'))).toHaveLength(1);
  expect((await words(id)).join('\n')).toContain('invented');
});

test('a card that Slack refuses is told in plain text', async () => {
  const { id } = await bench.underWay();
  bench.slack.fail('chat.postMessage', { answer: 'error', error: 'invalid_blocks' });
  await bench.write(id, started);
  await settle(id);
  expect((await threadOf(id)).at(-1)?.text).toContain('Started: Take the backup');
  expect(bench.lines.some(({ words: said }) => said.includes('does not fit'))).toBe(true);
});

test('a root card that Slack refuses is shown in plain text', async () => {
  const { id } = await bench.underWay();
  await bench.restart();
  bench.slack.fail('chat.update', { answer: 'error', error: 'msg_blocks_too_long' });
  await settle(id);
  const [root] = await threadOf(id);
  expect(root?.text).toContain('BKP-');
  expect(root?.blocks ?? []).toEqual([]);
});

test('a root card that nobody may edit any more doesn’t hold its thread up, and is said once', async () => {
  const { id } = await bench.underWay();
  await bench.restart();
  bench.slack.fail('chat.update', { answer: 'error', error: 'edit_window_closed' }, 10);
  for (const event of rest) {
    await bench.write(id, event, false);
    expect(await bench.bot.project(id)).toBe('shown');
  }
  expect(await toldIn(id)).toEqual([0, 1, 2, 3, 4]);
  expect(await bench.threads.behind()).not.toContain(id);
  // Each process says it once; how many of them looked at the card isn't ours to say.
  bench.slack.clearFaults();
  bench.slack.fail('chat.update', { answer: 'error', error: 'edit_window_closed' }, 50);
  const { channel, root } = (await bench.threads.read(id)) ?? expect.fail('no thread');
  const before = saidOf(root);
  const door = ownDoor();
  for (let times = 0; times < 3; times += 1) await door.update(channel, root ?? '', { text: 'x', blocks: [] });
  expect(saidOf(root) - before).toBe(1);
});
