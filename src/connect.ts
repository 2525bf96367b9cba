import type { Config } from './config.ts';
import type { CloudHosts } from './engine/hosts.ts';
import { localHost } from './hosts/local.ts';
import { runDirectory } from './hosts/run-directory.ts';
import { sshHost } from './hosts/ssh.ts';
import type { Host } from './operation/host.ts';
import { DEPLOY } from './operation/plan.ts';

type Login = Config['clouds'][string]['nodes'][string]['ssh'];

/** The hosts of every cloud in the config, connected when first asked. */
export function connectClouds({ clouds, ssh: defaults, run_directory: base }: Config): {
  hostsOf: (cloud: string) => CloudHosts | null;
  close: () => Promise<void>;
} {
  const made = new Map<string, CloudHosts>();
  const all: Host[] = [];

  function login(name: string, { address, port, ...own }: Login): Host {
    const { user, key_files: keyFiles, known_hosts: knownHosts, sudo } = { ...defaults, ...dropUndefined(own) };
    const host = sshHost({ name, address, port, user, keyFiles, knownHosts, sudo });
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

  return {
    hostsOf: (id) => {
      const cloud = Object.hasOwn(clouds, id) ? clouds[id] : undefined;
      if (cloud === undefined) return null;
      const hosts = made.get(id) ?? make(cloud);
      made.set(id, hosts);
      return hosts;
    },
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
