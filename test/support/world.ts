import { advance } from '../../src/operation/advance.ts';
import {
  type AppendAnswer,
  type AppendRequest,
  EMPTY_SHELF,
  judgeAppend,
  LEASE_MS,
  type Shelf,
  shelve,
} from '../../src/operation/append.ts';
import { isEnd, type OperationEvent } from '../../src/operation/events.ts';
import { illegal } from '../../src/operation/grammar.ts';
import { nextMove, runName } from '../../src/operation/next.ts';
import { latest, type Operation, touched } from '../../src/operation/operation.ts';
import type { JournalRecord } from '../../src/operation/record.ts';
import { sampleFacts, samplePlanned, sampleRequest } from './sample.ts';

/**
 * A world in which time, workers, hosts and people are moved one small act at a time, in any order: what a worker holds
 * may be as old as the test likes when it acts on it. The invariants are checked after every act.
 */
export type World = {
  now: number;
  shelf: Shelf;
  operations: Map<string, Operation>;
  /** Every state that each operation was ever in: what somebody slow may still believe. */
  past: Map<string, Operation[]>;
  workers: Worker[];
  /** The deploy host: which step directories and `begun` marks exist, what runs and what ran. */
  host: {
    dirs: Set<string>;
    begun: Map<string, 'supervisor' | 'driver'>;
    sent: Set<string>;
    running: Set<string>;
    done: Set<string>;
    runs: string[];
  };
  counter: number;
  /** What an append let through that it must not; null while all is well. */
  fault: string | null;
};

type Worker = { claim: string | null; until: number; seen: Operation | null; sending: string | null };

export const CLOUDS = ['lab', 'prod'] as const;

export function emptyWorld(workers: number): World {
  return {
    now: 1_000_000,
    shelf: EMPTY_SHELF,
    operations: new Map(),
    past: new Map(),
    workers: Array.from({ length: workers }, () => ({ claim: null, until: 0, seen: null, sending: null })),
    host: { dirs: new Set(), begun: new Map(), sent: new Set(), running: new Set(), done: new Set(), runs: [] },
    counter: 0,
    fault: null,
  };
}

type Terms = Partial<Pick<AppendRequest, 'lease' | 'own' | 'single' | 'once' | 'notAfter'>>;

/** Appends as the journal does, by the model's rule. */
function append(
  world: World,
  id: string,
  seen: Operation | null,
  event: OperationEvent,
  terms: Terms,
): AppendAnswer | { answer: 'illegal' } {
  if (illegal(seen, event) !== null) return { answer: 'illegal' };
  world.counter += 1;
  const ends = seen !== null && isEnd(event, touched(seen));
  const at = Math.max(world.now, seen?.headAt ?? 0);
  const seq = (seen?.head.seq ?? 0) + 1;
  const record: JournalRecord = {
    v: 1,
    operation: id,
    seq,
    at,
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
    cloud: seen?.cloud ?? (event.type === 'requested' ? event.cloud : 'lab'),
    own: terms.own ?? (ends ? 'drop' : 'none'),
    single: terms.single ?? (ends ? 'drop' : 'none'),
    ends,
    once: terms.once ?? null,
  };
  const said = judgeAppend(world.shelf, request, world.now);
  if (said.answer !== 'appended') return said;
  world.fault ??= wronglyAppended(world, id, seen, request);
  world.shelf = shelve(world.shelf, request, world.now);
  const after = advance(seen, event, record);
  world.operations.set(id, after);
  world.past.set(id, [...(world.past.get(id) ?? []), after]);
  return said;
}

function wronglyAppended(
  { operations, shelf, now }: World,
  id: string,
  seen: Operation | null,
  { lease, own, once }: AppendRequest,
): string | null {
  const present = operations.get(id) ?? null;
  const held = shelf.leases.get(id);
  const driver = held && held.until > now ? held.claim : null;
  if (present?.head.seq !== seen?.head.seq || present?.head.hash !== seen?.head.hash)
    return `${id}: appended to an old head`;
  if (lease.mode === 'take' && driver !== null && driver !== lease.claim) return `${id}: claimed while another drives`;
  if (lease.mode === 'hold' && driver !== lease.claim) return `${id}: an event of one who does not drive`;
  if (own === 'need' && shelf.owners.get(present?.cloud ?? '') !== id) return `${id}: a change without the cloud`;
  return once !== null && shelf.once.has(once) ? `${id}: one request twice` : null;
}

export type Act =
  | { act: 'request'; cloud: number; once: number }
  | { act: 'claim'; worker: number; operation: number }
  | { act: 'drive'; worker: number; works: boolean }
  | { act: 'renew'; worker: number }
  | { act: 'crash'; worker: number }
  | { act: 'cancel'; operation: number; stale: boolean }
  | { act: 'supervisor'; pick: number }
  | { act: 'finish'; pick: number }
  | { act: 'wait'; ms: number };

const acts: { readonly [K in Act['act']]: (world: World, act: Extract<Act, { act: K }>) => void } = {
  request(world, { cloud, once }) {
    const id = `op${world.operations.size}`;
    append(world, id, null, sampleRequest('BKP-1', CLOUDS[cloud % 2] ?? 'lab'), { own: 'take', once: `once${once}` });
  },
  claim(world, { worker: index, operation }) {
    const worker = world.workers[index % world.workers.length];
    const seen = [...world.operations.values()][operation % Math.max(1, world.operations.size)];
    if (!worker || !seen) return;
    world.counter += 1;
    const claim = `claim${world.counter}`;
    const said = append(
      world,
      seen.id,
      seen,
      { type: 'claimed', claim, worker: 'w' },
      { lease: { mode: 'take', claim } },
    );
    if (said.answer !== 'appended') return;
    Object.assign(worker, {
      claim,
      until: world.now + LEASE_MS,
      seen: world.operations.get(seen.id) ?? null,
      sending: null,
    });
  },
  drive(world, { worker: index, works }) {
    const worker = world.workers[index % world.workers.length];
    if (worker?.claim && worker.seen) drive(world, worker, works);
  },
  renew(world, { worker: index }) {
    const worker = world.workers[index % world.workers.length];
    const held = worker?.seen ? world.shelf.leases.get(worker.seen.id) : undefined;
    if (!worker?.seen || held?.claim !== worker.claim || !held || held.until <= world.now) return;
    worker.until = world.now + LEASE_MS;
    world.shelf = {
      ...world.shelf,
      leases: new Map(world.shelf.leases).set(worker.seen.id, { claim: held.claim, until: worker.until }),
    };
  },
  crash(world, { worker: index }) {
    const worker = world.workers[index % world.workers.length];
    if (worker) Object.assign(worker, { claim: null, until: 0, seen: null, sending: null });
  },
  cancel(world, { operation, stale }) {
    const present = [...world.operations.values()][operation % Math.max(1, world.operations.size)];
    const seen = stale ? world.past.get(present?.id ?? '')?.at(-2) : present;
    if (seen) append(world, seen.id, seen, { type: 'cancelled', by: 'U0ALICE' }, {});
  },
  /** The detached supervisor on the host does its second act whenever it gets to it. */
  supervisor({ host }, { pick }) {
    const waiting = [...host.sent].filter((run) => !host.begun.has(run));
    const run = waiting[pick % Math.max(1, waiting.length)];
    if (run === undefined) return;
    host.begun.set(run, 'supervisor');
    host.running.add(run);
    host.runs.push(run);
  },
  finish({ host }, { pick }) {
    const run = [...host.running][pick % Math.max(1, host.running.size)];
    if (run === undefined) return;
    host.running.delete(run);
    host.done.add(run);
  },
  wait(world, { ms }) {
    world.now += ms;
  },
};

export function perform(world: World, act: Act): void {
  // Each act goes to its own function; the table can't tell the compiler so.
  (acts[act.act] as (world: World, act: Act) => void)(world, act);
}

/** One small act of a driver, as `engine/driver.ts` does it. */
function drive(world: World, worker: Worker, works: boolean): void {
  const { claim, seen } = worker;
  if (claim === null || seen === null) return;
  if (worker.sending !== null) {
    // The program is sent some time after its start was written; the host lets it in once.
    const run = worker.sending;
    worker.sending = null;
    if (!world.host.dirs.has(run)) {
      world.host.dirs.add(run);
      world.host.sent.add(run);
    }
    return;
  }
  const lease = { mode: 'hold', claim } as const;
  const write = (event: OperationEvent, own?: 'need') => {
    const said = append(world, seen.id, seen, event, own ? { lease, own } : { lease });
    worker.seen = world.operations.get(seen.id) ?? null;
    if (said.answer === 'not_driver' || said.answer === 'illegal') Object.assign(worker, { claim: null, seen: null });
    return said.answer === 'appended';
  };
  const move = nextMove(seen, world.now);
  switch (move.move) {
    case 'none':
      Object.assign(worker, { claim: null, seen: null });
      return;
    case 'probe':
      return void write({ type: 'probed', claim, facts: sampleFacts });
    case 'plan':
      return void write(samplePlanned(seen.id, claim));
    case 'succeed':
      return void write({ type: 'succeeded', claim });
    case 'fail':
      return void write({ type: 'failed', claim, problem: move.problem, remains: [] });
    case 'start': {
      const { step, attempt } = move;
      const started = write({ type: 'step_started', claim, plan: 1, step: step.id, attempt, checks: [] }, 'need');
      if (started && step.program) worker.sending = `${seen.id}/${runName(step.id, attempt)}`;
      return;
    }
    case 'resume': {
      const { step, attempt } = move;
      const ended = (outcome: 'worked' | 'failed' | 'not_begun') =>
        write({
          type: 'step_finished',
          claim,
          plan: 1,
          step: step.id,
          attempt,
          outcome,
          exit: null,
          checks: [],
          problem: null,
        });
      const run = `${seen.id}/${runName(step.id, attempt)}`;
      if (!step.program) return void ended(works ? 'worked' : 'failed');
      if (world.host.done.has(run)) return void ended(works ? 'worked' : 'failed');
      if (world.host.running.has(run)) return;
      if (!world.host.begun.has(run)) {
        world.host.dirs.add(run);
        world.host.begun.set(run, 'driver');
      }
      if (world.host.begun.get(run) === 'driver') ended('not_begun');
    }
  }
}

/** What must hold after every act; the text says what doesn't. */
export function broken(world: World): string | null {
  const { host, operations, shelf } = world;
  if (world.fault !== null) return world.fault;
  const programs = new Map<string, number>();
  for (const run of host.runs) {
    const [id = '', name = ''] = run.split('/');
    programs.set(id, (programs.get(id) ?? 0) + 1);
    const operation = operations.get(id);
    const attempt = Number(name.split('.')[1] ?? '1');
    if (!operation?.attempts.get('take-backup')?.some((one) => one.attempt === attempt))
      return `${run} ran before its start was written`;
    if (host.begun.get(run) !== 'supervisor') return `${run} ran though a driver had taken it`;
    if (operation.end?.how === 'cancelled') return `${run} ran of a cancelled operation`;
  }
  for (const [id, times] of programs) if (times > 1) return `the program of ${id} ran ${times} times`;
  for (const run of host.running) {
    const operation = operations.get(run.split('/')[0] ?? '');
    if (operation && shelf.owners.get(operation.cloud) !== operation.id)
      return `${run} runs though its operation does not own the cloud`;
  }
  for (const operation of operations.values()) {
    if (operation.end && shelf.open.has(operation.id)) return `${operation.id} ended and is open`;
    if (operation.end && [...shelf.owners.values()].includes(operation.id))
      return `${operation.id} ended and owns its cloud`;
    if (!operation.end && shelf.owners.get(operation.cloud) !== operation.id)
      return `${operation.id} is under way and does not own its cloud`;
    const step = operation.plan?.plan.steps[0];
    if (operation.end?.how === 'succeeded' && step && latest(operation, step)?.end?.outcome !== 'worked')
      return `${operation.id} succeeded without its step`;
  }
  return null;
}
