import type { OperationEvent } from '../../src/operation/events.ts';
import { BEGIN_MS, backOuts, type Host, WAIT_MS } from './restore-plans.ts';
import type { Run, Said, World } from './restore-world.ts';

/** What must always hold of a restore, told from raw events and hosts; each answer says what doesn't, or is null. */

const WITHDRAWALS: readonly OperationEvent['type'][] = ['cancelled', 'declined', 'voided', 'given_up'];
const withdraws = ({ event }: Pick<Said, 'event'>) =>
  WITHDRAWALS.includes(event.type) || (event.type === 'expired' && event.what === 'plan');
type StepStarted = Extract<OperationEvent, { type: 'step_started' }>;

/** Judged just before the event is written. */
export function faultOfEvent(world: World, id: string, event: OperationEvent): string | null {
  const said = world.said.get(id) ?? [];
  if (event.type === 'step_started') return faultOfStart(world, id, said, event);
  const destroyed = destroyBegan(world, id);
  if (destroyed && (event.type === 'cleared' || event.type === 'failed' || withdraws({ event })))
    return isBackup(said) ? null : `${id} ends by ${event.type} after a destroy step began`;
  if (event.type === 'succeeded' && !isBackup(said)) {
    const { track } = world.operations.get(id) ?? {};
    const restored = world.hosts.get('node-a')?.live.startsWith(`copy of ${id} `);
    if (track?.kind === 'plan' && !restored) return `${id} succeeded on other data than its copy`;
    if (track?.backOut?.id === 'way-back' && restored) return `${id} went back and is on its copy`;
  }
  if (event.type === 'released') {
    const asked = said.findLast((one) => one.event.type === 'release_asked')?.event;
    if (asked?.type !== 'release_asked' || asked.by === event.by) return `${id} released by one person`;
  }
  return null;
}

function isBackup([first]: readonly Said[]): boolean {
  return first?.event.type === 'requested' && first.event.wish.kind === 'backup';
}

/** Whether a destroy program of an operation has begun on a host: the truth that no journal knows for certain. */
function destroyBegan(world: World, id: string): boolean {
  for (const { begun } of world.hosts.values())
    for (const [run, by] of begun) {
      const started = world.started.get(run);
      if (by === 'supervisor' && started?.operation === id && started.step.touches === 'destroy') return true;
    }
  return false;
}

function faultOfStart(world: World, id: string, said: readonly Said[], event: StepStarted): string | null {
  if (isBackup(said)) return null;
  const clearing = said.some((one) => one.event.type === 'clearing' && one.event.number === event.plan);
  if (clearing) return destroyBegan(world, id) ? `${id} is cleared after a destroy step began` : null;
  if (said.some(withdraws)) return `${id}: ${event.step} starts though it was withdrawn`;
  const index = said.findLastIndex((one) => one.event.type === 'planned');
  const stored = said[index]?.event;
  if (stored?.type !== 'planned') return `${id}: ${event.step} starts without a plan`;
  const back = said.find((one) => one.event.type === 'backing_out' && one.event.number === event.plan)?.event;
  if (!back && stored.plan.number !== event.plan) return `${id}: ${event.step} starts of an older plan`;
  const from =
    back?.type === 'backing_out'
      ? (stored.plan.backOuts.find((one) => one.id === back.backOut)?.steps ?? [])
      : stored.plan.steps;
  const touches = from.find((one) => one.id === event.step)?.touches;
  if (touches === undefined) return `${id}: ${event.step} is in no plan`;
  if (stored.plan.approval === null || touches === 'read') return null;
  if (destroyBegan(world, id))
    return world.consented.get(id) === stored.digest ? null : `${id}: ${event.step} starts on another plan's consent`;
  const why = whyNoConsent(world, said, index, event.plan);
  if (why !== null) return `${id}: ${event.step} starts ${why}`;
  world.consented.set(id, stored.digest);
  return null;
}

/** Why the people have not agreed to the plan at `said[index]` at this moment; null when they have. */
function whyNoConsent(world: World, said: readonly Said[], index: number, number: number): string | null {
  const [first] = said;
  const stored = said[index]?.event;
  const last = said.at(-1);
  if (stored?.type !== 'planned' || first?.event.type !== 'requested' || !last) return 'without a plan';
  const requester = first.event.by;
  const needed = stored.plan.approval?.needed ?? Number.POSITIVE_INFINITY;
  const since = said.slice(index + 1);
  if (since.some(({ at }) => world.now < at - 5_000)) return 'after the clock jumped back';
  const about = ({ event }: Said) =>
    'digest' in event && event.digest === stored.digest && 'plan' in event && event.plan === number;
  const card = since.findIndex((one) => one.event.type === 'announced' && one.event.what === 'plan' && about(one));
  const shownAt = since[card]?.at;
  if (shownAt === undefined) return 'before its card stood in the thread';
  const standing = new Map<string, number>();
  let eligible: readonly string[] = [];
  for (const one of since.slice(card + 1)) {
    const { event, at } = one;
    if (event.type === 'expired') standing.clear();
    if (event.type === 'revoked') standing.delete(event.by);
    if (event.type === 'announced' && event.what === 'execution' && about(one)) eligible = event.eligible;
    const inTime = at <= shownAt + WAIT_MS;
    if (event.type === 'approved' && about(one) && inTime && one.eligible && event.by !== requester)
      if (!standing.has(event.by)) standing.set(event.by, at);
  }
  if (standing.size < needed) return `with ${standing.size} of ${needed} approvals`;
  const lookedUp = [...standing].filter(([by]) => eligible.includes(by));
  if (lookedUp.length < needed) return 'with approvers who were not looked up again';
  const completeAt = [...standing.values()].toSorted((one, other) => one - other)[needed - 1] ?? 0;
  return world.now > completeAt + BEGIN_MS ? 'after its approval expired' : null;
}

/** Judged just before a program begins on a host. */
export function faultOfBegin(world: World, host: Host, run: string, started: Run): string | null {
  const { operation: id, number, kind, step, backup } = started;
  const operation = world.operations.get(id);
  if (!operation) return `${run} belongs to nothing`;
  const released = operation.end?.how === 'released';
  if (operation.end && !released) return `${run} begins after the end (${operation.end.how})`;
  if (step.host !== host) return `${run} begins on another host`;
  if (kind === 'clearing' && destroyBegan(world, id)) return `${run} begins after a destroy step began`;
  if (step.touches === 'destroy' && kind !== 'clearing' && !world.consented.has(id)) return `${run} begins unapproved`;
  const owns = world.shelf.owners.get(operation.cloud) === id;
  if ((step.touches === 'destroy' || backup) && !owns && !released) return `${run} begins without the cloud`;
  for (const state of world.hosts.values()) {
    for (const [other, by] of state.begun) {
      const before = world.started.get(other);
      if (by !== 'supervisor' || before === undefined) continue;
      if (before.operation === id && before.number > number) return `${run} begins after ${other}`;
      if (
        before.operation === id &&
        before.number === number &&
        before.step.id === step.id &&
        !peopleSaid(world, before) &&
        !letGoOn(world, before)
      )
        return `${step.id} of ${id} begins twice`;
      if (state.running.has(other) && clash(world, started, before)) return `${run} begins while ${other} runs`;
    }
  }
  return null;
}

/** Two of one operation never run at once; nor do a backup and what destroys, while their operations own the cloud. */
function clash(world: World, one: Run, other: Run): boolean {
  const released = [one, other].some(({ operation }) => world.operations.get(operation)?.end?.how === 'released');
  if (one.operation === other.operation) return true;
  if (released) return false;
  const heavy = ({ backup, step }: Run) => backup || step.touches === 'destroy';
  return heavy(one) && heavy(other);
}

/** A step whose program does nothing twice failed, and then somebody let the plan go on. */
function letGoOn(world: World, { operation, number, step }: Run): boolean {
  const said = world.said.get(operation) ?? [];
  const failed = said.findIndex(
    ({ event }) =>
      event.type === 'step_finished' && event.plan === number && event.step === step.id && event.outcome === 'failed',
  );
  const repeatable = backOuts.some(({ again }) => again.includes(step.id));
  return failed >= 0 && repeatable && said.slice(failed).some(({ event }) => event.type === 'backing_out');
}

/** Whether two persons said of an unclear step that it had not run: only then may it be sent though it began. */
function peopleSaid(world: World, { operation, number, step }: Run): boolean {
  const said = world.said.get(operation) ?? [];
  const about = ({ event }: Said) =>
    (event.type === 'resolution_asked' || event.type === 'resolved') && event.plan === number && event.step === step.id;
  return said.some((one) => about(one) && one.event.type === 'resolved') && said.some(about);
}

/** Whether what was prepared lies on the node though nothing was destroyed, and nobody tried to remove it. */
function forgotten(world: World, id: string): boolean {
  if (world.hosts.get('node-a')?.aside.has(id) !== true || destroyBegan(world, id)) return false;
  const said = world.said.get(id) ?? [];
  return !said.some(({ event }) => event.type === 'clearing' || event.type === 'released');
}

/** What must hold after every act. */
export function broken(world: World): string | null {
  if (world.fault !== null) return world.fault;
  const open = [...world.operations.values()].filter(({ end }) => end === null);
  const restores = open.filter(({ wish }) => wish.kind === 'restore');
  if (restores.length > 1) return 'two open restores on one cloud';
  const owner = world.shelf.owners.get('lab');
  const single = world.shelf.restores.get('lab');
  for (const operation of world.operations.values()) {
    if (!operation.end) {
      if (!world.shelf.open.has(operation.id)) return `${operation.id} is under way and forgotten`;
      continue;
    }
    if (world.shelf.open.has(operation.id)) return `${operation.id} ended and is open`;
    if (owner === operation.id) return `${operation.id} ended and owns its cloud`;
    if (single === operation.id) return `${operation.id} ended and is the cloud's open restore`;
    if (forgotten(world, operation.id)) return `${operation.id} ended and its copy was left without a word`;
  }
  for (const { running } of world.hosts.values())
    for (const run of running) {
      const started = world.started.get(run);
      if (started?.step.touches !== 'destroy') continue;
      const end = world.operations.get(started.operation)?.end;
      if (owner !== started.operation && end?.how !== 'released') return `${run} runs without the cloud`;
    }
  return null;
}
