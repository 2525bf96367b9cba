import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { Seen } from '../../lab/slack/seen.ts';
import { type Bench, cloudConfig, startBench, wordsOf } from '../support/slack-bench.ts';
import { begun, says, waiting } from '../support/slack-restores.ts';
import { until } from '../support/until.ts';

/** The buttons that the cards really carry, through the handlers that they reach. */

let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
  bench.slack.addUser({ name: 'dave' });
  const { id } = bench.slack.addGroup({ handle: 'approvers', members: ['bob', 'dave'] });
  const lab = { ...cloudConfig(bench.slack), approvers: { users: [], groups: [id] } };
  await bench.restart({ config: { clouds: { lab } } });
});
afterEach(async () => {
  await bench.end();
});

const actions = z.array(z.looseObject({ type: z.string(), elements: z.array(z.unknown()).optional() }));
const button = z.looseObject({ type: z.literal('button'), action_id: z.string() });

/** Every button in an operation's thread, oldest message first. */
async function buttonsOf(id: string): Promise<{ readonly ts: string; readonly action: string }[]> {
  const { root, channel } = (await bench.threads.read(id)) ?? expect.fail('no thread');
  return bench.slack.thread(channel, root ?? '').flatMap(({ ts, blocks }) =>
    actions
      .parse(blocks ?? [])
      .filter(({ type }) => type === 'actions')
      .flatMap(({ elements = [] }) => elements.flatMap((one) => button.safeParse(one).data ?? []))
      .map(({ action_id: action }) => ({ ts, action })),
  );
}

/** Clicks the newest button of that kind, once it is there. */
async function press(who: string, id: string, action: string): Promise<Seen> {
  const newest = async () => (await buttonsOf(id)).findLast((one) => one.action === action) ?? null;
  const { ts } = await until(newest, `there is a button ${action}`, 20_000);
  return bench.slack.click(who, { channel: 'cloud-ops', ts }, action, undefined, { waitMs: 8_000 });
}
/** What somebody is answered to a click: what the thread tells at that moment is none. */
async function answer(who: string, id: string, action: string): Promise<string> {
  const before = bench.slack.ephemerals(who).length;
  await press(who, id, action);
  await bench.slack.until(() => bench.slack.ephemerals(who).length > before, 8_000);
  return bench.slack.ephemerals(who).slice(before).map(wordsOf).join('\n');
}

test('approve and decline open their forms', async () => {
  const { id } = await waiting(bench);
  await bench.bot.project(id);
  expect((await press('bob', id, 'approve')).view?.callback_id).toBe('approve');
  expect((await press('dave', id, 'decline')).view?.callback_id).toBe('decline');
});

test('what is stuck is acknowledged and backed out', async () => {
  const { id } = await begun(bench);
  await bench.write(id, says.end(2, 'swap-1', 'failed'));
  await bench.write(id, says.attention);
  expect(await answer('bob', id, 'acknowledge')).toContain('You look after');
  expect(await answer('bob', id, 'back_out:way-back.1')).toContain('Begun');
  expect((await bench.operation(id)).track?.kind).toBe('back_out');
});

test('two persons say how an unclear step ended', async () => {
  const { id } = await begun(bench);
  await bench.write(id, says.unclear(2, 'swap-1'));
  await bench.write(id, says.attention);
  expect((await press('alice', id, 'resolve_ran')).view?.callback_id).toBe('resolve');
  await bench.slack.submit('alice', { reason: 'I saw the inode' });
  expect(await answer('bob', id, 'resolve_agree')).toContain('Agreed');
  expect((await bench.operation(id)).attempts.get('swap-1')?.at(-1)?.end?.outcome).toBe('worked');
});
