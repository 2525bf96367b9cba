import type { KnownBlock, RichTextElement } from '@slack/types';
import { approvableUntil } from '../../operation/approval.ts';
import type { Operation } from '../../operation/operation.ts';
import type { Plan } from '../../operation/plan.ts';
import type { Message } from '../limits.ts';
import { capEscaped, clean, duration, esc, moment, size } from '../text.ts';
import { consentButtons } from './buttons.ts';
import { commandLine, kollaSteps } from './commands-shown.ts';
import { fitting, type Room } from './fitting.ts';
import { goneNodes } from './gone.ts';
import { isOld, keptLine } from './kept.ts';
import { code, faint, header, headLine, lines, mention, person, preformatted, say, strong } from './parts.ts';
import { wishOn } from './phases.ts';
import {
  accountsLine,
  backLine,
  lastWriteLine,
  outageWords,
  placeLines,
  rowsTable,
  schemaLine,
  spaceLine,
  undoneLine,
  warnings,
} from './stakes.ts';

type Line = readonly RichTextElement[];
const REASON_MAX = 300;

/** What people decide on: the plan's stakes and its digest, with the buttons. `eligible`: who may approve, where known. */
export function approvalCard(operation: Operation, eligible: readonly string[]): Message {
  return fitting((room) => card(operation, eligible, room));
}

function card(operation: Operation, eligible: readonly string[], room: Room): Message {
  const { label, cloud, wish, plan } = operation;
  const needed = plan?.plan.approval?.needed ?? 1;
  const asks = `${needed} ${needed === 1 ? 'approval' : 'approvals'}`;
  const blocks: KnownBlock[] = [
    header(`✋ ${cloud}: approve ${label}?`),
    lines(...stakes(operation)),
    ...(plan === null ? [] : details(operation, plan.plan, room)),
    lines(...consentLines(operation, asks, eligible, room)),
    ...warningBlocks(operation, room),
    ...consentButtons(operation),
    headLine(operation.id, operation.head),
  ];
  const said = stakes(operation).slice(1).map(plainWords);
  const text = `${esc(`${label}, the ${wishOn(wish, cloud)}, needs ${asks}.`)} ${said.join(' ')}`;
  return { text: capEscaped(text, 1500), blocks };
}

/** What is at stake, in a few lines; the modal in which one approves says the same. The first names the cloud. */
export function stakes(operation: Operation): readonly Line[] {
  const { cloud, wish, by, facts, headAt } = operation;
  const gone = goneNodes(operation);
  const asked = (reason: string): Line => [strong('Asked by '), person(by), say(` · ${clean(reason, REASON_MAX)}`)];
  if (wish.kind === 'restore')
    return [
      [
        strong(`Cloud: ${cloud}`),
        say(` · MariaDB is stopped on all its nodes${gone === null ? '' : ` but ${gone}, which is off`}`),
      ],
      asked(wish.reason),
      backLine(operation, headAt),
      undoneLine(operation),
      lastWriteLine(operation, headAt),
    ];
  const kept = facts?.discard?.kept ?? [];
  const bytes = kept.reduce((sum, one) => sum + (one.bytes ?? 0), 0);
  return [
    [strong(`Cloud: ${cloud}`), say(' · MariaDB is not touched')],
    ...(wish.kind === 'discard' ? [asked(wish.reason)] : []),
    [
      ...(kept.some(isOld)
        ? [
            strong('Old data is removed for good'),
            say(`${bytes === 0 ? '' : `, ${size(bytes)} of it`}. Afterwards nothing leads back behind that restore.`),
          ]
        : [strong('Copies that are not live are removed for good'), say('; no old data is among them.')]),
    ],
  ];
}

function details(operation: Operation, plan: Plan, room: Room): readonly KnownBlock[] {
  if (plan.runbook === 'discard') return discarded(operation, room);
  const table = rowsTable(operation, room.rows);
  return [
    ...(table === null
      ? [lines([strong('Rows of key tables: '), say('not known.')])]
      : [lines([strong('Rows of key tables')]), preformatted(table, 1200)]),
    lines(schemaLine(operation, room.names), accountsLine(operation, room.names)),
    lines(
      ...placeLines(operation, room.nodes),
      [strong('Expected outage: '), say(`${outageWords(operation)}.`)],
      spaceLine(operation, room.nodes),
    ),
    lines([strong('Commands on the deploy host')]),
    ...kollaSteps(plan)
      .slice(0, 3)
      .map(({ program }) => preformatted(commandLine(program), room.argv)),
  ];
}

function discarded({ facts }: Operation, { nodes }: Room): readonly KnownBlock[] {
  const kept = facts?.discard?.kept ?? [];
  const rows = kept.slice(0, nodes).map((one) => keptLine(one, one.bytes));
  const ended = facts?.discard ? [[say(`That restore ended ${moment(facts.discard.endedAt)}.`)]] : [];
  const more = kept.length > nodes ? [[say(`… and ${kept.length - nodes} more`)]] : [];
  return [lines([strong('What is removed')], ...rows, ...more, ...ended)];
}

function consentLines(
  operation: Operation,
  asks: string,
  eligible: readonly string[],
  { names }: Room,
): readonly Line[] {
  const others = eligible.filter((one) => one !== operation.by);
  const who = others.slice(0, names).flatMap((one, index) => [...(index > 0 ? [say(', ')] : []), person(one)]);
  const until = approvableUntil(operation);
  const begin = operation.plan?.plan.approval?.beginMs;
  return [
    [strong('Digest of the plan: '), code(operation.plan?.digest ?? '')],
    [
      strong(`Needs ${asks}`),
      say(' by others than who asked'),
      ...(who.length === 0 ? [say(': the approvers of this cloud')] : [say(': '), ...who]),
      ...(others.length > names ? [say(` and ${others.length - names} more`)] : []),
      say(until === null ? '.' : `, until ${moment(until)}.`),
    ],
    [
      faint(
        `The whole plan, with every command, stands above this card.${begin === undefined ? '' : ` It begins within ${duration(begin)} of the last approval, or not at all.`}`,
      ),
    ],
  ];
}

function warningBlocks(operation: Operation, { names }: Room): readonly KnownBlock[] {
  const said = operation.wish.kind === 'restore' ? warnings(operation, names) : [];
  return said.length === 0 ? [] : [lines(...said.map((one) => [strong('⚠️ '), say(one)]))];
}

/** A line's words in mrkdwn, for a notification. */
function plainWords(line: Line): string {
  return line
    .map((one) => (one.type === 'text' ? esc(one.text) : one.type === 'user' ? mention(one.user_id) : ''))
    .join('');
}
