import {
  MACHINE_ID_COMMAND,
  type MachineId,
  machineIdsCommand,
  readMachineId,
  readMachineIds,
  sameMachine,
} from '../kolla/machine-ids.ts';
import type { Problem } from '../operation/catalogue.ts';
import type { Facts } from '../operation/facts.ts';
import type { Context } from './asker.ts';
import type { CloudHosts } from './hosts.ts';

/** What a node says through SSH, and why that isn't one machine with what Ansible reaches. */
type Asked = { readonly id: MachineId['id']; readonly problem: Problem | null };

/** Each node's machine id, in this order, asked by SSH and by Ansible. */
export async function askMachineIds(
  { deploy }: Pick<Facts, 'deploy'>,
  names: readonly string[],
  hosts: CloudHosts,
  patience: Context['patience'],
): Promise<readonly Asked[]> {
  const outcome = await patience('deploy', () => hosts.deploy.run(machineIdsCommand(deploy, names)));
  const byAnsible = readMachineIds(outcome, names);
  return Promise.all(
    names.map(async (node, index) => {
      const bySsh = readMachineId(node, await patience(node, () => hosts.node(node).run(MACHINE_ID_COMMAND)));
      const other = byAnsible[index];
      return { id: bySsh.id, problem: other === undefined ? bySsh.problem : sameMachine(bySsh, other) };
    }),
  );
}
