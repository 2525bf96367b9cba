import { userInfo } from 'node:os';
import type { CloudConfig, Config, LoginConfig } from '../config.ts';
import { loginOf } from '../connect.ts';
import { resolveTarget, type SshHop, type SshTarget } from '../hosts/ssh-target.ts';
import { DEPLOY } from '../operation/plan.ts';
import type { Seen } from './check.ts';
import { see } from './see.ts';

/** How a host is logged in to. */
export type Login = {
  readonly user: string;
  /** `address:port`, and the jump hosts on the way; null for the machine that we run on. */
  readonly place: string | null;
  readonly sudo: boolean;
  /** What OpenSSH's config and ours come to; blocked for the machine that we run on. */
  readonly target: Seen<SshTarget>;
};

/** What of the config and the environment decides it. `agent`: the socket of SSH_AUTH_SOCK. */
export type LoginTerms = { readonly defaults: Config['ssh']; readonly agent: string | undefined };

/** As OpenSSH's permitopen has it. */
export const placeOf = ({ address, port }: Pick<SshHop, 'address' | 'port'>) =>
  `${address.includes(':') ? `[${address}]` : address}:${port}`;

/** `name` is for the words of a problem. */
export async function askLogin(name: string, ssh: LoginConfig, { defaults, agent }: LoginTerms): Promise<Login> {
  const sudo = ssh.sudo ?? defaults.sudo;
  const target = await see(async () => resolveTarget(name, loginOf(ssh, defaults, agent)));
  if (!('seen' in target)) return { user: ssh.user ?? defaults.user ?? 'root', place: ssh.address, sudo, target };
  const { user, jump } = target.seen;
  const way = jump.length === 0 ? '' : ` through ${jump.map(placeOf).join(', ')}`;
  return { user, place: `${placeOf(target.seen)}${way}`, sudo, target };
}

export async function askDeployLogin({ deploy_host: { ssh, sudo } }: CloudConfig, terms: LoginTerms): Promise<Login> {
  if (ssh !== undefined) return askLogin(DEPLOY, ssh, terms);
  return { user: userInfo().username, place: null, sudo, target: { blocked: 'it is this machine' } };
}
