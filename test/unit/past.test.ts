import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fold } from '../../src/operation/fold.ts';
import type { JournalRead } from '../../src/operation/journal.ts';
import { journalRecord, verifyChain } from '../../src/operation/record.ts';
import { cloudPast, type PastJournal } from '../../src/past.ts';

const FILE = join(import.meta.dirname, '../fixtures/journals/0.1.0/RST-1.jsonl');
const records = readFileSync(FILE, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => journalRecord.parse(JSON.parse(line)));
const at = (type: string, step: string) =>
  records.findIndex(({ event }) => event.type === type && event['step'] === step) + 1;

/** The journal when a newer version went on with it after that record, by an event that nobody here knows. */
function newerAfter(seq: number): JournalRead {
  expect(verifyChain(records, null).ok).toBe(true);
  const known = records.slice(0, seq);
  const [last] = known.slice(-1);
  if (last === undefined) throw new Error('an empty journal');
  const all = [...known, { ...last, seq: seq + 1, event: { type: 'from_the_future' } }, ...records.slice(seq)];
  const folded = fold(all);
  if (folded.ok) throw new Error('it was followed');
  return { state: 'unreadable', ...folded, records: all };
}

const [own] = [{ id: records[0]?.operation ?? '', at: 0 }];
/** What it tells where it is among the newest operations, and, `old`, where so many have come after it that it isn't. */
const pastWith = (read: JournalRead, old = false) => {
  const journal: PastJournal = {
    recent: async () => (old ? [] : [own]),
    restores: async () => [own],
    read: async () => read,
  };
  return cloudPast(journal, 'lab');
};

test('that a restore began to replace the data counts, though a newer version went on with it', async () => {
  const swapped = at('step_started', 'swap-1');
  const { restores } = await pastWith(newerAfter(swapped));
  expect(restores).toEqual([{ label: 'RST-1', at: [records[swapped - 1]?.at, records[swapped - 1]?.at] }]);
  expect((await pastWith(newerAfter(swapped - 1))).restores).toEqual([]);
});

test('a restore counts once, however many operations came after it', async () => {
  const folded = fold(records);
  if (!folded.ok) throw new Error(folded.why);
  const sound: JournalRead = { state: 'sound', records, operation: folded.operation };
  const { restores } = await pastWith(sound, true);
  expect(restores).toMatchObject([{ label: 'RST-1' }]);
  expect(await pastWith(sound)).toEqual(await pastWith(sound, true));
});

test('one that does not verify tells nothing', async () => {
  const past = await pastWith({ state: 'broken', flaw: { seq: 3, flaw: 'mac' }, lines: [] });
  expect(past).toEqual({ proven: [], restores: [], read: [] });
});
