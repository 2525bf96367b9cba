import type { Entries } from './entry.ts';

const LOOK_AGAIN =
  'Where all become Primary and Synced after all, take “Look again how the recovery ended” on the card.';

/** MariaDB that was not stopped, and clusters that were not started again. */
export const stopAndRecovery = {
  STOP_DID_NOTHING: {
    wrong: 'kolla-ansible ended ({ended}) but stopped nothing on: {hosts}.',
    done: 'MariaDB was left as it was there.',
    next: 'Check that all inventories of the deployment are named in the config and exist, and that neither skip_stop_containers nor check mode is set on the deploy host.',
  },
  STOP_UNREACHABLE: {
    wrong: 'Ansible could not reach {hosts} while it was to stop MariaDB: {said}',
    done: 'MariaDB may run on there, and may have been stopped on the other nodes.',
    next: 'Look at MariaDB on every node. Bring the host back, or check its address, port and key for Ansible on the deploy host.',
  },
  STOP_FAILED: {
    wrong: 'Stopping MariaDB failed on {host} in the task "{task}": {said}',
    done: 'MariaDB may run on there, and may have been stopped on the other nodes.',
    next: 'Look at MariaDB on every node, and correct what the task complains about.',
  },
  STOP_UNCLEAR: {
    wrong: 'kolla-ansible ended ({ended}) before it said what became of the stop.',
    done: 'MariaDB may have been stopped on some nodes, and may still be stopping.',
    next: 'Look at MariaDB on every node, and find out what ended kolla-ansible on the deploy host.',
  },
  RECOVERY_DID_NOTHING: {
    wrong: 'kolla-ansible ended ({ended}) but started no cluster on {host}.',
    done: 'No new cluster was bootstrapped.',
    next: 'Check that {host} is in the group mariadb under exactly this name, and that all inventories are named in the config and exist.',
  },
  RECOVERY_UNREACHABLE: {
    wrong: 'Ansible could not reach {hosts} during the recovery: {said}',
    done: 'The recovery stopped there; some nodes may run.',
    next: `Look at MariaDB on every node before anything else. Bring the host back. ${LOOK_AGAIN} Before a second recovery MariaDB is stopped everywhere.`,
  },
  RECOVERY_FAILED: {
    wrong: 'The recovery failed on {host} in the task "{task}": {said}',
    done: 'The recovery stopped there; some nodes may run.',
    next: `Look at MariaDB on every node before anything else. ${LOOK_AGAIN} When the cause is gone, a second recovery needs MariaDB stopped everywhere, and the node that is most advanced by then.`,
  },
  RECOVERY_UNCLEAR: {
    wrong: 'kolla-ansible ended ({ended}) before it said what became of the recovery.',
    done: 'Nodes may have been started, and may still be starting.',
    next: `Look at MariaDB on every node, and find out what ended kolla-ansible on the deploy host. ${LOOK_AGAIN}`,
  },
  RECOVERY_OTHER_HOST: {
    wrong: 'The recovery started the cluster from {hosts} instead of {host}.',
    done: 'The other nodes take the data of that host.',
    next: 'Stop MariaDB on every node at once. Find out which variables name the host of a recovery on the deploy host (mariadb_recover_inventory_name).',
  },
  RECOVERY_LEFT_OUT: {
    wrong: 'The recovery ended without a word about: {hosts}.',
    done: 'The cluster was started without them.',
    next: `Look at MariaDB on these nodes, and check that the inventory and the extra arguments leave no node out. ${LOOK_AGAIN}`,
  },
} as const satisfies Entries;
