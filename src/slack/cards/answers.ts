import type { KnownBlock, RichTextElement } from '@slack/types';
import type { JournaledProblem, Operation } from '../../operation/operation.ts';
import type { Message } from '../limits.ts';
import { SLASH_COMMAND, SUBCOMMANDS } from '../parse.ts';
import { clean, duration, elapsed, esc, moment, size } from '../text.ts';
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
import { archiveOf, checklist, type Glance, heartbeat, PHASES, phaseOf } from './progress.ts';
import { titleOf, wishWords } from './root.ts';

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

export function requestedCard(operation: Operation, where: Where): Message {
  return toldCard(`${operation.label} requested: ${wishWords(operation.wish)} of ${operation.cloud}.`, where);
}

export function cancelledCard(operation: Operation, where: Where): Message {
  return toldCard(`${operation.label} is cancelled. Nothing was changed on the cloud.`, where);
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

function listRow(operation: Operation, now: number): readonly RichTextElement[] {
  const { mark, words } = PHASES[phaseOf(operation)];
  const archive = archiveOf(operation);
  const age = duration(Math.floor((now - operation.requestedAt) / 60_000) * 60_000);
  return [
    say(`${mark} `),
    strong(operation.label),
    say(` · ${words} · ${now - operation.requestedAt < 60_000 ? 'just now' : `${age} ago`} · `),
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

/** An old datadir that a restore has set aside; `since` in ms. */
export type Kept = {
  readonly label: string;
  readonly node: string;
  readonly data: string;
  readonly bytes: number | null;
  readonly since: number;
};

/** A cloud at a glance: what runs, and the newest archive that was proved complete. */
export function statusCard(
  cloud: string,
  {
    running,
    good,
    kept = [],
    now,
  }: {
    running: readonly (readonly [Operation, Glance])[];
    good: Operation | null;
    kept?: readonly Kept[];
    now: number;
  },
): Message {
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
        ...checklist(operation, now),
        ...heartbeat(operation, glance),
      ),
    );
  blocks.push(lines(newest(good, now)));
  for (const { label, node, data } of kept) blocks.push(lines([strong(`${label} keeps `), onHost(node), code(data)]));
  const what = running.map(([operation]) => titleOf(operation)).join('; ') || 'nothing runs';
  return { text: esc(clean(`${cloud}: ${what}`, 1000)), blocks };
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
