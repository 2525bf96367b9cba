import type { Problem } from '../operation/catalogue.ts';
import type { Command, Outcome } from '../operation/host.ts';
import { type AnsibleDeployment, adHocAnswer, adHocCall, whyNot } from './ad-hoc.ts';
import { BECOME, meaningOf } from './cli-refusal.ts';
import { ENGINE_MS } from './containers.ts';
import { callCommand } from './dialects.ts';
import { passwordFiles } from './extra-arguments.ts';
import { quoteHost } from './quoted.ts';

/**
 * Which machine a node's name means. Ansible stops and starts MariaDB on the inventory's `ansible_host`, this software
 * exchanges datadirs through SSH: where the two reach different machines, it would exchange one under a live server.
 * Machines made from one image can share an id, so an equal id doesn't prove that they are one; a differing one proves
 * that they are two.
 */

const FILE = '/etc/machine-id';
/** How long Ansible may take, an unreachable node included (ms). */
const ANSIBLE_MS = 60_000;
const MACHINE_ID = /^[0-9a-f]{32}$/;

/**
 * Asks nodes (names of the inventory) through Ansible, as root and with the passwords that its playbooks get: what would
 * ask for one at a terminal shows here.
 */
export function machineIdsCommand(
  deployment: AnsibleDeployment & { readonly configDirectory: string; readonly cwd?: string },
  nodes: readonly string[],
): Command {
  const passwords = passwordFiles({ cwd: '/', ...deployment }).slice(-1);
  const options = ['--become', ...passwords.flatMap((file) => ['-e', `@${file}`])];
  return callCommand(adHocCall(deployment, nodes, { name: 'command', args: `cat ${FILE}` }, options), ANSIBLE_MS);
}

/** Asks a host itself. */
export const MACHINE_ID_COMMAND: Command = { argv: ['cat', FILE], timeoutMs: ENGINE_MS };

/** A node's /etc/machine-id, or why it isn't known. */
export type MachineId =
  | { readonly node: string; readonly id: string; readonly problem: null }
  | { readonly node: string; readonly id: null; readonly problem: Problem };

const unknown = (node: string, way: string, said: string): MachineId => ({
  node,
  id: null,
  problem: { code: 'MACHINE_ID_UNKNOWN', params: { node, way, said } },
});

/** Each node's id (32 hex digits), or why it isn't known, from the answer of `machineIdsCommand`. */
export function readMachineIds({ stdout, stderr }: Outcome, nodes: readonly string[]): MachineId[] {
  return nodes.map((node) => {
    const answer = adHocAnswer(stdout, node);
    if (answer?.good && MACHINE_ID.test(answer.body)) return { node, id: answer.body, problem: null };
    const said = whyNot(answer, stderr);
    if (BECOME.test(said)) return { node, id: null, problem: { code: 'KOLLA_BECOME_ASKS', params: { node, said } } };
    // Where no node answered it is Ansible itself that says why.
    const line = stdout.trim() === '' ? stderr.split('\n').find((one) => meaningOf(one) !== undefined) : undefined;
    const code = line === undefined ? undefined : meaningOf(line);
    if (line === undefined || code === undefined) return unknown(node, 'Ansible', said);
    return { node, id: null, problem: { code, params: { node, said: quoteHost(line), code: 'none' } } };
  });
}

/** The same from the answer of a node to `MACHINE_ID_COMMAND`. */
export function readMachineId(node: string, { code, stdout, stderr }: Outcome): MachineId {
  const id = stdout.trim();
  if (code === 0 && MACHINE_ID.test(id)) return { node, id, problem: null };
  return unknown(node, 'SSH', quoteHost(stderr.trim() || id) || `exit code ${code}`);
}

/** What is wrong with a node by the ids that both ways told; null where they are the same. */
export function sameMachine(ssh: MachineId, ansible: MachineId): Problem | null {
  if (ssh.problem !== null || ansible.problem !== null) return ssh.problem ?? ansible.problem;
  if (ssh.id === ansible.id) return null;
  return { code: 'NODE_IS_ANOTHER_MACHINE', params: { node: ssh.node, ssh: ssh.id, ansible: ansible.id } };
}
