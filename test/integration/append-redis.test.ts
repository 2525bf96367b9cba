import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRedis } from '../../lab/redis.ts';
import { appendScript } from '../../src/engine/append-script.ts';
import { redisJournal } from '../../src/engine/journal.ts';
import { keys } from '../../src/engine/keys.ts';
import {
  type AppendRequest,
  EMPTY_SHELF,
  judgeAppend,
  LEASE_MS,
  type Shelf,
  shelve,
} from '../../src/operation/append.ts';
import type { Wish } from '../../src/operation/events.ts';
import { newId } from '../../src/operation/ids.ts';
import { EMPTY_HEAD, type Keyring, sign } from '../../src/operation/record.ts';

/** The script's clock in this test: a key, so that the same moments reach the model and Redis. */
const TEST_CLOCK = "local now = tonumber(redis.call('GET', 'test:clock'))\n";
const ring: Keyring = { current: 'k', keys: { k: 'test' } };

let server: Awaited<ReturnType<typeof startRedis>>;
let redis: Redis;
beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const someClaim = fc.constantFrom('claim-a', 'claim-b');
const asked = {
  kind: fc.constant('append' as const),
  operation: fc.constantFrom('a'.repeat(20), 'b'.repeat(20), 'c'.repeat(20)),
  stale: fc.constantFrom(false, false, false, false, true),
  timeOff: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 1, -4_999, -5_000, -5_001),
  notAfterOff: fc.constantFrom(null, null, null, null, 0, -1, 10_000),
  lease: fc.oneof(
    fc.record({ mode: fc.constant('none' as const) }),
    fc.record({ mode: fc.constantFrom('take' as const, 'hold' as const, 'drop' as const), claim: someClaim }),
  ),
  cloud: fc.constantFrom('lab', 'prod'),
  own: fc.constantFrom('none' as const, 'none' as const, 'take' as const, 'need' as const, 'drop' as const),
  single: fc.constantFrom('none' as const, 'none' as const, 'take' as const, 'drop' as const),
  ends: fc.boolean(),
  once: fc.constantFrom(null, null, null, null, null, null, 'x', 'y'),
};
const request = fc.record(asked);
const sound = { ...asked, stale: fc.constant(false), timeOff: fc.constant(0), once: fc.constant(null) };
/** A driver takes its lease, and writes the first destroy start of a restore, which takes the cloud. */
const claiming = fc.record({
  ...sound,
  lease: fc.record({ mode: fc.constant('take' as const), claim: fc.constant('claim-a') }),
  own: fc.constant('none' as const),
});
const starting = fc.record({
  ...sound,
  notAfterOff: fc.constantFrom(-1, 0, 10_000),
  lease: fc.record({ mode: fc.constant('hold' as const), claim: fc.constant('claim-a') }),
  cloud: fc.constant('lab'),
  own: fc.constant('take' as const),
});
const act = fc.oneof(
  { weight: 6, arbitrary: request },
  { weight: 2, arbitrary: claiming },
  { weight: 2, arbitrary: starting },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('renew' as const),
      operation: fc.constantFrom('a'.repeat(20)),
      claim: someClaim,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 5_000, LEASE_MS - 1, LEASE_MS, LEASE_MS + 1),
    }),
  },
);

test('the script in Redis and its model answer alike and leave alike, whatever is asked in whatever order', async () => {
  const script = appendScript(redis, TEST_CLOCK);
  const said = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 30, size: 'max' }), async (acts) => {
      await redis.flushall();
      let now = 1_700_000_000_000;
      let shelf: Shelf = EMPTY_SHELF;
      await redis.set('test:clock', now);
      for (const one of acts) {
        if (one.kind === 'wait') {
          now += one.ms;
          await redis.set('test:clock', now);
        } else if (one.kind === 'renew') {
          const held = shelf.leases.get(one.operation);
          const holds = held?.claim === one.claim && held.until > now;
          expect(await script.lease(one.operation, one.claim, LEASE_MS)).toBe(holds);
          if (holds)
            shelf = {
              ...shelf,
              leases: new Map(shelf.leases).set(one.operation, { claim: one.claim, until: now + LEASE_MS }),
            };
        } else {
          const asked = toRequest(one, shelf, now);
          const model = judgeAppend(shelf, asked, now);
          expect(await script.send(asked)).toEqual(model);
          said.set(model.answer, (said.get(model.answer) ?? 0) + 1);
          // As the first destroy start of a restore is written.
          const start = one.lease.mode === 'hold' && one.own === 'take' && one.notAfterOff !== null;
          if (start) said.set(`start ${model.answer}`, (said.get(`start ${model.answer}`) ?? 0) + 1);
          if (model.answer === 'appended') shelf = shelve(shelf, asked, now);
        }
      }
      await expectSame(shelf);
    }),
    { numRuns: 500 },
  );
  const every = [
    'appended',
    'moved',
    'clock',
    'late',
    'claimed',
    'not_driver',
    'owned',
    'not_owner',
    'another',
    'duplicate',
  ];
  for (const answer of every) expect(said.get(answer) ?? 0, answer).toBeGreaterThan(10);
  for (const answer of ['start appended', 'start owned', 'start late', 'start not_driver'])
    expect(said.get(answer) ?? 0, answer).toBeGreaterThan(2);
});

function toRequest(
  asked: (typeof request)['generate'] extends (...args: never[]) => { value: infer T } ? T : never,
  shelf: Shelf,
  now: number,
): AppendRequest {
  const present = shelf.heads.get(asked.operation) ?? EMPTY_HEAD;
  const expected = asked.stale ? { seq: present.seq, hash: 'f'.repeat(64) } : present;
  const record = sign(expected, { operation: asked.operation, at: now, event: { type: 'noted' } }, ring);
  const { lease, cloud, own, single, ends, once } = asked;
  return {
    expected,
    record,
    time: now + asked.timeOff,
    notAfter: asked.notAfterOff === null ? null : now + asked.notAfterOff,
    lease,
    cloud,
    own,
    single,
    ends,
    once,
  };
}

async function expectSame(shelf: Shelf): Promise<void> {
  for (const [id, { seq, hash }] of shelf.heads) {
    expect(await redis.hmget(`kb:op:${id}:state`, 'seq', 'hash')).toEqual([String(seq), hash]);
    expect(await redis.llen(`kb:op:${id}:journal`)).toBe(seq);
    const [claim, until] = await redis.hmget(`kb:op:${id}:state`, 'claim', 'until');
    const lease = shelf.leases.get(id);
    expect([claim, until]).toEqual(lease ? [lease.claim, String(lease.until)] : [null, null]);
  }
  for (const cloud of ['lab', 'prod']) {
    expect(await redis.get(keys.owner(cloud))).toBe(shelf.owners.get(cloud) ?? null);
    expect(await redis.get(keys.restore(cloud))).toBe(shelf.restores.get(cloud) ?? null);
  }
  expect(new Set(await redis.smembers('kb:open'))).toEqual(shelf.open);
}

test('the restores of a cloud are found, the newest first, however many operations came after them', async () => {
  await redis.flushall();
  const journal = redisJournal(redis, ring);
  expect(await journal.restores('lab')).toEqual([]);
  const archive = { path: 'full.gz', node: null, sha256: null };
  const restore = { kind: 'restore', archive, reason: 'a test', olderSchemas: false } as const;
  const ask = async (cloud: string, wish: Wish) => {
    const id = newId();
    const said = await journal.request(id, { type: 'requested', cloud, wish, by: 'U0ALICE', place: null }, {});
    expect(said.answer).toBe('appended');
    return id;
  };
  const first = await ask('lab', restore);
  await ask('prod', restore);
  const second = await ask('lab', restore);
  for (let index = 0; index < 5; index += 1) await ask('lab', { kind: 'backup', type: 'incremental' });
  expect((await journal.recent(5, 'lab')).map(({ id }) => id)).not.toContain(second);
  const found = await journal.restores('lab');
  expect(found.map(({ id }) => id)).toEqual([second, first]);
  expect(found).toEqual((await journal.recent(9, 'lab')).filter(({ id }) => [first, second].includes(id)));
});
