import { expect, test } from 'vitest';
import { ago } from '../../src/slack/text.ts';

const NOW = Date.UTC(2026, 10, 25, 12);

test.each([
  [0, 'just now'],
  [59_999, 'just now'],
  [-5_000, 'just now'], // clocks differ
  [60_000, '1 min ago'],
  [3 * 3_600_000 + 61_000, '3 h 1 min ago'],
])('%i ms before now was %s', (ms, words) => {
  expect(ago(NOW - ms, NOW)).toBe(words);
});
