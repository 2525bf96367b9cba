import type { KnownBlock, RichTextElement } from '@slack/types';
import type { Wish } from '../../operation/events.ts';
import type { Operation, Remains } from '../../operation/operation.ts';
import type { Message } from '../limits.ts';
import { clean, esc, moment, size } from '../text.ts';
import { claimsOf } from './claims.ts';
import {
  code,
  codeLine,
  header,
  headLine,
  lines,
  onHost,
  person,
  problemLines,
  problemText,
  say,
  strong,
} from './parts.ts';
import {
  archiveLines,
  archiveOf,
  canCancel,
  checklist,
  endLine,
  type Glance,
  heartbeat,
  PHASES,
  phaseOf,
} from './progress.ts';

/** The action ids of our buttons. */
export const ACTIONS = {
  cancel: 'cancel',
  approve: 'approve',
  decline: 'decline',
  revoke: 'revoke',
  backOut: 'back_out',
  acknowledge: 'acknowledge',
  ran: 'resolve_ran',
  notRun: 'resolve_not_run',
  agree: 'resolve_agree',
  backup: 'backup_again',
} as const;

/** What was asked for, in words. */
export function wishWords(wish: Wish): string {
  return wish.kind === 'backup' ? `${wish.type} backup` : wish.kind;
}

/** `BKP-7 · full backup of prod · running`, with its mark. */
export function titleOf(operation: Operation): string {
  const { mark, words } = PHASES[phaseOf(operation)];
  return `${mark} ${operation.label} · ${wishWords(operation.wish)} of ${operation.cloud} · ${words}`;
}

/** The status card of an operation: the root of its thread, updated in place. `button`: whether it may carry one. */
export function rootCard(operation: Operation, glance: Glance, button = true): Message {
  const ended = endLine(operation);
  const blocks: KnownBlock[] = [
    header(titleOf(operation)),
    lines(
      [strong('Asked by '), person(operation.by), say(` · ${moment(operation.requestedAt)}`)],
      ...(ended === null ? [] : [[say(ended)]]),
    ),
  ];
  const steps = [...checklist(operation, glance.now), ...heartbeat(operation, glance)];
  if (steps.length > 0) blocks.push(lines(...steps));
  blocks.push(...outcome(operation));
  if (button && canCancel(operation)) blocks.push(cancelButton(operation));
  blocks.push(headLine(operation.id, operation.head));
  return { text: fallback(operation), blocks };
}

function outcome(operation: Operation): readonly KnownBlock[] {
  const archive = archiveOf(operation);
  const problem = operation.end?.how === 'failed' ? operation.end.problem : operation.attention?.problem;
  return [
    ...(problem ? [lines(...problemLines(problem)), codeLine(problem)] : []),
    ...(operation.end?.how === 'failed' ? remainsBlocks(operation.end.remains) : []),
    ...(operation.end?.how === 'cancelled'
      ? [lines([say('Cancelled by '), person(operation.end.by), say('. Nothing was changed on the cloud.')])]
      : []),
    ...(operation.end?.how === 'released'
      ? [
          lines([
            say('Released by '),
            person(operation.end.by[0]),
            say(' and '),
            person(operation.end.by[1]),
            say(`: ${clean(operation.end.reason, REASON_MAX)}. How it stands on the hosts is not known here.`),
          ]),
        ]
      : []),
    ...(archive && operation.end?.how === 'succeeded' ? [lines(...archiveLines(archive))] : []),
  ];
}

const REASON_MAX = 300;
/** How many hosts and files a card names of what was left behind. */
const REMAINS_HOSTS = 3;
const REMAINS_FILES = 4;
const PATH_MAX = 140;

/** What a run that didn't end well left behind. */
export function remainsBlocks(remains: Remains): readonly KnownBlock[] {
  if (remains.length === 0) return [];
  const rows = remains.slice(0, REMAINS_HOSTS).flatMap(({ host, files }): (readonly RichTextElement[])[] => {
    const on = onHost(host);
    if (files === null) return [[on, say(' could not be asked what was left behind.')]];
    if (files.length === 0) return [[on, say(': nothing new was left behind.')]];
    const shown = files
      .slice(0, REMAINS_FILES)
      .map((file) => [on, say(' '), code(clean(file.path, PATH_MAX)), say(` ${size(file.bytes)}`)]);
    return files.length > REMAINS_FILES ? [...shown, [say(`… and ${files.length - REMAINS_FILES} more there`)]] : shown;
  });
  return [lines([strong('New in the volume since it began, not proven complete (do not restore from it):')], ...rows)];
}

function cancelButton(operation: Operation): KnownBlock {
  return {
    type: 'actions',
    block_id: 'root-actions',
    elements: [
      {
        type: 'button',
        action_id: ACTIONS.cancel,
        text: { type: 'plain_text', text: 'Cancel' },
        value: claimsOf(operation),
        confirm: {
          title: { type: 'plain_text', text: `Cancel ${operation.label}?` },
          text: {
            type: 'plain_text',
            text: 'It ends without a backup. Once the backup was started it cannot be cancelled.',
          },
          confirm: { type: 'plain_text', text: 'Cancel the backup' },
          deny: { type: 'plain_text', text: 'Keep it' },
          style: 'danger',
        },
      },
    ],
  };
}

function fallback(operation: Operation): string {
  const problem = operation.end?.how === 'failed' ? operation.end.problem : operation.attention?.problem;
  const archive = operation.end?.how === 'succeeded' ? archiveOf(operation) : null;
  return [
    esc(titleOf(operation)),
    ...(problem ? [problemText(problem)] : []),
    ...(archive ? [esc(clean(`${archive.path} on ${archive.host}, ${size(archive.bytes)}`, 600))] : []),
  ].join('. ');
}
