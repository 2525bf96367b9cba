import type { Redis } from 'ioredis';
import { z } from 'zod';
import { fold } from '../operation/fold.ts';
import type { JournalRead } from '../operation/journal.ts';
import { type Keyring, verifyChain } from '../operation/record.ts';
import { keys } from './keys.ts';
import { asking } from './redis.ts';

/** Reads a journal: verified and folded, or what is wrong with it. */
export async function readJournal(redis: Redis, ring: Keyring, id: string): Promise<JournalRead> {
  return asking(async () => {
    const replies = await redis.multi().lrange(keys.journal(id), 0, -1).hmget(keys.state(id), 'seq', 'hash').exec();
    const [lines, state] = z
      .tuple([z.tuple([z.null(), z.array(z.string())]), z.tuple([z.null(), z.array(z.string().nullable())])])
      .parse(replies)
      .map(([, value]) => value);
    return judge(
      ring,
      id,
      (lines ?? []).map((line) => parseLine(line ?? '')),
      state?.[0] ?? null,
      state?.[1] ?? null,
    );
  });
}

function judge(
  ring: Keyring,
  id: string,
  lines: readonly unknown[],
  seq: string | null,
  hash: string | null,
): JournalRead {
  if (lines.length === 0 && seq === null) return { state: 'missing' };
  const verdict = verifyChain(lines, ring);
  if (!verdict.ok) return { state: 'broken', flaw: verdict.flaw, lines };
  if (String(verdict.head.seq) !== seq || verdict.head.hash !== hash)
    return { state: 'broken', flaw: { seq: verdict.head.seq, flaw: 'head' }, lines };
  // Signed as it is, a journal that was copied under another's key is not that one's.
  if (verdict.records[0]?.operation !== id) return { state: 'broken', flaw: { seq: 1, flaw: 'operation' }, lines };
  const folded = fold(verdict.records);
  if (!folded.ok)
    return { state: 'unreadable', seq: folded.seq, type: folded.type, why: folded.why, records: verdict.records };
  return { state: 'sound', records: verdict.records, operation: folded.operation };
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
