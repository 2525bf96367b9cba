import type { CloudConfig, Config } from '../config.ts';
import type { CloudHosts } from '../engine/hosts.ts';
import { askDeploy, type DeployFacts } from './ask-deploy.ts';
import { askHost, askOutlived, type HostFacts, type HostPlace } from './ask-host.ts';
import { askNode, type NodeFacts } from './ask-node.ts';
import { deployPaths } from './judge-deploy.ts';
import { askDeployLogin, askLogin } from './logins.ts';

/** What a cloud's hosts tell. */
export type CloudSeen = {
  readonly id: string;
  readonly cloud: CloudConfig;
  readonly backupHost: string | null;
  readonly deploy: { readonly host: HostFacts; readonly more: DeployFacts };
  readonly nodes: readonly { readonly host: HostFacts; readonly more: NodeFacts }[];
};

/** `apart`: the same hosts over connections of their own. */
type Cloud = {
  readonly id: string;
  readonly cloud: CloudConfig;
  readonly hosts: CloudHosts;
  readonly apart: CloudHosts;
};

/** All hosts of a cloud at once: a silent one holds nobody up. */
export async function askCloud(
  { id, cloud, hosts, apart }: Cloud,
  { run_directory: runDirectory, ssh: defaults }: Config,
  agent: string | undefined,
): Promise<CloudSeen> {
  const terms = { defaults, agent };
  const known = Promise.withResolvers<string | null>();
  const deploy = async () => {
    const paths = deployPaths(cloud).map(({ path }) => path);
    const login = await askDeployLogin(cloud, terms);
    return seeHost({ host: hosts.deploy, apart: apart.deploy, login, paths, runDirectory }, async (look) => {
      const facts = await askDeploy(id, cloud, hosts.deploy, look);
      known.resolve(takesBackups(cloud, facts.inventory));
      return facts;
    });
  };
  const node = async (name: string, { ssh, engine }: CloudConfig['nodes'][string]) => {
    const login = await askLogin(name, ssh, terms);
    const place = { host: hosts.node(name), apart: apart.node(name), login, paths: [], runDirectory };
    return seeHost(place, (look) => askNode(hosts, { node: name, engine }, cloud.unit, known.promise, look));
  };
  const [onIt, ...onThem] = await Promise.all([
    deploy(),
    ...Object.entries(cloud.nodes).map(([name, one]) => node(name, one)),
  ]);
  return { id, cloud, backupHost: await known.promise, deploy: onIt, nodes: onThem };
}

async function seeHost<M>(place: HostPlace, ask: (look: HostFacts['look']) => Promise<M>) {
  const { from, look } = await askHost(place);
  const [outlived, more] = await Promise.all([askOutlived(place, look), ask(look)]);
  return { host: { name: place.host.name, login: place.login, from, look, outlived }, more };
}

/** The config's backup host, else the first node of the inventory, as Kolla has it. */
const takesBackups = ({ backup_host: named }: CloudConfig, inventory: DeployFacts['inventory']): string | null =>
  named ?? ('seen' in inventory ? (inventory.seen[0]?.name ?? null) : null);
