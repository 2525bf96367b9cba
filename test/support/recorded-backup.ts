import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fold } from '../../src/operation/fold.ts';
import type { Operation } from '../../src/operation/operation.ts';
import { type JournalRecord, journalRecord } from '../../src/operation/record.ts';

const FILE = join(import.meta.dirname, '../fixtures/journals/0.1.0/BKP-1.jsonl');
const LINES = readFileSync(FILE, 'utf8').trimEnd().split('\n');

/** What may be another than it was recorded, wherever it stands in the journal. */
type Otherwise = Partial<
  Record<'label' | 'datadir' | 'fromLsn' | 'toLsn' | 'lastLsn' | 'sha256' | 'serverVersion', string>
>;

/** The journal of a full backup that was taken once, with `otherwise` in it, up to the event `until` says no to. */
export function recordedBackup(
  otherwise: Otherwise,
  until: (event: JournalRecord['event']) => boolean = () => true,
): Operation {
  const changed = new Map<string, unknown>(Object.entries(otherwise));
  const records = LINES.map((line) =>
    journalRecord.parse(JSON.parse(line, (key, value: unknown) => (changed.has(key) ? changed.get(key) : value))),
  );
  const end = records.findIndex(({ event }) => !until(event));
  const folded = fold(end === -1 ? records : records.slice(0, end));
  if (!folded.ok) throw new Error(folded.why);
  return folded.operation;
}
