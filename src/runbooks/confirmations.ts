import { MARIADB } from '../kolla/names.ts';
import type { Check } from '../operation/checks.ts';
import type { Facts } from '../operation/facts.ts';
import type { Step } from '../operation/plan.ts';
import type { NodeRef } from '../operation/shapes.ts';
import type { Execution } from './execution.ts';
import type { Node } from './nodes.ts';
import { QUESTIONS_MS, question } from './steps.ts';
import { sizeWithout } from './without.ts';

/** What must be seen after a recovery, for its exit code proves nothing. `from` is the node that was recovered from. */

/** How long the service may take to answer after a recovery that has ended (ms). */
const SERVICE_MS = 300_000;

/** That the databases answer where services look for them. */
export function confirmService({ restore }: Pick<Execution, 'restore'>, from: Node): Step {
  return question('confirm-service', 'See the service back', from.name, SERVICE_MS, [
    { check: 'service-back', node: from.ref, container: MARIADB, address: restore.service },
  ]);
}

/** That all these nodes are one cluster, with the lines of the log that the runbook reads. */
export function confirmCluster(
  { facts, limits }: Pick<Execution, 'facts' | 'limits'>,
  from: Node,
  nodes: readonly NodeRef[],
  uuid: Uuid,
): Step {
  return clusterStep(from, limits.syncMs, [
    clusterWhole(facts, nodes, uuid),
    { check: 'synced-lines', nodes: [...nodes], since: null },
  ]);
}

/** The same where none was recovered, only started: whatever cluster it is that they have joined. */
export function confirmJoined({ facts, limits }: Execution, from: Node, nodes: readonly NodeRef[]): Step {
  return clusterStep(from, limits.syncMs, [clusterWhole(facts, nodes, { is: null, not: null })]);
}

/** That the databases are those that the trial start has shown. */
export function confirmDatabases({ trial }: Execution, from: Node): Step {
  return question('confirm-databases', 'Compare the databases with the copy', from.name, QUESTIONS_MS, [
    { check: 'databases-as-shown', node: from.ref, container: MARIADB, tried: trial },
  ]);
}

/** The cluster's UUID: the one that it must have, or the one that it can't have any more; null where that is unknown. */
type Uuid = { readonly is: string | null; readonly not: string | null };

const clusterStep = (from: Node, syncMs: number, after: readonly Check[]) =>
  question('confirm-cluster', 'See every node Primary and Synced', from.name, syncMs, after);

function clusterWhole(facts: Facts, nodes: readonly NodeRef[], uuid: Uuid): Check {
  return { check: 'cluster-whole', nodes: [...nodes], container: MARIADB, ...uuid, ...sizeWithout(facts) };
}
