import type { RichTextElement } from '@slack/types';
import type { Operation } from '../../operation/operation.ts';
import { clean } from '../text.ts';
import { say, strong } from './parts.ts';
import { answersTo } from './sendings.ts';

/** What a restore without a node means, for those who approve it and for those who live with it. */

const NAME_MAX = 80;

/** The nodes that a restore goes on without, by name. */
export function goneNodes({ wish }: Pick<Operation, 'wish'>): string | null {
  if (wish.kind !== 'restore' || wish.without === undefined) return null;
  return wish.without.map((name) => clean(name, NAME_MAX)).join(', ');
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

/** What a card says of it: before the end that it is left out, after it that it is missing. */
export function goneLines(operation: Operation): readonly (readonly RichTextElement[])[] {
  const gone = goneNodes(operation);
  if (gone === null) return [];
  const how = operation.end?.how;
  if (how !== 'succeeded' && how !== 'backed_out')
    return how ? [] : [[strong('Without: '), say(`${gone}, declared off`)]];
  const left = operation.plan?.plan.nodes.length ?? 0;
  if (membersSeen(operation) > left) return [[say(`${gone} had rejoined when this ended.`)]];
  return [
    [
      strong(`⚠️ Redundancy missing: ${gone} had not rejoined when this ended`),
      say(`; ${left} nodes are left, and ${spare(left)}.`),
    ],
    [
      say(
        'Start it when it may lose its old data: it joins and takes everything from the others. It is back when each node says wsrep_cluster_size ',
      ),
      strong(String(left + 1)),
      say(
        '. Should it come up as a cluster of its own, stop it, remove grastate.dat and gvwstate.dat from its datadir, and start it again.',
      ),
    ],
  ];
}
