import fc from 'fast-check';
import { LEASE_MS } from '../../src/operation/append.ts';
import { type Operation, stuckAt } from '../../src/operation/operation.ts';
import { claim, drive, type Luck, letGo, renew } from './restore-drive.ts';
import { announce, consent, type Digest, deliver, SAYINGS, type Saying, say } from './restore-people.ts';
import { type Host, restoreRequest, type Shape, WAIT_MS } from './restore-plans.ts';
import { append, begin, PERSONS, tally, type Worker, type World } from './restore-world.ts';
import { sampleRequest } from './sample.ts';

type Outcome = 'worked' | 'failed' | 'lost';
/** Whether programs begin where they were sent. */
type Programs = 'begin' | 'never_begin' | 'freeze';

export type Act =
  | { act: 'restore'; person: number; shape: Shape }
  | { act: 'backup' }
  | { act: 'claim'; worker: number; operation: number }
  | { act: 'drive'; worker: number; luck: Luck }
  | { act: 'renew'; worker: number }
  | { act: 'crash'; worker: number }
  /** As things go when nobody disturbs them, for some small acts; what runs at the end may end otherwise. */
  | { act: 'smooth'; operation: number; acts: number; programs: Programs; last: Outcome | null }
  | { act: 'supervisor'; pick: number }
  | { act: 'finish'; pick: number; how: Outcome }
  | {
      act: 'say';
      bot: number;
      operation: number;
      person: number;
      /** Null: whatever fits what is going on. */
      saying: Saying | null;
      digest: Digest;
      stale: number;
      pick: number;
      hold: boolean;
    }
  | { act: 'announce'; bot: number; operation: number }
  | { act: 'deliver'; bot: number }
  | { act: 'consent'; bot: number; operation: number }
  | { act: 'eligible'; person: number }
  | { act: 'wait'; ms: number }
  | { act: 'back'; ms: number };

const at = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(1, list.length)];
/** Operations that haven't ended come first: that's where something can happen. */
const operation = (world: World, index: number): Operation | undefined => {
  const all = [...world.operations.values()];
  return at([...all.filter(({ end }) => end === null), ...all.filter(({ end }) => end !== null)], index);
};

/** So many small acts it takes at most until the next program runs. */
const TO_NEXT_PROGRAM = 8;
/** What people say while something waits for them. */
const STUCK: readonly Saying[] = [
  ...(['back_out', 'back_out', 'ask_ran', 'ask_not_run', 'resolve', 'resolve'] as const),
  ...(['acknowledge', 'ask_release', 'release'] as const),
];
const CONSENTING: readonly Saying[] = ['approve', 'approve', 'approve', 'revoke', 'revoke', 'decline'];

const acts: { readonly [K in Act['act']]: (world: World, act: Extract<Act, { act: K }>) => void } = {
  restore(world, { person, shape }) {
    const id = `op${world.operations.size}`;
    const event = restoreRequest(at(PERSONS, person) ?? 'U0ALICE');
    const said = append(world, id, null, event, { single: 'take' });
    if (said.answer === 'appended') world.shapes.set(id, shape);
    if (said.answer === 'another') tally(world, 'a second restore refused');
  },
  backup(world) {
    const said = append(world, `op${world.operations.size}`, null, sampleRequest(), { own: 'take' });
    if (said.answer === 'owned') tally(world, 'a backup refused');
  },
  claim: (world, act) =>
    withWorker(world, act.worker, (worker) => claim(world, worker, operation(world, act.operation))),
  drive: (world, act) => withWorker(world, act.worker, (worker) => drive(world, worker, act.luck)),
  renew: (world, act) => withWorker(world, act.worker, (worker) => renew(world, worker)),
  crash: (world, act) =>
    withWorker(world, act.worker, (worker) => Object.assign(worker, { claim: null, seen: null, pending: null })),
  smooth(world, act) {
    const id = operation(world, act.operation)?.id;
    if (id === undefined) return;
    smooth(world, id, act.acts, act.programs);
    const runs = () =>
      [...world.hosts.values()].some(({ running }) => [...running].some((run) => run.startsWith(`${id}/`)));
    for (let more = 0; act.last !== null && more < TO_NEXT_PROGRAM && !runs(); more++) smooth(world, id, 1, 'begin');
    for (const [name, { running }] of world.hosts)
      for (const run of running) if (act.last && run.startsWith(`${id}/`)) finish(world, name, run, act.last);
  },
  supervisor(world, { pick }) {
    const run = at(
      [...world.hosts].flatMap(([name, host]) => [...host.sent].map((one) => ({ name, one }))),
      pick,
    );
    if (run) begin(world, run.name, run.one);
  },
  finish(world, { pick, how }) {
    const run = at(
      [...world.hosts].flatMap(([name, host]) => [...host.running].map((one) => ({ name, one }))),
      pick,
    );
    if (run) finish(world, run.name, run.one, how);
  },
  say(world, act) {
    const bot = at(world.bots, act.bot);
    const present = operation(world, act.operation);
    const seen = act.stale > 0 && present ? world.past.get(present.id)?.at(-act.stale) : present;
    const person = at(PERSONS, act.person);
    if (!bot || !seen || !person) return;
    const fits = stuckAt(seen) ? STUCK : CONSENTING;
    say(world, { ...act, bot, seen, person, saying: act.saying ?? at(fits, act.pick) ?? 'cancel' });
  },
  announce(world, act) {
    const bot = at(world.bots, act.bot);
    const seen = operation(world, act.operation);
    if (bot && seen) announce(world, bot, seen);
  },
  deliver(world, act) {
    const bot = at(world.bots, act.bot);
    if (bot) deliver(world, bot);
  },
  consent(world, act) {
    const bot = at(world.bots, act.bot);
    const id = operation(world, act.operation)?.id;
    if (bot && id !== undefined) consent(world, bot, id);
  },
  eligible(world, { person }) {
    const one = at(PERSONS, person) ?? '';
    if (!world.eligible.delete(one)) world.eligible.add(one);
  },
  wait(world, { ms }) {
    world.now += ms;
  },
  back(world, { ms }) {
    world.now -= ms;
  },
};

export function perform(world: World, act: Act): void {
  // Each act goes to its own function; the table can't tell the compiler so.
  (acts[act.act] as (world: World, act: Act) => void)(world, act);
}

function withWorker(world: World, index: number, act: (worker: Worker) => void): void {
  const worker = at(world.workers, index);
  if (worker) act(worker);
}

function finish(world: World, name: Host, run: string, how: Outcome): void {
  const host = world.hosts.get(name);
  if (!host?.running.delete(run)) return;
  host.ended.set(run, how);
}

/** One worker drives while programs begin (or never do) and end well. */
function smooth(world: World, id: string, times: number, programs: Programs, hasty = programs !== 'begin'): void {
  for (let act = 0; act < times; act++) {
    const present = world.operations.get(id);
    if (!present || present.end) return;
    const worker = driverOf(world, present);
    if (worker === undefined) return;
    drive(world, worker, { well: true, hasty });
    if (worker.claim === null) return;
    // Whoever holds what is to be sent is frozen for as long as the test likes.
    if (programs === 'freeze' && worker.pending?.act === 'send') {
      world.now += LEASE_MS + 1;
      return;
    }
    for (const [name, host] of world.hosts) {
      for (const run of [...host.running]) if (run.startsWith(`${id}/`)) finish(world, name, run, 'worked');
      const begins = programs !== 'never_begin';
      for (const run of [...host.sent]) if (begins && run.startsWith(`${id}/`)) begin(world, name, run);
    }
  }
}

/** The worker that drives an operation, or one that has nothing to send and takes it. */
function driverOf(world: World, present: Operation): Worker | undefined {
  const lease = world.shelf.leases.get(present.id);
  const alive = lease && lease.until > world.now ? lease.claim : null;
  const driver = world.workers.find(({ claim: one }) => one !== null && one === alive);
  if (driver) return driver;
  const worker = world.workers.find(({ pending }) => pending?.act !== 'send') ?? world.workers[0];
  if (worker?.claim) letGo(world, worker);
  if (worker) claim(world, worker, present);
  return worker?.claim ? worker : undefined;
}

const HOUR_MS = 3_600_000;
/** How long the world is left to itself until all must have ended, or wait for people by name: two days, in hours. */
const PATIENCE = 48;

/** Everybody leaves, all workers die, and new ones do what there is to do. What still isn't over then is returned. */
export function leaveAlone(world: World): readonly Operation[] {
  for (const worker of world.workers) Object.assign(worker, { claim: null, seen: null, pending: null });
  for (const bot of world.bots) bot.pending = null;
  const open = () => [...world.operations.values()].filter(({ end }) => end === null);
  const moves = () => open().filter((one) => stuckAt(one) === null || one.attention === null);
  for (let hour = 0; hour < PATIENCE && moves().length > 0; hour++) {
    world.now += HOUR_MS;
    for (const { id } of moves()) {
      const bot = world.bots[0];
      const seen = world.operations.get(id);
      if (bot && seen) announce(world, bot, seen);
      if (bot) deliver(world, bot);
      smooth(world, id, 60, 'begin', true);
    }
  }
  return open();
}

const small = fc.nat({ max: 2 });
const some = fc.nat({ max: 4 });
const lucky = fc.constantFrom(true, true, true, true, false);
const luck = fc.record({ well: lucky, hasty: fc.boolean() });
const shape = fc.record({
  needed: fc.constantFrom(1, 1, 2, 3),
  looksFirst: fc.boolean(),
  clears: fc.boolean(),
});
const weighed = <K extends Act['act']>(
  weight: number,
  kind: K,
  rest: { [P in Exclude<keyof Extract<Act, { act: K }>, 'act'>]: fc.Arbitrary<Extract<Act, { act: K }>[P]> },
) => ({
  weight,
  arbitrary: fc.record({ act: fc.constant(kind), ...rest }) as unknown as fc.Arbitrary<Act>,
});

export const act: fc.Arbitrary<Act> = fc.oneof(
  weighed(1, 'restore', { person: some, shape }),
  weighed(1, 'backup', {}),
  weighed(3, 'claim', { worker: small, operation: small }),
  weighed(12, 'drive', { worker: small, luck }),
  weighed(1, 'renew', { worker: small }),
  weighed(1, 'crash', { worker: small }),
  weighed(9, 'smooth', {
    operation: fc.constantFrom(0, 0, 1),
    acts: fc.integer({ min: 1, max: 30 }),
    programs: fc.constantFrom<Programs>('begin', 'begin', 'begin', 'never_begin', 'freeze'),
    last: fc.constantFrom<Outcome | null>(null, null, 'failed', 'lost'),
  }),
  weighed(3, 'supervisor', { pick: small }),
  weighed(4, 'finish', { pick: small, how: fc.constantFrom<Outcome>('worked', 'worked', 'failed', 'lost') }),
  weighed(12, 'say', {
    bot: small,
    operation: fc.constantFrom(0, 0, 1),
    person: some,
    saying: fc.oneof(
      { weight: 2, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: fc.constantFrom(...SAYINGS) },
    ),
    digest: fc.constantFrom<Digest>('shown', 'shown', 'shown', 'shown', 'forged', 'older'),
    stale: fc.constantFrom(0, 0, 0, 0, 1, 2, 3),
    pick: fc.nat({ max: 41 }),
    hold: fc.constantFrom(false, false, true),
  }),
  weighed(2, 'announce', { bot: small, operation: small }),
  weighed(3, 'deliver', { bot: small }),
  weighed(3, 'consent', { bot: small, operation: fc.constantFrom(0, 0, 1) }),
  weighed(1, 'eligible', { person: some }),
  weighed(3, 'wait', {
    ms: fc.constantFrom(1, 1_000, 10_000, 31_000, 300_000, 300_000, 900_000, 901_000, 4 * HOUR_MS, 30 * HOUR_MS),
  }),
  weighed(1, 'back', { ms: fc.constantFrom(1_000, 4_999, 6_000, HOUR_MS) }),
);

const UNLUCKY: Luck = { well: false, hasty: false };
const CLICK = { act: 'say', bot: 0, operation: 0, digest: 'shown', stale: 0, pick: 0, hold: false } as const;

/** How far a restore is when the test begins to disturb it. */
export const beginning: fc.Arbitrary<readonly Act[]> = fc
  .record({
    shape,
    person: some,
    stage: fc.constantFrom(0, 1, 2, 3, 4, 4, 4, 4, 5, 6, 7, 8, 9, 10, 11),
    acts: fc.integer({ min: 1, max: 40 }),
    how: fc.constantFrom<Outcome>('failed', 'lost'),
  })
  .map(({ shape: asked, person, stage, acts: times, how }) => {
    const smoothly = { act: 'smooth', operation: 0, programs: 'begin', last: null } as const;
    const go = (count: number, last: Outcome | null = null): Act => ({ ...smoothly, acts: count, last });
    const agree: Act = { act: 'consent', bot: 0, operation: 0 };
    const request: Act = { act: 'restore', person, shape: asked };
    const ready = [go(30), agree];
    const deliver: Act = { act: 'deliver', bot: 0 };
    const shown: readonly Act[] = [{ act: 'announce', bot: 0, operation: 0 }, deliver];
    const tooLong: Act = { act: 'wait', ms: WAIT_MS + 1 };
    const stages: readonly (readonly Act[])[] = [
      [],
      [go(30)],
      ready,
      [...ready, go(times)],
      [...ready, go(times, how), go(6)],
      // The start of the first step is written, and then nobody is there for a day.
      [...ready, { ...smoothly, acts: 6, programs: 'freeze' }, { act: 'wait', ms: 30 * HOUR_MS }],
      // What must be true before it isn't.
      [...ready, { act: 'claim', worker: 0, operation: 0 }, { act: 'drive', worker: 0, luck: UNLUCKY }],
      [go(times % 15), { ...CLICK, saying: 'cancel', person }],
      // A bot holds a click until the plan has waited too long.
      [go(30), ...shown, { ...CLICK, saying: 'approve', person: person + 1, hold: true }, tooLong, deliver],
      // Something didn't work, a back-out was begun, and perhaps that didn't work either.
      [
        ...ready,
        go(20 + (times % 20), how),
        go(6),
        { ...CLICK, saying: 'back_out', person, pick: times },
        go(times, how),
      ],
      // Nobody can tell how a step ended, and somebody says so.
      [...ready, go(times, 'lost'), go(6), { ...CLICK, saying: times % 2 ? 'ask_ran' : 'ask_not_run', person }],
      // A host lets nothing begin any more, until its step has been sent often enough; then somebody tries what is offered.
      [
        ...ready,
        go(6 + (times % 15)),
        { ...smoothly, acts: 40, programs: 'never_begin' },
        { ...CLICK, saying: 'back_out', person, pick: times },
      ],
    ];
    return [request, ...(stages[stage] ?? [])];
  });
