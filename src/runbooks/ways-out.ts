import { aheadOf } from '../kolla/galera.ts';
import { offeredBackOuts } from '../operation/back-outs.ts';
import type { Operation } from '../operation/operation.ts';
import type { BackOut } from '../operation/plan.ts';
import { heldPosition, numbered } from './reports.ts';

/** What is offered, for people: a way back from a node that is known to be behind, which would be refused, comes later. */
export function waysOut(operation: Operation): readonly BackOut[] {
  return offeredBackOuts(operation, (one) => isBehind(operation, one));
}

function isBehind(operation: Operation, { steps }: BackOut): boolean {
  const check = steps.flatMap(({ before }) => before).find((one) => one.check === 'most-advanced');
  if (check?.check !== 'most-advanced') return false;
  const positions = check.holds.map(({ node, plan, step }) => ({
    node,
    position: heldPosition(operation, plan, step),
  }));
  const ahead = aheadOf(check.node, positions.map(numbered));
  return ahead !== null && ahead !== check.node;
}
