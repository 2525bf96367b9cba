import { setTimeout as sleep } from 'node:timers/promises';
import { operationEvent } from '../operation/events.ts';
import { newId } from '../operation/ids.ts';
import type { Journal, JournalRead } from '../operation/journal.ts';
import { advance, type JournaledProblem, type Operation } from '../operation/operation.ts';
import type { StepNotes, ThreadState, Threads } from '../operation/ports.ts';
import { EMPTY_HEAD, type Head, type JournalRecord } from '../operation/record.ts';
import { type Milestone, milestoneOf } from './cards/milestones.ts';
import { logTail, noticeCard } from './cards/notices.ts';
import { rootCard } from './cards/root.ts';
import { headIn, headMark, isNotice, noticeMark } from './heads.ts';
import { carries, type Desk, HOLD_MS, HoldLost, once, write } from './posting.ts';
import { rootUpdates } from './root-updates.ts';
import { tail } from './text.ts';
import type { ThreadDoor } from './thread.ts';
import { type Log, troubleOf } from './web.ts';

/** The first and the longest pause before a thread is tried again, in ms. */
export const RETRY_FIRST_MS = 1_000;
export const RETRY_MAX_MS = 60_000;
/** How soon a thread is looked at again that another projector holds, in ms. */
const BUSY_MS = 2_000;
/** The most of a log that is attached, in characters. */
const LOG_MAX = 262_144;
/** How much before the request's time a root card is searched for, in ms: two clocks. */
const CLOCKS_MS = 600_000;
/** Slack's words for a thread whose root was deleted. */
const ROOT_GONE: ReadonlySet<string> = new Set(['thread_not_found', 'message_not_found', 'cannot_reply_to_message']);

/** How far a thread is: everything shown; another shows it; not yet, it is tried again; said why not; nothing there. */
export type Projected = 'shown' | 'busy' | 'behind' | 'halted' | 'nothing';

export type ProjectorParts = {
  readonly journal: Journal;
  readonly threads: Threads;
  readonly notes: StepNotes;
  readonly door: ThreadDoor;
  readonly log: Log;
  readonly now?: () => number;
};

/** Tells journals in their threads: every milestone, in order, at worst one twice, none left out. */
export interface Projector {
  /** Brings a thread up to its journal. What couldn't be done is tried again by itself until `stop`. */
  project(id: string): Promise<Projected>;
  /** Every thread that is behind, as after a start. */
  sweep(): Promise<void>;
  /** Root cards of everything under way: elapsed times and heartbeats. */
  tick(): Promise<void>;
  stop(): Promise<void>;
}

export function projector({ journal, threads, notes, door, log, now = Date.now }: ProjectorParts): Projector {
  const roots = rootUpdates(door, notes, now);
  const failures = new Map<string, number>();
  const timers = new Map<string, NodeJS.Timeout>();
  const running = new Map<string, Promise<Projected>>();
  const said = new Set<string>();
  let stopped = false;

  function again(id: string, ms: number): void {
    if (stopped || timers.has(id)) return;
    const timer = setTimeout(() => {
      timers.delete(id);
      project(id).catch((error: unknown) => log.error({ operation: id, error: String(error) }, 'projecting'));
    }, ms);
    timers.set(id, timer.unref());
  }

  async function project(id: string): Promise<Projected> {
    const before = running.get(id);
    // Whoever runs already may have read the journal before our caller wrote into it, so one more turn follows.
    const turn = (before ?? Promise.resolve()).then(() => untilShown(id));
    running.set(id, turn);
    try {
      return await turn;
    } finally {
      if (running.get(id) === turn) running.delete(id);
    }
  }

  async function untilShown(id: string): Promise<Projected> {
    for (;;) {
      if (stopped) return 'behind';
      const token = newId();
      try {
        if (!(await threads.hold(id, token, HOLD_MS))) {
          again(id, BUSY_MS);
          return 'busy';
        }
        const { projected, upTo } = await pass(id, token).finally(() => threads.release(id, token).catch(() => {}));
        failures.delete(id);
        if (projected !== 'shown') return projected;
        // Somebody may have found us holding it with an event that we hadn't read.
        const head = await journal.head(id);
        if (head === null || head.seq <= upTo) return 'shown';
      } catch (error) {
        return fail(id, error);
      }
    }
  }

  function fail(id: string, error: unknown): Projected {
    if (error instanceof HoldLost) {
      again(id, BUSY_MS);
      return 'busy';
    }
    const trouble = troubleOf(error);
    const times = (failures.get(id) ?? 0) + 1;
    failures.set(id, times);
    const backoff = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(times - 1, 10));
    const wait = trouble.kind === 'rate' ? trouble.waitMs : backoff;
    log.warn({ operation: id, trouble, times, wait }, 'a thread is behind its journal');
    again(id, wait);
    return 'behind';
  }

  async function pass(id: string, token: string): Promise<{ projected: Projected; upTo: number }> {
    const read = await journal.read(id);
    const state = await threads.read(id);
    const desk: Desk | null = state === null ? null : { id, token, threads, state };
    const wrong = disagreement(id, read, state);
    if (wrong !== null) return { projected: await halt(id, desk, wrong), upTo: 0 };
    if (read.state !== 'sound' && read.state !== 'unreadable') return { projected: 'nothing', upTo: 0 };
    const sound = read.state === 'unreadable' ? read.records.slice(0, read.seq - 1) : read.records;
    const shown = await tell(id, token, desk, sound);
    if (typeof shown === 'string') return { projected: shown, upTo: 0 };
    if (read.state === 'unreadable') {
      const { seq, type, why } = read;
      const params = { label: shown.operation.label, seq: String(seq), type, why };
      return { projected: await halt(id, shown.desk, { code: 'JOURNAL_UNREADABLE', params }), upTo: 0 };
    }
    await threads.caughtUp(id, shown.operation.head);
    return { projected: 'shown', upTo: shown.operation.head.seq };
  }

  /** Tells what isn't shown yet, record by record. */
  async function tell(
    id: string,
    token: string,
    known: Desk | null,
    records: readonly JournalRecord[],
  ): Promise<{ desk: Desk; operation: Operation } | 'nothing' | 'halted' | 'behind'> {
    let desk = known;
    let operation: Operation | null = null;
    for (const record of records) {
      if (stopped) return 'behind';
      const event = operationEvent.parse(record.event);
      operation = advance(operation, event, record);
      if (record.seq === 1) {
        desk = await rooted(id, token, desk, operation);
        if (desk === null) return 'nothing';
        const wrong = differs(operation.label, records, desk.state.shown);
        if (wrong !== null) {
          await halt(id, desk, wrong);
          return 'halted';
        }
      }
      if (desk === null || record.seq <= desk.state.shown.seq) continue;
      const told = record.seq === 1 ? null : milestoneOf(event, operation);
      if (told !== null) await tellOne(desk, operation, told);
      desk.state = { ...desk.state, shown: operation.head, posting: told === null ? desk.state.posting : null };
      if (told !== null) await write(desk, {});
    }
    if (desk === null || operation === null) return 'nothing';
    // The key of a notice stays, so that no other process says it a second time.
    await write(desk, desk.state.posting?.startsWith('notice:') ? {} : { posting: null });
    await freshRoot(desk, operation);
    return { desk, operation };
  }

  /** The thread's root: known, found again in the channel, or posted. Null for an operation without a place. */
  async function rooted(id: string, token: string, known: Desk | null, operation: Operation): Promise<Desk | null> {
    if (known !== null && known.state.root !== null) return known;
    if (operation.channel === null) return null;
    const channel = known?.state.channel ?? operation.channel;
    const desk: Desk = known ?? {
      id,
      token,
      threads,
      // A state that was lost looks like one that never was: look in the channel before posting.
      state: { channel, root: null, shown: EMPTY_HEAD, posting: 'root' },
    };
    let root: string | null = null;
    let found = false;
    await once(desk, 'root', {
      arrived: async () => {
        root = await door.findRoot(channel, operation.requestedAt - CLOCKS_MS, (one) => headIn(one, id) !== null);
        found = root !== null;
        if (found) roots.forget(id);
        return found;
      },
      send: async () => {
        const card = rootCard(operation, { progress: null, now: now() });
        root = await door.post(channel, null, card, headMark(id, operation.head));
        roots.posted(id, card);
      },
    });
    const shown = found && root !== null ? await shownIn(desk, root) : desk.state.shown;
    await write(desk, { root, shown: shown.seq > 0 ? shown : operation.head, posting: null });
    return desk;
  }

  /** The highest head in a thread that was found again. */
  async function shownIn({ id, state }: Desk, root: string): Promise<Head> {
    try {
      const heads = (await door.own(state.channel, root)).flatMap(({ metadata }) => headIn(metadata, id) ?? []);
      return heads.reduce((best, one) => (one.seq > best.seq ? one : best), EMPTY_HEAD);
    } catch (error) {
      if (troubleOf(error).kind === 'refused') return EMPTY_HEAD;
      throw error;
    }
  }

  async function tellOne(desk: Desk, operation: Operation, told: Milestone): Promise<void> {
    const { seq } = operation.head;
    const logKey = `log:${seq}`;
    if (desk.state.posting !== logKey)
      await inThread(desk, (root) =>
        once(desk, `seq:${seq}`, {
          arrived: async () =>
            carries(await door.own(desk.state.channel, root), (one) => headIn(one, desk.id)?.seq === seq),
          send: () => door.post(desk.state.channel, root, told.message, headMark(desk.id, operation.head)),
        }),
      );
    if (told.log !== null) await tellLog(desk, operation, told.log, logKey);
  }

  async function tellLog(desk: Desk, operation: Operation, run: string, key: string): Promise<void> {
    const text = await notes.log(desk.id, run);
    if (text === null || text.trim() === '') return;
    const name = `${operation.label}-${run}.log`;
    await inThread(desk, (root) =>
      once(desk, key, {
        arrived: async () => {
          const own = await door.own(desk.state.channel, root);
          return own.some(({ files }) => files.includes(name)) || carries(own, (one) => isNotice(one, desk.id, key));
        },
        send: async () => {
          try {
            const title = `Log of ${run}`;
            await door.attach(desk.state.channel, root, [{ name, title, text: tail(text, LOG_MAX) }], title);
          } catch (error) {
            const trouble = troubleOf(error);
            if (trouble.kind !== 'refused' || ROOT_GONE.has(trouble.error)) throw error;
            const shown = logTail(run, tail(text, 2_400), trouble.error);
            await door.post(desk.state.channel, root, shown, noticeMark(desk.id, key));
          }
        },
      }),
    );
  }

  /** Does something in the thread; when its root was deleted, that is forgotten, so that the next try posts a new one. */
  async function inThread(desk: Desk, act: (root: string) => Promise<void>): Promise<void> {
    const { root } = desk.state;
    if (root === null) throw new Error('a thread without its root');
    try {
      await act(root);
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble.kind === 'refused' && ROOT_GONE.has(trouble.error)) await write(desk, { root: null, posting: null });
      throw error;
    }
  }

  /** The root card as it is now; the last one of an ended operation is waited for. */
  async function freshRoot(desk: Desk, operation: Operation): Promise<void> {
    await inThread(desk, async (root) => {
      const place = { channel: desk.state.channel, root };
      const wait = await roots.update(place, operation);
      if (wait === 0) return;
      if (operation.end === null) return again(desk.id, wait);
      await sleep(wait);
      await roots.update(place, operation);
    });
  }

  /** Says once, in the thread, why it goes no further. */
  async function halt(id: string, desk: Desk | null, problem: JournaledProblem): Promise<Projected> {
    const notice = `${problem.code}:${problem.params['seq'] ?? ''}`;
    if (said.has(`${id} ${notice}`)) return 'halted';
    log.error({ operation: id, problem }, 'a journal cannot be followed');
    if (desk !== null && desk.state.root !== null)
      await inThread(desk, (root) =>
        once(desk, `notice:${notice}`, {
          arrived: async () => carries(await door.own(desk.state.channel, root), (one) => isNotice(one, id, notice)),
          send: () => door.post(desk.state.channel, root, noticeCard(problem), noticeMark(id, notice)),
        }),
      );
    // The key stays in the state: another process looks in the thread before it would say it again.
    said.add(`${id} ${notice}`);
    return 'halted';
  }

  async function tick(): Promise<void> {
    for (const id of await journal.open()) {
      if (stopped) return;
      if (running.has(id) || timers.has(id)) continue;
      await refresh(id).catch((error: unknown) => {
        log.debug({ operation: id, trouble: troubleOf(error) }, 'a root card was not updated');
      });
    }
  }

  async function refresh(id: string): Promise<void> {
    const [state, read] = await Promise.all([threads.read(id), journal.read(id)]);
    if (!state?.root || read.state !== 'sound' || state.shown.seq < read.operation.head.seq) return;
    const token = newId();
    if (!(await threads.hold(id, token, HOLD_MS))) return;
    try {
      await roots.update({ channel: state.channel, root: state.root }, read.operation);
    } finally {
      await threads.release(id, token);
    }
  }

  return {
    project,
    tick,
    sweep: async () => {
      for (const id of await threads.behind()) if (!stopped && !timers.has(id)) await project(id);
    },
    stop: async () => {
      stopped = true;
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
      await Promise.allSettled(running.values());
    },
  };
}

/** Why a journal can't be followed any further from what its thread shows; null when it can. */
function disagreement(id: string, read: JournalRead, state: ThreadState | null): JournaledProblem | null {
  const shown = state?.shown ?? EMPTY_HEAD;
  switch (read.state) {
    case 'missing':
      return shown.seq === 0
        ? null
        : { code: 'JOURNAL_SHORTER', params: { label: id, seq: '0', shown: String(shown.seq) } };
    case 'broken':
      return { code: 'JOURNAL_BROKEN', params: { label: id, seq: String(read.flaw.seq), flaw: read.flaw.flaw } };
    case 'sound':
      return differs(read.operation.label, read.records, shown);
    case 'unreadable':
      return differs(id, read.records, shown);
  }
}

function differs(label: string, records: readonly JournalRecord[], shown: Head): JournaledProblem | null {
  if (shown.seq === 0) return null;
  const record = records[shown.seq - 1];
  if (record === undefined)
    return { code: 'JOURNAL_SHORTER', params: { label, seq: String(records.length), shown: String(shown.seq) } };
  return record.hash === shown.hash ? null : { code: 'JOURNAL_DIFFERS', params: { label, seq: String(shown.seq) } };
}
