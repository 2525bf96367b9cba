import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Stack, startStack } from '../../lab/stack.ts';
import { sceneOf } from '../support/story.ts';
import { until } from '../support/until.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(async () => {
  await stack?.stop();
});

test('bot and worker in one process: a backup asked for goes on without Slack, and the thread catches up', async () => {
  const first = await stack.start('bot');
  const scene = await sceneOf(stack);
  await scene.install();
  const asked = await scene.ask();
  await first.end('SIGTERM');
  await stack.slack.takeAway();
  await stack.start('start');
  await until(
    async () => {
      const read = await scene.journal.read(asked.id);
      return read.state === 'sound' && read.operation.end ? true : null;
    },
    'it ends without Slack',
    90_000,
  );
  await stack.slack.bringBack();
  expect(await asked.ended(90_000)).toContain('succeeded');
  expect(await scene.runs()).toBe(1);
  await scene.end();
});
