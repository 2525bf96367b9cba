import { MARIADB } from '../kolla/names.ts';
import type { Step } from '../operation/plan.ts';
import type { Node } from './nodes.ts';
import type { Report } from './programs/reports.ts';
import type { ProgramRequests } from './programs/requests.ts';
import { programStep } from './steps.ts';

/**
 * The exchange of a datadir for what takes its place, in one call: the prepared copy on the backup host, an empty
 * directory on the others. The way back is the same exchange.
 */

/** One node of the swap: what is live, what takes its place, and both by their inodes. */
export type Place = Node & { readonly exchange: ProgramRequests['swap'] };

/** A node with what was staged there; `manifest` is the copy's, null where an empty directory takes the datadir's place. */
export function placeOf(node: Node, staged: Report<'stage'>, manifest: string | null): Place {
  const { survey, ref } = node;
  const exchange: Place['exchange'] = {
    direction: 'aside',
    live: survey.live,
    other: staged.data,
    old: survey.old,
    new: staged.new,
    manifest,
    empty: manifest === null,
    unit: survey.unit,
    engine: ref.engine,
    container: MARIADB,
  };
  return { ...node, exchange };
}

/** Sets every node's datadir aside: `swap-<number>`. */
export function setAllAside(nodes: readonly Place[]): readonly Step[] {
  return nodes.map((node) => {
    const { name, exchange } = node;
    const title = exchange.empty ? `Set the datadir aside on ${name}` : `Exchange the datadir on ${name} for the copy`;
    return swap(node, exchange, title);
  });
}

/** Puts every node's old datadir back; what took its place is kept aside. The cluster is recovered from `from` then. */
export function putAllBack(nodes: readonly Place[], from: Node): readonly Step[] {
  return nodes.map((node) => {
    const source = node.name === from.name;
    const request = { ...node.exchange, direction: 'back', manifest: null, empty: false, source } as const;
    return swap(node, request, `Put the old datadir back on ${node.name}`);
  });
}

function swap({ name, number }: Place, request: ProgramRequests['swap'], title: string): Step {
  return programStep({ id: `swap-${number}`, title, host: name, touches: 'destroy' }, 'swap', request);
}
