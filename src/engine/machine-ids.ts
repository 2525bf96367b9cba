import {
  MACHINE_ID_COMMAND,
  machineIdsCommand,
  readMachineId,
  readMachineIds,
  sameMachine,
} from '../kolla/machine-ids.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Facts } from '../operation/facts.ts';
import type { NodeRef } from '../operation/shapes.ts';
import { type CloudHosts, patiently } from './hosts.ts';

/** Each node's machine id by its name. Rejects where it isn't the same by SSH and by Ansible. */
export async function askMachineIds(
  facts: Facts,
  nodes: readonly NodeRef[],
  hosts: CloudHosts,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const names = nodes.map(({ node }) => node);
  const outcome = await patiently(signal, () => hosts.deploy.run(machineIdsCommand(facts.deploy, names)));
  const byAnsible = readMachineIds(outcome, names);
  const ids = new Map<string, string>();
  for (const [index, node] of names.entries()) {
    const bySsh = readMachineId(node, await patiently(signal, () => hosts.node(node).run(MACHINE_ID_COMMAND)));
    const other = byAnsible[index];
    const problem = bySsh.problem ?? (other === undefined ? null : sameMachine(bySsh, other));
    if (problem !== null) throw new KollaBackupError(problem.code, problem.params);
    ids.set(node, bySsh.id ?? '');
  }
  return ids;
}
