/** The deploy host's files: the runbook's inventories, /etc/kolla, and the stand-in for kolla-ansible. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  addresses,
  CLI,
  DATABASE_PORT,
  imageTag,
  inventoryName,
  NODES,
  OPENSTACK,
  PASSWORDS,
  type Release,
  SSH_PORT,
  VENV,
} from './layout.ts';
import type { Files } from './machine.ts';

const STAND_IN = join(import.meta.dirname, 'kolla');
const ANSIBLE = ['ansible', 'ansible-inventory', 'ansible-playbook'] as const;

const INVENTORY = (index: number) => {
  const { nodes } = addresses(index);
  const host = (node: string, position: number) =>
    `        ${inventoryName(node)}:\n          ansible_host: ${nodes[position]}\n          ansible_port: ${SSH_PORT}\n          ansible_user: root\n          ansible_python_interpreter: /usr/bin/python3\n`;
  return `---\nall:\n  children:\n    cloud-nodes:\n      hosts:\n${NODES.map(host).join('')}`;
};

const MULTINODE = `# Which host has which part of the cloud.
[control]
${NODES.map(inventoryName).join('\n')}

[network]
${NODES.map(inventoryName).join('\n')}

[compute]
${NODES.map(inventoryName).join('\n')}

[monitoring]
${NODES[0] && inventoryName(NODES[0])}

[storage]
${NODES.map(inventoryName).join('\n')}

[deployment]
localhost       ansible_connection=local

[baremetal:children]
control
network
compute
storage
monitoring

[loadbalancer:children]
network

[mariadb:children]
control

[rabbitmq:children]
control

[keystone:children]
control

[nova:children]
control

[nova-api:children]
nova

[neutron:children]
network

[glance:children]
control
`;

const globals = (index: number, release: Release) => `---
kolla_base_distro: "debian"
openstack_release: "${OPENSTACK[release]}"
openstack_tag: "${imageTag(release)}"
docker_namespace: "kolla"
kolla_internal_vip_address: "${addresses(index).vip}"
network_interface: "lo"
enable_haproxy: "no"
enable_mariadb: "yes"
enable_mariabackup: "yes"
database_port: "${DATABASE_PORT}"
`;

/** Some of the defaults that stand beside the real playbooks, and where. */
const GROUP_VARS_FILE = { '17.9.0': 'all.yml', '22.2.0': 'all/common.yml' } as const satisfies Record<Release, string>;
const GROUP_VARS = `---
network_interface: "eth0"
mariadb_port: "{{ database_port }}"
enable_mariabackup: "no"
`;

/** `secret` is the private key that reaches the nodes, `knownHosts` their host keys. */
export function deployFiles(
  index: number,
  release: Release,
  keys: { readonly secret: string; readonly knownHosts: string },
): Files {
  const passwords = Object.entries(PASSWORDS).map(([name, value]) => `${name}: ${value}\n`);
  const library = readdirSync(STAND_IN).filter((name) => name.endsWith('.py') && name !== 'main.py');
  const launchers = ANSIBLE.map((name) => [
    `${VENV}/bin/${name}`,
    { content: `#!/bin/sh\nexec /usr/bin/${name} "$@"\n`, mode: 0o755 },
  ]);
  return {
    '/etc/kolla/globals.yml': globals(index, release),
    '/etc/kolla/globals.d/custom-globals.yml': '---\nnode_custom_config: "/etc/kolla/config"\n',
    '/etc/kolla/passwords.yml': { content: `---\n${passwords.join('')}`, mode: 0o640 },
    '/etc/ansible/ansible.cfg': '[defaults]\nforks = 20\ninterpreter_python = /usr/bin/python3\n',
    [`${CLI}/inventory.yml`]: INVENTORY(index),
    [`${CLI}/ansible/inventory/multinode`]: MULTINODE,
    [`${VENV}/bin/kolla-ansible`]: { content: readFileSync(join(STAND_IN, 'main.py'), 'utf8'), mode: 0o755 },
    [`${VENV}/share/kolla-ansible/ansible/group_vars/${GROUP_VARS_FILE[release]}`]: GROUP_VARS,
    [`${VENV}/lib/standin/RELEASE`]: `${release}\n`,
    ...Object.fromEntries(launchers),
    ...Object.fromEntries(
      library.map((name) => [`${VENV}/lib/standin/${name}`, readFileSync(join(STAND_IN, name), 'utf8')]),
    ),
    '/root/.ssh/id_ed25519': { content: keys.secret, mode: 0o600 },
    '/root/.ssh/known_hosts': keys.knownHosts,
  };
}
