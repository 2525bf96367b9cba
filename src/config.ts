import { posix } from 'node:path';
import { z } from 'zod';
import { checkExtraArguments } from './kolla/extra-arguments.ts';
import { MARIADB_UNIT } from './kolla/names.ts';
import { login, loginDefaults } from './login-config.ts';
import { KollaBackupError } from './operation/catalogue.ts';
import { cloudId, hostName } from './operation/ids.ts';
import { KEEPS } from './operation/kept.ts';
import { engineName, hostPath } from './operation/shapes.ts';
import { slackSettings } from './slack-config.ts';

/**
 * The config file. Each setting is described where it is defined: the example, `config.schema.json`, `docs/config.md`
 * and the words for a mistake are made from this. A format's message goes on from “… is not”.
 */

export const slackChannel = z
  .string()
  .regex(
    /^[CG][A-Z0-9]{2,30}$/,
    'a channel id such as C0123456789. In Slack it stands at the end of the channel’s details; a name will not do',
  );
export const slackUser = z
  .string()
  .regex(
    /^[UW][A-Z0-9]{2,30}$/,
    'a user id such as U0123456789. In Slack it is under “Copy member ID” in the person’s profile; a name will not do',
  );
export const slackGroup = z
  .string()
  .regex(
    /^S[A-Z0-9]{2,30}$/,
    'a user group id such as S0123456789. In Slack it ends the address of the group’s page; a handle will not do',
  );

const people = z
  .strictObject({
    users: z
      .array(slackUser)
      .default([])
      .meta({ description: 'Ids of people; a list of them is the strictest.', examples: [['U0123456789']] }),
    groups: z
      .array(slackGroup)
      .default([])
      .meta({ description: 'Ids of user groups: whoever Slack’s admins let into them.', examples: [['S0123456789']] }),
  })
  .refine(
    ({ users, groups }) => users.length + groups.length > 0,
    'names nobody. Name people under `users`, user groups under `groups`, or both',
  );

const deployHost = z
  .strictObject({
    ssh: login.optional(),
    local: z
      .literal(true)
      .optional()
      .describe('Instead of `ssh`: kolla-ansible is on the machine where the worker runs.'),
    sudo: z.boolean().default(false).describe('With `local`: whether commands run through `sudo -n`.'),
    executable: hostPath.meta({
      description: 'Path of kolla-ansible, in its virtual environment if it has one.',
      examples: ['/opt/kolla-ansible-cli/.venv/bin/kolla-ansible'],
    }),
    cwd: hostPath.default('/').describe('Directory in which kolla-ansible is started.'),
    config_directory: hostPath.default('/etc/kolla').describe('Directory of globals.yml and passwords.yml.'),
    extra_arguments: z
      .array(z.string().min(1).max(500))
      .max(50)
      .default([])
      .superRefine(allowedArguments)
      .meta({
        description: 'Arguments for every call of kolla-ansible, such as how to open its vault.',
        examples: [['--vault-password-file', '/root/.vault']],
      }),
  })
  .refine(
    ({ ssh, local }) => (ssh === undefined) !== (local === undefined),
    'needs exactly one of `ssh` and `local: true`. Write `ssh: { address: … }` for another machine, `local: true` for this one',
  )
  .describe('The host where kolla-ansible is installed.');

const node = z.strictObject({
  ssh: login,
  engine: engineName
    .default('docker')
    .describe('Container engine, as kolla_container_engine in globals.yml. The tests run Docker 20.10 and podman 4.3.'),
});

const alerts = z
  .strictObject({
    channel: slackChannel
      .optional()
      .meta({ description: 'Channel where they are told too; by default the cloud’s own.', examples: ['C0123456789'] }),
    group: slackGroup
      .optional()
      .meta({ description: 'User group that is mentioned; by default the approvers.', examples: ['S0123456789'] }),
  })
  .prefault({})
  .describe('Whom to call, every five minutes, while MariaDB is down and an operation needs people.');

const cloud = z.strictObject({
  deploy_host: deployHost,
  inventories: z
    .array(hostPath)
    .min(1)
    .max(20)
    .meta({
      description: 'Inventories on the deploy host, as given to kolla-ansible with -i, in that order.',
      examples: [['/etc/kolla/multinode']],
    }),
  nodes: z
    .record(hostName, node)
    .refine((nodes) => Object.keys(nodes).length > 0, 'names no node. Name every host of the inventory’s group mariadb')
    .describe('The hosts of the inventory’s group mariadb, under the names that the inventory gives them.'),
  backup_host: hostName.optional().meta({
    description: 'The node that takes backups (mariadb_backup_host); by default the first of the group.',
    examples: ['node-2'],
  }),
  channel: slackChannel.meta({
    description: 'Slack channel of this cloud, by its id; the bot must be in it.',
    examples: ['C0123456789'],
  }),
  requesters: people.describe('Who may ask for backups and restores; ids, not names.'),
  approvers: people
    .optional()
    .describe('Who may approve what destroys; without them restores are refused. Nobody approves what they asked for.'),
  approvals: z.int().min(1).max(10).default(1).describe('How many people other than the requester must approve.'),
  alerts,
  unit: z
    .string()
    .regex(/^[A-Za-z0-9@_.-]+\.service$/, `the name of a systemd unit. Write it whole, as in ${MARIADB_UNIT}`)
    .nullable()
    .default(MARIADB_UNIT)
    .describe(
      'Systemd unit of the MariaDB container on the nodes; null where there is none (before Kolla Ansible 16).',
    ),
  service_address: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .meta({
      description:
        'Where services find the database: it must answer before a restore counts. By default the deployment tells.',
      examples: ['192.0.2.100'],
    }),
});

const limits = z
  .strictObject({
    backup_minutes: minutes(10_080, 240, 'Past this a running backup is reported, not killed.'),
    proof_minutes: minutes(1440, 120, 'How long reading a whole archive may take.'),
    unpack_minutes: minutes(10_080, 240, 'Past this a running unpack of a restore is reported, not killed.'),
    prepare_minutes: minutes(10_080, 120, 'Past this a running prepare of a restore is reported, not killed.'),
    recovery_minutes: minutes(1440, 45, 'Past this a running recovery is reported, not killed.'),
    sync_minutes: z
      .number()
      .min(0.1)
      .max(10_080)
      .default(120)
      .describe(
        'How long all nodes may take to be Synced after a recovery; half an hour where none moves, two minutes where none is Primary. In minutes.',
      ),
    approval_minutes: minutes(10_080, 240, 'How long a plan waits for approval.'),
    begin_minutes: minutes(240, 15, 'How soon after the last approval the execution begins, or not at all.'),
    free_space_gib: z
      .number()
      .min(0)
      .max(100_000)
      .default(2)
      .describe('What stays free on the datadir’s file system while a copy is unpacked. In GiB.'),
    operations_per_worker: z.int().min(1).max(50).default(4).describe('Operations that one worker drives at a time.'),
  })
  .prefault({})
  .describe('Times and sizes; every limit is in the unit that its name says.');

function minutes(most: number, usual: number, what: string) {
  return z.int().min(1).max(most).default(usual).describe(`${what} In minutes.`);
}

/** The arguments that are refused at each call are refused here, too: nobody is there to read it at night. */
function allowedArguments(extra: readonly string[], context: z.RefinementCtx): void {
  try {
    checkExtraArguments(extra);
  } catch (error) {
    if (!(error instanceof KollaBackupError)) throw error;
    const { argument, allowed } = error.problem.params;
    const message = `may not hold ${argument}. Allowed are ${allowed}; no secrets, and nothing that decides what a run does`;
    context.addIssue({ code: 'custom', message });
  }
}

/** Why no restore could ever be approved; null when one could, or when groups decide it. */
function unmetApprovals({ approvers, approvals, requesters }: z.infer<typeof cloud>): string | null {
  if (approvers === undefined || approvers.groups.length > 0) return null;
  const users = new Set(approvers.users);
  // A requester never approves: where each of them is an approver, one fewer is left.
  const spare = requesters.groups.length === 0 && requesters.users.every((user) => users.has(user)) ? 1 : 0;
  return users.size - spare >= approvals
    ? null
    : `cannot be met: of the approvers named (${users.size}) fewer than ${approvals} are left without the requester. Name more approvers, or lower it`;
}

/** The config file, in YAML. Every limit is in the unit that its name says. */
export const configSchema = z.strictObject({
  ssh: loginDefaults.prefault({}),
  slack: slackSettings,
  clouds: z
    .record(
      cloudId,
      cloud.superRefine((one, context) => {
        const { nodes, backup_host } = one;
        if (backup_host !== undefined && !Object.hasOwn(nodes, backup_host)) {
          const message = `is not one of the nodes. Name one of ${Object.keys(nodes).join(', ')}`;
          context.addIssue({ code: 'custom', message, path: ['backup_host'] });
        }
        const unmet = unmetApprovals(one);
        if (unmet !== null) context.addIssue({ code: 'custom', message: unmet, path: ['approvals'] });
      }),
    )
    .refine((clouds) => Object.keys(clouds).length > 0, 'names no cloud. Name one; kolla-backup init writes it')
    .describe('The clouds, each under the name by which people call it in Slack.'),
  run_directory: hostPath
    // A host forgets an operation after a month by removing its directory in there: never the one with the old data.
    .refine(
      (path) => !KEEPS.some((name) => name === posix.basename(posix.normalize(path))),
      'is called as the directories in which restores keep old data. Name another one, as in /var/lib/kolla-backup/runs',
    )
    .default('/var/lib/kolla-backup/runs')
    .describe('Directory on every host that remembers what was started there; it must survive reboots.'),
  log_directory: hostPath.default('/var/log/kolla-backup').describe('Directory on the workers for the logs of steps.'),
  limits,
});
export type Config = z.infer<typeof configSchema>;
export type LoginConfig = z.infer<typeof login>;
export type CloudConfig = Config['clouds'][string];
export type People = z.infer<typeof people>;
