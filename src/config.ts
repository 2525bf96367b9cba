import { z } from 'zod';
import { engineName, hostPath } from './operation/checks.ts';
import { cloudId, hostName } from './operation/ids.ts';

const slackChannel = z.string().regex(/^[CG][A-Z0-9]{2,30}$/, 'a channel id such as C0123456789 (not its name)');
const slackUser = z.string().regex(/^[UW][A-Z0-9]{2,30}$/, 'a user id such as U0123456789 (not a name)');
const slackGroup = z.string().regex(/^S[A-Z0-9]{2,30}$/, 'a user group id such as S0123456789');

/** How a host is logged in to. What a host leaves out, `ssh` at the top of the file says. */
const login = z.strictObject({
  address: z.string().min(1).max(255),
  port: z.int().min(1).max(65_535).default(22),
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}\$?$/i)
    .optional(),
  key_files: z.array(hostPath).min(1).optional(),
  known_hosts: z.array(hostPath).min(1).optional(),
  sudo: z.boolean().optional(),
});

const loginDefaults = z.strictObject({
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}\$?$/i)
    .default('root'),
  key_files: z.array(hostPath).min(1).default(['/root/.ssh/id_ed25519']),
  known_hosts: z.array(hostPath).min(1).default(['/root/.ssh/known_hosts']),
  sudo: z.boolean().default(false),
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
});

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
    }
  });
export type Config = z.infer<typeof configSchema>;
export type CloudConfig = Config['clouds'][string];
export type People = z.infer<typeof people>;
