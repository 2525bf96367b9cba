import { z } from 'zod';
import { hostPath } from '../operation/checks.ts';
import type { Command, Outcome } from '../operation/host.ts';
import { parseJson } from '../operation/json.ts';
import { adHocAnswer, whyNot } from './ad-hoc.ts';
import { deploymentQuestion } from './deployment-question.ts';
import type { Deployment, DialectName } from './dialects.ts';

/**
 * How a deployment is set: what decides whether Kolla would back up, stop and recover its databases at all, and with
 * what. Defaults are Kolla's own; they are named here for where its playbooks aren't found.
 */

/** The script that locks another node than the one whose files it copies; where the role doesn't know it, it has no say. */
const REPLICA_SCRIPT = 'kolla_mariadb_backup_replica';

const TEMPLATES = [
  '{{ enable_mariadb | default(true) | bool }}',
  '{{ enable_external_mariadb_load_balancer | default(false) | bool }}',
  '{{ enable_mariabackup | default(false) | bool }}',
  `{{ mariadb_backup_target | default('active') if '${REPLICA_SCRIPT}' in (lookup('file', playbook_dir ~ '/roles/mariadb/tasks/backup.yml', errors='ignore') | string) else 'active' }}`,
  "{{ mariadb_datadir_volume | default('mariadb') }}",
  "{{ mariadb_image_full | default('') }}",
  "{{ node_custom_config | default('') }}",
  "{{ mariadb_backup_host | default('') }}",
];

/** Asks Ansible on the deploy host, for one node (its name in the inventory). */
export function settingsCommand(dialect: DialectName, deployment: Deployment, node: string): Command {
  return deploymentQuestion(dialect, deployment, node, TEMPLATES, { roleDefaults: true });
}

const yesNo = z.enum(['True', 'False', 'true', 'false']).transform((word) => word.toLowerCase() === 'true');
const blank = z.literal('').transform(() => null);

const fields = z.tuple([
  yesNo,
  yesNo,
  yesNo,
  z.string().max(40),
  z.string().min(1).max(300),
  blank.or(z.string().max(200)),
  blank.or(hostPath),
  blank.or(z.string().max(255)),
]);

/** What answers that were recorded earlier weren't asked: the node that takes the backups. */
const withLast = (told: readonly string[]) => (told.length === TEMPLATES.length - 1 ? [...told, ''] : [...told]);

const answered = z.looseObject({
  msg: z
    .string()
    .transform((text) => withLast(text.split('|')))
    .pipe(fields),
});

/** What of a deployment's settings decides whether a backup or a restore can go well. */
export type Settings = {
  /** The databases are those that Kolla deploys, behind its own load balancer. */
  readonly own: boolean;
  readonly mariabackup: boolean;
  /** Its backup sets its lock on another node than the one whose files it copies, on purpose. */
  readonly replicaScript: boolean;
  /** The volume of the datadir, by name or as a directory of the node. */
  readonly datadirVolume: string;
  /** The image that the deployment would run; null where that can't be told. */
  readonly image: string | null;
  /** Where the operator's own configuration files lie on the deploy host; null where that can't be told. */
  readonly customConfig: string | null;
  /** The node that takes the backups; null where the deployment leaves it to the role, and the role isn't found. */
  readonly backupHost: string | null;
};

/** Reads the answer of `settingsCommand`; where there is none, what Ansible said. */
export function readSettings({ stdout, stderr }: Outcome, node: string): Settings | { readonly said: string } {
  const answer = adHocAnswer(stdout, node);
  const parsed = answered.safeParse(answer?.good ? parseJson(answer.body) : undefined);
  if (!parsed.success) return { said: whyNot(answer, stderr) };
  const [deployed, externalBalancer, mariabackup, target, datadirVolume, image, customConfig, backupHost] =
    parsed.data.msg;
  const own = deployed && !externalBalancer;
  return { own, mariabackup, replicaScript: target !== 'active', datadirVolume, image, customConfig, backupHost };
}
