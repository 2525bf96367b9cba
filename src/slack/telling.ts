import { setTimeout as sleep } from 'node:timers/promises';
import { advance } from '../operation/advance.ts';
import { operationEvent } from '../operation/events.ts';
import type { JournalRead } from '../operation/journal.ts';
import type { JournaledProblem, Operation } from '../operation/operation.ts';
import type { ThreadState } from '../operation/ports.ts';
import { EMPTY_HEAD, type Head, type JournalRecord } from '../operation/record.ts';
import { milestoneOf } from './cards/milestones.ts';
import { noticeCard } from './cards/notices.ts';
import { rootCard } from './cards/root.ts';
import { headIn, headMark, isNotice, noticeMark } from './heads.ts';
import { carries, type Desk, inThread, once, write } from './posting.ts';
import type { Projected, ProjectorParts } from './projector-parts.ts';
import type { RootUpdates } from './root-updates.ts';
import { tellOne } from './tell-one.ts';
import { troubleOf } from './web.ts';

/** How much before the request's time a root card is searched for, in ms: two clocks. */
const CLOCKS_MS = 600_000;

type TellerParts = Required<ProjectorParts> & {
  readonly roots: RootUpdates;
  readonly stopped: () => boolean;
  /** Asks for another look at a thread in `ms`. */
  readonly again: (id: string, ms: number) => void;
};

/** One pass over one thread, which the caller holds: what isn't shown yet is told, as far as the journal can be followed. */
type Teller = (id: string, token: string) => Promise<{ readonly projected: Projected; readonly upTo: number }>;

export function teller(parts: TellerParts): Teller {
  const { journal, threads, door, log, gate, now, roots, stopped, again } = parts;
  const said = new Set<string>();

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
    const wait = await gate(shown.desk, shown.operation, read.records);
    if (wait !== null) again(id, wait);
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
      if (stopped()) return 'behind';
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
      if (told !== null) await tellOne(parts, desk, { event, operation, told });
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
      state: { channel, root: null, former: [], shown: EMPTY_HEAD, posting: 'root' },
    };
    let root: string | null = null;
    let found = false;
    await once(desk, 'root', {
      arrived: async () => {
        root = await door.findRoot(channel, operation.requestedAt - CLOCKS_MS, (one) => headIn(one, id)?.seq === 1);
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

  /** The root card as it is now; the last one of an ended operation is waited for. */
  async function freshRoot(desk: Desk, operation: Operation): Promise<void> {
    await inThread(desk, async (root) => {
      const place = { channel: desk.state.channel, root };
      // A timer may fire a little early, and then the card isn't updated yet.
      for (let wait = await roots.update(place, operation); wait > 0; wait = await roots.update(place, operation)) {
        if (operation.end === null) return again(desk.id, wait);
        await sleep(wait);
      }
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

  return pass;
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
