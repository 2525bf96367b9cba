import { posix } from 'node:path';
import { ansibleEnvironment } from './ansible-environment.ts';
import type { Call, Deployment } from './dialects.ts';
import { vaultArguments } from './extra-arguments.ts';
import { quoteHost } from './quoted.ts';

/** Questions to hosts through the `ansible` beside kolla-ansible: as its playbooks would reach them. */

/** What of a deployment such a question needs. */
export type AnsibleDeployment = Pick<Deployment, 'executable' | 'inventories' | 'extraArguments'>;

/** One call of a module on `hosts` (names of the inventory). `options` are more of ansible's own. */
export function adHocCall(
  { executable, inventories, extraArguments }: AnsibleDeployment,
  hosts: readonly string[],
  module: { readonly name: string; readonly args: string },
  options: readonly string[] = [],
): Call {
  const program = posix.join(posix.dirname(executable), 'ansible');
  const sources = inventories.flatMap((path) => ['-i', path]);
  const act = ['-m', module.name, '-a', module.args, hosts.join(',')];
  const argv = [program, ...sources, ...vaultArguments(extraArguments), ...options, ...act] as const;
  const env = {
    ...ansibleEnvironment(executable),
    // A source that is missing or broken would else count as an empty one, with a warning.
    ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED: 'true',
    // Ansible's own form of such answers, whatever the operator's ansible.cfg says.
    ANSIBLE_LOAD_CALLBACK_PLUGINS: 'false',
    // A connection that an earlier play left open hangs for a quarter of an hour once the node is without power.
    ANSIBLE_SSH_CONTROL_PATH: 'none',
    // One try of ten seconds tells; with more of either a dead node would take longer than the question may.
    ANSIBLE_TIMEOUT: '10',
    ANSIBLE_SSH_TIMEOUT: '10',
    ANSIBLE_SSH_RETRIES: '0',
  };
  return { argv, env };
}

/** What one host answered. `body` is what the module's program printed, or the module's JSON. */
type Answer = { readonly good: boolean; readonly body: string };

/** `host | CHANGED | rc=0 >>` and `host | UNREACHABLE! => {`. */
const HEADER = /^(\S+) \| ([A-Z]+)!?(?: \| rc=(-?\d+) >>| => (\{.*))$/;

/** The answer of a host; undefined where it gave none, or two (which one host could print in another's name). */
export function adHocAnswer(stdout: string, host: string): Answer | undefined {
  const blocks: { name: string; good: boolean; lines: string[] }[] = [];
  for (const line of stdout.split('\n')) {
    const match = HEADER.exec(line);
    if (match === null) blocks.at(-1)?.lines.push(line);
    else {
      const [, name = '', status = '', rc = '0', first] = match;
      const good = ['CHANGED', 'SUCCESS'].includes(status) && rc === '0';
      blocks.push({ name, good, lines: first === undefined ? [] : [first] });
    }
  }
  const [own, second] = blocks.filter(({ name }) => name === host);
  return own && second === undefined ? { good: own.good, body: own.lines.join('\n').trim() } : undefined;
}

/** Why there is no usable answer, in the words of the host or of Ansible. */
export function whyNot(answer: Answer | undefined, stderr: string): string {
  const said = answer?.body ?? stderr.trim().split('\n').at(-1) ?? '';
  return quoteHost(/"msg": "((?:[^"\\]|\\.)*)"/.exec(said)?.[1] ?? said) || 'Ansible gave no answer for it';
}
