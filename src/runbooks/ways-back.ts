import type { Check } from '../operation/checks.ts';
import { BACK_OUT_TITLE_CHARS, type BackOut, DOES_CHARS } from '../operation/plan.ts';
import { confirmCluster, confirmJoined, confirmService } from './confirmations.ts';
import type { Execution } from './execution.ts';
import { holdAll, holdStep, letAllGo } from './holds.ts';
import { type Node, refsOf } from './nodes.ts';
import { recover } from './stop-and-recovery.ts';
import { putAllBack } from './swap.ts';
import { reduce, reducedInventory, stillGone } from './without.ts';

/** The back-outs that end a restore with the old data. */

/** How many nodes a cloud may have for every way back to stand in its plan without each of the others. */
const WITHOUT_MAX = 5;

/** What a way back needs to know; without a node it is of the others alone. */
type Way = Pick<Execution, 'number' | 'facts' | 'restore' | 'nodes' | 'limits'>;

/** One from each node, for only then it is known which of them had the most of the old data. */
export function waysBack(execution: Execution): readonly BackOut[] {
  return execution.nodes.map((node) => wayBack(execution, node));
}

/** The old data live again, the cluster brought up from `from`: nothing of it was ever overwritten. */
function wayBack(way: Way, from: Node): BackOut {
  const { facts, restore, nodes, limits } = way;
  const refs = nodes.map(({ ref }) => ref);
  const does = `Stops MariaDB on every node, puts every old datadir back, and recovers the cluster from ${from.name}. The restored copy is kept aside.`;
  return {
    id: `way-back.${from.number}`,
    title: `Back to the old data, from ${from.short}`.slice(0, BACK_OUT_TITLE_CHARS),
    does: does.slice(0, DOES_CHARS),
    offered: { from: 'stop', until: null },
    node: from.name,
    steps: [
      // The holds stop what runs; Kolla's own stop fails where a recovery has taken a container away. Each node that
      // leaves a cluster moves those that stay on by one, so the one that is recovered from stays longest.
      ...holdAll([...nodes.filter((node) => node !== from), from]),
      ...putAllBack(nodes, from),
      ...letAllGo(nodes),
      recover(facts, nodes, from, limits.recoveryMs, [mostAdvanced(way, from)]),
      confirmService(way, from),
      confirmCluster(way, from, refs, { is: restore.clusterUuid, not: null }),
    ],
    leads: 'end',
    again: [],
  };
}

/** None of them had more of the old data when it was first held. */
function mostAdvanced({ nodes, number }: Way, from: Node): Check {
  const holds = nodes.map((node) => ({ node: node.name, plan: number, step: `hold-${node.number}` }));
  return { check: 'most-advanced', node: from.name, holds };
}

/** The same while one of the nodes is gone for good: nothing of it is on that node. */
export function waysWithout(execution: Execution): readonly BackOut[] {
  const { facts, nodes } = execution;
  if (facts.gone !== undefined || nodes.length < 3 || nodes.length > WITHOUT_MAX) return [];
  return nodes.flatMap((gone) =>
    nodes.filter((node) => node !== gone).map((from) => wayWithout(execution, gone, from)),
  );
}

function wayWithout(execution: Execution, gone: Node, from: Node): BackOut {
  const { operation, limits } = execution;
  const nodes = execution.nodes.filter((node) => node !== gone);
  const refs = nodes.map(({ ref }) => ref);
  const directory = `${operation}/${gone.number}`;
  const facts = { ...execution.facts, gone: [{ name: gone.name, address: gone.address }] };
  const inventory = reducedInventory(directory, limits.inventories);
  const called = { ...facts, deploy: { ...facts.deploy, inventories: [inventory] } };
  const full = wayBack({ ...execution, facts: called, nodes }, from);
  const does = `Leaves ${gone.name} out: puts the old datadirs of the others back and recovers the cluster from ${from.name}. If ${gone.name} had more of the old data, that is not there then.`;
  return {
    ...full,
    id: `${full.id}.without.${gone.number}`,
    title: `Back, from ${from.short}, without ${gone.short}`.slice(0, BACK_OUT_TITLE_CHARS),
    does: does.slice(0, DOES_CHARS),
    // First of all: where Kolla can't be told to leave it out, nothing is begun.
    steps: [
      { ...reduce(facts, directory, 'make', limits.inventories), before: [...stillGone(facts, refs)] },
      ...full.steps,
    ],
    without: [gone.name],
  };
}

/** A stop that only reached some nodes is taken back: those that stopped join the others again. */
export function startAgain(execution: Execution): BackOut {
  const { facts, nodes, backupHost } = execution;
  return {
    id: 'start-again',
    title: 'Start the stopped nodes again',
    does: 'Starts MariaDB on every node that was stopped, so that it joins the others. Only of use while a node still runs.',
    offered: { from: 'stop', until: 'stop' },
    node: null,
    steps: [
      ...nodes.map((node) =>
        holdStep(node, 'start', { id: `start-${node.number}`, title: `Start MariaDB on ${node.name}` }),
      ),
      confirmJoined(execution, backupHost, refsOf(facts)),
    ],
    leads: 'end',
    again: [],
  };
}
