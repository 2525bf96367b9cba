import { notMember } from '../kolla/galera.ts';
import type { Answered } from '../operation/checks.ts';
import type { Operation } from '../operation/operation.ts';

/** Nodes that a restore left out and that no later operation has seen in the cluster again. */
export type Missing = { readonly label: string; readonly nodes: readonly string[] };

/** Out of a cloud's operations, the newest first; null when none is known to be missing. */
export function missingNodes(operations: readonly Operation[]): Missing | null {
  const at = operations.findIndex((one) => one.facts?.without !== undefined && one.end !== null);
  const restore = operations[at];
  const gone = restore?.facts?.without?.nodes.map(({ name }) => name) ?? [];
  const back = new Set(operations.slice(0, at === -1 ? 0 : at).flatMap(membersSeen));
  const nodes = gone.filter((name) => !back.has(name));
  return restore === undefined || nodes.length === 0 ? null : { label: restore.label, nodes };
}

/** The nodes that an operation has seen as full members. */
function membersSeen({ past, attempts }: Operation): readonly string[] {
  return [...past.map((one) => one.attempts), attempts]
    .flatMap((all) => [...all.values()].flat())
    .flatMap(({ before, end }) => [...before, ...(end?.after ?? [])])
    .flatMap(members);
}

function members(one: Answered): readonly string[] {
  if (one.check !== 'backup-host-synced' && one.check !== 'cluster-whole') return [];
  return one.answer.nodes.flatMap((node) => (node.answered && notMember(node.status) === null ? [node.node] : []));
}
