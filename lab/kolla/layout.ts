/** Names, addresses and releases of the lab with the real Kolla Ansible. One stands at a time on a machine. */
import { join } from 'node:path';
import { cacheFolder } from '../cache.ts';
import { DEPLOY, inventoryName, NODES, OPENSTACK } from '../mini/layout.ts';

export { CLI, INVENTORIES, PASSWORDS, VENV } from '../mini/layout.ts';

/** sshd's port on the machines and on this machine's loopback. */
export const SSH_PORT = 2222;
/** The machines' network, in a name space that nothing outside sees. */
export const BRIDGE = '10.77.0.1/24';

export type Place = {
  readonly hostname: string;
  /** As the inventory calls it. */
  readonly name: string;
  /** In the machines' own network. */
  readonly address: string;
  /** Where this machine reaches its sshd. */
  readonly login: string;
  /** Its control group. */
  readonly group: string;
};

/** The parent of all machines' control groups. */
export const CGROUP = 'kolla-backup-lab';

const place = (hostname: string, name: string, host: number): Place => ({
  hostname,
  name,
  address: `10.77.0.${host}`,
  login: `127.77.240.${host}`,
  group: `${CGROUP}/${hostname}`,
});

export const NODE_PLACES = NODES.map((node, position) => place(node, inventoryName(node), 11 + position));
export const DEPLOY_PLACE = place(DEPLOY, DEPLOY, 10);
export const PLACES: readonly Place[] = [...NODE_PLACES, DEPLOY_PLACE];
/** Without a load balancer the first node has it. */
export const VIP = NODE_PLACES[0]?.address ?? '';

/** Where the machines' files lie. */
export const labFolder = () => join(cacheFolder(), 'kolla/lab');
export type Release = {
  /** kolla-ansible's, and that of the package with the images' scripts. */
  readonly version: string;
  readonly openstack: string;
  readonly core: string;
  /** The package that carries the collections for it. */
  readonly collections: string;
};

export const RELEASES = [
  { version: '17.9.0', openstack: OPENSTACK['17.9.0'], core: 'ansible-core==2.15.13', collections: 'ansible==8.7.0' },
  { version: '22.2.0', openstack: OPENSTACK['22.2.0'], core: 'ansible-core==2.19.14', collections: 'ansible==12.3.0' },
] as const satisfies readonly Release[];
export const DEFAULT_RELEASE: Release = RELEASES[0];
