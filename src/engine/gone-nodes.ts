import { adHocAnswer } from '../kolla/ad-hoc.ts';
import { MACHINE_ID_COMMAND, machineIdsCommand } from '../kolla/machine-ids.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Facts } from '../operation/facts.ts';
import type { NodeRef } from '../operation/shapes.ts';
import type { CloudHosts } from './hosts.ts';
import { galeraStatus } from './node-questions.ts';

type Gone = NonNullable<Facts['gone']>[number];
type Back = { readonly node: string; readonly why: string };

/** What a host that is off answers: nothing. */
const SILENT: ReadonlySet<string> = new Set(['HOST_UNREACHABLE', 'HOST_TIMEOUT', 'HOST_CONNECTION_LOST']);

/**
 * The nodes that are declared off and aren't, or of which that can't be seen, and why: asked through SSH, by Ansible
 * from the deploy host, and by the size of the cluster that the other `nodes` are in. Only a silence of all counts.
 */
export async function comeBack(
  hosts: CloudHosts,
  deploy: Facts['deploy'],
  gone: readonly Gone[],
  { nodes, container }: { readonly nodes: readonly NodeRef[]; readonly container: string },
  patience: <T>(host: string, question: () => Promise<T>) => Promise<T>,
): Promise<readonly Back[]> {
  const names = gone.map(({ name }) => name);
  const [bySsh, byAnsible, statuses] = await Promise.all([
    Promise.all(names.map((name) => answersSsh(hosts, name))),
    patience('deploy', () => hosts.deploy.run(machineIdsCommand(deploy, names))),
    Promise.all(nodes.map((node) => galeraStatus(hosts, node, container))),
  ]);
  const sizes = statuses.flatMap((one) => (one.answered ? [Number(one.status['wsrep_cluster_size'] ?? 0)] : []));
  const larger = sizes.find((size) => size > nodes.length);
  return names.flatMap((node, index) => {
    const why =
      bySsh[index] ??
      whyByAnsible(byAnsible.stdout, node) ??
      (larger === undefined ? null : `the cluster of the others has ${larger} members`);
    return why === null ? [] : [{ node, why }];
  });
}

async function answersSsh(hosts: CloudHosts, name: string): Promise<string | null> {
  try {
    await hosts.node(name).run(MACHINE_ID_COMMAND);
    return 'it answers by SSH';
  } catch (error) {
    if (!(error instanceof KollaBackupError)) throw error;
    return SILENT.has(error.problem.code) ? null : 'something answers by SSH at its address';
  }
}

function whyByAnsible(stdout: string, node: string): string | null {
  if (adHocAnswer(stdout, node)?.good) return 'it answers Ansible on the deploy host';
  const unreachable = stdout.split('\n').some((line) => line.startsWith(`${node} | UNREACHABLE!`));
  return unreachable ? null : 'Ansible on the deploy host did not say that it is unreachable';
}
