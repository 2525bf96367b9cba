import { type Entries, NOTHING } from './entry.ts';

/** Archives and the volumes that they lie in. */
export const archives = {
  ARCHIVE_MISSING: {
    wrong: 'The archive {path} is not on {host} ({detail}).',
    done: NOTHING,
    next: 'Look at the list of archives: it may have been removed, renamed, or be on another node.',
  },
  ARCHIVE_UNREADABLE: {
    wrong: '{path} on {host} cannot be read as a file: {detail}.',
    done: NOTHING,
    next: 'Check the disk and the rights on the host. Links and special files are refused on purpose.',
  },
  ARCHIVE_EMPTY: {
    wrong: 'The archive {path} on {host} holds nothing: {detail}.',
    done: NOTHING,
    next: 'A backup failed before its first byte, usually because MariaDB was down. Use another archive, and take a full backup.',
  },
  ARCHIVE_CUT: {
    wrong: 'The archive {path} on {host} is cut off: {detail}.',
    done: NOTHING,
    next: 'Its backup was ended, or the disk filled up, while it was written, or it was copied in part. Use another archive, and take a full backup.',
  },
  ARCHIVE_DAMAGED: {
    wrong: 'The archive {path} on {host} is damaged: {detail}.',
    done: NOTHING,
    next: 'Use another archive or another copy of this one; take a full backup, and have the disk of the host checked.',
  },
  ARCHIVE_UNFINISHED: {
    wrong: 'The archive {path} on {host} is unfinished: {detail}.',
    done: NOTHING,
    next: 'mariabackup died while it wrote; the file looks good but cannot be restored. Use another archive, and take a full backup.',
  },
  ARCHIVE_UNSUPPORTED: {
    wrong: 'The archive {path} on {host} holds something that is not understood: {detail}.',
    done: NOTHING,
    next: 'It may come from a newer MariaDB than this software knows. Do not restore it with this software before it does.',
  },
  ARCHIVE_CHANGED: {
    wrong: 'The archive {path} on {host} is not what it was: {detail}.',
    done: NOTHING,
    next: 'A backup is still being written, or somebody has replaced the file. Wait until that has ended, then ask again; what has replaced a proven archive is restored under a name of its own.',
  },
  ARCHIVE_OTHER_HISTORY: {
    wrong: 'The incremental {path} on {host} ends before it begins: its base is of another history ({detail}).',
    done: NOTHING,
    next: 'The databases were restored, or came by a state transfer, after its base was taken: the two do not belong together. Use another archive, and take a full backup.',
  },
  PROOF_TOO_LONG: {
    wrong: 'Reading the archive {file} on {host} took longer than {minutes} minutes.',
    done: 'The archive is in its volume; that it is complete was not seen.',
    next: 'Raise limits.proof_minutes in the config, then ask again.',
  },
  TOO_MANY_ARCHIVES: {
    wrong: 'The volume {volume} on {host} holds {count} files, more than can be listed.',
    done: NOTHING,
    next: 'Move old archives out of the volume, whole chains together, then ask again.',
  },
  NO_ROOM_FOR_ARCHIVE: {
    wrong: '{directory} on {host} has {free} free; another archive may need {needed}.',
    done: 'No backup was started: a full disk spoils the archive and can stop MariaDB.',
    next: 'Make room there or move old archives elsewhere, then ask again.',
  },
  NO_ROOM_TO_UNPACK: {
    wrong:
      'An incremental unpacks its full first, inside the container: the file system of the container engine on {host} has {free} free and may need {needed}.',
    done: 'No backup was started: a full disk spoils the archive and can stop MariaDB.',
    next: 'Make room there, or take a full backup, which unpacks nothing.',
  },
  NO_BACKUP_VOLUME: {
    wrong: '{host} has no backup volume.',
    done: 'kolla-ansible reported a backup that is not there.',
    next: 'Look on the host at what kolla-ansible did; its log is in this thread.',
  },
  NO_NEW_ARCHIVE: {
    wrong: 'There is no new archive in {directory} on {host}.',
    done: 'kolla-ansible reported a backup that is not there.',
    next: 'Look on the host at what kolla-ansible did; its log is in this thread.',
  },
  SEVERAL_NEW_ARCHIVES: {
    wrong: 'There is more than one new archive on {host}: {files}.',
    done: 'Somebody else took a backup at the same time; none of them counts as proven.',
    next: 'Find out who takes backups beside this bot, then take another one.',
  },
  ARCHIVE_INCOMPLETE: {
    wrong: 'The archive {file} on {host} is not complete.',
    done: 'It is left where it is and must not be restored.',
    next: 'Look at the space and the load of the host, then take another backup.',
  },
  ARCHIVE_NOT_FULL: {
    wrong: 'The archive {file} on {host} is not a full backup but {type}.',
    done: 'It is left where it is.',
    next: 'To restore, choose a full archive; after a backup, take another full one.',
  },
  ARCHIVE_NOT_INCREMENTAL: {
    wrong: 'The archive {file} on {host} is not an incremental backup but {type}.',
    done: 'It is left where it is.',
    next: 'Take a full backup.',
  },
  ARCHIVE_OTHER_LSNS: {
    wrong: 'The archive {file} on {host} reaches from LSN {found}, not from {planned} as its chain needs it.',
    done: NOTHING,
    next: 'Another file has taken its name. Look at who writes into the volume, then ask for the restore again.',
  },
  CHAIN_GAP: {
    wrong: 'The incremental {path} on {host} has no chain: the archive that ends at LSN {lsn} lies {where}.',
    done: NOTHING,
    next: 'Restore an archive whose chain lies whole on one node. Where this one was moved there from the node that still has the missing archive, copy that after it and ask again; archives that were taken on two nodes are never one chain, whatever their LSNs say.',
  },
  CHAIN_RESTORE_INSIDE: {
    wrong:
      'Between the full and the incremental {path} on {host} the databases were restored ({at}): together they hold parts of two histories.',
    done: 'Nothing was changed. Such a chain can be prepared and started without one error, and is wrong all the same.',
    next: 'Restore a full, or an incremental whose chain lies on one side of that restore.',
  },
  CHAIN_OTHER_SERIES: {
    wrong:
      'The incremental {path} on {host} begins where {before} ends, and that is of MariaDB {series}, before an upgrade.',
    done: 'Nothing was changed. Archives of two series of MariaDB cannot be prepared together.',
    next: 'Restore a full, or an incremental that was taken after a full of its own series.',
  },
  CHAIN_TOO_LONG: {
    wrong: 'The incremental {path} needs {links} archives, more than are restored as one chain.',
    done: NOTHING,
    next: 'Restore an older archive of that chain or a full, and take fulls more often.',
  },
  NO_DATADIR_VOLUME: {
    wrong: '{host} has no volume {volume}.',
    done: NOTHING,
    next: 'Check that MariaDB is deployed there with its datadir in that volume.',
  },
  BACKUP_OTHER_DATADIR: {
    wrong:
      'MariaDB on {host} has its datadir in {datadir}, and Kolla’s backup copies the volume {volume}, whatever is in there.',
    done: NOTHING,
    next: 'With mariadb_datadir_volume set to anything but that volume Kolla’s backup can’t be used: move the datadir into the volume, or take backups by other means.',
  },
  VOLUME_DIRECTORY_MISSING: {
    wrong: 'The directory {directory} of the backup volume is not on {host} ({detail}).',
    done: NOTHING,
    next: 'Look at the volume with the container engine on that host; its storage may not be mounted.',
  },
  VOLUME_DIRECTORY_UNREADABLE: {
    wrong: 'The directory {directory} of the backup volume cannot be read on {host}: {detail}.',
    done: NOTHING,
    next: 'Check the rights of the login (root, or sudo) and the disk of that host.',
  },
} as const satisfies Entries;
