import { type Findings, findingsCommand, parseFindings } from '../kolla/findings.ts';
import type { NodeRef, NodeStatus } from '../operation/shapes.ts';
import type { CloudHosts } from './hosts.ts';
import { galeraStatus } from './node-questions.ts';

/** Small questions to a cluster. Each only reads. */

/** Each node's place in the cluster, in the nodes' order. */
export async function statuses(hosts: CloudHosts, nodes: readonly NodeRef[], container: string): Promise<NodeStatus[]> {
  return Promise.all(nodes.map((node) => galeraStatus(hosts, node, container)));
}

/** What the databases of a node hold; null where they don't answer. Rejects where the host doesn't. */
export async function findingsOn(hosts: CloudHosts, node: NodeRef, container: string): Promise<Findings | null> {
  const outcome = await hosts.node(node.node).run(findingsCommand(node, container));
  return outcome.code === 0 ? (parseFindings(outcome.stdout) ?? null) : null;
}
