import * as containers from '../kolla/containers.ts';
import {
  MACHINE_ID_COMMAND,
  machineIdsCommand,
  readMachineId,
  readMachineIds,
  sameMachine,
} from '../kolla/machine-ids.ts';
import type { Problem } from '../operation/catalogue.ts';
import type { PlannedNode } from '../operation/restore-checks.ts';
import type { Context } from './asker.ts';
import { surveyNode } from './survey.ts';

/** What of the nodes isn't as the plan has it; null when all is: machines, datadirs, images. */
export async function notAsPlanned(nodes: readonly PlannedNode[], context: Context): Promise<Problem | null> {
  const { drive, patience } = context;
  const { facts } = drive.operation();
  if (facts === null) throw new TypeError('a plan without facts');
  const names = nodes.map(({ node }) => node.node);
  const told = readMachineIds(
    await patience('deploy', () => drive.hosts.deploy.run(machineIdsCommand(facts.deploy, names))),
    names,
  );
  for (const [index, planned] of nodes.entries()) {
    const { node } = planned;
    const bySsh = readMachineId(
      node.node,
      await patience(node.node, () => drive.hosts.node(node.node).run(MACHINE_ID_COMMAND)),
    );
    const byAnsible = told[index];
    const differs = byAnsible === undefined ? null : sameMachine(bySsh, byAnsible);
    if (differs !== null) return differs;
    if (bySsh.id !== planned.machineId)
      return changed(planned, `it is another machine: ${bySsh.id ?? 'unknown'} instead of ${planned.machineId}`);
    const problem = await patience(node.node, () => nodeDiffers(planned, context));
    if (problem !== null) return problem;
  }
  return null;
}

async function nodeDiffers(planned: PlannedNode, { drive }: Context): Promise<Problem | null> {
  const { node, live, old, image } = planned;
  // The inode alone: after a reboot a device may have another number.
  const { datadir } = await surveyNode(drive.hosts, node, null);
  if (datadir?.path !== live || datadir.ino !== old[1])
    return changed(planned, `its datadir is ${datadir?.path ?? 'missing'} (${datadir?.dev}:${datadir?.ino})`);
  const there = await drive.hosts.node(node.node).run(containers.imageCommand(node, image));
  return there.code === 0 ? null : changed(planned, `the image ${image} is not there any more`);
}

function changed({ node }: PlannedNode, detail: string): Problem {
  return { code: 'NODE_CHANGED', params: { host: node.node, detail } };
}
