import { advance } from '../../src/operation/advance.ts';
import {
  type AppendAnswer,
  type AppendRequest,
  EMPTY_SHELF,
  judgeAppend,
  type Shelf,
  shelve,
} from '../../src/operation/append.ts';
import { isEnd, type OperationEvent } from '../../src/operation/events.ts';
import { illegal } from '../../src/operation/grammar.ts';
import { type Operation, stuckAt, type Track, touched } from '../../src/operation/operation.ts';
import type { Step } from '../../src/operation/plan.ts';
import type { JournalRecord } from '../../src/operation/record.ts';
import { faultOfBegin, faultOfEvent } from './restore-oracle.ts';
import { HOSTS, type Host, type Shape } from './restore-plans.ts';

/**
 * Restores and backups on one cloud, with time, workers, bots, people and hosts moved one small act at a time, in any
 * order: what each holds may be as old as the test likes when it acts on it. Whether all is well is judged by an oracle
 * that reads raw events and hosts, never the fold.
 */
export type World = {
  now: number;
  shelf: Shelf;
  operations: Map<string, Operation>;
  /** The states before the present one, the newest last: what somebody slow may still believe. */
  past: Map<string, Operation[]>;
  /** Every event of each operation, as it was written. */
  said: Map<string, Said[]>;
  shapes: Map<string, Shape>;
  workers: Worker[];
  bots: Bot[];
  /** Who may approve at this moment. */
  eligible: Set<string>;
  hosts: ReadonlyMap<Host, HostState>;
  /** Starts that are in a journal, by run. */
  started: Map<string, Run>;
  /** The digest under which each operation's first destroy start was found to be consented. */
  consented: Map<string, string>;
  counter: number;
  /** The first thing that must not happen; null while all is well. */
  fault: string | null;
  /** How often each interesting place was reached. */
  reached: Map<string, number>;
};

/** An event, its moment by the journal's clock (ms), and whether its person could approve when they clicked. */
export type Said = { readonly event: OperationEvent; readonly at: number; readonly eligible: boolean };
export type Run = {
  readonly operation: string;
  readonly number: number;
  readonly kind: Track['kind'];
  readonly step: Step;
  readonly backup: boolean;
};
export type Worker = { claim: string | null; seen: Operation | null; pending: Pending | null };
export type Pending =
  | {
      readonly act: 'write';
      readonly event: OperationEvent;
      readonly own?: 'take' | 'need';
      readonly notAfter?: number;
    }
  | { readonly act: 'send'; readonly host: Host; readonly run: string };
export type Bot = {
  pending: null | {
    readonly seen: Operation;
    readonly event: OperationEvent;
    readonly notAfter: number | null;
    readonly eligible: boolean;
  };
};
/** One host's run directories (`<operation>/<number>`, `<operation>/<number>/<step>`), processes and data. */
export type HostState = {
  open: Set<string>;
  over: Set<string>;
  dirs: Set<string>;
  sent: Set<string>;
  begun: Map<string, 'supervisor' | 'driver'>;
  running: Set<string>;
  ended: Map<string, 'worked' | 'failed' | 'lost'>;
  /** What MariaDB would start on, what each operation keeps beside it, and all that was ever live. */
  live: string;
  aside: Map<string, string>;
  everLive: Set<string>;
};

export const PERSONS = ['U0ALICE', 'U0BOB', 'U0CAROL', 'U0DAVE', 'U0ERIN'] as const;

export function emptyWorld(): World {
  const host = (): HostState => ({
    open: new Set(),
    over: new Set(),
    dirs: new Set(),
    sent: new Set(),
    begun: new Map(),
    running: new Set(),
    ended: new Map(),
    live: 'old',
    aside: new Map(),
    everLive: new Set(['old']),
  });
  return {
    now: 10_000_000_000,
    shelf: EMPTY_SHELF,
    operations: new Map(),
    past: new Map(),
    said: new Map(),
    shapes: new Map(),
    workers: Array.from({ length: 3 }, () => ({ claim: null, seen: null, pending: null })),
    bots: Array.from({ length: 2 }, () => ({ pending: null })),
    eligible: new Set(PERSONS),
    hosts: new Map(HOSTS.map((name) => [name, host()])),
    started: new Map(),
    consented: new Map(),
    counter: 0,
    fault: null,
    reached: new Map(),
  };
}

export function tally(world: World, place: string): void {
  world.reached.set(place, (world.reached.get(place) ?? 0) + 1);
}

export function planKey(operation: string, number: number): string {
  return `${operation}/${number}`;
}

type Terms = Partial<Pick<AppendRequest, 'lease' | 'own' | 'single' | 'notAfter'>> & { eligible?: boolean };
type Answer = AppendAnswer | { readonly answer: 'illegal'; readonly why: string };
/** How many earlier states are kept for the slow. */
const PAST_KEPT = 4;

/** Appends as the journal does, by the model's rule. */
export function append(
  world: World,
  id: string,
  seen: Operation | null,
  event: OperationEvent,
  terms: Terms = {},
): Answer {
  const why = illegal(seen, event);
  if (why !== null) return { answer: 'illegal', why };
  world.counter += 1;
  const ends = seen !== null && isEnd(event, touched(seen));
  const record: JournalRecord = {
    v: 1,
    operation: id,
    seq: (seen?.head.seq ?? 0) + 1,
    at: Math.max(world.now, seen?.headAt ?? 0),
    prev: seen?.head.hash ?? '',
    event: { ...event },
    hash: `${world.counter}`,
    key: 'k',
    mac: '',
  };
  const request: AppendRequest = {
    expected: seen?.head ?? { seq: 0, hash: '' },
    record,
    time: world.now,
    notAfter: terms.notAfter ?? null,
    lease: terms.lease ?? { mode: 'none' },
    cloud: seen?.cloud ?? 'lab',
    own: terms.own ?? (ends ? 'drop' : 'none'),
    single: terms.single ?? (ends ? 'drop' : 'none'),
    ends,
    once: null,
  };
  const said = judgeAppend(world.shelf, request, world.now);
  if (said.answer !== 'appended') return said;
  world.fault ??= faultOfEvent(world, id, event);
  world.shelf = shelve(world.shelf, request, world.now);
  world.said.set(id, [...(world.said.get(id) ?? []), { event, at: record.at, eligible: terms.eligible ?? false }]);
  const after = advance(seen, event, record);
  if (seen !== null) world.past.set(id, [...(world.past.get(id) ?? []).slice(1 - PAST_KEPT), seen]);
  world.operations.set(id, after);
  if (seen !== null) tellReached(world, seen, event, after);
  return said;
}

const DAY_MS = 86_400_000;

/** Counts the places that a test must have seen to mean something. */
function tellReached(world: World, seen: Operation, event: OperationEvent, after: Operation): void {
  tally(world, event.type === 'expired' ? `expired ${event.what} by ${event.why}` : event.type);
  if (event.type === 'revoked' && seen.consent.completeAt !== null) tally(world, 'revoked after it was complete');
  if (event.type === 'cancelled' && seen.track?.steps[0]?.id === 'stage-a') tally(world, 'cancelled in preparation');
  if (after.resumedAt !== seen.resumedAt) tally(world, 'resumed');
  if (after.resumedAt !== seen.resumedAt && stuckAt(seen)?.attempt.end?.outcome === 'not_begun')
    tally(world, 'resumed with what never began');
  if (event.type === 'backing_out' && event.backOut === 'look-anew') tally(world, 'looked anew');
  if (event.type === 'step_finished' && event.step === 'recover' && event.outcome === 'worked')
    if (seen.past.some(({ track }) => track.backOut?.id === 'look-anew')) tally(world, 'worked when looked at anew');
  if (event.type !== 'step_finished' || event.outcome !== 'not_begun') return;
  const started = seen.attempts.get(event.step)?.at(-1)?.startedAt ?? world.now;
  if (event.step === 'stop' && world.now - started > DAY_MS) tally(world, 'stop found not begun after a day');
}

/** A detached supervisor does its second act: it takes `begun`, or finds its plan over or its place taken. */
export function begin(world: World, name: Host, run: string): void {
  const host = world.hosts.get(name);
  const started = world.started.get(run);
  if (!host?.sent.delete(run)) return;
  if (!started) world.fault ??= `${run} began before its start was written`;
  if (!started || host.begun.has(run) || !host.open.has(planKey(started.operation, started.number)))
    return void tally(world, 'a late program kept out');
  world.fault ??= faultOfBegin(world, name, run, started);
  host.begun.set(run, 'supervisor');
  host.running.add(run);
  if (started.step.id === 'stop') tally(world, `stopped with ${world.shapes.get(started.operation)?.needed} approvals`);
  if (started.step.id === 'swap-back') tally(world, 'swapped back');
  work(world, host, started);
}

/** What a program does to the data: each makes something true, and nothing where it is. */
function work(world: World, host: HostState, { operation, step }: Run): void {
  const aside = host.aside.get(operation);
  const copy = `copy of ${operation} `;
  switch (step.id) {
    case 'stage-a':
      host.aside.set(operation, `${copy}${world.counter}`);
      return;
    case 'swap-a':
      if (aside?.startsWith(copy)) exchange(host, operation, aside);
      return;
    case 'swap-back':
      if (aside !== undefined && host.live.startsWith(copy)) exchange(host, operation, aside);
      return;
    case 'clear-a':
      if (aside !== undefined && host.everLive.has(aside)) world.fault ??= `${operation} removed old data`;
      host.aside.delete(operation);
  }
}

function exchange(host: HostState, operation: string, aside: string): void {
  host.aside.set(operation, host.live);
  host.live = aside;
  host.everLive.add(aside);
}
