import * as containers from '../kolla/containers.ts';
import type { Problem } from '../operation/catalogue.ts';
import type { PlannedNode } from '../operation/restore-checks.ts';
import type { Context } from './asker.ts';
import { askMachineIds } from './machine-ids.ts';
import { surveyNode } from './survey.ts';

/** What of the nodes isn't as the plan has it; null when all is: machines, datadirs, images. */
export async function notAsPlanned(nodes: readonly PlannedNode[], context: Context): Promise<Problem | null> {
  const { drive, patience } = context;
  const { facts } = drive.operation();
  if (facts === null) throw new TypeError('a plan without facts');
  const names = nodes.map(({ node }) => node.node);
  const machines = await askMachineIds(facts, names, drive.hosts, patience);
  for (const [index, planned] of nodes.entries()) {
    const { node, machineId } = planned;
    const machine = machines[index];
    if (machine?.problem) return machine.problem;
    if (machine?.id !== machineId)
      return changed(planned, `it is another machine: ${machine?.id ?? 'unknown'} instead of ${machineId}`);
    const surveyed = facts.restore?.surveys.find((one) => one.node === node.node);
    const problem = await patience(node.node, () => nodeDiffers(planned, surveyed?.image, context));
    if (problem !== null) return problem;
  }
  return null;
}

async function nodeDiffers(
  planned: PlannedNode,
  name: string | undefined,
  { drive }: Context,
): Promise<Problem | null> {
  const { node, live, old, image } = planned;
  // The inode alone: after a reboot a device may have another number.
  const { datadir } = await surveyNode(drive.hosts, node, null);
  if (datadir?.path !== live || datadir.ino !== old[1])
    return changed(planned, `its datadir is ${datadir?.path ?? 'missing'} (${datadir?.dev}:${datadir?.ino})`);
  const idOf = async (wanted: string) => {
    const { code, stdout } = await drive.hosts.node(node.node).run(containers.imageCommand(node, wanted));
    return code === 0 ? stdout.trim() : null;
  };
  const there = await idOf(image);
  if (there === null) return changed(planned, `the image ${image} is not there any more`);
  if (name === undefined || (await idOf(name)) === there) return null;
  return changed(planned, `the name ${name} stands for another image now, and recovery would start that`);
}

function changed({ node }: PlannedNode, detail: string): Problem {
  return { code: 'NODE_CHANGED', params: { host: node.node, detail } };
}
