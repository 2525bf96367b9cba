import fc from 'fast-check';
import { expect, test } from 'vitest';
import { audit, auditFile, journalLines, timeline } from '../../src/operation/audit.ts';
import { EMPTY_HEAD, sign } from '../../src/operation/record.ts';
import { auditCard } from '../../src/slack/cards/audits.ts';
import { CLAIM, ID, journal, TEST_RING } from '../support/journals.ts';

test('a journal that nobody touched is whole, with its key and every head that was shown', () => {
  fc.assert(
    fc.property(journal, (told) => {
      const records = told.map(({ record }) => record);
      const heads = records.map(({ seq, hash }) => ({ seq, hash }));
      const { exit, text } = auditFile(journalLines(records), { keyring: TEST_RING, heads });
      expect(text).toContain(`All ${heads.length} heads`);
      expect(text).toContain(`nothing wrong found: shown up to record ${records.length} of ${records.length}`);
      expect(exit).toBe(0);
      expect(timeline(records, null).trimEnd().split('\n')).toHaveLength(records.length);
    }),
    { numRuns: 60 },
  );
});

test('whatever is changed, cut, doubled, put in or signed with another key is found', () => {
  const sabotage = fc.constantFrom(
    'change',
    'remove',
    'double',
    'swap',
    'resign',
    'cut',
    'append',
  ) as fc.Arbitrary<string>;
  fc.assert(
    fc.property(journal, sabotage, fc.nat(), (told, how, pick) => {
      const records = told.map(({ record }) => record);
      const heads = records.map(({ seq, hash }) => ({ seq, hash }));
      const at = pick % records.length;
      const record = records[at];
      fc.pre(record !== undefined && records.length > 1);
      const before = at === 0 ? EMPTY_HEAD : { seq: at, hash: records[at - 1]?.hash ?? '' };
      const mallory = { current: 'k', keys: { k: 'guessed' } };
      const forged = (seq: typeof before) =>
        sign(seq, { operation: ID, at: record.at, event: { type: 'succeeded', claim: CLAIM } }, mallory);
      const acts: Record<string, () => unknown[]> = {
        change: () => records.with(at, { ...record, at: record.at + 1 }),
        remove: () => records.toSpliced(at, 1),
        double: () => records.toSpliced(at, 0, record),
        swap: () =>
          records.with(at, records[(at + 1) % records.length] ?? record).with((at + 1) % records.length, record),
        resign: () => [...records.slice(0, at), forged(before)],
        cut: () => records.slice(0, at),
        append: () => [...records, forged({ seq: records.length, hash: records.at(-1)?.hash ?? '' })],
      };
      const changed = acts[how]?.() ?? [];
      const found = audit(changed, { by: TEST_RING }, heads);
      expect(found.exit).toBe(1);
      // What is wrong leads, and in the timeline nothing after it looks certain.
      expect(found.lines[0]).toMatch(/is wrong|do not fit/);
      const marked = timeline(changed, found.doubtFrom).split('\n');
      for (const [index, line] of marked.entries())
        if (/^(UNVERIFIED {2})?\d{4}-/.test(line))
          expect(line.startsWith('UNVERIFIED')).toBe(found.doubtFrom !== null && index + 1 >= found.doubtFrom);
      if (how === 'resign') expect(marked.some((line) => line.startsWith('UNVERIFIED'))).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('what can’t be looked at is said to be so', () => {
  expect(auditFile('', { keyring: null }).exit).toBe(2);
  expect(auditFile('not json\n', { keyring: null }).exit).toBe(1);
  const strange = sign(EMPTY_HEAD, { operation: ID, at: 1, event: { type: 'invented' } }, TEST_RING);
  const found = auditFile(journalLines([strange]), { keyring: null });
  expect(found.exit).toBe(2);
  expect(found.text).toContain('cannot follow record 1 (invented)');
  expect(found.text).toContain('signatures were not checked');
});

test('a journal with no head to compare it with isn’t called good in Slack, and the command line says so', () => {
  const [one] = fc.sample(journal, 1);
  const records = (one ?? []).map(({ record }) => record);
  const found = audit(records, { by: TEST_RING }, []);
  expect(found.exit).toBe(0);
  const card = auditCard('BKP-1', 'U0ALICE', found, { heads: 0, threads: 1, gone: 0 });
  expect(card.text).toContain('❓ Audit of BKP-1: it could not be compared');
  expect(card.text).not.toContain('✅');
  expect(auditFile(journalLines(records), { keyring: TEST_RING }).text).toContain('Verdict: it could not be compared.');
});

test('a time that no calendar has is a flaw, and neither audit nor timeline fails on it', () => {
  const event = { type: 'invented' };
  const lines = [sign(EMPTY_HEAD, { operation: ID, at: Number.MAX_SAFE_INTEGER, event }, TEST_RING)];
  expect(audit(lines, { by: TEST_RING }, []).exit).toBe(1);
  expect(timeline(lines, null)).toContain('do not verify');
});
