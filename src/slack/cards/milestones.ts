import type { AskedFor, EventType, OperationEvent } from '../../operation/events.ts';
import { type Operation, stepsOf } from '../../operation/operation.ts';
import { clean, esc } from '../text.ts';
import { approvalCard } from './approval-card.ts';
import { byHand } from './by-hand.ts';
import { approvalsExpired, approved, cleared, planExpired, revoked, withdrawn } from './consent-milestones.ts';
import { code, lines, mention, person, say, strong } from './parts.ts';
import { wishOn } from './phases.ts';
import { planned } from './planned.ts';
import { cc, type Milestone, problemReply, REASON_MAX, reply, titleIn } from './replies.ts';
import { remainsBlocks } from './root.ts';
import { finished, started } from './step-milestones.ts';
import { succeeded } from './succeeded.ts';
import { attention, backingOut, goneAgreed, goneAsked, resolutionAsked, resolved } from './trouble-milestones.ts';

/**
 * How each kind of event is told in the thread; null: it isn't. `operation` is as it was just after the event.
 * The request itself is told by the root card, and that the execution begins by the card that stood before it.
 */
type Telling = {
  readonly [K in EventType]: (event: Extract<OperationEvent, { type: K }>, operation: Operation) => Milestone | null;
};

const tellings: Telling = {
  requested: () => null,
  claimed: ({ worker }, operation) =>
    operation.claims < 2 || !underWay(operation)
      ? null
      : reply(operation, `Another worker goes on with ${operation.label}`, [
          [say('🔁 Another worker goes on from the journal: '), code(clean(worker, 100))],
        ]),
  probed: () => null,
  planned: ({ plan }, operation) => planned(plan, operation),
  announced: ({ what, eligible }, operation) =>
    what === 'execution' ? null : { message: approvalCard(operation, eligible), log: null },
  step_started: (event, operation) => started(event, operation),
  step_finished: (event, operation) => finished(event, operation),
  step_unclear: (event, operation) =>
    problemReply(operation, event.problem, {
      lead: [say('❓ Nobody can tell how this ended: '), strong(titleIn(operation, event.plan, event.step))],
      asks: operation.by,
      head: true,
    }),
  approved: ({ by }, operation) => approved(by, operation),
  declined: ({ by, reason }, operation) =>
    reply(
      operation,
      `${mention(operation.by)} ${esc(operation.label)} was declined by ${mention(by)}`,
      [
        [say('🚫 '), person(by), say(` declined ${operation.label}: `), say(clean(reason, REASON_MAX))],
        ...withdrawn(operation),
        cc(operation, by),
      ],
      { head: true, mrkdwn: true },
    ),
  revoked: (event, operation) => revoked(event, operation),
  expired: ({ what, why }, operation) => (what === 'plan' ? planExpired(operation) : approvalsExpired(why, operation)),
  voided: (event, operation) =>
    problemReply(operation, event.problem, {
      lead: [say('🚫 '), person(operation.by), say(` The plan of ${operation.label} is void: it never runs.`)],
      asks: operation.by,
      head: true,
      more: [lines(...withdrawn(operation))],
    }),
  given_up: (event, operation) =>
    problemReply(operation, event.problem, {
      lead: [
        say('❌ '),
        person(operation.by),
        say(
          ` ${operation.label} comes to nothing${operation.wish.kind === 'restore' ? ': its preparation did not work' : ''}.`,
        ),
      ],
      asks: operation.by,
      head: true,
      more: [lines(...withdrawn(operation))],
    }),
  clearing: (_, operation) =>
    reply(operation, `Removing what ${operation.label} had prepared`, [
      [say('🧹 Removing what was prepared: '), say(`${stepsOf(operation).length} hosts.`)],
    ]),
  cleared: (event, operation) => cleared(event, operation),
  backing_out: (event, operation) => backingOut(event, operation),
  acknowledged: ({ by }, operation) =>
    reply(operation, `${operation.label} is looked after`, [[say('👀 '), person(by), say(' looks after it.')]]),
  resolution_asked: (event, operation) => resolutionAsked(event, operation),
  resolved: (event, operation) => resolved(event, operation),
  gone_asked: (event, operation) => goneAsked(event, operation),
  gone: (event, operation) => goneAgreed(event, operation),
  refused: (event, operation) =>
    problemReply(operation, event.problem, {
      lead: [say('✋ '), person(event.by), say(` ${ASKED_WORDS[event.asked]} ${operation.label}; that was refused.`)],
      asks: null,
      head: true,
    }),
  cancelled: ({ by }, operation) =>
    reply(
      operation,
      `${mention(operation.by)} ${esc(operation.label)} was cancelled by ${mention(by)}`,
      [[say('🚫 '), person(by), say(` cancelled ${operation.label}.`)], ...withdrawn(operation), cc(operation, by)],
      { head: true, mrkdwn: true },
    ),
  attention: (event, operation) => attention(event.problem, operation),
  release_asked: ({ by, reason }, operation) =>
    reply(
      operation,
      `${mention(by)} asks to release ${operation.label}: another requester must agree`,
      [
        [say('🔓 '), person(by), say(` asks to give ${operation.cloud} back before ${operation.label} has ended:`)],
        [say(clean(reason, REASON_MAX))],
        [
          say(`Another requester of ${operation.cloud} must agree, without a reason: `),
          code(`/kolla-backup release ${operation.label}`),
        ],
      ],
      { head: true, mrkdwn: true },
    ),
  released: ({ by }, operation) =>
    reply(
      operation,
      `${operation.label} was released`,
      [
        [say('🔓 '), person(by), say(` agreed: ${operation.label} is released and ${operation.cloud} given back.`)],
        [say('What may still run on the hosts was not touched, and how it stands is not known here.')],
        ...byHand(operation),
        cc(operation, by),
      ],
      { head: true },
    ),
  eased: (_, operation) =>
    reply(operation, `${operation.label} goes on`, [[say('👍 It can be asked again; the operation goes on.')]]),
  succeeded: (_, operation) => succeeded(operation),
  failed: (event, operation) =>
    problemReply(operation, event.problem, {
      lead: [
        say('❌ '),
        person(operation.by),
        say(` ${operation.label}, the ${wishOn(operation.wish, operation.cloud)}, failed.`),
      ],
      asks: operation.by,
      head: true,
      more: remainsBlocks(event.remains),
    }),
};

/** What people asked for, before the label of the operation. */
const ASKED_WORDS = {
  cancel: 'asked to cancel',
  approve: 'asked to approve',
  decline: 'asked to decline',
  revoke: 'asked to take back an approval of',
  back_out: 'asked for a way out of',
  acknowledge: 'asked to look after',
  resolve: 'asked to say how a step ended of',
  release: 'asked to release',
} as const satisfies Record<AskedFor, string>;

/** Whether somebody else began what is gone on with; a driver that comes back after people were waited for is no news. */
function underWay({ attempts }: Operation): boolean {
  return [...attempts.values()].some((all) => all.at(-1)?.end === null);
}

/** The thread reply for `event`, or null when it is none that people are told of. */
export function milestoneOf(event: OperationEvent, operation: Operation): Milestone | null {
  // Each event goes to its own function; the table can't tell the compiler so.
  return (tellings[event.type] as (event: OperationEvent, operation: Operation) => Milestone | null)(event, operation);
}
