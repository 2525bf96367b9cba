import type { KnownBlock } from '@slack/types';
import type { Operation } from '../../operation/operation.ts';
import { stuckAt } from '../../operation/operation.ts';
import type { Message } from '../limits.ts';
import { clean, clock, esc } from '../text.ts';
import { code, headLine, lines, onHost, person, problemLines, say, strong } from './parts.ts';
import { downSince, titleOf, wishOn } from './phases.ts';
import { outageWords } from './stakes.ts';

/** Stands in the thread before the first step that destroys something. */
export function stoppingCard(operation: Operation): Message {
  const { label, cloud, wish, plan, consent } = operation;
  const said =
    wish.kind === 'discard' ? `Old data on ${cloud} is being removed now` : `MariaDB on ${cloud} is being stopped now`;
  const who = consent.approvals.flatMap(({ by }, index) => [...(index > 0 ? [say(', ')] : []), person(by)]);
  return {
    text: esc(clean(`${said} (${label})`, 300)),
    blocks: [
      lines(
        [strong(`🛑 ${said}`), say(` · ${label}, ${wishOn(wish, cloud)}`)],
        [strong('Plan '), say(`${plan?.plan.number ?? '?'} · digest `), code(plan?.digest ?? 'unknown')],
        [
          strong('Asked by '),
          person(operation.by),
          strong(' · approved by '),
          ...(who.length > 0 ? who : [say('nobody')]),
        ],
        ...(wish.kind === 'restore' ? [[strong('Expected: '), say(`${outageWords(operation)}.`)]] : []),
        [say('From here on the steps need neither Slack nor people. What they do is told here as soon as it can be.')],
      ),
      headLine(operation.id, operation.head),
    ],
  };
}

const MENTION =
  /^(?:<@[UW][A-Z0-9]{2,30}>|<!subteam\^S[A-Z0-9]{2,30}>)(?: (?:<@[UW][A-Z0-9]{2,30}>|<!subteam\^S[A-Z0-9]{2,30}>))*$/;

/** The word to those who may approve a plan that waits. `who` as in `alertCard`. */
export function approvalCallCard(operation: Operation, who: string): Message {
  const { label, cloud, by } = operation;
  const called = MENTION.test(who) ? `${who} ` : '';
  const asks = `${label}, ${wishOn(operation.wish, cloud)}, waits for an approval`;
  return {
    text: `${called}${esc(clean(asks, 500))}`,
    blocks: [
      ...mentioned(called),
      lines(
        [strong(`✋ ${asks}`), say(' · asked by '), person(by)],
        [say('Its plan and its card are in its thread. Whoever asked cannot approve it.')],
      ),
    ],
  };
}

/** People and groups, so that Slack notifies them; none for nobody. */
const mentioned = (called: string): KnownBlock[] =>
  called === ''
    ? []
    : [{ type: 'section', text: { type: 'mrkdwn', text: called.trim().slice(0, 3000), verbatim: true } }];

/** The word to those who should come. `who` is mentions in mrkdwn, with a blank between; anything else mentions nobody. */
export function alertCard(operation: Operation, who: string): Message {
  const { label, cloud, end } = operation;
  const since = downSince(operation);
  const stuck = stuckAt(operation);
  const problem = operation.attention?.problem ?? stuck?.attempt.end?.problem ?? null;
  const lead =
    end === null && since !== null ? `MariaDB on ${cloud} is down since ${clock(since)}` : `${cloud} needs people`;
  const called = MENTION.test(who) ? `${who} ` : '';
  return {
    text: `${called}${esc(clean(`${lead}: ${titleOf(operation)}`, 500))}`,
    blocks: [
      ...mentioned(called),
      lines(
        [strong(`🚨 ${lead}`), say(` · ${label}, ${wishOn(operation.wish, cloud)}`)],
        ...(problem === null ? [] : problemLines(problem).slice(0, 1)),
        ...(stuck
          ? [[say('It stands at: '), say(clean(stuck.step.title, 120)), say(' on '), onHost(stuck.step.host)]]
          : []),
        [
          ...(operation.acknowledged
            ? [say('👀 '), person(operation.acknowledged.by), say(' looks after it.')]
            : [
                strong('Nobody has said yet that they look after it: '),
                say('the card in its thread has the buttons.'),
              ]),
        ],
      ),
    ],
  };
}
