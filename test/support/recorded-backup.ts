import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fold } from '../../src/operation/fold.ts';
import type { Operation } from '../../src/operation/operation.ts';
import { type JournalRecord, journalRecord } from '../../src/operation/record.ts';

const FILE = join(import.meta.dirname, '../fixtures/journals/0.1.0/BKP-1.jsonl');
const TEXT = readFileSync(FILE, 'utf8').trimEnd();
const ARCHIVE = 'mysqlbackup-25-11-2026-1795649486.qp.xbc.xbs.gz';
const VOLUME = '/var/lib/docker/volumes/mariadb_backup/_data';

/** What may be another than it was recorded, wherever it stands in the journal; `archive` is its path in `volume`. */
type Otherwise = Partial<
  Record<'label' | 'datadir' | 'toLsn' | 'lastLsn' | 'archive' | 'volume', string> & Record<'bytes' | 'inode', number>
>;

/** The journal of a full backup that was taken once, with `otherwise` in it, up to the event `until` says no to. */
export function recordedBackup(
  otherwise: Otherwise,
  until: (event: JournalRecord['event']) => boolean = () => true,
): Operation {
  const { archive = ARCHIVE, volume = VOLUME, ...values } = otherwise;
  const changed = new Map<string, unknown>(Object.entries(values));
  const lines = TEXT.replaceAll(VOLUME, volume).replaceAll(ARCHIVE, archive).split('\n');
  const records = lines.map((line) =>
    journalRecord.parse(JSON.parse(line, (key, value: unknown) => (changed.has(key) ? changed.get(key) : value))),
  );
  const end = records.findIndex(({ event }) => !until(event));
  const folded = fold(end === -1 ? records : records.slice(0, end));
  if (!folded.ok) throw new Error(folded.why);
  return folded.operation;
}
