import { newId } from '../operation/ids.ts';
import { type Gate, gateDue } from './gatekeeper.ts';
import { HOLD_MS, HoldLost } from './posting.ts';
import type { Projected, ProjectorParts } from './projector-parts.ts';
import { rootUpdates } from './root-updates.ts';
import { teller } from './telling.ts';
import { troubleOf } from './web.ts';

/** The first and the longest pause before a thread is tried again, in ms. */
export const RETRY_FIRST_MS = 1_000;
export const RETRY_MAX_MS = 60_000;
/** How soon a thread is looked at again that another projector holds, in ms. */
const BUSY_MS = 2_000;

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

/** A bot without a gatekeeper: only tests have one. */
const NO_GATE: Gate = async () => null;

export function projector({
  journal,
  threads,
  notes,
  door,
  log,
  gate = NO_GATE,
  now = Date.now,
}: ProjectorParts): Projector {
  const roots = rootUpdates(door, notes, now);
  const failures = new Map<string, number>();
  const timers = new Map<string, NodeJS.Timeout>();
  const running = new Map<string, Promise<Projected>>();
  let stopped = false;
  const pass = teller({ journal, threads, notes, door, log, gate, now, roots, again, stopped: () => stopped });

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

  async function tick(): Promise<void> {
    for (const id of await journal.open()) {
      if (stopped) return;
      if (running.has(id) || timers.has(id)) continue;
      const due = await refresh(id).catch((error: unknown) => {
        log.debug({ operation: id, trouble: troubleOf(error) }, 'a root card was not updated');
        return false;
      });
      if (due) await project(id);
    }
  }

  /** Whether the gatekeeper has something to do, of which nobody may have told us. */
  async function refresh(id: string): Promise<boolean> {
    const token = newId();
    if (!(await threads.hold(id, token, HOLD_MS))) return false;
    try {
      // Read under the hold: what was read before could overwrite the last card of an operation that ended meanwhile.
      const [state, read] = await Promise.all([threads.read(id), journal.read(id)]);
      if (!state?.root || read.state !== 'sound' || state.shown.seq < read.operation.head.seq) return false;
      await roots.update({ channel: state.channel, root: state.root }, read.operation);
      return gateDue(read.operation);
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
