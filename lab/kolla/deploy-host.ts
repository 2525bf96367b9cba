/** The deploy host's own files: inventories, /etc/kolla, its keys; and the layer with the real kolla-ansible. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineName } from '../engines.ts';
import type { Files } from '../mini/machine.ts';
import { imageTag } from './images.ts';
import { CLI, INVENTORIES, NODE_PLACES, PASSWORDS, type Release, SSH_PORT, VENV, VIP } from './layout.ts';
import { REGISTRY } from './podman-storage.ts';
import { nodeRoot } from './roots.ts';
import { venvLayer } from './venv.ts';

const COLLECTIONS = [
  ...['ansible/netcommon', 'ansible/posix', 'ansible/utils', 'community/crypto', 'community/docker'],
  ...['community/general', 'containers/podman'],
] as const;

/** kolla-ansible and its ansible-core in a virtual environment, as a layer over the machines' root file system. */
export async function kollaAnsibleLayer({ version, core, collections }: Release): Promise<string> {
  const requirements = [`kolla-ansible==${version}`, core];
  const root = await nodeRoot();
  return venvLayer({
    name: `kolla-ansible-${version}`,
    root,
    path: VENV,
    requirements,
    from: collections,
    collections: COLLECTIONS,
  });
}

const INVENTORY = `---
all:
  children:
    cloud-nodes:
      hosts:
${NODE_PLACES.map(
  ({ name, address }) => `        ${name}:
          ansible_host: ${address}
          ansible_port: ${SSH_PORT}
          ansible_user: root
          ansible_python_interpreter: /usr/bin/python3
`,
).join('')}`;

/** Kolla's example inventory, with our nodes in the place of its example hosts. */
function multinode(example: string): string {
  const all = NODE_PLACES.map(({ name }) => name);
  const hosts: Readonly<Record<string, readonly string[]>> = {
    control: all,
    network: all,
    compute: all,
    monitoring: all.slice(0, 1),
    storage: all,
  };
  let ours = false;
  return example
    .split('\n')
    .flatMap((line) => {
      const section = /^\[([^\]]+)\]/.exec(line)?.[1];
      if (section !== undefined) {
        ours = section in hosts;
        return ours ? [line, ...(hosts[section] ?? []), ''] : [line];
      }
      return ours && !line.startsWith('#') ? [] : [line];
    })
    .join('\n');
}

const globals = (release: Release, engine: EngineName) => `---
kolla_base_distro: "debian"
openstack_release: "${release.openstack}"
openstack_tag: "${imageTag(release)}"
docker_registry: "${REGISTRY[engine]}"
docker_namespace: "kolla"
kolla_internal_vip_address: "${VIP}"
network_interface: "eth0"
kolla_container_engine: "${engine}"
enable_openstack_core: "no"
enable_haproxy: "no"
enable_proxysql: "no"
enable_fluentd: "no"
enable_rabbitmq: "no"
enable_memcached: "no"
enable_mariadb: "yes"
enable_mariabackup: "yes"
enable_mariadb_clustercheck: "yes"
`;

/** Kolla would take 40 % of the memory, three times. */
const GALERA = '[mysqld]\ninnodb_buffer_pool_size=128M\ninnodb_log_file_size=48M\n';

/** `layer` is that of `kollaAnsibleLayer`; `secret` reaches the nodes, `knownHosts` has their keys. */
export async function deployHostFiles(
  release: Release,
  engine: EngineName,
  layer: string,
  keys: { readonly secret: string; readonly knownHosts: string },
): Promise<Files> {
  const share = join(layer, VENV, 'share/kolla-ansible');
  let passwords = await readFile(join(share, 'etc_examples/kolla/passwords.yml'), 'utf8');
  for (const [name, value] of Object.entries(PASSWORDS))
    passwords = passwords.replace(new RegExp(`^${name}:.*$`, 'm'), `${name}: ${value}`);
  const [inventory, groups] = INVENTORIES;
  return {
    '/etc/kolla/globals.yml': globals(release, engine),
    '/etc/kolla/globals.d/custom-globals.yml': '---\nnode_custom_config: "/etc/kolla/config"\n',
    '/etc/kolla/passwords.yml': { content: passwords, mode: 0o640 },
    '/etc/kolla/config/galera.cnf': GALERA,
    '/etc/ansible/ansible.cfg': '[defaults]\nforks = 20\ninterpreter_python = /usr/bin/python3\n',
    [inventory]: INVENTORY,
    [groups]: multinode(await readFile(join(share, 'ansible/inventory/multinode'), 'utf8')),
    '/root/.ssh/id_ed25519': { content: keys.secret, mode: 0o600 },
    '/root/.ssh/known_hosts': keys.knownHosts,
    '/root/.bashrc': `cd ${CLI}\n`,
  };
}
