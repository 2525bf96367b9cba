import type { RichTextElement } from '@slack/types';
import type { Operation } from '../../operation/operation.ts';
import { holdDropIn } from '../../runbooks/holds.ts';
import { clean } from '../text.ts';
import { mayBeginAnother } from './bootstrapped.ts';
import { code, say, strong } from './parts.ts';
import { answersTo } from './sendings.ts';

/** What a restore without a node means, for those who approve it and for those who live with it. */

const NAME_MAX = 80;

/** The nodes that a restore goes on without, by name. */
export function goneNodes({ wish }: Pick<Operation, 'wish'>): string | null {
  if (wish.kind !== 'restore' || wish.without === undefined) return null;
  return namesOf(wish.without);
}

/** How many more nodes may fail until nobody has a majority. */
function spare(members: number): string {
  const may = Math.floor((members - 1) / 2);
  return may === 0
    ? 'if one of them fails, the other stops serving, too'
    : `${may} of them may fail until the rest stops serving, too`;
}

/** Said to those who approve. */
export function goneWarnings(operation: Operation): readonly string[] {
  const gone = goneNodes(operation);
  if (gone === null) return [];
  const left = operation.facts?.nodes.length ?? 0;
  const down = operation.facts?.restore?.served === false;
  return [
    `${gone} is excluded: who asked for this says that it is powered off and stays off until the restore is done. It was seen to answer nobody, and is asked again just before the stop and the recovery.`,
    `Redundancy is missing from then on: ${left} nodes are left, and ${spare(left)}.`,
    `When ${gone} is started again it joins the others and its old data is overwritten: nothing keeps it. Copy its datadir first if it may be needed.${
      down
        ? ' The cluster is down: what was written last may be on that node alone, and if it was the last that ran, it comes back as a cluster of its own: remove gvwstate.dat from its datadir before its MariaDB starts.'
        : ''
    }`,
  ];
}

/** How many members the cluster had when it was last seen whole. */
function membersSeen(operation: Operation): number {
  const nodes = answersTo(operation, 'cluster-whole').at(-1)?.answered.answer.nodes ?? [];
  const sizes = nodes.map((one) => (one.answered ? Number(one.status['wsrep_cluster_size']) : 0));
  return Math.max(0, ...sizes);
}

/** The nodes that an end has left out: those that were declared off, or that the way back did without. */
function leftOut({ wish, end }: Operation): readonly string[] {
  const without = end?.how === 'backed_out' ? end.backOut.without : undefined;
  return without ?? (wish.kind === 'restore' ? (wish.without ?? []) : []);
}

const membersLeft = (operation: Operation) =>
  (operation.plan?.plan.nodes ?? []).filter(({ name }) => !leftOut(operation).includes(name)).length;

/** Of those the ones that had not rejoined when it ended, by name; empty where none is missing. */
export function missingNodes(operation: Operation): string {
  if (membersSeen(operation) > membersLeft(operation)) return '';
  return namesOf(leftOut(operation));
}

const namesOf = (nodes: readonly string[]) => nodes.map((name) => clean(name, NAME_MAX)).join(', ');

/** One that died in the middle of it may be held, and comes back so. */
function heldLine({ end, facts }: Operation): readonly (readonly RichTextElement[])[] {
  const unit = facts?.restore?.surveys.find((one) => one.unit !== null)?.unit ?? null;
  if (end?.how !== 'backed_out' || end.backOut.without === undefined || unit === null) return [];
  return [
    [
      say('Perhaps its MariaDB is still held down, and does not start: then remove '),
      code(holdDropIn(unit)),
      say(' there and run '),
      code('systemctl daemon-reload'),
      say('.'),
    ],
  ];
}

/** What a card says of it: before the end that it is left out, after it that it is missing. */
export function goneLines(operation: Operation): readonly (readonly RichTextElement[])[] {
  const how = operation.end?.how;
  if (how !== 'succeeded' && how !== 'backed_out') {
    const gone = goneNodes(operation);
    return gone === null || how ? [] : [[strong('Without: '), say(`${gone}, declared off`)]];
  }
  const gone = namesOf(leftOut(operation));
  if (gone === '') return [];
  if (missingNodes(operation) === '') return [[say(`${gone} had rejoined when this ended.`)]];
  const left = membersLeft(operation);
  return [
    [
      strong(`⚠️ Redundancy missing: ${gone} had not rejoined when this ended`),
      say(`; ${left} nodes are left, and ${spare(left)}.`),
    ],
    [
      ...rejoining(operation),
      say(' It is back when each node says wsrep_cluster_size '),
      strong(String(left + 1)),
      say('.'),
    ],
    ...heldLine(operation),
  ];
}

/** How what was left out comes back. */
function rejoining(operation: Operation): readonly RichTextElement[] {
  if (leftOut(operation).some((node) => mayBeginAnother(operation, node)))
    return [
      strong('Do not start its container: '),
      say(
        'a recovery was begun from it, and that container would begin a second cluster. When it may lose its data, remove its container ',
      ),
      code('mariadb'),
      say(
        ' there (not the volume) and run kolla-ansible deploy --tags mariadb: made anew, it joins and takes everything from the others.',
      ),
    ];
  return [
    say(
      'Start it when it may lose its old data: it joins and takes everything from the others. Should it come up as a cluster of its own, stop it, remove grastate.dat and gvwstate.dat from its datadir, and start it again.',
    ),
  ];
}
