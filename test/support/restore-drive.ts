import { LEASE_MS } from '../../src/operation/append.ts';
import { gateOf } from '../../src/operation/approval.ts';
import type { OperationEvent } from '../../src/operation/events.ts';
import { illegal } from '../../src/operation/grammar.ts';
import { nextMove, preparationSpoilt, runName } from '../../src/operation/next.ts';
import { destroyStarted, highestNumber, type Operation, type Track } from '../../src/operation/operation.ts';
import type { Step } from '../../src/operation/plan.ts';
import { execution, HOSTS, type Host, planned, preparation, restoreFacts } from './restore-plans.ts';
import { append, type HostState, planKey, tally, type Worker, type World } from './restore-world.ts';
import { samplePlanned } from './sample.ts';

/** How one small act of a driver turns out where the world decides. */
export type Luck = {
  /** Questions are answered well, and plans can be made. */
  readonly well: boolean;
  /** It takes the place of a program that hasn't begun, and doesn't wait for it. */
  readonly hasty: boolean;
};

const PROBLEM = { code: 'STEP_FAILED', params: {} };

/** A worker claims an operation, whatever it did before. */
export function claim(world: World, worker: Worker, seen: Operation | undefined): void {
  if (!seen) return;
  world.counter += 1;
  const name = `claim${world.counter}`;
  const lease = { mode: 'take', claim: name } as const;
  const said = append(world, seen.id, seen, { type: 'claimed', claim: name, worker: 'w' }, { lease });
  if (said.answer === 'appended')
    Object.assign(worker, { claim: name, seen: world.operations.get(seen.id) ?? null, pending: null });
}

/** Leaves an operation where it stands, and gives its lease back. */
export function letGo(world: World, worker: Worker): void {
  const id = worker.seen?.id ?? '';
  if (world.shelf.leases.get(id)?.claim === worker.claim) {
    const leases = new Map(world.shelf.leases);
    leases.delete(id);
    world.shelf = { ...world.shelf, leases };
  }
  Object.assign(worker, { claim: null, seen: null, pending: null });
}

export function renew(world: World, worker: Worker): void {
  const held = worker.seen ? world.shelf.leases.get(worker.seen.id) : undefined;
  if (!worker.seen || !held || held.claim !== worker.claim || held.until <= world.now) return;
  const leases = new Map(world.shelf.leases).set(worker.seen.id, { claim: held.claim, until: world.now + LEASE_MS });
  world.shelf = { ...world.shelf, leases };
}

/** One small act of a driver, as the engine does it: what it decided is written later, what it wrote is sent later. */
export function drive(world: World, worker: Worker, luck: Luck): void {
  const { claim: name, seen, pending } = worker;
  if (name === null || seen === null) return;
  worker.pending = null;
  if (pending?.act === 'send') return void send(world, pending.host, pending.run);
  if (pending?.act === 'write') return void write(world, worker, name, seen, pending);
  decide(world, worker, name, seen, luck);
}

function send(world: World, name: Host, run: string): void {
  const host = world.hosts.get(name);
  const started = world.started.get(run);
  if (!host || !started) return;
  if (host.dirs.has(run) || !host.open.has(planKey(started.operation, started.number)))
    return void tally(world, 'a late sending kept out');
  host.dirs.add(run);
  host.sent.add(run);
}

function write(
  world: World,
  worker: Worker,
  name: string,
  seen: Operation,
  { event, own, notAfter }: Extract<Worker['pending'], { act: 'write' }>,
): void {
  const lease = { mode: 'hold', claim: name } as const;
  const present = world.operations.get(seen.id);
  // Asking what must be true took a while: the gate is asked again with the time that the event will bear.
  if (notAfter !== undefined && gateOf(seen, world.now).gate !== 'go') return void tally(world, 'too late to begin');
  const terms = { lease, ...(own ? { own } : {}), ...(notAfter === undefined ? {} : { notAfter }) };
  const said = append(world, seen.id, seen, event, terms);
  const drives = seen.claim?.claim === name;
  if (said.answer === 'illegal' && drives && present?.head.hash === seen.head.hash)
    world.fault ??= `${seen.id}: the next move was ${event.type}, which the grammar refuses: ${said.why}`;
  if (said.answer === 'owned') tally(world, 'waited for a backup');
  if (said.answer !== 'appended' && said.answer !== 'moved') return void letGo(world, worker);
  const now = world.operations.get(seen.id) ?? null;
  worker.seen = now;
  // What took its time to be known is said again, while it may be.
  if (said.answer === 'moved' && event.type === 'step_finished' && illegal(now, event) === null) {
    tally(world, 'said again');
    worker.pending = { act: 'write', event };
  }
  if (said.answer !== 'appended' || event.type !== 'step_started' || now === null) return;
  const step = now.track?.steps.find(({ id }) => id === event.step);
  const host = HOSTS.find((one) => one === step?.host);
  if (!step?.program || !now.track || !host) return;
  const run = runOf(now, now.track, step, event.attempt);
  const { number, kind } = now.track;
  world.started.set(run, { operation: now.id, number, kind, step, backup: now.wish.kind === 'backup' });
  worker.pending = { act: 'send', host, run };
}

function runOf({ id }: Operation, { number }: Track, step: Step, attempt: number): string {
  return `${planKey(id, number)}/${runName(step.id, attempt)}`;
}

function decide(world: World, worker: Worker, name: string, seen: Operation, luck: Luck): void {
  const { now } = world;
  const later = (event: OperationEvent, terms: { own?: 'take' | 'need'; notAfter?: number } = {}) => {
    worker.pending = { act: 'write', event, ...terms };
  };
  const next = nextMove(seen, now);
  switch (next.move) {
    case 'none':
      return void letGo(world, worker);
    case 'probe':
      return void later({ type: 'probed', claim: name, facts: restoreFacts });
    case 'plan':
      return void later(planIt(world, seen, name, luck));
    case 'succeed':
      return void later({ type: 'succeeded', claim: name });
    case 'fail':
      return void later({ type: 'failed', claim: name, problem: next.problem, remains: [] });
    case 'give_up':
      return void later({ type: 'given_up', claim: name, problem: next.problem });
    case 'ask':
      return void later({ type: 'attention', claim: name, problem: next.problem });
    case 'clear':
      return void later({ type: 'clearing', claim: name, number: highestNumber(seen) + 1 });
    case 'cleared':
      return void later({ type: 'cleared', claim: name, left: [] });
    case 'expire': {
      if (seen.plan === null) return;
      const { plan, digest } = seen.plan;
      return void later({ type: 'expired', claim: name, plan: plan.number, digest, what: next.what, why: next.why });
    }
    case 'start':
      return void start(world, seen, name, luck, next, later);
    case 'resume': {
      const { step, attempt } = next;
      const event = resume(world, seen, name, luck, step, attempt);
      if (event) later(event);
    }
  }
}

function planIt(world: World, seen: Operation, claimed: string, { well }: Luck): OperationEvent {
  if (seen.wish.kind === 'backup') return samplePlanned(seen.id, claimed);
  if (!well) return { type: 'given_up', claim: claimed, problem: PROBLEM };
  const number = highestNumber(seen) + 1;
  const shape = world.shapes.get(seen.id) ?? { needed: 1, looksFirst: false, clears: true };
  if (seen.plan === null || preparationSpoilt(seen)) {
    if (seen.plan !== null) tally(world, 'prepared again');
    return planned(preparation(seen.id, number, seen.cloud), claimed);
  }
  return planned(execution(seen.id, number, seen.cloud, shape), claimed);
}

type Start = { readonly step: Step; readonly attempt: number; readonly notAfter: number | null };
type Later = (event: OperationEvent, terms?: { own?: 'take' | 'need'; notAfter?: number }) => void;

function start(world: World, seen: Operation, claimed: string, luck: Luck, next: Start, later: Later): void {
  const { step, attempt, notAfter } = next;
  const { track, plan } = seen;
  if (track === null || plan === null) return;
  const at = { plan: track.number, step: step.id, attempt };
  if (track.kind !== 'plan' && closesAnother(world, seen, track)) return;
  if (notAfter !== null && step.touches === 'destroy' && !luck.well)
    return void later({
      type: 'voided',
      claim: claimed,
      plan: plan.plan.number,
      digest: plan.digest,
      problem: PROBLEM,
    });
  if (step.program) {
    const host = hostOf(world, step);
    if (host?.over.has(planKey(seen.id, track.number))) {
      // Whoever believes something old is told so by the journal.
      if (world.operations.get(seen.id)?.head.hash !== seen.head.hash)
        return void later({ type: 'attention', claim: claimed, problem: PROBLEM });
      world.fault ??= `${seen.id}: ${step.id} is to start in a plan that is over on its host`;
      return;
    }
    host?.open.add(planKey(seen.id, track.number));
  }
  const owned = seen.wish.kind === 'backup' || (notAfter === null && destroyStarted(seen));
  const takes = notAfter !== null && step.touches !== 'read';
  later(
    { type: 'step_started', claim: claimed, ...at, checks: [] },
    {
      ...(owned ? { own: 'need' } : takes ? { own: 'take' } : {}),
      ...(notAfter === null ? {} : { notAfter }),
    },
  );
}

function hostOf(world: World, step: Step): HostState | undefined {
  const name = HOSTS.find((one) => one === step.host);
  return name && world.hosts.get(name);
}

/**
 * Before a back-out or a clearing does anything, what was driven before is ended on every host, one host an act: a
 * back-out waits for what still runs there, a clearing ends it. True while that isn't done.
 */
function closesAnother(world: World, seen: Operation, { number, kind }: Track): boolean {
  for (const host of world.hosts.values())
    for (let earlier = 1; earlier < number; earlier++) {
      const key = planKey(seen.id, earlier);
      if (host.over.has(key)) continue;
      const running = [...host.running].filter((run) => run.startsWith(`${key}/`));
      if (kind === 'back_out' && running.length > 0) return true;
      for (const run of running) {
        host.running.delete(run);
        host.ended.set(run, 'lost');
      }
      host.open.delete(key);
      host.over.add(key);
      return true;
    }
  return false;
}

/** What a look at a started step finds, as the event that says it; null while there is nothing to say. */
function resume(
  world: World,
  seen: Operation,
  claimed: string,
  { well, hasty }: Luck,
  step: Step,
  attempt: number,
): OperationEvent | null {
  const { track } = seen;
  const host = hostOf(world, step);
  if (track === null || !host) return null;
  const at = { claim: claimed, plan: track.number, step: step.id, attempt };
  const end = (outcome: 'worked' | 'failed' | 'not_begun'): OperationEvent => ({
    type: 'step_finished',
    ...at,
    outcome,
    exit: step.program && outcome !== 'not_begun' ? { code: outcome === 'worked' ? 0 : 2, signal: null } : null,
    checks: [],
    problem: outcome === 'failed' ? PROBLEM : null,
  });
  if (!step.program) return end(well ? 'worked' : 'failed');
  const run = runOf(seen, track, step, attempt);
  const ended = host.ended.get(run);
  if (ended === 'lost') return { type: 'step_unclear', ...at, problem: PROBLEM };
  // The nodes have become whole since a recovery was found failed.
  if (ended === 'failed' && well && foundBefore(seen, track, step, attempt)) return end('worked');
  if (ended) return end(ended);
  const by = host.begun.get(run);
  if (by === 'supervisor') return null;
  if (by === 'driver' || host.over.has(planKey(seen.id, track.number))) return end('not_begun');
  if (!hasty) return null;
  host.dirs.add(run);
  host.begun.set(run, 'driver');
  return end('not_begun');
}

/** Whether this sending had ended already, and its end is looked at anew. */
function foundBefore({ past }: Operation, { number }: Track, { id }: Step, attempt: number): boolean {
  return past.some(
    ({ track, attempts }) =>
      track.number === number && attempts.get(id)?.some((one) => one.attempt === attempt && one.end !== null),
  );
}
