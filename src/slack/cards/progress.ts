import type { RichTextElement } from '@slack/types';
import type { AnswerTo } from '../../operation/checks.ts';
import { changeStarted, latest, type Operation } from '../../operation/operation.ts';
import type { Step } from '../../operation/plan.ts';
import type { Progress } from '../../operation/ports.ts';
import { clean, clock, duration, elapsed, moment, size } from '../text.ts';
import { code, faint, onHost, say, strong } from './parts.ts';

/** What a card is made from besides the journal: for eyes only. */
export type Glance = { readonly progress: Progress | null; readonly now: number };

/** How far an operation is, in words. */
type Phase =
  | 'waiting'
  | 'asking'
  | 'planning'
  | 'running'
  | 'attention'
  | 'succeeded'
  | 'cancelled'
  | 'released'
  | 'backed_out'
  | 'declined'
  | 'expired'
  | 'voided'
  | 'failed';

export const PHASES = {
  waiting: { mark: '🕓', words: 'waiting for a worker' },
  asking: { mark: '🔎', words: 'asking the hosts' },
  planning: { mark: '🔎', words: 'making the plan' },
  running: { mark: '⏳', words: 'running' },
  attention: { mark: '⚠️', words: 'needs attention' },
  succeeded: { mark: '✅', words: 'succeeded' },
  cancelled: { mark: '🚫', words: 'cancelled' },
  released: { mark: '🔓', words: 'released' },
  backed_out: { mark: '↩️', words: 'went back' },
  declined: { mark: '✋', words: 'declined' },
  expired: { mark: '⌛', words: 'expired' },
  voided: { mark: '🚫', words: 'void' },
  failed: { mark: '❌', words: 'failed' },
} as const satisfies Record<Phase, { mark: string; words: string }>;

export function phaseOf(operation: Operation): Phase {
  if (operation.end) return operation.end.how;
  if (operation.attention) return 'attention';
  if (operation.plan) return 'running';
  if (operation.facts) return 'planning';
  return operation.claim ? 'asking' : 'waiting';
}

/** Whether the journal would take a cancellation now. */
export function canCancel(operation: Operation): boolean {
  return operation.end === null && !changeStarted(operation);
}

/** How many steps a card lists; a plan may have more. */
const STEPS_MAX = 16;
const TITLE_MAX = 80;
/** How much of a program's last line a card shows. */
const PROGRESS_MAX = 140;
/** After so long without a sign from a running step the card says so, in ms. */
const SILENCE_MS = 60_000;

/** The plan's steps as a checklist. */
export function checklist(operation: Operation, now: number): readonly (readonly RichTextElement[])[] {
  const steps = operation.plan?.plan.steps ?? [];
  const listed = steps.slice(0, STEPS_MAX).map((step) => stepLine(operation, step, now));
  return steps.length > STEPS_MAX ? [...listed, [faint(`… and ${steps.length - STEPS_MAX} more steps`)]] : listed;
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
  const again = last.end.outcome === 'not_begun' ? ' · never began, is sent again' : '';
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
  for (const step of operation.plan?.plan.steps ?? []) {
    const proof = latest(operation, step)?.end?.after.find((one) => one.check === 'archive-complete');
    const asked = step.after.find((one) => one.check === 'archive-complete');
    if (proof?.answer.complete)
      return { ...proof.answer, host: asked?.node.node ?? operation.plan?.plan.backupHost ?? '' };
  }
  return null;
}

/** The archive in lines: what one needs to find, judge and compare it. */
export function archiveLines(archive: Archive): readonly (readonly RichTextElement[])[] {
  const lsn = archive.fromLsn !== null && archive.toLsn !== null ? `${archive.fromLsn} – ${archive.toLsn}` : null;
  const period =
    archive.startedAt !== null && archive.endedAt !== null ? `${archive.startedAt} – ${archive.endedAt}` : null;
  const rows: readonly (readonly [string, RichTextElement] | null)[] = [
    ['Archive', code(archive.path)],
    ['On', onHost(archive.host)],
    ['Size', say(`${size(archive.bytes)}, unpacked ${size(archive.unpackedBytes)}, ${archive.files} files, complete`)],
    lsn === null ? null : ['LSN', say(lsn)],
    period === null ? null : ['Taken', say(period)],
    archive.serverVersion === null ? null : ['MariaDB', say(archive.serverVersion)],
    archive.sha256 === null ? null : ['SHA-256', code(`${archive.sha256.slice(0, 16)}…`)],
  ];
  return rows.flatMap((row) => (row === null ? [] : [[strong(`${row[0]}: `), row[1]]]));
}

/** When it ended and how long it took from the request. */
export function endLine(operation: Operation): string | null {
  if (!operation.end) return null;
  return `${PHASES[operation.end.how].words} ${moment(operation.end.at)}, ${duration(operation.end.at - operation.requestedAt)} after the request`;
}
