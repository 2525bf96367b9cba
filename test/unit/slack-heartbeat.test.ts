import { expect, test } from 'vitest';
import { advance } from '../../src/operation/advance.ts';
import type { OperationEvent } from '../../src/operation/events.ts';
import type { Operation } from '../../src/operation/operation.ts';
import { rootCard } from '../../src/slack/cards/root.ts';
import { elapsed } from '../../src/slack/text.ts';
import { CLAIM, ID } from '../support/journals.ts';
import { sampleFacts, samplePlanned, sampleRequest } from '../support/sample.ts';

const START = Date.UTC(2026, 10, 23, 21, 0, 0);

/** The operation after events that are a second apart. */
function after(...events: readonly OperationEvent[]): Operation {
  const told = events.reduce<Operation | null>(
    (operation, event, index) =>
      advance(operation, event, { operation: ID, seq: index + 1, at: START + index * 1_000, hash: 'f'.repeat(64) }),
    null,
  );
  return told ?? expect.fail('no events');
}

const running = after(
  sampleRequest(),
  { type: 'claimed', claim: CLAIM, worker: 'w' },
  { type: 'probed', claim: CLAIM, facts: sampleFacts },
  samplePlanned(ID, CLAIM),
  { type: 'step_started', claim: CLAIM, plan: 1, step: 'take-backup', attempt: 1, checks: [] },
);
const card = (operation: Operation, now: number, line: string | null, at = now) =>
  JSON.stringify(rootCard(operation, { now, progress: line === null ? null : { step: 'take-backup', line, at } }));

test('a running step shows for how long and its last line; a silent one says since when', () => {
  const now = START + 64_000;
  expect(card(running, now, 'TASK [mariadb : Taking full database backup]')).toContain('for 1 min');
  expect(card(running, now, 'TASK [mariadb : Taking full database backup]')).toContain('Taking full database backup');
  expect(card(running, now, 'x')).not.toContain('No sign');
  expect(card(running, now + 60_000, 'x', now - 2_000)).toContain('No sign from a worker since 21:01:02 UTC');
  expect(card(running, START + 50_000, null)).not.toContain('No sign');
  expect(card(running, START + 120_000, null)).toContain('No sign from a worker since 21:00:04 UTC');
});

test('a line of an earlier step is not shown as the running one’s', () => {
  expect(card(running, START + 10_000, 'an old line', START + 1_000)).not.toContain('an old line');
});

test('a card that nothing happened to looks the same for a while, so it is not updated for nothing', () => {
  expect(card(running, START + 21_000, null)).toBe(card(running, START + 23_900, null));
  expect(elapsed(119_000)).toBe('1 min 55 s');
  expect(elapsed(179_000)).toBe('2 min');
  expect(elapsed(3_600_000 + 5 * 60_000)).toBe('1 h 5 min');
});
