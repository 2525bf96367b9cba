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
  const { roots } = await story(stack, async (what, act) => {
    await act();
    told.push(what);
  });
  expect(roots).toHaveLength(2);
  expect(told.length).toBeGreaterThan(20);
}, 600_000);
