import type { Config, LoginConfig } from './config.ts';
import type { CloudHosts } from './engine/hosts.ts';
import { localHost } from './hosts/local.ts';
import { runDirectory } from './hosts/run-directory.ts';
import { sshHost } from './hosts/ssh.ts';
import type { SshLogin } from './hosts/ssh-login.ts';
import { KollaBackupError } from './operation/catalogue.ts';
import type { Host } from './operation/host.ts';
import { DEPLOY } from './operation/plan.ts';

/**
 * How a host is logged in to, after the defaults. `agent` is the socket of SSH_AUTH_SOCK; throws ENVIRONMENT_INVALID where
 * the config means that one and it isn't set.
 */
export function loginOf({ jump, ...own }: LoginConfig, defaults: Config['ssh'], agent: string | undefined): SshLogin {
  const { jump: usualJump, sudo: _, config_file: file, ...usual } = defaults;
  const one = ({ address, port, ...rest }: Omit<LoginConfig, 'jump'>): SshLogin => {
    const said = { ...dropUndefined(usual), ...dropUndefined(rest) };
    if (said.agent === true && agent === undefined)
      throw new KollaBackupError('ENVIRONMENT_INVALID', { variable: 'SSH_AUTH_SOCK', reason: 'is not set' });
    const socket = said.agent === true ? agent : said.agent === false ? null : said.agent;
    const openSshConfig = file === undefined ? undefined : { file, agent: agent ?? null };
    const files = { keyFiles: said.key_files, certificateFiles: said.certificate_files, knownHosts: said.known_hosts };
    return { address, ...dropUndefined({ port, user: said.user, ...files, agent: socket, openSshConfig }) };
  };
  return { ...one(own), ...dropUndefined({ jump: (jump ?? usualJump)?.map(one) }) };
}

/** The hosts of every cloud in the config, each connected when first asked. `agent`: as for `loginOf`. */
export function connectClouds(
  { clouds, ssh: defaults, run_directory: base }: Config,
  agent: string | undefined,
): {
  hostsOf: (cloud: string) => CloudHosts | null;
  close: () => Promise<void>;
} {
  const all: Host[] = [];

  function login(name: string, own: LoginConfig): Host {
    const host = sshHost({ name, ...loginOf(own, defaults, agent), sudo: own.sudo ?? defaults.sudo });
    all.push(host);
    return host;
  }

  function make(cloud: Config['clouds'][string]): CloudHosts {
    const { ssh, sudo } = cloud.deploy_host;
    const deploy = ssh ? login(DEPLOY, ssh) : localHost({ name: DEPLOY, sudo });
    if (!ssh) all.push(deploy);
    const nodes = new Map(Object.entries(cloud.nodes).map(([name, node]) => [name, login(name, node.ssh)]));
    const node = (name: string): Host => {
      const host = nodes.get(name);
      if (host === undefined) throw new TypeError(`${name} is not a node of this cloud`);
      return host;
    };
    return { deploy, node, runs: (name) => runDirectory(name === DEPLOY ? deploy : node(name), base) };
  }

  const made = new Map(Object.entries(clouds).map(([id, cloud]) => [id, make(cloud)]));
  return {
    hostsOf: (id) => made.get(id) ?? null,
    close: async () => {
      await Promise.allSettled(all.map((host) => host.close()));
    },
  };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the settings that a host leaves to the defaults. */
function dropUndefined<T extends object>(from: T): Defined<T> {
  // Only entries with a value are kept, which is what the type says.
  return Object.fromEntries(Object.entries(from).filter(([, value]) => value !== undefined)) as Defined<T>;
}
