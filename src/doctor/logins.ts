import { userInfo } from 'node:os';
import type { CloudConfig, Config } from '../config.ts';

/** How a host is logged in to, as the config has it. */
export type Login = {
  readonly user: string;
  /** `address:port`; null for the machine that we run on. */
  readonly place: string | null;
  readonly sudo: boolean;
};

type Defaults = Config['ssh'];

export function loginOf(defaults: Defaults, { address, port, user, sudo }: CloudConfig['nodes'][string]['ssh']): Login {
  return { user: user ?? defaults.user ?? 'root', place: `${address}:${port ?? 22}`, sudo: sudo ?? defaults.sudo };
}

export function deployLogin(defaults: Defaults, { deploy_host: { ssh, sudo } }: CloudConfig): Login {
  return ssh === undefined ? { user: userInfo().username, place: null, sudo } : loginOf(defaults, ssh);
}
