import { adHocAnswer, whyNot } from '../kolla/ad-hoc.ts';
import { MACHINE_ID_COMMAND, machineIdsCommand } from '../kolla/machine-ids.ts';
import { explain, KollaBackupError } from '../operation/catalogue.ts';
import type { Facts } from '../operation/facts.ts';
import type { Command } from '../operation/host.ts';
import type { NodeRef } from '../operation/shapes.ts';
import { type CloudHosts, passes } from './hosts.ts';
import { galeraStatus } from './node-questions.ts';

type Gone = NonNullable<Facts['gone']>[number];
type Back = { readonly node: string; readonly why: string };

/** What a journal takes of a reason. */
const WHY_CHARS = 300;
/** What a host that is off answers: nothing. */
const SILENT: ReadonlySet<string> = new Set(['HOST_UNREACHABLE', 'HOST_TIMEOUT']);

/**
 * In the reasons for which SSH reached nobody, the signs that a machine answered all the same: one whose sshd is down or
 * lets nobody in can run MariaDB. Ansible calls all of them unreachable.
 */
const ALIVE =
  /refused|denied|reset by|closed by|banner|host key|identification|authenticat|kex|no matching|^\(SSH\) Channel open/i;

/** There it is the machine which asks that refuses, whatever has become of a node whose way leads through it. */
const REFUSED_HERE = /(?:\b127(?:\.\d+){3}|::1)\b.*refused|refused.*(?:\b127(?:\.\d+){3}|::1)\b/i;
const isAlive = (reason: string) => ALIVE.test(reason) && !REFUSED_HERE.test(reason);

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
    patience('deploy', () => whatAnsibleSays(hosts, machineIdsCommand(deploy, names))),
    Promise.all(nodes.map((node) => galeraStatus(hosts, node, container))),
  ]);
  const sizes = statuses.flatMap((one) => (one.answered ? [Number(one.status['wsrep_cluster_size'] ?? 0)] : []));
  const larger = sizes.find((size) => size > nodes.length);
  return names.flatMap((node, index) => {
    const why =
      bySsh[index] ??
      whyByAnsible(byAnsible.stdout, node) ??
      (larger === undefined ? null : `the cluster of the others has ${larger} members`);
    return why === null ? [] : [{ node, why: why.slice(0, WHY_CHARS) }];
  });
}

/** Throws an error of a node’s, its silence with the way on that there is: a restore without it, if enough others are left. */
export function refuseSilent(error: unknown, host: string, { nodes, gone = [] }: Pick<Facts, 'nodes' | 'gone'>): never {
  const isNode = nodes.some(({ name }) => name === host);
  const tooMany = isHalf(gone.length + 1, nodes.length + gone.length);
  if (!isNode || tooMany || !passes(error)) throw error;
  throw new KollaBackupError('RESTORE_NODE_SILENT', { host, said: explain(error.problem).wrong }, { cause: error });
}

/** Half of the nodes or more could come back as a cluster of their own, with the old data. */
export const isHalf = (gone: number, all: number) => gone * 2 >= all;

/** How often Ansible is asked where it takes longer than a question may. */
const ANSIBLE_TRIES = 3;

/** Ansible that is slower with a node than the question may be, more than once, has not said that it is unreachable. */
async function whatAnsibleSays(
  hosts: CloudHosts,
  command: Command,
  tries = ANSIBLE_TRIES,
): Promise<{ stdout: string }> {
  try {
    return await hosts.deploy.run(command);
  } catch (error) {
    if (!(error instanceof KollaBackupError) || error.problem.code !== 'HOST_TIMEOUT') throw error;
    return tries > 1 ? whatAnsibleSays(hosts, command, tries - 1) : { stdout: '' };
  }
}

async function answersSsh(hosts: CloudHosts, name: string, tries = 2): Promise<string | null> {
  try {
    await hosts.node(name).run(MACHINE_ID_COMMAND);
    return 'it answers by SSH';
  } catch (error) {
    if (!(error instanceof KollaBackupError)) throw error;
    const { code, params } = error.problem;
    // The connection may be one of before; a second one that is lost began just now.
    if (code === 'HOST_CONNECTION_LOST' && tries > 1) return answersSsh(hosts, name, tries - 1);
    const silent = SILENT.has(code) && !isAlive(params['reason'] ?? '');
    return silent ? null : `something answers by SSH at its address: ${explain(error.problem).wrong}`;
  }
}

function whyByAnsible(stdout: string, node: string): string | null {
  const answer = adHocAnswer(stdout, node);
  if (answer?.good) return 'it answers Ansible on the deploy host';
  const unreachable = stdout.split('\n').some((line) => line.startsWith(`${node} | UNREACHABLE!`));
  if (!unreachable) return 'Ansible on the deploy host did not say that it is unreachable';
  const said = whyNot(answer, '');
  return isAlive(said) ? `something answers Ansible at its address: ${said}` : null;
}
