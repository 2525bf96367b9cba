import { z } from 'zod';
import { MAX_JUMPS } from './hosts/ssh-target.ts';
import { MARIADB_UNIT } from './kolla/names.ts';
import { cloudId, hostName } from './operation/ids.ts';
import { engineName, hostPath } from './operation/shapes.ts';

const slackChannel = z.string().regex(/^[CG][A-Z0-9]{2,30}$/, 'a channel id such as C0123456789 (not its name)');
const slackUser = z.string().regex(/^[UW][A-Z0-9]{2,30}$/, 'a user id such as U0123456789 (not a name)');
const slackGroup = z.string().regex(/^S[A-Z0-9]{2,30}$/, 'a user group id such as S0123456789');

const loginUser = z.string().regex(/^[a-z_][a-z0-9._-]{0,31}\$?$/i);
const address = z
  .string()
  .max(255)
  .regex(/^[A-Za-z0-9_:][A-Za-z0-9._:%-]*$/, 'a host name or an IP address');

/** How somebody logs in; what a host leaves out, `ssh` at the top of the file says. */
const identity = {
  user: loginUser.optional(),
  /** Private keys without passphrase, or the public halves of keys in the agent. */
  key_files: z.array(hostPath).min(1).max(20).optional(),
  certificate_files: z.array(hostPath).max(20).optional(),
  /** The socket of an SSH agent; true: that of SSH_AUTH_SOCK. */
  agent: z.union([z.boolean(), hostPath]).optional(),
  known_hosts: z.array(hostPath).min(1).max(20).optional(),
};
const place = { address, port: z.int().min(1).max(65_535).optional() };
/** Hosts to go through, the first one first; an empty list: none, whatever stands at the top. */
const jump = z
  .array(z.strictObject({ ...place, ...identity }))
  .max(MAX_JUMPS)
  .optional();

const login = z.strictObject({ ...place, ...identity, jump, sudo: z.boolean().optional() });
const loginDefaults = z.strictObject({
  ...identity,
  jump,
  sudo: z.boolean().default(false),
  /** OpenSSH's own config, in which addresses are looked up. What stands here counts more. */
  config_file: hostPath.optional(),
});

const people = z
  .strictObject({ users: z.array(slackUser).default([]), groups: z.array(slackGroup).default([]) })
  .refine(({ users, groups }) => users.length + groups.length > 0, 'names nobody: give users, groups or both');

const cloud = z.strictObject({
  deploy_host: z
    .strictObject({
      ssh: login.optional(),
      /** kolla-ansible runs on the worker's own machine. */
      local: z.literal(true).optional(),
      sudo: z.boolean().default(false),
      cwd: hostPath.default('/'),
      executable: hostPath,
      config_directory: hostPath.default('/etc/kolla'),
      extra_arguments: z.array(z.string().min(1).max(500)).max(50).default([]),
    })
    .refine(({ ssh, local }) => (ssh === undefined) !== (local === undefined), 'needs either `ssh` or `local: true`'),
  inventories: z.array(hostPath).min(1).max(20),
  nodes: z.record(hostName, z.strictObject({ ssh: login, engine: engineName.default('docker') })),
  /** The node whose volume takes the archives; by default the first of the inventory's group. */
  backup_host: hostName.optional(),
  channel: slackChannel,
  requesters: people,
  /** Who may approve what destroys; without them restores are refused. */
  approvers: people.optional(),
  /** How many people other than the requester must approve. */
  approvals: z.int().min(1).max(10).default(1),
  alerts: z
    .strictObject({
      /** Where it is told that an operation needs people while MariaDB is down; by default the cloud's own channel. */
      channel: slackChannel.optional(),
      /** A user group to mention; by default the approvers. */
      group: slackGroup.optional(),
    })
    .prefault({}),
  /** The unit that keeps the MariaDB container on the nodes; null where the engine alone does (before 16.0). */
  unit: z
    .string()
    .regex(/^[A-Za-z0-9@_.-]+\.service$/)
    .nullable()
    .default(MARIADB_UNIT),
  /** Where the services find the database, where it can't be learnt from the deployment. */
  service_address: z.string().min(1).max(255).optional(),
});

/** Why no restore could ever be approved; null when one could, or when groups decide it. */
function unmetApprovals(one: z.infer<typeof cloud> | undefined): string | null {
  if (one?.approvers === undefined || one.approvers.groups.length > 0) return null;
  const { approvers, approvals, requesters } = one;
  const users = new Set(approvers.users);
  // A requester never approves: where each of them is an approver, one fewer is left.
  const spare = requesters.groups.length === 0 && requesters.users.every((user) => users.has(user)) ? 1 : 0;
  return users.size - spare >= approvals
    ? null
    : `${approvals} approvals by others than the requester cannot be had from ${users.size} approvers`;
}

/** The config file, in YAML. Every limit is in the unit that its name says. */
export const configSchema = z
  .strictObject({
    ssh: loginDefaults.prefault({}),
    clouds: z.record(cloudId, cloud),
    run_directory: hostPath.default('/var/lib/kolla-backup/runs'),
    log_directory: hostPath.default('/var/log/kolla-backup'),
    limits: z
      .strictObject({
        /** Past this a running backup is reported, not killed. */
        backup_minutes: z.int().min(1).max(10_080).default(240),
        /** Reading a whole archive. */
        proof_minutes: z.int().min(1).max(1440).default(120),
        /** Past these a running step of a restore is reported, not killed. */
        unpack_minutes: z.int().min(1).max(10_080).default(240),
        prepare_minutes: z.int().min(1).max(10_080).default(120),
        recovery_minutes: z.int().min(1).max(1440).default(45),
        /** How long all nodes may take to be Synced after a recovery. */
        sync_minutes: z.number().min(0.1).max(10_080).default(120),
        /** How long a plan waits for approval, and how soon after it its execution must begin. */
        approval_minutes: z.int().min(1).max(10_080).default(240),
        begin_minutes: z.int().min(1).max(240).default(15),
        /** Free space that stays on the datadir's file system while a copy is unpacked. */
        free_space_gib: z.number().min(0).max(100_000).default(2),
        /** Operations that one worker drives at a time. */
        operations_per_worker: z.int().min(1).max(50).default(4),
      })
      .prefault({}),
  })
  .refine(({ clouds }) => Object.keys(clouds).length > 0, { message: 'names no cloud', path: ['clouds'] })
  .superRefine(({ clouds }, context) => {
    for (const [id, { nodes, backup_host }] of Object.entries(clouds)) {
      if (Object.keys(nodes).length === 0)
        context.addIssue({ code: 'custom', message: 'names no node', path: ['clouds', id, 'nodes'] });
      if (backup_host !== undefined && !Object.hasOwn(nodes, backup_host))
        context.addIssue({ code: 'custom', message: 'is not one of the nodes', path: ['clouds', id, 'backup_host'] });
      const unmet = unmetApprovals(clouds[id]);
      if (unmet !== null) context.addIssue({ code: 'custom', message: unmet, path: ['clouds', id, 'approvals'] });
    }
  });
export type Config = z.infer<typeof configSchema>;
export type LoginConfig = z.infer<typeof login>;
export type CloudConfig = Config['clouds'][string];
export type People = z.infer<typeof people>;
