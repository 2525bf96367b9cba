import type { CloudConfig, Config } from '../config.ts';
import type { CloudHosts } from '../engine/hosts.ts';
import { askDeploy, type DeployFacts } from './ask-deploy.ts';
import { askHost, askOutlived, type HostFacts, type HostPlace } from './ask-host.ts';
import { askNode, type NodeFacts } from './ask-node.ts';
import { deployPaths } from './judge-deploy.ts';
import { deployLogin, loginOf } from './logins.ts';

/** What a cloud's hosts tell. */
export type CloudSeen = {
  readonly id: string;
  readonly cloud: CloudConfig;
  readonly backupHost: string | null;
  readonly deploy: { readonly host: HostFacts; readonly more: DeployFacts };
  readonly nodes: readonly { readonly host: HostFacts; readonly more: NodeFacts }[];
};

/** All hosts of a cloud at once: a silent one holds nobody up. */
export async function askCloud(
  id: string,
  { run_directory: runDirectory, ssh }: Config,
  cloud: CloudConfig,
  hosts: CloudHosts,
  apart: CloudHosts,
): Promise<CloudSeen> {
  const paths = deployPaths(cloud).map(({ path }) => path);
  const onDeploy = { host: hosts.deploy, apart: apart.deploy, login: deployLogin(ssh, cloud), paths, runDirectory };
  const known = Promise.withResolvers<string | null>();
  const deploy = seeHost(onDeploy, async (look) => {
    const facts = await askDeploy(id, cloud, hosts.deploy, look);
    known.resolve(takesBackups(cloud, facts.inventory));
    return facts;
  });
  deploy.catch(known.reject);
  const backupHost = known.promise;
  backupHost.catch(() => {}); // told by `deploy` itself
  const nodes = Object.entries(cloud.nodes).map(([name, node]) => {
    const place = {
      host: hosts.node(name),
      apart: apart.node(name),
      login: loginOf(ssh, node.ssh),
      paths: [],
      runDirectory,
    };
    return seeHost(place, (look) => askNode(hosts, { node: name, engine: node.engine }, cloud.unit, backupHost, look));
  });
  const [onIt, ...onThem] = await Promise.all([deploy, ...nodes]);
  return { id, cloud, backupHost: await backupHost, deploy: onIt, nodes: onThem };
}

async function seeHost<M>(place: HostPlace, ask: (look: HostFacts['look']) => Promise<M>) {
  const { from, look } = await askHost(place);
  const [outlived, more] = await Promise.all([askOutlived(place, look), ask(look)]);
  return { host: { name: place.host.name, login: place.login, from, look, outlived }, more };
}

/** The config's backup host, else the first node of the inventory, as Kolla has it. */
const takesBackups = ({ backup_host: named }: CloudConfig, inventory: DeployFacts['inventory']): string | null =>
  named ?? ('seen' in inventory ? (inventory.seen[0]?.name ?? null) : null);
