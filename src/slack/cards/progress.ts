import type { RichTextElement } from '@slack/types';
import type { AnswerTo } from '../../operation/checks.ts';
import { ATTEMPTS_MAX, type Attempts, latest, type Operation, stepsOf, type Track } from '../../operation/operation.ts';
import type { Step } from '../../operation/plan.ts';
import type { Progress } from '../../operation/ports.ts';
import { clean, clock, duration, elapsed, moment, size } from '../text.ts';
import { code, faint, onHost, say, strong } from './parts.ts';
import { PHASES } from './phases.ts';
import { tracksOf } from './sendings.ts';

export { PHASES } from './phases.ts';

/** What a card is made from besides the journal: for eyes only. */
export type Glance = { readonly progress: Progress | null; readonly now: number };

const TITLE_MAX = 80;
/** How much of a program's last line a card shows. */
const PROGRESS_MAX = 140;
/** After so long without a sign from a running step the card says so, in ms. */
const SILENCE_MS = 60_000;
/** How many steps a card lists; a plan may have more. */
const STEPS_MAX = 16;

/** What was driven before in a line each, then the steps that are driven now as a checklist, at most `max` of them. */
export function checklist(
  operation: Operation,
  now: number,
  max: number = STEPS_MAX,
): readonly (readonly RichTextElement[])[] {
  const steps = stepsOf(operation);
  const open = steps.findIndex((step) => latest(operation, step)?.end?.outcome !== 'worked');
  // A third of what is shown lies before the step that is open.
  const from = Math.max(0, Math.min((open < 0 ? steps.length : open) - Math.floor(max / 3), steps.length - max));
  const shown = steps.slice(from, from + max);
  const after = steps.length - from - shown.length;
  return [
    ...tracksOf(operation).flatMap((one) => (one.track.number === operation.track?.number ? [] : [trackLine(one)])),
    ...(from > 0 ? [[faint(`… ${from} steps before`)]] : []),
    ...shown.map((step) => stepLine(operation, step, now)),
    ...(after > 0 ? [[faint(`… and ${after} more steps`)]] : []),
  ];
}

/** A track that was driven before: how far it came and how long it took. */
function trackLine({ track, attempts }: { track: Track; attempts: Attempts }): readonly RichTextElement[] {
  const ends = track.steps.map((step) => latest({ attempts }, step));
  const done = ends.filter((one) => one?.end?.outcome === 'worked').length;
  const times = ends.flatMap((one) => (one?.end ? [one.startedAt, one.end.at] : []));
  const took = times.length === 0 ? '' : ` · ${duration(Math.max(...times) - Math.min(...times))}`;
  const name = track.backOut === null ? `Plan ${track.number}` : clean(track.backOut.title, TITLE_MAX);
  const whole = done === track.steps.length;
  return [say(`${whole ? '✅' : '↩️'} ${name} · ${whole ? '' : `${done} of `}${track.steps.length} steps${took}`)];
}

const ENDED = {
  worked: '✅',
  failed: '❌',
  not_begun: '↩️',
  unclear: '❓',
} as const;

function stepLine(operation: Operation, step: Step, now: number): readonly RichTextElement[] {
  const last = latest(operation, step);
  const title = clean(step.title, TITLE_MAX);
  if (!last) return [say(`▫️ ${title}`)];
  if (last.end === null) return [strong(`⏳ ${title}`), say(` · for ${elapsed(now - last.startedAt)}`)];
  const sent = last.attempt < ATTEMPTS_MAX ? ', is sent again' : '';
  const again = last.end.outcome === 'not_begun' ? ` · never began${sent}` : '';
  return [say(`${ENDED[last.end.outcome]} ${title} · ${duration(last.end.at - last.startedAt)}${again}`)];
}

/** The last sign of a running step; none when nothing runs. */
export function heartbeat(operation: Operation, { progress, now }: Glance): readonly (readonly RichTextElement[])[] {
  if (operation.end) return [];
  const running = [...operation.attempts.values()].flat().findLast((attempt) => attempt.end === null);
  if (!running) return [];
  const fresh = progress !== null && progress.at >= running.startedAt ? progress : null;
  const last = Math.max(fresh?.at ?? 0, operation.headAt);
  if (now - last > SILENCE_MS)
    return [
      [
        say(
          `💤 No sign from a worker since ${clock(last)}. What runs on the host goes on; another worker takes over by itself.`,
        ),
      ],
    ];
  return fresh && fresh.line.trim() !== ''
    ? [[faint(`${clock(fresh.at)} `), code(clean(fresh.line, PROGRESS_MAX))]]
    : [];
}

/** The archive that an operation made and proved, and the node that holds it. */
type Archive = AnswerTo<'archive-complete'> & { readonly host: string };

export function archiveOf(operation: Operation): Archive | null {
  if (operation.wish.kind !== 'backup') return null;
  for (const step of stepsOf(operation)) {
    const proof = latest(operation, step)?.end?.after.find((one) => one.check === 'archive-complete');
    const asked = step.after.find((one) => one.check === 'archive-complete');
    if (proof?.answer.complete)
      return { ...proof.answer, host: asked?.node.node ?? operation.plan?.plan.backupHost ?? '' };
  }
  return null;
}

/** How many labels of a chain are shown. */
const NEEDS_SHOWN = 6;

/** The archive in lines: what one needs to find, judge and compare it. */
export function archiveLines(archive: Archive): readonly (readonly RichTextElement[])[] {
  const lsn = archive.fromLsn !== null && archive.toLsn !== null ? `${archive.fromLsn} – ${archive.toLsn}` : null;
  const needs = archive.needs ?? [];
  const more = needs.length > NEEDS_SHOWN ? ` and ${needs.length - NEEDS_SHOWN} more` : '';
  const period =
    archive.startedAt !== null && archive.endedAt !== null ? `${archive.startedAt} – ${archive.endedAt}` : null;
  const rows: readonly (readonly [string, RichTextElement] | null)[] = [
    ['Archive', code(archive.path)],
    ['On', onHost(archive.host)],
    ['Size', say(`${size(archive.bytes)}, unpacked ${size(archive.unpackedBytes)}, ${archive.files} files, complete`)],
    lsn === null ? null : ['LSN', say(lsn)],
    needs.length === 0 ? null : ['Restored with', say(`${needs.slice(0, NEEDS_SHOWN).join(', ')}${more}`)],
    period === null ? null : ['Taken', say(period)],
    archive.serverVersion === null ? null : ['MariaDB', say(archive.serverVersion)],
    archive.sha256 === null ? null : ['SHA-256', code(archive.sha256)],
  ];
  return rows.flatMap((row) => (row === null ? [] : [[strong(`${row[0]}: `), row[1]]]));
}

/** When it ended and how long it took from the request. */
export function endLine(operation: Operation): string | null {
  if (!operation.end) return null;
  return `${PHASES[operation.end.how].words} ${moment(operation.end.at)}, ${duration(operation.end.at - operation.requestedAt)} after the request`;
}
