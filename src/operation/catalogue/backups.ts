import type { Entries } from './entry.ts';

/** Backups that were not started, or did not become one. */
export const backups = {
  BACKUP_NO_HOSTS: {
    wrong: 'kolla-ansible ended with code {code} but found no host in the group mariadb, so it did nothing.',
    done: 'No archive was made.',
    next: 'Check that all inventories of the deployment are named in the config and exist: kolla-ansible takes a missing inventory for an empty one.',
  },
  BACKUP_DISABLED: {
    wrong:
      'kolla-ansible ended with code {code} but skipped the backup: mariabackup is not enabled in this deployment.',
    done: 'No archive was made.',
    next: 'Set "enable_mariabackup: yes" in globals.yml, run "kolla-ansible reconfigure -t mariadb", then ask for a full backup.',
  },
  MARIABACKUP_OFF: {
    wrong: 'mariabackup is not enabled in this deployment: kolla-ansible would end well and do nothing.',
    done: 'Nothing was started.',
    next: 'Set "enable_mariabackup: yes" in globals.yml, run "kolla-ansible reconfigure -t mariadb", then ask for a full backup.',
  },
  BACKUP_REPLICA_SCRIPT: {
    wrong:
      'This deployment (Kolla Ansible {release}, mariadb_backup_target) takes its backups with the lock of another node than the one whose files it copies.',
    done: 'Nothing was started: mariabackup says “completed OK!” of such an archive, and it may not be restorable.',
    next: 'Put "mariadb_backup_target: active" into globals.yml, and "[client]" and "host = {{ api_interface_address }}" into /etc/kolla/config/backup.my.cnf, and run "kolla-ansible reconfigure -t mariadb"; or upgrade to 20.6.0, 21.3.0, 22.2.0 or later.',
  },
  BACKUP_SKIPPED: {
    wrong: 'kolla-ansible ended with code {code} but no host took the backup; skipped by: {hosts}.',
    done: 'No archive was made.',
    next: 'Take --limit, --check and tags out of the extra arguments, and check that mariadb_backup_host names a host of the group mariadb.',
  },
  BACKUP_SEVERAL_HOSTS: {
    wrong: 'More than one host took a backup: {hosts}. The deployment has several database shards.',
    done: 'An archive was made on each of them; none is recorded as good.',
    next: 'Only the default shard can be backed up and restored. See mariadb_shard_id in the inventory.',
  },
  BACKUP_UNCLEAR: {
    wrong: 'kolla-ansible ended ({ended}) before it said what became of the backup.',
    done: 'A backup does not end with kolla-ansible: what had begun on the nodes is waited for before this operation ends.',
    next: 'Find out what ended kolla-ansible on the deploy host, then take a new backup. What this one left counts for nothing.',
  },
  BACKUP_MARIADB_DOWN: {
    wrong: 'The backup failed on {host}: MariaDB did not answer ({said}).',
    done: 'No usable archive was made; an empty file may be left in the volume.',
    next: 'Check MariaDB on every node, and the address in /etc/kolla/mariabackup/my.cnf; when it answers, ask again.',
  },
  BACKUP_LOGIN_REFUSED: {
    wrong: 'The backup failed on {host}: MariaDB refused the login of the backup user ({said}).',
    done: 'No usable archive was made; an empty file may be left in the volume.',
    next: 'Run "kolla-ansible reconfigure -t mariadb": it sets the password and the rights of the user anew. After a restore the passwords are those of the time of the backup.',
  },
  BACKUP_GRANT_MISSING: {
    wrong: 'The backup failed on {host}: the backup user lacks a right on the history table ({said}).',
    done: 'No archive is recorded as good; a file of a failed run may be left in the volume.',
    next: 'Upgrade kolla-ansible to 18.8.0, 19.6.0, 20.2.0 or later and run "kolla-ansible reconfigure -t mariadb"; on older releases grant ALTER and INSERT on mysql.mariadb_backup_history to the backup user by hand.',
  },
  BACKUP_NO_FULL: {
    wrong: 'The incremental backup failed on {host}: there is no full backup that it could build on ({said}).',
    done: 'No archive was made.',
    next: 'Take a full backup first.',
  },
  BACKUP_HISTORY_GONE: {
    wrong:
      'The incremental backup failed on {host}: MariaDB does not know the full backup that it should build on ({said}).',
    done: 'No usable archive was made; a partial file may be left in the volume.',
    next: 'Take a full backup. After every restore, and when the service has moved to another node, a full comes first.',
  },
  INCREMENTAL_NO_FULL: {
    wrong: 'There is no full backup of {cloud} on which an incremental could build: {why}.',
    done: 'Nothing was started.',
    next: 'Take a full backup first; the incrementals after it then build on it.',
  },
  INCREMENTAL_AFTER_RESTORE: {
    wrong: 'The databases of {cloud} were replaced by {restore} after the newest full backup ({full}).',
    done: 'Nothing was started: an incremental now would mix two histories, and every command would say that all went well.',
    next: 'Take a full backup of what is live now; the incrementals after it then build on it.',
  },
  INCREMENTAL_OTHER_DATADIR: {
    wrong:
      'The datadir of {host} is not the one any more that {full} was taken of: a state transfer or a restore by hand has replaced it.',
    done: 'No incremental counts: positions in the log of one datadir say nothing about another.',
    next: 'Take a full backup; the incrementals after it then build on it.',
  },
  INCREMENTAL_DATADIR_UNKNOWN: {
    wrong:
      'Whether the datadir of {host} is still the one that {full} was taken of cannot be told: the time of birth of its ibdata1 is not known.',
    done: 'No incremental counts: positions in the log of one datadir say nothing about another.',
    next: 'Take a full backup; the incrementals after it build on it if that time is known then. It takes glibc 2.28 or later, and a file system that keeps it, such as ext4 or XFS; where either is missing take full backups only.',
  },
  INCREMENTAL_OFF_CHAIN: {
    wrong:
      'The incremental {file} on {host} begins at LSN {lsn}, where none of the proven archives of its datadir ends.',
    done: 'It is left where it is and does not count as a restore point.',
    next: 'Take a full backup. Somebody else may take backups beside this software, whose archives it has not proved.',
  },
  INCREMENTAL_LINK_GONE: {
    wrong:
      'The incremental {file} on {host} can only be restored with the archive of {gone}, which is not in the volume any more as it was proved.',
    done: 'It is left where it is and does not count as a restore point.',
    next: 'Take a full backup. Remove archives of a chain together, never its earlier ones alone; with the replica script of older releases an incremental overwrites the one before it in the same hour.',
  },
  BACKUP_NO_SPACE: {
    wrong: 'The backup failed on {host}: its disk is full ({said}).',
    done: 'No usable archive was made; a partial file with a normal name is left in the volume.',
    next: 'Free space on the file system of the volume mariadb_backup (the partial file first), then ask again.',
  },
  BACKUP_NODE_NOT_READY: {
    wrong: 'The backup failed on {host}: the node is not part of a Primary component ({said}).',
    done: 'No usable archive was made; an empty file may be left in the volume.',
    next: 'Look at the state of the cluster; when all nodes are Synced, ask again.',
  },
  BACKUP_PROXY_VERSION: {
    wrong: 'The backup failed on {host}: it reached ProxySQL instead of MariaDB ({said}).',
    done: 'No usable archive was made; an empty file may be left in the volume.',
    next: 'Let the backup connect to its own node: "host={{ api_interface_address }}" under [client] in /etc/kolla/config/backup.my.cnf, then "kolla-ansible reconfigure -t mariadb".',
  },
  BACKUP_REDO_OVERRUN: {
    wrong:
      'The backup failed on {host}: the redo log was overwritten faster than it was copied, or belongs to another node ({said}).',
    done: 'No usable archive was made; a partial file with a normal name is left in the volume.',
    next: 'Check that /etc/kolla/mariabackup/my.cnf names the node itself, not the VIP; then ask again at a quieter time, or enlarge innodb_log_file_size.',
  },
  BACKUP_CONTAINER_REMOVED: {
    wrong: 'The backup failed on {host}: its container was killed or removed while it ran ({said}).',
    done: 'No usable archive was made; a partial file with a normal name is left in the volume.',
    next: 'Look for another backup, started by hand or by a timer (two at once end each other), and in the kernel log of the host for lack of memory; then ask again.',
  },
  BACKUP_IMAGE_MISSING: {
    wrong: 'The backup failed on {host}: the container image could not be had ({said}).',
    done: 'No archive was made.',
    next: 'Check the registry, or pull the image with "kolla-ansible pull -t mariadb".',
  },
  BACKUP_FAILED: {
    wrong: 'The backup failed on {host}: {said}',
    done: 'No usable archive was made; a partial file with a normal name may be left in the volume.',
    next: 'Read the output of the run in the thread. When the cause is gone, ask again.',
  },
  GALERA_UNKNOWN: {
    wrong: 'The Galera state of {host} could not be read ({reason}).',
    done: 'No backup was started.',
    next: 'Look at the mariadb container there: it must run and answer SQL. If the cluster is down, run mariadb_recovery first.',
  },
  BACKUP_HOST_NOT_SYNCED: {
    wrong: '{host}, whose volume takes the archive, is not a full member of the cluster: {state}.',
    done: 'An archive taken now would not be a restore point, so none counts as one.',
    next: 'Bring the node back into the cluster (or recover the cluster), then ask for a backup again.',
  },
  BACKUP_LOCK_ON_OTHER_NODE: {
    wrong:
      'On {host}, {config} sends mariabackup to {address}, where {answered} answers: the files of {host} would be copied under a lock that another node holds.',
    done: 'No archive taken like that counts as a restore point, whatever mariabackup says of it.',
    next: 'Put "[client]" and "host = {{ api_interface_address }}" into /etc/kolla/config/backup.my.cnf and run "kolla-ansible reconfigure -t mariadb"; or take the backup on the node that answers (mariadb_backup_host in globals.yml, and backup_host in the config).',
  },
  SOMEBODY_ELSE_WORKS: {
    wrong: 'Somebody else is at work on {host}: {what}.',
    done: 'Nothing was started: two backups at once spoil one of them.',
    next: 'Wait until that has ended, then ask again.',
  },
  BACKUP_ON_ANOTHER_HOST: {
    wrong:
      'The backup was taken on {host}; it was expected on {expected}, and only that node was seen Primary and Synced before.',
    done: 'The archive is left where it is and does not count as proven.',
    next: 'Set backup_host of this cloud in the config to the host that mariadb_backup_host names, then take another backup.',
  },
} as const satisfies Entries;
