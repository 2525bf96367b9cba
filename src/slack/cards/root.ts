import type { KnownBlock, RichTextElement } from '@slack/types';
import { countedApprovals } from '../../operation/approval.ts';
import type { JournaledProblem, Operation, Remains } from '../../operation/operation.ts';
import { stuckAt } from '../../operation/operation.ts';
import { waysOut } from '../../runbooks/ways-out.ts';
import type { Message } from '../limits.ts';
import { clean, clock, duration, esc, moment, size } from '../text.ts';
import { BACK_OUTS_SHOWN, liveButtons, pendingResolution } from './buttons.ts';
import { endBlocks } from './ends.ts';
import { fitting, type Room } from './fitting.ts';
import { goneLines } from './gone.ts';
import {
  code,
  codeLine,
  faint,
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
import { downSince, phaseOf, titleOf } from './phases.ts';
import { archiveOf, checklist, endLine, type Glance, heartbeat } from './progress.ts';

export { ACTIONS } from './buttons.ts';

/** The status card of an operation: the root of its thread, updated in place. `buttons`: whether it may carry some. */
export function rootCard(operation: Operation, glance: Glance, buttons = true): Message {
  return fitting((room) => card(operation, glance, buttons, room));
}

function card(operation: Operation, glance: Glance, buttons: boolean, room: Room): Message {
  const ended = endLine(operation);
  const blocks: KnownBlock[] = [
    header(titleOf(operation)),
    lines(
      [strong('Asked by '), person(operation.by), say(` · ${moment(operation.requestedAt)}`)],
      ...wishLines(operation, room),
      ...(operation.end === null ? goneLines(operation) : []),
      ...down(operation, glance.now),
      ...(ended === null ? [] : [[say(ended)]]),
    ),
  ];
  const steps = [...checklist(operation, glance.now, room.rows), ...heartbeat(operation, glance)];
  if (steps.length > 0) blocks.push(lines(...steps));
  blocks.push(...approvals(operation), ...trouble(operation, room));
  if (operation.end?.how === 'failed') blocks.push(...remainsBlocks(operation.end.remains));
  blocks.push(...endBlocks(operation));
  if (buttons) blocks.push(...liveButtons(operation, room.does));
  blocks.push(headLine(operation.id, operation.head));
  return { text: fallback(operation), blocks };
}

const PATH_MAX = 140;

/** What is restored or removed, and why. */
function wishLines({ wish, facts }: Operation, { reason: max }: Room): readonly (readonly RichTextElement[])[] {
  if (wish.kind === 'backup') return [];
  const reason = [strong('Reason: '), say(clean(wish.reason, max))];
  if (wish.kind === 'discard') return [reason];
  const node = facts?.restore?.archive.node ?? wish.archive.node;
  const links = facts?.restore?.chain.length ?? 0;
  const archive = [
    strong('Archive: '),
    code(clean(wish.archive.path, PATH_MAX)),
    ...(node === null ? [] : [say(' on '), onHost(node)]),
    ...(links > 1 ? [say(`, with the ${links - 1} before it in its chain`)] : []),
  ];
  return [reason, archive];
}

function down(operation: Operation, now: number): readonly (readonly RichTextElement[])[] {
  const since = downSince(operation);
  if (since === null) return [];
  const minutes = Math.floor((now - since) / 60_000) * 60_000;
  const long = minutes >= 60_000 ? `, for ${duration(minutes)}` : '';
  return [[strong(`MariaDB is down since ${clock(since)}${long}`), say('; it is not confirmed back yet.')]];
}

/** Who approved, while it matters. */
function approvals(operation: Operation): readonly KnownBlock[] {
  const counted = countedApprovals(operation);
  const approval = operation.plan?.plan.approval ?? null;
  if (approval === null || operation.consent.announcedAt === null) return [];
  const who = counted.flatMap(({ by }, index) => [...(index > 0 ? [say(', ')] : []), person(by)]);
  const line =
    counted.length === 0
      ? [say('Nobody has approved yet. What it would do stands in the thread.')]
      : [strong(`Approved (${counted.length} of ${approval.needed}): `), ...who];
  return operation.end !== null && counted.length === 0 ? [] : [lines(line)];
}

/** What needs people, who looks after it, and the ways out. */
function trouble(operation: Operation, room: Room): readonly KnownBlock[] {
  const problem = troubleOf(operation);
  if (problem === null) return [];
  const offered = waysOut(operation);
  const said = pendingResolution(operation);
  const stuck = stuckAt(operation);
  const rows: (readonly RichTextElement[])[] = [
    ...(stuck
      ? [[strong('Stands at: '), say(clean(stuck.step.title, 120)), say(' on '), onHost(stuck.step.host)]]
      : []),
    ...(operation.acknowledged ? [[say('👀 '), person(operation.acknowledged.by), say(' looks after it.')]] : []),
    ...(said
      ? [
          [
            person(said.by),
            say(said.says === 'ran' ? ' says that it ran: ' : ' says that it didn’t run: '),
            say(clean(said.reason, room.reason)),
          ],
          [say('Another person must agree.')],
        ]
      : []),
    ...(offered.length > 0 && room.listed
      ? [
          [strong('Ways out from here')],
          ...offered
            .slice(0, BACK_OUTS_SHOWN)
            .map(({ title, does }) => [say('• '), strong(clean(title, 75)), say(` – ${clean(does, room.does)}`)]),
        ]
      : []),
    ...(offered.length > BACK_OUTS_SHOWN
      ? [[faint(`… and ${offered.length - BACK_OUTS_SHOWN} more, by kolla-backup backout on a worker.`)]]
      : []),
  ];
  return [
    lines(...problemLines(problem).slice(0, room.sentences)),
    codeLine(problem),
    ...(rows.length > 0 ? [lines(...rows)] : []),
  ];
}

/** The problem that an operation has now or ended with. */
function troubleOf(operation: Operation): JournaledProblem | null {
  const { end, attention, withdrawal } = operation;
  if (end) return end.how === 'failed' || end.how === 'voided' ? end.problem : null;
  const stuck = stuckAt(operation);
  if (attention) return attention.problem;
  if (stuck) return stuck.attempt.end?.problem ?? { code: 'STEP_FAILED', params: { step: stuck.step.title } };
  return withdrawal?.how === 'failed' || withdrawal?.how === 'voided' ? withdrawal.problem : null;
}

/** How many hosts and files a card names of what was left behind. */
const REMAINS_HOSTS = 3;
const REMAINS_FILES = 4;

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

function fallback(operation: Operation): string {
  const problem = troubleOf(operation);
  const archive = phaseOf(operation) === 'succeeded' ? archiveOf(operation) : null;
  return [
    esc(titleOf(operation)),
    ...(problem ? [problemText(problem)] : []),
    ...(archive ? [esc(clean(`${archive.path} on ${archive.host}, ${size(archive.bytes)}`, 600))] : []),
  ].join('. ');
}
