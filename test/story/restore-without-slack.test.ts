import { afterAll, beforeAll, expect, test } from 'vitest';
import { liveChecksums } from '../../lab/mini/open-archive.ts';
import { CHANNEL, CLOUD, type Stack, startStack } from '../../lab/stack.ts';
import { redisWake } from '../../src/engine/queues.ts';
import { newId } from '../../src/operation/ids.ts';
import type { Operation } from '../../src/operation/operation.ts';
import { headIn } from '../../src/slack/heads.ts';
import { read, say, untilIs } from '../support/restores.ts';
import { archives, type Scene, sceneOf } from '../support/story.ts';
import { until } from '../support/until.ts';

let stack: Stack;
let scene: Scene;
let wake: ReturnType<typeof redisWake>;
beforeAll(async () => {
  stack = await startStack();
  scene = sceneOf(stack);
  wake = redisWake(scene.redis);
  await stack.start('bot');
  await stack.start('worker');
});
afterAll(async () => {
  await wake?.close();
  scene?.end();
  await stack?.stop();
});

const about = ({ plan }: Operation) => ({ plan: plan?.plan.number ?? 0, digest: plan?.digest ?? '' });

test('Slack goes away right after the stop: the restore ends, and its thread catches up in order', async () => {
  const { slack, cloud } = stack;
  const { journal } = scene;
  const [node] = cloud.nodes;
  await scene.install();
  await (await scene.ask()).ended();
  const before = await liveChecksums(node);
  await node.sql('DROP DATABASE cinder');
  const [path = ''] = await archives(node);
  const archive = { path, node: null, sha256: null };
  const said = await journal.request(
    newId(),
    {
      type: 'requested',
      cloud: CLOUD,
      wish: { kind: 'restore', archive, reason: 'cinder was dropped', olderSchemas: true },
      by: slack.user('alice').id,
      place: { channel: slack.channel(CHANNEL).id },
    },
    { single: 'take' },
  );
  if (said.answer !== 'appended') throw new Error(said.answer);
  const { id, label } = said.operation;
  await wake.project(id);
  await wake.drive(id);
  await untilIs(journal, id, ({ consent }) => consent.announcedAt !== null, 'its plan stands in the thread');
  await say(journal, id, (operation) => ({ type: 'approved', by: slack.user('bob').id, ...about(operation) }));
  await wake.project(id);
  await untilIs(journal, id, ({ attempts }) => attempts.has('stop'), 'the stop has begun');
  await slack.takeAway();
  await untilIs(journal, id, ({ end }) => end?.how === 'succeeded', 'it ends without Slack', 240_000);
  for (const one of cloud.nodes) expect(await liveChecksums(one)).toEqual(before);

  await slack.bringBack();
  const root = () => slack.messages(CHANNEL).find(({ text }) => text.includes(`${label} `));
  const shown = () =>
    slack.thread(CHANNEL, root()?.ts ?? '').flatMap(({ metadata }) => headIn(metadata, id)?.seq ?? []);
  const { head } = await read(journal, id);
  await until(async () => (shown().at(-1) === head.seq ? true : null), 'the thread has caught up', 120_000);
  const seqs = shown().slice(1);
  expect(seqs).toEqual(seqs.toSorted((one, other) => one - other));
  await until(async () => (root()?.text.includes('succeeded') ? true : null), 'its card says so, too', 60_000);
}, 600_000);
