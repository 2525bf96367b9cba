import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Stack, startStack } from '../../lab/stack.ts';
import { story } from '../../lab/story.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
  await stack.start('start');
});
afterAll(async () => {
  await stack?.stop();
});

test('the story of the demonstration, with bot and worker in one process', async () => {
  const told: string[] = [];
  const { root } = await story(stack, async (what, act) => {
    await act();
    told.push(what);
  });
  expect(root).not.toBeNull();
  expect(told.length).toBeGreaterThan(10);
}, 300_000);
