import { type Entries, NOTHING } from './entry.ts';

const NOTHING_ERASED =
  'The recovery has ended. Nothing was erased: of the old data and the restored, one is live and the other kept.';
const OLD_DATA_SAFE = 'The old datadirs are kept, or were not touched yet; nothing was erased.';

/** What is found before, in and after the steps of an approved restore. */
export const executions = {
  NODE_CHANGED: {
    wrong: '{host} is not as the plan has it: {detail}.',
    done: 'Nothing was stopped; the plan is void.',
    next: 'Find out who changed the node, then ask for the restore again.',
  },
  HOST_REMEMBERS_MORE: {
    wrong: '{host} remembers an operation otherwise than the journals do: {operation}, {found}.',
    done: 'Nothing was started or removed because of it, and nothing will be while that is so.',
    next: 'Redis was perhaps set back to an old copy. Look whether MariaDB runs, and run an audit of that operation. It is looked at again every ten minutes. Two requesters who have looked can release that operation; from then on it counts as known.',
  },
  COPY_CHANGED: {
    wrong: 'The prepared copy {data} on {host} is not the one that was tried and approved.',
    done: 'Nothing was stopped; the plan is void.',
    next: 'Find out who wrote into it, then ask for the restore again.',
  },
  COPY_SCHEMAS_OLDER: {
    wrong: 'These schemas in the archive are at another revision than the live ones, or are missing: {schemas}.',
    done: 'The live databases were not touched; the copy is removed.',
    next: 'The archive is from before an upgrade, or after one that was taken back. If that is meant, ask again and tick “older schemas are meant”.',
  },
  SERVICE_CAME_BACK: {
    wrong: 'The cluster was without service when this plan was made, and {host} is Primary and Synced now.',
    done: 'Nothing was stopped; the plan is void.',
    next: 'Look at what came back; if a restore is still wanted, ask for it again.',
  },
  NODE_IS_UP: {
    wrong: 'MariaDB on {host} is not down ({why}), so the cluster cannot be recovered.',
    done: OLD_DATA_SAFE,
    next: 'Find out who started it. A way back is offered on the card.',
  },
  RESTORE_NODE_SILENT: {
    wrong: 'A restore works on every node, and one does not answer: {said}',
    done: NOTHING,
    next: 'Bring {host} back, then ask again. If it is off and will stay so, power it off for good and choose it in the form as “A node that is gone”: the restore then goes on without it.',
  },
  GONE_UNKNOWN: {
    wrong: 'The nodes of this cloud are not all that is to be gone: {nodes}.',
    done: NOTHING,
    next: 'Ask again, and choose from the nodes as the inventory names them.',
  },
  GONE_TOO_MANY: {
    wrong: 'Without {nodes} only {left} of the nodes would be left: half of them or more are gone.',
    done: NOTHING,
    next: 'Those could come back as a cluster of their own, with the old data. Bring one back, with an empty datadir if need be, or restore by hand as Kolla’s documentation has it for a single node.',
  },
  GONE_HAS_ARCHIVE: {
    wrong: 'The archive {path} lies on {node}, which is to be gone.',
    done: NOTHING,
    next: 'Choose an archive that lies on another node, or copy this one into the backup volume of another node and name it in the form.',
  },
  GONE_NODE_ANSWERS: {
    wrong: '{host} is declared to be off, but that cannot be seen: {why}.',
    done: 'Nothing more was begun. A node that runs with the old data while the others are restored would be a second cluster.',
    next: 'Power {host} off, or cut it from the network, and keep it off until the restore is done; or ask for a restore with all nodes.',
  },
  HOST_DECLARED_GONE: {
    wrong: 'Two persons have declared {host} gone: what became of this step there is not known.',
    done: OLD_DATA_SAFE,
    next: 'Take a way back without {host} where the card offers one; it must stay off meanwhile. Where none was approved, bring {host} back, or release the operation and go on by hand. If it had begun to hold MariaDB down, it still does when it comes back: remove the drop-in 90-kolla-backup-hold.conf of its unit there before it may rejoin.',
  },
  NODE_IS_BEHIND: {
    wrong:
      'The old data on {host} is behind that on {ahead}: recovered from {host}, what was written last would be lost.',
    done: OLD_DATA_SAFE,
    next: 'Take the way back from {ahead} instead.',
  },
  RECOVERED_NODE_IS_BEHIND: {
    wrong:
      'After the recovery that did not work {ahead} has data that {host} lacks: recovered from {host} once more, it would be lost.',
    done: 'MariaDB is held down on every node. Nothing was erased.',
    next: 'Decide which data is to live. A way back on the card leads to the old data. To go on with what {ahead} has, release the operation, let MariaDB go on every node as its end says, and run the recovery from {ahead} by hand.',
  },
  NODE_SERVES_ALONE: {
    wrong: '{host} is Primary, and no other node serves: its restart would leave the cloud without MariaDB.',
    done: 'It was not restarted.',
    next: 'Restart the nodes that were left out, one after the other; this one needs none while it serves.',
  },
  DISCARD_NEEDS_FULL: {
    wrong: 'No full backup was taken and proven since that restore ended, or none of them still lies in its volume.',
    done: NOTHING,
    next: 'Take a full backup first (/kolla-backup full): until then the old datadir may be the only other copy.',
  },
  SERVICE_NOT_BACK: {
    wrong: 'After the recovery {host} is not a full member of its cluster: {state}.',
    done: NOTHING_ERASED,
    next: 'Look at the log of MariaDB on {host}, then take “Try this step again” on the card; a way back stands there too.',
  },
  SERVICE_ADDRESS_SILENT: {
    wrong: '{host} is Primary and Synced, but nobody answers SQL at the address of the service, {address}.',
    done: NOTHING_ERASED,
    next: 'Look at HAProxy or ProxySQL and the VIP (clustercheck answers on port 4569), then take “Try this step again” on the card.',
  },
  CLUSTER_NOT_WHOLE: {
    wrong: 'The cluster is not whole: {why}.',
    done: 'No data was touched by looking; nodes that are Primary and Synced serve.',
    next: 'A node that was left out comes back with one restart: by the card where it offers that, else on its host. Then take “Try this step again”.',
  },
  DATABASES_DIFFER: {
    wrong: 'The databases on {host} are not those of the trial start: {differing}.',
    done: 'The restored data is in place; the old datadirs are kept.',
    next: 'Look at them before services go on. A way back is offered on the card.',
  },
  ARCHIVE_NOWHERE: {
    wrong: 'No node of {cloud} holds an archive {path}.',
    done: NOTHING,
    next: 'Look at the list of archives, and at the backup volumes of the nodes.',
  },
  ARCHIVE_ON_SEVERAL: {
    wrong: 'More than one node holds an archive {path}: {hosts}.',
    done: NOTHING,
    next: 'Choose it from the list, or move the copies that are not meant out of the volumes.',
  },
  DATADIR_MISSING: {
    wrong: '{host} has no datadir that could be exchanged.',
    done: NOTHING,
    next: 'MariaDB was perhaps never deployed there, or its volume was removed. Deploy it first, or restore by hand with the runbook.',
  },
  DATADIR_UNCERTAIN: {
    wrong:
      '{host} has no MariaDB container that tells where its datadir is, and on {other} it is {datadir} instead of the usual volume.',
    done: NOTHING,
    next: 'Have the container made there again (it may stay stopped), so that the datadir is known, then ask again.',
  },
  DATADIR_NOT_EXCHANGEABLE: {
    wrong: 'The datadir on {host} cannot be exchanged for a copy: {detail}.',
    done: NOTHING,
    next: 'This version exchanges directories within one file system only. Restore by hand with the runbook, or move the datadir.',
  },
  IMAGE_UNKNOWN: {
    wrong: 'No node of {cloud} has a MariaDB container that tells its image.',
    done: NOTHING,
    next: 'Deploy MariaDB on one node with the release that the backup is of, then ask again.',
  },
  IMAGES_DIFFER: {
    wrong: 'The nodes of {cloud} run different MariaDB images: {images}.',
    done: NOTHING,
    next: 'Finish the upgrade, or put the nodes on one image; recovery moves all of them to one.',
  },
  FORCE_RECOVERY_SET: {
    wrong: 'The configuration on {host} sets innodb_force_recovery={value}.',
    done: NOTHING,
    next: 'Take it out of the deployment’s configuration: recovery would roll it out, and a server so started must not be written to.',
  },
  IMAGE_NAME_MOVED: {
    wrong: 'On {host} the name {image} stands for another image than the one that MariaDB’s container was made from.',
    done: NOTHING,
    next: 'A recovery makes the container anew by that name, with a MariaDB that nobody has tried on this data. Finish the upgrade first (kolla-ansible deploy or upgrade), or give the name back: docker tag, with the image that docker inspect mariadb shows.',
  },
  IMAGE_NOT_THERE: {
    wrong: '{host} does not have the image {image}, which MariaDB’s containers run.',
    done: NOTHING,
    next: 'Bring it there (docker pull, or save and load from another node), then ask again: in the middle of a recovery it would be missed.',
  },
  ARCHIVE_OTHER_SERIES: {
    wrong: 'The archive {path} on {host} was taken by MariaDB {archive}; the image of the cluster holds {image}.',
    done: NOTHING,
    next: 'Only the same major version can prepare it. Bring its image (mariadb-server of the release back then) to every node under one name and ask again: the plan then uses it and says so. Or restore a newer archive.',
  },
  FORCE_RECOVERY_ROLLS_OUT: {
    wrong:
      'On the deploy host {file} sets innodb_force_recovery={value}, which a recovery would roll out to the nodes.',
    done: NOTHING,
    next: 'Take it out of that file, then ask again: a server so started must not be written to.',
  },
  SERVER_NOT_OURS: {
    wrong: 'On {host} a MariaDB server runs outside of the container of MariaDB (process {pids}).',
    done: NOTHING,
    next: 'It would be in the way once the cluster is stopped: a datadir is only touched where no server runs. Find out whose it is and end it, then ask again.',
  },
  NODES_ARE_ONE: {
    wrong:
      '{host} and {other} lead to one machine, which calls itself {hostname}: its datadir is the same under both names.',
    done: NOTHING,
    next: 'Correct the address of one of them in the config, or take the name that is an alias out of the inventory’s group mariadb and out of the config.',
  },
  UNIT_NOT_IN_CONFIG: {
    wrong: 'The config says that no unit keeps MariaDB, but {host} has {unit}, which would start it again.',
    done: NOTHING,
    next: 'Take "unit: null" out of the config of this cloud (Kolla has units since release 16), then ask again.',
  },
  CLUSTER_HAS_OTHERS: {
    wrong: 'The cluster has {size} members, inventory and config name {count} nodes.',
    done: NOTHING,
    next: 'Find the others (wsrep_incoming_addresses tells them): what is not stopped with the rest would go on with the old data. Add them to inventory and config, or take them out of the cluster.',
  },
  RESTORE_NO_ROOM: {
    wrong: 'There is not enough room for a restore: {detail}.',
    done: NOTHING,
    next: 'The copy and what is live lie beside each other until people discard the old data. Make room on these file systems, then ask again.',
  },
  CLUSTER_SPLIT: {
    wrong: 'The nodes are in more than one cluster: {detail}.',
    done: NOTHING,
    next: 'Find out which of them serves, and bring the others back into it first.',
  },
} as const satisfies Entries;
