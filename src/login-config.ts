import { z } from 'zod';
import { MAX_JUMPS } from './hosts/ssh-target.ts';
import { hostPath } from './operation/shapes.ts';

/** The part of the config that says how hosts are logged in to; what a host leaves out, `ssh` at the top says. */

export const unixUser = z
  .string()
  .regex(/^[a-z_][a-z0-9._-]{0,31}\$?$/i, 'the name of a user. Write it as the host has it, such as root');
const address = z
  .string()
  .max(255)
  .regex(/^[A-Za-z0-9_:][A-Za-z0-9._:%-]*$/, 'a host name or an IP address. Write it as the workers reach it')
  .meta({ description: 'Name or IP address, as the workers reach it.', examples: ['192.0.2.11'] });
const paths = (what: string, example: string) =>
  z
    .array(hostPath)
    .max(20)
    .optional()
    .meta({ description: what, examples: [[example]] });

const identity = {
  user: unixUser
    .optional()
    .meta({ description: 'User that logs in; `root` where nothing is said.', examples: ['kolla'] }),
  key_files: z
    .array(hostPath)
    .min(1)
    .max(20)
    .optional()
    .meta({
      description:
        'Private keys without a passphrase, that nobody else can read, or public halves of keys in the agent, in the order of offering.',
      examples: [['/etc/kolla-backup/ssh/id_ed25519']],
    }),
  certificate_files: paths('OpenSSH certificates of these keys.', '/etc/kolla-backup/ssh/id_ed25519-cert.pub'),
  agent: z
    .union([z.boolean(), hostPath], {
      error: 'is no agent. Write the path of its socket, or true for the one of SSH_AUTH_SOCK',
    })
    .optional()
    .meta({
      description: 'The socket of an SSH agent; true: that of SSH_AUTH_SOCK.',
      examples: ['/run/kolla-backup-agent/agent.sock'],
    }),
  known_hosts: z
    .array(hostPath)
    .min(1)
    .max(20)
    .optional()
    .meta({
      description: 'Files with host keys; a host whose key is in none of them is refused.',
      examples: [['/etc/kolla-backup/ssh/known_hosts']],
    }),
};
const place = {
  address,
  port: z.int().min(1).max(65_535).optional().describe('TCP port of sshd; 22 where nothing is said.'),
};
const jump = z
  .array(z.strictObject({ ...place, ...identity }))
  .max(MAX_JUMPS)
  .optional()
  .meta({
    description: 'Hosts to go through, the first one first; an empty list: none, whatever stands at the top.',
    examples: [[{ address: 'bastion.example.org', user: 'kolla' }]],
  });

/** How one host is logged in to. */
export const login = z
  .strictObject({
    ...place,
    ...identity,
    jump,
    sudo: z
      .boolean()
      .optional()
      .describe('Whether commands run through `sudo -n` (without a password); by default as under `ssh` at the top.'),
  })
  .describe('How this host is logged in to over SSH: its address, and what differs from `ssh` at the top.');

/** What stands at the top, for every host. */
export const loginDefaults = z
  .strictObject({
    ...identity,
    jump,
    sudo: z.boolean().default(false).describe('Whether commands run through `sudo -n` (without a password).'),
    config_file: hostPath.optional().meta({
      description: 'OpenSSH’s own config, in which addresses are looked up; what stands here counts more.',
      examples: ['/etc/kolla-backup/ssh/config'],
    }),
  })
  .describe('How hosts are logged in to, where a host says nothing else (see docs/ssh.md).');
