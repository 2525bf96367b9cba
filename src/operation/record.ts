import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson, sha256 } from './canonical.ts';
import { hex64, operationId } from './ids.ts';

/** The predecessor that a journal's first record names. */
export const GENESIS = '0'.repeat(64);
/**
 * The largest event, in bytes of JSON: a journal is read whole, by people too. The largest by far is the plan of a
 * restore: five nodes with a way back from each, without each other, take half of it.
 */
export const MAX_EVENT_BYTES = 1_048_576;
/** The largest plan, in bytes of JSON: what stands beside it in its event and record takes less than the rest. */
export const MAX_PLAN_BYTES = MAX_EVENT_BYTES - 4_096;

/** The last moment that a Date can hold, in ms. */
const LAST_MOMENT = 8_640_000_000_000_000;

/**
 * One line of a journal. `hash` is the SHA-256 of everything before it, so that anyone can verify the chain;
 * `mac` is an HMAC of that hash with a key that bot and workers have and Redis hasn't.
 */
export const journalRecord = z.strictObject({
  v: z.literal(1),
  operation: operationId,
  seq: z.int().min(1),
  /** Milliseconds since the epoch, by Redis's clock, never before the predecessor's. */
  at: z.int().min(0).max(LAST_MOMENT),
  prev: hex64,
  event: z.looseObject({ type: z.string().max(40) }),
  hash: hex64,
  key: z.string().max(40),
  mac: hex64,
});
export type JournalRecord = z.infer<typeof journalRecord>;

/** A journal's last sequence number and hash: what a decision was made on. */
export type Head = { readonly seq: number; readonly hash: string };
export const EMPTY_HEAD: Head = { seq: 0, hash: GENESIS };

/** The keys by id; `current` signs. Old ones stay to verify what they signed. */
export type Keyring = { readonly current: string; readonly keys: Readonly<Record<string, string>> };

/** What a record says, before it is chained and signed; `at` in ms since the epoch. */
export type Unsigned = {
  operation: string;
  at: number;
  event: { readonly type: string } & Readonly<Record<string, unknown>>;
};

/** SHA-256 of a record's canonical JSON, which names the record before it. */
export function hashOf(record: Omit<JournalRecord, 'hash' | 'key' | 'mac'>): string {
  const { v, operation, seq, at, prev, event } = record;
  return sha256(canonicalJson(z.json().parse({ v, operation, seq, at, prev, event })));
}

function macOf(hash: string, secret: string): string {
  return createHmac('sha256', secret).update(`kolla-backup journal ${hash}`).digest('hex');
}

/** The record that follows `head`. */
export function sign(head: Head, { operation, at, event }: Unsigned, ring: Keyring): JournalRecord {
  const secret = ring.keys[ring.current];
  if (secret === undefined) throw new Error(`the keyring lacks its current key ${ring.current}`);
  const body = { v: 1 as const, operation, seq: head.seq + 1, at, prev: head.hash, event: { ...event } };
  const hash = hashOf(body);
  return { ...body, hash, key: ring.current, mac: macOf(hash, secret) };
}

/** What is wrong with a chain, and at which record. */
export type Flaw = {
  readonly seq: number;
  readonly flaw: 'shape' | 'order' | 'operation' | 'link' | 'hash' | 'time' | 'key' | 'mac' | 'head';
};
/** Whether a journal holds, or where it first doesn't and what is sound until there. */
export type Verdict =
  | { readonly ok: true; readonly records: readonly JournalRecord[]; readonly head: Head }
  | { readonly ok: false; readonly flaw: Flaw; readonly sound: readonly JournalRecord[] };

/**
 * Verifies a journal from its first record: order, links, hashes, times and, where a keyring is given, signatures.
 * It can't see a cut tail: for that compare the head with one that was remembered elsewhere.
 */
export function verifyChain(lines: readonly unknown[], ring: Keyring | null): Verdict {
  const sound: JournalRecord[] = [];
  let head: Head = EMPTY_HEAD;
  for (const line of lines) {
    const flaw = flawOf(line, head, sound, ring);
    if (typeof flaw === 'string') return { ok: false, flaw: { seq: head.seq + 1, flaw }, sound };
    sound.push(flaw);
    head = { seq: flaw.seq, hash: flaw.hash };
  }
  return { ok: true, records: sound, head };
}

function flawOf(
  line: unknown,
  head: Head,
  sound: readonly JournalRecord[],
  ring: Keyring | null,
): Flaw['flaw'] | JournalRecord {
  const parsed = journalRecord.safeParse(line);
  if (!parsed.success || !z.json().safeParse(line).success) return 'shape';
  const record = parsed.data;
  const before = sound.at(-1);
  if (record.seq !== head.seq + 1) return 'order';
  if (before && record.operation !== before.operation) return 'operation';
  if (record.prev !== head.hash) return 'link';
  if (before && record.at < before.at) return 'time';
  if (hashOf(record) !== record.hash) return 'hash';
  if (ring === null) return record;
  const secret = Object.hasOwn(ring.keys, record.key) ? ring.keys[record.key] : undefined;
  if (secret === undefined) return 'key';
  if (!timingSafeEqual(Buffer.from(macOf(record.hash, secret), 'hex'), Buffer.from(record.mac, 'hex'))) return 'mac';
  return record;
}
