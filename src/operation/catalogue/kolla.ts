import { type Entries, NOTHING } from './entry.ts';

/** kolla-ansible's command line and the inventory. */
export const kolla = {
  KOLLA_CLI_MISSING: {
    wrong: 'kolla-ansible was not found on the deploy host: {said}',
    done: NOTHING,
    next: 'Check the path of kolla-ansible (and its virtual environment) in the config.',
  },
  KOLLA_CLI_USAGE: {
    wrong: 'kolla-ansible refused its arguments: {said}',
    done: NOTHING,
    next: 'Check the extra arguments in the config against the help of the installed release.',
  },
  KOLLA_CLI_FAILED: {
    wrong: 'kolla-ansible ended with code {code} before it began its work: {said}',
    done: NOTHING,
    next: 'Run the command by hand on the deploy host and look at what it says.',
  },
  KOLLA_RELEASE_UNKNOWN: {
    wrong:
      'The release of kolla-ansible on the deploy host ({release}) is not one that this software knows how to drive.',
    done: NOTHING,
    next: 'Releases {known} are known. Use one of them, or a version of this software that knows yours.',
  },
  KOLLA_RELEASE_DIFFERS: {
    wrong:
      'The release of kolla-ansible on the deploy host ({release}) is newer than those that this software knows, and its own help shows that it is called otherwise: {lacks}.',
    done: NOTHING,
    next: 'Releases {known} are known. Use one of them, or a version of this software that knows yours.',
  },
  KOLLA_ANSIBLE_VERSION: {
    wrong: 'kolla-ansible does not accept the installed Ansible: {said}',
    done: NOTHING,
    next: 'Install an ansible-core within the window of the release into the virtual environment of kolla-ansible.',
  },
  KOLLA_PASSWORDS_MISSING: {
    wrong: 'kolla-ansible cannot read its passwords file: {said}',
    done: NOTHING,
    next: 'Check that passwords.yml is where the configuration directory says and that the login may read it.',
  },
  KOLLA_VAULT_LOCKED: {
    wrong: 'kolla-ansible cannot decrypt its configuration: {said}',
    done: NOTHING,
    next: 'Name the vault password file in the extra arguments of the config, and check that the login may read it.',
  },
  KOLLA_BECOME_ASKS: {
    wrong: 'Ansible on the deploy host would ask for a password before it becomes root on a node: {said}',
    done: NOTHING,
    next: 'Nobody is there to type it. Let its login become root without one, or put ansible_become_password where the inventory or passwords.yml has it.',
  },
  KOLLA_RELEASE_NO_RECOVERY: {
    wrong:
      'Kolla Ansible {release} cannot recover a cluster from restored data: its recovery expects a file that a restore does not bring (grastate.dat).',
    done: NOTHING,
    next: 'Bring Kolla Ansible on the deploy host to 14.2.0 or later of the same release, then ask again.',
  },
  DATABASE_EXTERNAL: {
    wrong:
      'The databases of {cloud} are not those that Kolla deploys (enable_mariadb, enable_external_mariadb_load_balancer).',
    done: NOTHING,
    next: 'An external database is backed up and restored with its own means; Kolla’s commands do nothing to it.',
  },
  DATADIR_VOLUME_OTHER: {
    wrong:
      'The datadir of this deployment is not in the volume mariadb but in {volume} (mariadb_datadir_volume). Kolla’s backup and recovery look into the volume mariadb all the same.',
    done: NOTHING,
    next: 'A backup would copy other data than is live, and a recovery mark the wrong directory. Back up and restore by hand.',
  },
  KOLLA_INVENTORY_INVALID: {
    wrong: 'kolla-ansible does not accept the inventory or the configuration directory: {said}',
    done: NOTHING,
    next: 'Check the paths of the inventories and of the configuration directory in the config.',
  },
  KOLLA_TASK_FAILED: {
    wrong: 'The task "{task}" of the playbook failed on {host}: {said}',
    done: 'The playbook stopped there; earlier tasks may have changed something.',
    next: 'Read the output of the run in the thread, and correct what the task complains about.',
  },
  NODES_UNREACHABLE: {
    wrong: 'Ansible could not reach {hosts}: {said}',
    done: 'No archive was made.',
    next: 'Bring the host back, or check its address, port and key for Ansible on the deploy host. Releases up to 2024.1 take no backup while any node is unreachable.',
  },
  NODES_DIFFER: {
    wrong: 'The inventory and the config name different nodes (inventory: {inventory}; config: {config}).',
    done: NOTHING,
    next: 'Make the nodes of this cloud in the config those of the group mariadb in the inventory.',
  },
  MACHINE_ID_UNKNOWN: {
    wrong: 'Which machine {node} is could not be learnt through {way}: {said}',
    done: NOTHING,
    next: 'Try "cat /etc/machine-id" on that host, and the ansible beside kolla-ansible on the deploy host with the same inventories.',
  },
  NODE_IS_ANOTHER_MACHINE: {
    wrong:
      'The name {node} means two machines: this software reaches {ssh} there, Ansible on the deploy host {ansible}.',
    done: NOTHING,
    next: 'Compare the address of the node in the config with that in the inventory (ansible_host), and correct the wrong one.',
  },
  VIP_UNKNOWN: {
    wrong: 'The address at which the databases of this cloud are served could not be learnt: {said}',
    done: NOTHING,
    next: 'Check kolla_internal_vip_address and database_port in globals.yml and globals.d on the deploy host.',
  },
  KOLLA_ARGUMENT_SPLITS: {
    wrong:
      'The argument "{argument}" for kolla-ansible holds a space or a wildcard; its command line (releases up to 18) would take it apart.',
    done: NOTHING,
    next: 'Use a path or value without spaces, *, ? and [ in the config.',
  },
  KOLLA_EXTRA_ARGUMENT: {
    wrong: 'The extra argument "{argument}" for kolla-ansible is not allowed.',
    done: NOTHING,
    next: 'Allowed are {allowed}; of variables, -e NAME=VALUE of plain characters and -e @/absolute/file. Secrets belong into passwords.yml; what a run touches and how is decided by the plan, or for every run by globals.yml.',
  },
  KOLLA_ARGUMENT_USELESS: {
    wrong:
      'The command line of kolla-ansible since release 19 does nothing with the extra argument {argument}: it {why}.',
    done: NOTHING,
    next: 'Take it out of the extra arguments in the config. Another passwords file: name its directory as config_directory, or -e @/absolute/file. A vault key: --vault-password-file.',
  },
  INVENTORY_UNREADABLE: {
    wrong: 'The inventory could not be read on the deploy host: {said}.',
    done: NOTHING,
    next: 'Run ansible-inventory --list with the same inventories on the deploy host and look at what it says.',
  },
  INVENTORY_NO_NODES: {
    wrong: 'The inventory has no host in the group mariadb.',
    done: NOTHING,
    next: 'Check that all inventories of the deployment are named in the config. A deployment with an external database cannot be backed up this way.',
  },
  INVENTORY_SHARDS: {
    wrong: 'The deployment has several database shards ({shards}).',
    done: NOTHING,
    next: 'Kolla backs up and restores the default shard only, and this software refuses to guess; back up each shard by hand.',
  },
} as const satisfies Entries;
