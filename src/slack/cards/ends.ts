import type { KnownBlock, RichTextElement } from '@slack/types';
import type { End, Operation } from '../../operation/operation.ts';
import { SLASH_COMMAND } from '../parse.ts';
import { clean, moment, size } from '../text.ts';
import { leftBootstrapped } from './bootstrapped.ts';
import { goneLines } from './gone.ts';
import { isOld, keptLine } from './kept.ts';
import { code, lines, onHost, person, say, strong } from './parts.ts';
import { archiveLines, archiveOf } from './progress.ts';
import { discardedBy, placesOf, snapshotOf, stagedOn } from './reports.ts';
import { answersTo } from './sendings.ts';

/** What is true at an operation's end. */

type Line = readonly RichTextElement[];
const REASON_MAX = 300;
const PATH_MAX = 160;
/** How many nodes a list names. */
const NODES_MAX = 9;

type Endings = {
  readonly [K in End['how']]: (operation: Operation, end: Extract<End, { how: K }>) => readonly Line[];
};

const endings: Endings = {
  succeeded: (operation) => [...succeededLines(operation), ...leftBootstrapped(operation), ...goneLines(operation)],
  backed_out: (operation) => [...backedOutLines(operation), ...leftBootstrapped(operation), ...goneLines(operation)],
  cancelled: (operation, { by }) => [[say('Cancelled by '), person(by), say(`. ${untouched(operation)}`)]],
  declined: (operation, { by, reason }) => [
    [say('Declined by '), person(by), say(`: ${clean(reason, REASON_MAX)}`)],
    [say(untouched(operation))],
  ],
  expired: (operation) => [[say(`It was not approved in time. ${untouched(operation)}`)]],
  voided: (operation) => [[say(`What the plan was approved on is no longer so. ${untouched(operation)}`)]],
  failed: (operation) => (operation.wish.kind === 'backup' ? [] : [[say(untouched(operation))]]),
  released: (_, { by, reason }) => [
    [
      say('Released by '),
      person(by[0]),
      say(' and '),
      person(by[1]),
      say(`: ${clean(reason, REASON_MAX)}. How it stands on the hosts is not known here.`),
    ],
  ],
};

/** The lines of an operation's end; none before it. */
export function endLines(operation: Operation): readonly Line[] {
  const { end } = operation;
  if (end === null) return [];
  // Each end goes to its own function; the table can't tell the compiler so.
  const ending = endings[end.how] as (operation: Operation, end: End) => readonly Line[];
  return ending(operation, end);
}

export function endBlocks(operation: Operation): readonly KnownBlock[] {
  const said = endLines(operation);
  return said.length === 0 ? [] : [lines(...said)];
}

/** What a withdrawal left alone. */
export function untouched({ wish }: Pick<Operation, 'wish'>): string {
  switch (wish.kind) {
    case 'backup':
      return 'Nothing was changed on the cloud.';
    case 'restore':
      return 'MariaDB and its data were not touched.';
    case 'discard':
      return 'Nothing was removed.';
  }
}

function succeededLines(operation: Operation): readonly Line[] {
  switch (operation.wish.kind) {
    case 'backup': {
      const archive = archiveOf(operation);
      return archive ? archiveLines(archive) : [];
    }
    case 'restore':
      return restoredLines(operation);
    case 'discard':
      return discardedLines(operation);
  }
}

/** What a restore made true, as far as it is known. */
export function restoredLines(operation: Operation): readonly Line[] {
  const snapshot = snapshotOf(operation);
  const uuid = clusterUuid(operation);
  const kept = placesOf(operation).filter(({ aside }) => aside !== null);
  return [
    [
      strong('The databases are as they were at '),
      say(snapshot === null ? 'the end of the backup (its time is not known)' : moment(snapshot.at)),
      ...(snapshot && !snapshot.sure ? [say(' by the clock of the backup host')] : []),
      say('.'),
    ],
    ...(uuid === null ? [] : [[strong('New cluster UUID: '), code(uuid)]]),
    ...(kept.length === 0 ? [] : [[strong('The old data is kept until people discard it:')]]),
    ...kept
      .slice(0, NODES_MAX)
      .map(({ node, aside, bytes }) => [
        say('• '),
        onHost(node),
        say(' '),
        code(clean(aside?.path ?? '', PATH_MAX) || 'path not known here'),
        ...(bytes === null ? [] : [say(` ${size(bytes)}`)]),
      ]),
    ...(kept.length > NODES_MAX ? [[say(`… and on ${kept.length - NODES_MAX} more nodes`)]] : []),
  ];
}

/** What a back-out made true. One that exchanged nothing left the data where they were. */
function backedOutLines(operation: Operation): readonly Line[] {
  const { end, track } = operation;
  if (end?.how !== 'backed_out') return [];
  const swapped = end.backOut.steps.some(({ after }) =>
    after.some((one) => one.check === 'reported' && one.program === 'swap'),
  );
  const uuid = track?.kind === 'back_out' ? clusterUuid(operation) : null;
  const copy = stagedOn(operation).get(operation.plan?.plan.backupHost ?? '')?.data ?? null;
  const host = onHost(operation.plan?.plan.backupHost ?? '');
  return [
    [strong('Done: '), say(clean(end.backOut.title, 75))],
    [
      strong(swapped ? 'The old data is live again' : 'The data is as it was'),
      say(
        `: nothing was restored, ${lostNothing(operation) ? 'and no transaction was undone.' : 'but what was written last may be missing: it was not known whether another node had more of it.'}`,
      ),
    ],
    ...(uuid === null ? [] : [[strong('Cluster UUID: '), code(uuid)]]),
    ...(copy === null
      ? []
      : [
          [
            say(swapped ? 'The restored copy lies on ' : 'The prepared copy lies on '),
            host,
            say(' in '),
            code(clean(copy, PATH_MAX)),
            say('. When it is no longer wanted: '),
            code(`${SLASH_COMMAND} discard ${clean(operation.label, 20)} <reason>`),
          ],
        ]),
  ];
}

/** Whether the node that a way back went from is known to have had everything; so it is where nothing was exchanged. */
function lostNothing(operation: Operation): boolean {
  const { track } = operation;
  if (track?.backOut == null) return true;
  const asked = track.steps.some(({ before }) => before.some(({ check }) => check === 'most-advanced'));
  if (!asked) return true;
  const answers = [...operation.attempts.values()].flatMap((sent) => sent.at(-1)?.before ?? []);
  const ahead = answers.find((one) => one.check === 'most-advanced')?.answer.ahead ?? null;
  return ahead === track.backOut.node && track.backOut.without === undefined;
}

function discardedLines(operation: Operation): readonly Line[] {
  const freed = discardedBy(operation);
  const kept = operation.facts?.discard?.kept ?? [];
  return [
    [strong(kept.some(isOld) ? 'The old data is removed for good.' : 'The copies are removed for good.')],
    ...kept.slice(0, NODES_MAX).map((one, index) => {
      const bytes = freed.get(`discard-${index + 1}`) ?? one.bytes;
      return keptLine(one, bytes);
    }),
    ...(kept.length > NODES_MAX ? [[say(`… and ${kept.length - NODES_MAX} more`)]] : []),
  ];
}

/** The UUID that the nodes had when the whole cluster was last seen. */
function clusterUuid(operation: Operation): string | null {
  const nodes = answersTo(operation, 'cluster-whole').at(-1)?.answered.answer.nodes ?? [];
  const found = nodes.flatMap((one) => (one.answered ? (one.status['wsrep_cluster_state_uuid'] ?? []) : []));
  return found[0] === undefined ? null : clean(found[0], 40);
}
