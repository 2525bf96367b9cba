import type { RichTextElement } from '@slack/types';
import { approvableUntil, countedApprovals } from '../../operation/approval.ts';
import type { OperationEvent } from '../../operation/events.ts';
import type { Operation } from '../../operation/operation.ts';
import { esc, moment } from '../text.ts';
import { endLines, untouched } from './ends.ts';
import { lines, mention, onHost, person, problemLines, say, strong } from './parts.ts';
import { PHASES } from './phases.ts';
import { type Milestone, problemReply, reply } from './replies.ts';

type Of<T extends OperationEvent['type']> = Extract<OperationEvent, { type: T }>;
type Line = readonly RichTextElement[];

export function approved(by: string, operation: Operation): Milestone {
  const { label, consent, plan } = operation;
  const needed = plan?.plan.approval?.needed ?? 1;
  const have = countedApprovals(operation).length;
  const begin = (consent.completeAt ?? operation.headAt) + (plan?.plan.approval?.beginMs ?? 0);
  const next: Line =
    consent.completeAt === null
      ? [say(`${needed - have} more must approve.`)]
      : [strong('That is enough. '), say(`It begins now, or not at all after ${moment(begin)}.`)];
  const said = [
    [say('👍 '), person(by), say(` approved plan ${plan?.plan.number ?? '?'} of ${label} (${have} of ${needed}).`)],
    next,
  ];
  return reply(operation, `${mention(by)} approved ${esc(label)} (${have} of ${needed})`, said, {
    head: true,
    mrkdwn: true,
  });
}

export function revoked({ by, problem }: Of<'revoked'>, operation: Operation): Milestone {
  const { label, plan } = operation;
  const needed = plan?.plan.approval?.needed ?? 1;
  const counts: Line = [
    say(`Now ${countedApprovals(operation).length} of ${needed} approvals count; it needs ${needed} to begin.`),
  ];
  if (problem === null)
    return reply(
      operation,
      `${mention(by)} took the approval of ${esc(label)} back`,
      [[say('👎 '), person(by), say(` took the approval of ${label} back.`)], counts],
      { head: true, mrkdwn: true },
    );
  return problemReply(operation, problem, {
    lead: [say('👎 The approval of '), person(by), say(` counts no more for ${label}.`)],
    asks: operation.by,
    head: true,
    more: [lines(counts)],
  });
}

export function planExpired(operation: Operation): Milestone {
  const { label } = operation;
  return reply(
    operation,
    `${mention(operation.by)} ${esc(label)} expired: it was not approved in time`,
    [
      [say('⌛ '), person(operation.by), say(` ${label} expired: it was not approved in time.`)],
      ...withdrawn(operation),
    ],
    { head: true, mrkdwn: true },
  );
}

export function approvalsExpired(why: 'time' | 'clock', operation: Operation): Milestone {
  const until = approvableUntil(operation);
  const said =
    why === 'time'
      ? 'The approvals count no more: the execution did not begin in time.'
      : 'The approvals count no more: the clock of the journals jumped back.';
  return reply(
    operation,
    `${mention(operation.by)} ${esc(operation.label)}: ${said}`,
    [
      [say(`⌛ ${said}`)],
      [say(untouched(operation))],
      ...(until === null ? [] : [[say(`The plan may be approved anew until ${moment(until)}.`)]]),
    ],
    { head: true, mrkdwn: true },
  );
}

/** What was left alone, and what comes next, when an operation is withdrawn. */
export function withdrawn(operation: Operation): readonly Line[] {
  const next = operation.end === null ? ' What it had prepared on the hosts is removed now.' : '';
  return [[say(`${untouched(operation)}${next}`)]];
}

/** How many hosts are named that could not be cleared. */
const LEFT_MAX = 4;

export function cleared({ left }: Of<'cleared'>, operation: Operation): Milestone {
  const { label, end } = operation;
  const how = end === null ? 'ended' : PHASES[end.how].words;
  const rows = left
    .slice(0, LEFT_MAX)
    .map(({ host, problem }) => [
      say('⚠️ Not removed on '),
      onHost(host),
      say(': '),
      ...(problemLines(problem)[0] ?? []),
    ]);
  return reply(
    operation,
    `${label} has ended: ${how}`,
    [
      [say('🏁 '), person(operation.by), strong(` ${label} has ended: ${how}.`)],
      ...endLines(operation),
      ...(left.length === 0 ? [[say('What it had prepared on the hosts is removed.')]] : rows),
      ...(left.length > LEFT_MAX ? [[say(`… and on ${left.length - LEFT_MAX} more hosts`)]] : []),
      ...(left.length === 0 ? [] : [[say('What is left there takes up space, and harms nothing.')]]),
    ],
    { head: true },
  );
}
