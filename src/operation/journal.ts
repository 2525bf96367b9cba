import type { AppendAnswer } from './append.ts';
import type { Problem } from './catalogue.ts';
import type { OperationEvent } from './events.ts';
import type { Operation } from './operation.ts';
import type { Flaw, Head, JournalRecord } from './record.ts';

/** A journal as it was read: verified and folded, or what is wrong with it. */
export type JournalRead =
  | { readonly state: 'sound'; readonly records: readonly JournalRecord[]; readonly operation: Operation }
  | { readonly state: 'missing' }
  /** The chain doesn't hold: somebody wrote into Redis by hand, or a part is lost. */
  | { readonly state: 'broken'; readonly flaw: Flaw; readonly lines: readonly unknown[] }
  /** It verifies, but this version can't follow it. */
  | {
      readonly state: 'unreadable';
      readonly seq: number;
      readonly type: string;
      readonly why: string;
      readonly records: readonly JournalRecord[];
    };

/** Why nothing is done for an operation whose journal isn't sound. */
export function notSound(read: Exclude<JournalRead, { state: 'sound' }>, label: string): Problem {
  switch (read.state) {
    case 'missing':
      return { code: 'LABEL_UNKNOWN', params: { label } };
    case 'broken':
      return { code: 'JOURNAL_BROKEN', params: { label, seq: String(read.flaw.seq), flaw: read.flaw.flaw } };
    case 'unreadable':
      return { code: 'JOURNAL_UNREADABLE', params: { label, seq: String(read.seq), type: read.type, why: read.why } };
  }
}

/** Under what conditions an event is appended; see `AppendRequest`. */
export type Terms = {
  readonly lease?: { readonly mode: 'take' | 'hold' | 'drop'; readonly claim: string };
  readonly own?: 'take' | 'need' | 'drop';
  /** The cloud's one open restore. */
  readonly single?: 'take';
  readonly notAfter?: number;
  readonly once?: string;
};

/** What became of an event that was to be appended. */
export type Appended =
  | { readonly answer: 'appended'; readonly operation: Operation; readonly record: JournalRecord }
  | Exclude<AppendAnswer, { answer: 'appended' }>
  /** The event can't follow what the journal holds; nothing was sent. */
  | { readonly answer: 'illegal'; readonly why: string };

/** What one cloud's or every cloud's index says; the journals say the rest. */
export type Listing = { readonly id: string; readonly at: number };

/** The port to the journals. Every method may reject with a KollaBackupError REDIS_…. */
export interface Journal {
  read(id: string): Promise<JournalRead>;
  /** The first event of a new operation; the label is drawn here. */
  request(
    id: string,
    event: Omit<Extract<OperationEvent, { type: 'requested' }>, 'label'>,
    terms: Terms,
  ): Promise<Appended>;
  /** Appends what was decided on `operation`, as it was read. */
  append(operation: Operation, event: OperationEvent, terms: Terms): Promise<Appended>;
  /** Prolongs a lease; false when it is lost. */
  renew(id: string, claim: string): Promise<boolean>;
  /** Gives a lease back early, so that another worker need not wait for its end. */
  letGo(id: string, claim: string): Promise<void>;
  /** Operations that haven't ended. */
  open(): Promise<readonly string[]>;
  /** Open operations that nobody drives. */
  undriven(): Promise<readonly string[]>;
  /** The newest operations of a cloud, or of all. */
  recent(limit: number, cloud?: string): Promise<readonly Listing[]>;
  /** The restores of a cloud, the newest first, however many other operations came after them. */
  restores(cloud: string): Promise<readonly Listing[]>;
  byLabel(label: string): Promise<string | null>;
  owner(cloud: string): Promise<string | null>;
  head(id: string): Promise<Head | null>;
  /** The journals' clock: Redis's TIME in ms. */
  now(): Promise<number>;
}
