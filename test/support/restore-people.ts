import { approvableUntil, countedApprovals, gateOf } from '../../src/operation/approval.ts';
import { offeredBackOuts } from '../../src/operation/back-outs.ts';
import type { OperationEvent } from '../../src/operation/events.ts';
import { highestNumber, type Operation, stuckAt } from '../../src/operation/operation.ts';
import { append, type Bot, PERSONS, tally, type World } from './restore-world.ts';

/** What people and bots say. A bot may hold what somebody clicked for as long as it likes before it writes it. */

export const SAYINGS = [
  'approve',
  'decline',
  'revoke',
  'cancel',
  'back_out',
  'acknowledge',
  'ask_ran',
  'ask_not_run',
  'resolve',
  'ask_release',
  'release',
] as const;
export type Saying = (typeof SAYINGS)[number];
/** Which plan's digest a click carries. */
export type Digest = 'shown' | 'forged' | 'older';

export type Said = {
  readonly bot: Bot;
  readonly seen: Operation;
  readonly person: string;
  readonly saying: Saying;
  readonly digest: Digest;
  readonly pick: number;
  /** The bot writes it only later. */
  readonly hold: boolean;
};

export function say(world: World, said: Said): void {
  const event = eventOf(said);
  if (event === null) return;
  const eligible = world.eligible.has(said.person);
  const asks = ['approved', 'declined', 'backing_out', 'resolution_asked', 'resolved', 'release_asked', 'released'];
  if (asks.includes(event.type) && !eligible) return void tally(world, 'refused one who may not');
  const notAfter = event.type === 'approved' ? approvableUntil(said.seen) : null;
  said.bot.pending = { seen: said.seen, event, notAfter, eligible };
  if (!said.hold) deliver(world, said.bot);
}

/** The bot writes what it holds, decided on the journal as it was when it was clicked. */
export function deliver(world: World, bot: Bot): void {
  const { pending } = bot;
  bot.pending = null;
  if (pending === null) return;
  const { seen, event, notAfter, eligible } = pending;
  const said = append(world, seen.id, seen, event, { eligible, ...(notAfter === null ? {} : { notAfter }) });
  if (said.answer === 'illegal') tally(world, `refused: ${said.why}`);
  if (said.answer === 'late') tally(world, `late: ${event.type}`);
}

function eventOf({ seen, person: by, saying, digest: which, pick }: Said): OperationEvent | null {
  const stored = seen.plan;
  const older = seen.plans.at(-2);
  const shown = which === 'older' && older ? older : stored;
  const digest = which === 'forged' ? 'f'.repeat(64) : (shown?.digest ?? '0'.repeat(64));
  const about = { plan: shown?.plan.number ?? 1, digest };
  const stuck = stuckAt(seen);
  const at = { plan: seen.track?.number ?? 1, step: stuck?.step.id ?? 'stop', attempt: stuck?.attempt.attempt ?? 1 };
  const reason = 'because';
  switch (saying) {
    case 'approve':
      return { type: 'approved', by, ...about };
    case 'decline':
      return { type: 'declined', by, ...about, reason };
    case 'revoke':
      return { type: 'revoked', by, ...about, problem: null };
    case 'cancel':
      return { type: 'cancelled', by };
    case 'back_out': {
      const offered = offeredBackOuts(seen);
      const backOut = offered[pick % Math.max(1, offered.length)]?.id ?? 'way-back';
      const plan = stored?.plan.number ?? 1;
      return { type: 'backing_out', by, plan, backOut, number: highestNumber(seen) + 1 };
    }
    case 'acknowledge':
      return { type: 'acknowledged', by };
    case 'ask_ran':
    case 'ask_not_run':
      return { type: 'resolution_asked', by, ...at, says: saying === 'ask_ran' ? 'ran' : 'not_run', reason };
    case 'resolve':
      return { type: 'resolved', by, ...at };
    case 'ask_release':
      return { type: 'release_asked', by, reason };
    case 'release':
      return { type: 'released', by };
  }
}

/** The bot posts in the thread what is due, looks approvers up again where execution is to begin, and will say so. */
export function announce(world: World, bot: Bot, seen: Operation): void {
  const stored = seen.plan;
  if (stored === null) return;
  const gate = gateOf(seen, world.now);
  const about = { plan: stored.plan.number, digest: stored.digest };
  const hold = (event: OperationEvent, notAfter: number | null = null) => {
    bot.pending = { seen, event, notAfter, eligible: false };
  };
  if (gate.gate === 'unannounced') return void hold({ type: 'announced', what: 'plan', ...about, eligible: [] });
  if (gate.gate !== 'approved') return;
  const counted = countedApprovals(seen).map(({ by }) => by);
  const eligible = counted.filter((by) => world.eligible.has(by));
  const gone = counted.find((by) => !world.eligible.has(by));
  if (gone !== undefined && eligible.length < (stored.plan.approval?.needed ?? 1))
    return void hold({ type: 'revoked', by: gone, ...about, problem: { code: 'PERSON_DEACTIVATED', params: {} } });
  hold({ type: 'announced', what: 'execution', ...about, eligible }, gate.until);
}

/** What should happen: the plan stands in the thread, enough people approve it, and its beginning is announced. */
export function consent(world: World, bot: Bot, id: string): void {
  const present = () => world.operations.get(id);
  const announced = () => {
    const seen = present();
    if (seen) announce(world, bot, seen);
    deliver(world, bot);
  };
  announced();
  for (const person of PERSONS) {
    const seen = present();
    if (!seen || gateOf(seen, world.now).gate !== 'open') break;
    say(world, { bot, seen, person, saying: 'approve', digest: 'shown', pick: 0, hold: false });
  }
  announced();
}
