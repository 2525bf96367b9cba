import { advance } from './advance.ts';
import { operationEvent } from './events.ts';
import { illegal } from './grammar.ts';
import type { Operation } from './operation.ts';
import type { JournalRecord } from './record.ts';

/** A journal folded, or the first record that this version can't follow: then code does nothing and says so. */
export type Folded =
  | { readonly ok: true; readonly operation: Operation }
  | { readonly ok: false; readonly seq: number; readonly type: string; readonly why: string };

/** Folds verified records. */
export function fold(records: readonly JournalRecord[]): Folded {
  let operation: Operation | null = null;
  for (const record of records) {
    const parsed = operationEvent.safeParse(record.event);
    const stop = (why: string): Folded => ({ ok: false, seq: record.seq, type: record.event.type, why });
    if (!parsed.success) return stop('an event that this version does not know');
    const why = illegal(operation, parsed.data);
    if (why !== null) return stop(why);
    operation = advance(operation, parsed.data, record);
  }
  return operation ? { ok: true, operation } : { ok: false, seq: 0, type: 'none', why: 'an empty journal' };
}
