import type { KnownBlock, RichTextElement } from '@slack/types';
import type { KeptDatadir } from '../../operation/facts.ts';
import type { JournaledProblem, Operation } from '../../operation/operation.ts';
import type { Message } from '../limits.ts';
import { SLASH_COMMAND, SUBCOMMANDS } from '../parse.ts';
import { ago, clean, duration, elapsed, esc, moment, size } from '../text.ts';
import { untouched } from './ends.ts';
import { fitting } from './fitting.ts';
import { keptLine } from './kept.ts';
import {
  code,
  codeLine,
  faint,
  header,
  lines,
  onHost,
  person,
  problemLines,
  problemText,
  say,
  strong,
} from './parts.ts';
import { PHASES, phaseOf, phaseWords, titleOf, wishOn } from './phases.ts';
import { archiveOf, checklist, type Glance, heartbeat } from './progress.ts';

/** Answers that only the one who asked sees. They may vanish, so nothing stands in them alone. */

/** A refusal: the problem's three sentences and its code. */
export function refusalCard(problem: JournaledProblem): Message {
  return { text: problemText(problem), blocks: [lines(...problemLines(problem)), codeLine(problem)] };
}

/** Where to look: the thread once its root card is there, until then the channel. */
export type Where = { readonly channel: string | null; readonly link: string | null };

function whereTo({ channel, link }: Where): RichTextElement[] {
  if (link !== null) return [say(' · '), { type: 'link', url: link, text: 'to its thread' }];
  return channel === null ? [] : [say(' · see '), { type: 'channel', channel_id: channel }];
}

function toldCard(said: string, where: Where): Message {
  return { text: esc(said), blocks: [lines([say(said), ...whereTo(where)])] };
}

/** What comes of a request before anything is destroyed. */
const NEXT = {
  backup: '',
  restore: 'The archive is prepared and tried now, beside the live data; then other people must approve the plan.',
  discard: 'Other people must approve before anything is removed.',
} as const satisfies Record<Operation['wish']['kind'], string>;

/** `weakness` is why Redis could forget the operation: it goes on, and who asked for it should know. */
export function requestedCard(operation: Operation, where: Where, weakness: JournaledProblem | null): Message {
  const { label, cloud, wish } = operation;
  const told = toldCard(`${label} requested: ${wishOn(wish, cloud)}. ${NEXT[wish.kind]}`.trim(), where);
  if (weakness === null) return told;
  const warning = refusalCard(weakness);
  return { text: `${told.text} ${warning.text}`, blocks: [...told.blocks, ...warning.blocks] };
}

export function cancelledCard(operation: Operation, where: Where): Message {
  const removed = operation.end === null ? ' What it had prepared on the hosts is removed now.' : '';
  return toldCard(`${operation.label} is cancelled. ${untouched(operation)}${removed}`, where);
}

/** What was answered to the first, or to the second who asks for a release. */
export function releaseCard(operation: Operation, limitMs: number, where: Where): Message {
  const { label, cloud, end } = operation;
  if (end?.how === 'released') return toldCard(`${label} is released; ${cloud} is given back.`, where);
  const command = `${SLASH_COMMAND} release ${label}`;
  return toldCard(`Asked. Another requester must agree within ${duration(limitMs)}, by typing: ${command}`, where);
}

export function helpCard(clouds: readonly string[]): Message {
  const rows = Object.values(SUBCOMMANDS).map(({ usage, does }) => [
    code(`${SLASH_COMMAND} ${usage}`),
    say(` – ${does}`),
  ]);
  const about = `Clouds: ${clouds.join(', ')}. In a cloud’s own channel its name may be left out.`;
  return {
    text: esc(clean(`${SLASH_COMMAND} ${Object.keys(SUBCOMMANDS).join(' | ')}. ${about}`, 1000)),
    blocks: [lines(...rows, [faint(about)])],
  };
}

/** An operation of a list; null where its journal can't be followed. */
export type Listed = { readonly id: string; readonly at: number; readonly operation: Operation | null };

export function listCard(cloud: string, listed: readonly Listed[], now: number): Message {
  const title = `Operations on ${cloud}`;
  const rows = listed.map(({ id, at, operation }) =>
    operation === null
      ? [say('🛑 '), code(id), say(` · ${duration(now - at)} ago · its journal cannot be read; audit it`)]
      : listRow(operation, now),
  );
  const body = rows.length === 0 ? [[say('None yet.')]] : rows;
  return { text: esc(`${title}: ${listed.length}`), blocks: [header(title), lines(...body)] };
}

const LISTED = {
  backup: 'backup',
  restore: 'restore',
  discard: 'removal of old data',
} as const satisfies Record<Operation['wish']['kind'], string>;

function listRow(operation: Operation, now: number): readonly RichTextElement[] {
  const { mark } = PHASES[phaseOf(operation)];
  const archive = archiveOf(operation);
  return [
    say(`${mark} `),
    strong(operation.label),
    say(` · ${LISTED[operation.wish.kind]} · ${phaseWords(operation)} · ${ago(operation.requestedAt, now)} · `),
    person(operation.by),
    ...(archive
      ? [
          say(` · ${size(archive.bytes)} · `),
          code(clean(`${clean(archive.host, 64)}:${archive.path.split('/').at(-1) ?? ''}`, 160)),
        ]
      : []),
    ...(operation.end?.how === 'failed' ? [say(' · '), code(clean(operation.end.problem.code, 60))] : []),
  ];
}

/** What a restore keeps and nobody has discarded yet; `since` in ms. */
export type Kept = { readonly label: string; readonly kept: KeptDatadir; readonly since: number };

/** How many kept directories a card names. */
const KEPT_MAX = 12;

/** A cloud at a glance: what runs, the newest archive that was proved complete, and what old data is kept. */
export function statusCard(
  cloud: string,
  {
    running,
    good,
    kept = [],
    now,
  }: {
    readonly running: readonly (readonly [Operation, Glance])[];
    readonly good: Operation | null;
    readonly kept?: readonly Kept[];
    readonly now: number;
  },
): Message {
  const what = running.map(([operation]) => titleOf(operation)).join('; ') || 'nothing runs';
  return fitting((room) => {
    const blocks: KnownBlock[] = [header(`${cloud} now`)];
    if (running.length === 0) blocks.push(lines([say('Nothing runs.')]));
    for (const [operation, glance] of running)
      blocks.push(
        lines(
          [
            strong(titleOf(operation)),
            say(` · for ${elapsed(now - operation.requestedAt)} · asked by `),
            person(operation.by),
          ],
          ...checklist(operation, now, room.rows),
          ...heartbeat(operation, glance),
        ),
      );
    blocks.push(lines(newest(good, now)));
    if (kept.length > 0) blocks.push(lines(...keptLines(kept, now)));
    return { text: esc(clean(`${cloud}: ${what}`, 1000)), blocks };
  });
}

function keptLines(kept: readonly Kept[], now: number): readonly (readonly RichTextElement[])[] {
  const rows = kept
    .slice(0, KEPT_MAX)
    .map(({ label, kept: one, since }) => [...keptLine(one, one.bytes, label), say(` · for ${elapsed(now - since)}`)]);
  const more = kept.length > KEPT_MAX ? [[faint(`… and ${kept.length - KEPT_MAX} more`)]] : [];
  return [
    [strong('Set aside or left by restores, kept until it is discarded')],
    ...rows,
    ...more,
    [faint('To remove it for good, with a second person: '), code(`${SLASH_COMMAND} discard <label> <reason>`)],
  ];
}

function newest(good: Operation | null, now: number): readonly RichTextElement[] {
  const archive = good ? archiveOf(good) : null;
  if (!good?.end || !archive)
    return [strong('No good backup '), say('is known among the newest operations of this cloud.')];
  return [
    strong('Newest good backup: '),
    say(`${good.label}, ${duration(now - good.end.at)} ago (${moment(good.end.at)}), ${size(archive.bytes)} on `),
    onHost(archive.host),
  ];
}
