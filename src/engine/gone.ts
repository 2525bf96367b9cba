import { notMember } from '../kolla/galera.ts';
import { machineIdsCommand, readMachineIds } from '../kolla/machine-ids.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Facts } from '../operation/facts.ts';
import type { NodeStatus } from '../operation/shapes.ts';
import { type CloudHosts, passes } from './hosts.ts';

/** How long a node that should be gone is given to answer (ms). */
const ANSWER_MS = 15_000;

/** A node that is there though somebody said that it is gone, and how that was seen. */
export type There = { readonly node: string; readonly how: string };

/**
 * Nodes that somebody calls gone and that are there: they answer SSH, or Ansible, or the cluster counts more members than
 * the nodes that are left. Silence proves nothing by itself; that a node is switched off, people must know.
 */
export async function whoIsThere(
  hosts: CloudHosts,
  deploy: Facts['deploy'],
  gone: readonly string[],
  left: readonly NodeStatus[],
): Promise<readonly There[]> {
  const bySsh = await Promise.all(gone.map(async (node) => ({ node, how: await answers(hosts, node) })));
  const outcome = await hosts.deploy.run(machineIdsCommand(deploy, gone));
  const byAnsible = readMachineIds(outcome, gone).flatMap(({ node, id }) =>
    id === null ? [] : [{ node, how: 'it answers Ansible' }],
  );
  const counted = left.flatMap((one) =>
    one.answered && notMember(one.status) === null && Number(one.status['wsrep_cluster_size']) > left.length
      ? [{ node: gone.join(', '), how: `${one.node} counts ${one.status['wsrep_cluster_size']} members` }]
      : [],
  );
  const seen = bySsh.flatMap(({ node, how }) => (how === null ? [] : [{ node, how }]));
  return [...seen, ...byAnsible, ...counted.slice(0, 1)];
}

/** Whatever a host says is an answer, a refused login too. */
async function answers(hosts: CloudHosts, node: string): Promise<string | null> {
  try {
    await hosts.node(node).run({ argv: ['true'], timeoutMs: ANSWER_MS });
    return 'it answers SSH';
  } catch (error) {
    if (passes(error)) return null;
    if (error instanceof KollaBackupError) return `it answers SSH (${error.problem.code})`;
    throw error;
  }
}
