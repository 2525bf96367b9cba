import { z } from 'zod';
import type { Problem } from '../operation/catalogue.ts';
import type { Command, Outcome } from '../operation/host.ts';
import { parseJson } from '../operation/json.ts';
import { type AnsibleDeployment, adHocAnswer, adHocCall, whyNot } from './ad-hoc.ts';
import { callCommand, type Deployment, type DialectName } from './dialects.ts';
import { passwordFiles } from './extra-arguments.ts';
import { quoteHost } from './quoted.ts';
import { variablesCommand } from './variables.ts';

/** What a deployment is set to, as far as backups and restores depend on it, and whether Ansible gets its way unasked. */

/** How long Ansible may take, an unreachable node included (ms). */
const ANSIBLE_MS = 60_000;

/** Off is the default of every release; what Kolla's group_vars say otherwise counts where they are found. */
const QUESTION = [
  "{{ enable_mariabackup | default('no') | bool }}",
  "{{ enable_mariadb | default('yes') | bool }}",
  "{{ mariadb_backup_host | default('') }}",
].join('|');

/** Asks Ansible on the deploy host, for one node (its name in the inventory). */
export function settingsCommand(dialect: DialectName, deployment: Deployment, node: string): Command {
  return variablesCommand(dialect, deployment, node, QUESTION);
}

export type DeploymentSettings = {
  readonly mariabackup: boolean;
  readonly mariadb: boolean;
  /** Where the deployment says so itself; null where it leaves it to the first node. */
  readonly backupHost: string | null;
};

const truth = z.enum(['True', 'False']).transform((word) => word === 'True');
const answered = z.looseObject({
  msg: z
    .string()
    .transform((text) => text.split('|'))
    .pipe(z.tuple([truth, truth, z.string().max(255)])),
});

/** Reads the answer of `settingsCommand`; why there is none as a problem. */
export function readSettings(
  { stdout, stderr }: Outcome,
  node: string,
): { readonly seen: DeploymentSettings } | { readonly problem: Problem } {
  const answer = adHocAnswer(stdout, node);
  const parsed = answered.safeParse(answer?.good ? parseJson(answer.body) : undefined);
  if (!parsed.success) return { problem: { code: 'KOLLA_SETTINGS_UNKNOWN', params: { said: whyNot(answer, stderr) } } };
  const [mariabackup, mariadb, backupHost] = parsed.data.msg;
  return { seen: { mariabackup, mariadb, backupHost: backupHost === '' ? null : backupHost } };
}

/** Lets Ansible read the deployment's passwords, and say nothing of them. */
export function passwordsCommand(deployment: Deployment & { readonly cwd: string }, node: string): Command {
  const files = passwordFiles(deployment).flatMap((file) => ['-e', `@${file}`]);
  return callCommand(adHocCall(deployment, [node], { name: 'debug', args: 'msg=read' }, files), ANSIBLE_MS);
}

/** Ansible's words for a file that isn't there, and for one that it can't decrypt; it breaks its lines anywhere. */
const MISSING = /Could\s+not\s+find\s+or\s+access\s+'[^'\n]{1,1024}'/;
const VAULT =
  /Attempting\s+to\s+decrypt\s+but\s+no\s+vault\s+secrets\s+found|Decryption\s+failed|Vault\s+format\s+unhexlify\s+error/;

/** Why kolla-ansible could not read them; null where Ansible did. */
export function readPasswords({ stdout, stderr }: Outcome, node: string): Problem | null {
  const answer = adHocAnswer(stdout, node);
  if (answer?.good) return null;
  // Its last words are about the inventory, which it then couldn't read either.
  const locked = VAULT.exec(stderr)?.[0];
  if (locked !== undefined) return { code: 'KOLLA_VAULT_LOCKED', params: { said: quoteHost(locked) } };
  const missing = MISSING.exec(stderr)?.[0];
  return { code: 'KOLLA_PASSWORDS_MISSING', params: { said: missing ? quoteHost(missing) : whyNot(answer, stderr) } };
}

/** Asks each node through Ansible who it is there when it becomes root, as Kolla's tasks do. */
export function becomeCommand(deployment: AnsibleDeployment, nodes: readonly string[]): Command {
  return callCommand(adHocCall(deployment, nodes, { name: 'command', args: 'id -u' }, ['--become']), ANSIBLE_MS);
}

/** Why Ansible isn't root on a node; null where it is. */
export function readBecome({ stdout, stderr }: Outcome, node: string): Problem | null {
  const answer = adHocAnswer(stdout, node);
  if (answer?.good && answer.body === '0') return null;
  return { code: 'ANSIBLE_NOT_ROOT', params: { node, said: whyNot(answer, stderr) } };
}
