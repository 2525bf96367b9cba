import type { Head, JournalRecord } from './record.ts';

/** How long a driver's lease lasts without a renewal, by Redis's clock. */
export const LEASE_MS = 30_000;
/** How old the TIME may be that an event was stamped with. */
export const MAX_TIME_AGE_MS = 5_000;

/**
 * One event to append, and all that must be true for it, judged in one stroke by Redis (`engine/append.lua`) and, in
 * tests, by `judgeAppend`: both must answer alike for every sequence of requests.
 */
export type AppendRequest = {
  /** The head that the caller decided on. */
  readonly expected: Head;
  readonly record: JournalRecord;
  /** Redis's TIME in ms, as the caller read it just now. */
  readonly time: number;
  /** The event is refused after this time (ms, Redis's clock); null: whenever. */
  readonly notAfter: number | null;
  readonly lease:
    | { readonly mode: 'none' }
    /** Take the lease with this event, refused while another's is alive. */
    | { readonly mode: 'take'; readonly claim: string }
    /** A driver's event: refused unless this claim holds the lease. */
    | { readonly mode: 'hold'; readonly claim: string }
    /** A driver's event after which nobody drives. */
    | { readonly mode: 'drop'; readonly claim: string };
  readonly cloud: string;
  /** take: the operation owns the cloud from this event on; need: it must own it already; drop: it owns it no more. */
  readonly own: 'none' | 'take' | 'need' | 'drop';
  /** take: the cloud's one open restore; refused while another is open. drop: it is open no more. */
  readonly single: 'none' | 'take' | 'drop';
  /** The event ends the operation: the sweep looks at it no more. */
  readonly ends: boolean;
  /** A request's own key (one click or command), so that Slack may deliver it twice; only with the first event. */
  readonly once: string | null;
};

/** What became of it; unless it was appended, nothing was written. `by` and `of` name who stands in the way. */
export type AppendAnswer =
  | { readonly answer: 'appended' }
  /** The journal's head is another: fold again and decide anew. */
  | { readonly answer: 'moved' }
  | { readonly answer: 'clock' }
  | { readonly answer: 'late' }
  | { readonly answer: 'claimed'; readonly by: string }
  | { readonly answer: 'not_driver' }
  | { readonly answer: 'owned'; readonly by: string }
  | { readonly answer: 'not_owner' }
  | { readonly answer: 'another'; readonly by: string }
  | { readonly answer: 'duplicate'; readonly of: string };

/** What Redis holds besides the records, as the model sees it. */
export type Shelf = {
  readonly heads: ReadonlyMap<string, Head>;
  readonly leases: ReadonlyMap<string, { readonly claim: string; readonly until: number }>;
  readonly owners: ReadonlyMap<string, string>;
  readonly restores: ReadonlyMap<string, string>;
  readonly open: ReadonlySet<string>;
  readonly once: ReadonlyMap<string, string>;
};

export const EMPTY_SHELF: Shelf = {
  heads: new Map(),
  leases: new Map(),
  owners: new Map(),
  restores: new Map(),
  open: new Set(),
  once: new Map(),
};

/** The rule of `engine/append.lua`, as a pure function of the shelf, the request and Redis's clock (ms). */
export function judgeAppend(shelf: Shelf, request: AppendRequest, now: number): AppendAnswer {
  const { expected, record, lease, cloud, own, single, once } = request;
  const id = record.operation;
  const head = shelf.heads.get(id) ?? { seq: 0, hash: '' };
  const earlier = once === null ? undefined : shelf.once.get(once);
  if (earlier !== undefined) return { answer: 'duplicate', of: earlier };
  if (head.seq !== expected.seq || (head.seq > 0 && head.hash !== expected.hash)) return { answer: 'moved' };
  if (request.time > now || request.time < now - MAX_TIME_AGE_MS) return { answer: 'clock' };
  if (request.notAfter !== null && now > request.notAfter) return { answer: 'late' };
  const held = shelf.leases.get(id);
  const alive = held !== undefined && held.until > now ? held : undefined;
  if (lease.mode === 'take' && alive && alive.claim !== lease.claim) return { answer: 'claimed', by: alive.claim };
  if ((lease.mode === 'hold' || lease.mode === 'drop') && alive?.claim !== lease.claim) return { answer: 'not_driver' };
  const owner = shelf.owners.get(cloud);
  if (own === 'take' && owner !== undefined && owner !== id) return { answer: 'owned', by: owner };
  if (own === 'need' && owner !== id) return { answer: 'not_owner' };
  const restore = shelf.restores.get(cloud);
  if (single === 'take' && restore !== undefined && restore !== id) return { answer: 'another', by: restore };
  return { answer: 'appended' };
}

/** What the shelf is after `request` was appended at `now`. */
export function shelve(shelf: Shelf, request: AppendRequest, now: number): Shelf {
  const { record, lease, cloud, own, single, ends, once } = request;
  const id = record.operation;
  const leases = new Map(shelf.leases);
  if (lease.mode === 'take') leases.set(id, { claim: lease.claim, until: now + LEASE_MS });
  if (lease.mode === 'drop') leases.delete(id);
  const owners = new Map(shelf.owners);
  if (own === 'take') owners.set(cloud, id);
  if (own === 'drop' && owners.get(cloud) === id) owners.delete(cloud);
  const restores = new Map(shelf.restores);
  if (single === 'take') restores.set(cloud, id);
  if (single === 'drop' && restores.get(cloud) === id) restores.delete(cloud);
  const open = new Set(shelf.open);
  // A refusal noted after the end doesn't open it again.
  if (ends) open.delete(id);
  else if (record.seq === 1) open.add(id);
  return {
    heads: new Map(shelf.heads).set(id, { seq: record.seq, hash: record.hash }),
    leases,
    owners,
    restores,
    open,
    once: once === null ? shelf.once : new Map(shelf.once).set(once, id),
  };
}
