import type { OperationEvent } from '../../operation/events.ts';
import type { JournaledProblem, Operation } from '../../operation/operation.ts';
import { clean, clock, esc } from '../text.ts';
import { liveButtons } from './buttons.ts';
import { fitting } from './fitting.ts';
import { goneFollows } from './gone-follows.ts';
import { faint, mention, onHost, person, say, strong } from './parts.ts';
import { downSince } from './phases.ts';
import { type Milestone, problemReply, REASON_MAX, reply, stepIn, titleIn } from './replies.ts';

type Of<T extends OperationEvent['type']> = Extract<OperationEvent, { type: T }>;

/** Needs people: with what they may press now, so that nobody has to look for it. */
export function attention(problem: JournaledProblem, operation: Operation): Milestone {
  const { label, cloud, by, wish } = operation;
  const since = downSince(operation);
  const lead =
    since === null
      ? [say('⚠️ '), person(by), say(` ${label} needs attention.`)]
      : [
          strong(`⚠️ MariaDB on ${cloud} is down since ${clock(since)}. `),
          person(by),
          say(` ${label} needs attention.`),
        ];
  const message = fitting(
    (room) =>
      problemReply(operation, problem, {
        lead,
        asks: by,
        head: true,
        brief: room.sentences < 3,
        buttons: wish.kind === 'backup' ? [] : liveButtons(operation, room.does),
      }).message,
  );
  return { message, log: null };
}

export function backingOut({ by, backOut: id }: Of<'backing_out'>, operation: Operation): Milestone {
  const { label, plan } = operation;
  // By its name: one without steps has let the plan, or a way back, go on by now.
  const backOut = plan?.plan.backOuts.find((one) => one.id === id);
  const title = clean(backOut?.title ?? 'a back-out', 75);
  return reply(
    operation,
    `${mention(by)} begins for ${esc(label)}: ${esc(title)}`,
    [
      [say('↩️ '), person(by), say(' begins: '), strong(title)],
      ...(backOut ? [[say(clean(backOut.does, 300))]] : []),
      [faint('It was approved with the plan.')],
    ],
    { head: true, mrkdwn: true },
  );
}

export function resolutionAsked(
  { by, plan, step, says, reason }: Of<'resolution_asked'>,
  operation: Operation,
): Milestone {
  const title = titleIn(operation, plan, step);
  const host = stepIn(operation, plan, step)?.host;
  const said = says === 'ran' ? 'ran' : 'didn’t run';
  return reply(
    operation,
    `${mention(by)} says that a step of ${esc(operation.label)} ${said}: another person must agree`,
    [
      [
        say('🔎 '),
        person(by),
        say(` says that this step ${said}: `),
        strong(title),
        ...(host ? [say(' on '), onHost(host)] : []),
      ],
      [strong('How they know: '), say(clean(reason, REASON_MAX))],
      [say('Another person must agree, by the button on the card above, before anything goes on.')],
    ],
    { head: true, mrkdwn: true },
  );
}

export function resolved({ by, plan, step, attempt }: Of<'resolved'>, operation: Operation): Milestone {
  const end = operation.attempts.get(step)?.find((one) => one.attempt === attempt)?.end;
  const follows =
    end?.outcome === 'not_begun'
      ? 'It counts as never begun, and is sent again.'
      : 'It counts as done; the operation goes on.';
  return reply(
    operation,
    `${mention(by)} agreed how a step of ${esc(operation.label)} ended`,
    [[say('🤝 '), person(by), say(' agreed about: '), strong(titleIn(operation, plan, step))], [say(follows)]],
    { head: true, mrkdwn: true },
  );
}

/** With the buttons: the one who agrees finds them here. */
export function goneAsked({ by, host, reason }: Of<'gone_asked'>, operation: Operation): Milestone {
  const message = fitting(
    (room) =>
      reply(
        operation,
        `${mention(by)} says that ${esc(host)} is gone for good: another person must agree`,
        [
          [say('🔎 '), person(by), strong(` says that ${clean(host, 80)} is gone for good`)],
          [strong('How they know: '), say(clean(reason, REASON_MAX))],
          [say(`Another person must agree; then nothing waits for it any more, ${goneFollows(operation, host)}`)],
        ],
        { head: true, mrkdwn: true, more: liveButtons(operation, room.does) },
      ).message,
  );
  return { message, log: null };
}

export function goneAgreed({ by, host }: Of<'gone'>, operation: Operation): Milestone {
  return reply(
    operation,
    `${mention(by)} agreed that ${esc(host)} is gone`,
    [
      [say('🤝 '), person(by), strong(` agreed that ${clean(host, 80)} is gone`)],
      [
        say(
          'It could not be told that anything of this operation is over. Keep it off until the cloud is whole again without it; if it was held, its unit stays held when it comes back.',
        ),
      ],
    ],
    { head: true, mrkdwn: true },
  );
}
