import fc from 'fast-check';
import { expect, test } from 'vitest';
import { catalogue } from '../../src/operation/catalogue.ts';
import { listCard, refusalCard, statusCard } from '../../src/slack/cards/answers.ts';
import { milestoneOf } from '../../src/slack/cards/milestones.ts';
import { logTail } from '../../src/slack/cards/notices.ts';
import { canCancel } from '../../src/slack/cards/progress.ts';
import { rootCard } from '../../src/slack/cards/root.ts';
import { faults, type Message } from '../../src/slack/limits.ts';
import { clean } from '../../src/slack/text.ts';
import { isKnown } from '../../src/slack/words.ts';
import { journal, longest, type Told } from '../support/journals.ts';

const glance = fc.record({
  progress: fc.option(
    fc.record({
      step: fc.constant('step-0'),
      line: fc.string({ unit: 'grapheme', maxLength: 5_000, size: 'max' }),
      at: fc.nat(),
    }),
  ),
  now: fc.integer({ min: 1_790_000_000_000, max: 1_900_000_000_000 }),
});

/** Every string in a message that mrkdwn parses. */
function parsedTexts({ text, blocks }: Message): string[] {
  const found = [text];
  JSON.stringify(blocks, (_, value: unknown) => {
    if (typeof value === 'object' && value !== null && 'type' in value && value.type === 'mrkdwn' && 'text' in value)
      found.push(String(value.text));
    return value;
  });
  return found;
}

function expectSendable(message: Message): void {
  expect(faults(message)).toEqual([]);
  for (const text of parsedTexts(message)) {
    // Mentions of people are the only markup; nothing that came from elsewhere is parsed.
    const rest = text.replace(/<@[UW][A-Z0-9]{2,30}>/g, '');
    expect(rest).not.toMatch(/[<>]/);
    expect(text).not.toMatch(/<!/);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(JSON.stringify(message.blocks)).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b-\u200f\u0000-\u001f]/);
}

const last = (told: readonly Told[]) => told.at(-1)?.operation ?? expect.fail('an empty journal');

test('whatever a journal holds, its root card fits into Slack and says nothing that Slack would parse', () => {
  fc.assert(
    fc.property(journal, glance, (told, look) => {
      for (const { operation } of told) expectSendable(rootCard(operation, look));
    }),
    { numRuns: 150 },
  );
});

test('a journal with every value as long as it may be still fits', () => {
  for (const filler of ['W', '"', '\\', '&'])
    for (const { event, operation } of longest(filler)) {
      const progress = { step: 'step-0', line: filler.repeat(5_000), at: operation.headAt };
      expectSendable(rootCard(operation, { progress, now: operation.headAt }));
      const milestone = milestoneOf(event, operation);
      if (milestone !== null) expectSendable(milestone.message);
    }
});

test('whatever an event holds, its thread reply fits into Slack, and ends, refusals and failures are told', () => {
  const silent = new Set(['requested', 'probed', 'claimed', 'step_started', 'step_finished']);
  const met = new Map<string, number>();
  fc.assert(
    fc.property(journal, (told) => {
      for (const { event, operation } of told) {
        met.set(event.type, (met.get(event.type) ?? 0) + 1);
        const milestone = milestoneOf(event, operation);
        if (milestone === null) expect(silent).toContain(event.type);
        else expectSendable(milestone.message);
      }
    }),
    { numRuns: 150 },
  );
  const every = [
    'planned',
    'step_started',
    'step_finished',
    'refused',
    'cancelled',
    'attention',
    'succeeded',
    'failed',
  ];
  for (const type of every) expect(met.get(type) ?? 0, type).toBeGreaterThan(0);
});

test('lists, status and refusals fit into Slack', () => {
  fc.assert(
    fc.property(fc.array(journal, { minLength: 1, maxLength: 12 }), glance, (all, look) => {
      const operations = all.map(last);
      const listed = operations.map((operation) => ({ id: operation.id, at: operation.requestedAt, operation }));
      expectSendable(listCard('lab', [...listed, { id: 'b'.repeat(20), at: 0, operation: null }], look.now));
      const running = operations.slice(0, 3).map((operation) => [operation, look] as const);
      expectSendable(statusCard('lab', { running, good: operations[0] ?? null, now: look.now }));
      for (const { event } of all.flat()) if (event.type === 'failed') expectSendable(refusalCard(event.problem));
    }),
    { numRuns: 30 },
  );
});

test('the card has a Cancel button exactly while the journal takes a cancellation', () => {
  fc.assert(
    fc.property(journal, glance, (told, look) => {
      for (const { operation } of told) {
        const { blocks } = rootCard(operation, look);
        expect(blocks.some((block) => block.type === 'actions')).toBe(canCancel(operation));
      }
    }),
    { numRuns: 100 },
  );
});

test('every refusal fits with every value as long as it may be, and no entity or mention is cut', () => {
  for (const code of Object.keys(catalogue).filter(isKnown))
    for (const filler of ['&', '<', 'U0ALICE00']) {
      const { wrong, done, next } = catalogue[code];
      const names = [...`${wrong}${done}${next}`.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
      const params = Object.fromEntries(names.map((name) => [name, filler.repeat(2_000)]));
      const card = refusalCard({ code, params: { ...params, person: 'U0ALICE00' } });
      expectSendable(card);
      expect(card.text.replace(/&(amp|lt|gt);/g, '')).not.toContain('&');
    }
});

test('of a log that cannot be attached its very end is shown, whatever stands before it', () => {
  const shownOf = (log: string) => {
    const card = logTail('take-backup', log, 'access_denied');
    expectSendable(card);
    return JSON.stringify(card.blocks);
  };
  // What grows when it is cleaned, and what goes.
  expect(shownOf(`${'\tx\n'.repeat(2_000)}the last line\n`)).toContain('the last line"');
  const hidden = shownOf(`${'seen\n'.repeat(600)}${'\u200b'.repeat(2_600)}\nthe last line\n`);
  expect(hidden).toContain('the last line"');
  expect(hidden.match(/seen/g)?.length ?? 0).toBeGreaterThan(400);
});

test('text from elsewhere is one line without invisible characters, never longer than its cap', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 500 }), fc.integer({ min: 1, max: 300 }), (text, max) => {
      const shown = clean(text, max);
      expect(shown.length).toBeLessThanOrEqual(max);
      expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(shown.isWellFormed()).toBe(true);
    }),
  );
});
