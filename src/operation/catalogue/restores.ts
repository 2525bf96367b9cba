import { type Entries, NOTHING } from './entry.ts';

const COPY_LEFT = 'MariaDB was not touched; only the copy beside its datadir was worked on.';
const COPY_ONLY = 'The live databases were not touched; only the copy was started, alone.';
const NOT_SWAPPED = 'This step did not exchange the datadir there.';
const PREPARE_AGAIN = 'Ask for the restore again: a new preparation unpacks the archive anew.';

/** A restore's programs on the hosts. `{detail}` is what the program found. */
export const restores = {
  RESTORE_PROGRAM_FAILED: {
    wrong: 'The program {program} gave no readable answer on {host}; it ended with {ended}: {detail}',
    done: 'It may have done a part of its work; what it does may be done again.',
    next: 'Check that python3 (3.6 or later) works on the host, and its disk and memory; then look at what is there.',
  },
  REPORT_MISSING: {
    wrong: 'The journal holds no report of the program {program} for the step {step}.',
    done: NOTHING,
    next: 'Report this with the journal of the operation; ask for the restore again.',
  },
  PLAN_TOO_LARGE: {
    wrong: 'The plan has {bytes} bytes, more than the {most} of the largest plan that a journal holds.',
    done: 'MariaDB was not touched; what was prepared is removed.',
    next: 'Restore an archive whose chain is shorter, a full at best. If a full’s plan is too large, too, shorten the extra_arguments of this cloud in the config.',
  },
  INVENTORY_NOT_REDUCED: {
    wrong: 'No inventory without the node that is gone could be made on {host}: {detail}.',
    done: 'Nothing else was begun.',
    next: 'Take the node out of the inventory and of the config by hand (a comment is enough) and ask for a restore with all nodes that are left; put it back when the node has rejoined.',
  },
  SURVEY_ENGINE: {
    wrong: 'The container engine on {host} did not answer: {detail}.',
    done: NOTHING,
    next: 'Bring the engine back on that host; a restore needs it.',
  },
  SURVEY_TRANSFER: {
    wrong: 'A state transfer into the datadir on {host} did not end: {detail} is there.',
    done: NOTHING,
    next: 'Let the transfer end. Where none runs any more the file is left over from one that failed, and the data beside it is not whole: remove the file, then ask again.',
  },
  STAGE_ENGINE: {
    wrong: 'The container engine on {host} could not remove what an earlier preparation left: {detail}.',
    done: COPY_LEFT,
    next: 'Bring the engine back on that host, then ask for the restore again.',
  },
  STAGE_NOT_A_DIRECTORY: {
    wrong: 'On {host} there is no directory as the plan has it: {detail}.',
    done: NOTHING,
    next: 'Look at that path on the host: it is missing, a link or a file. Then ask for the restore again.',
  },
  STAGE_FILE_SYSTEMS_DIFFER: {
    wrong: 'On {host} the copy would not share a file system with the datadir: {detail}.',
    done: NOTHING,
    next: 'This version exchanges directories within one file system only. Restore by hand with the runbook, or move the datadir.',
  },
  STAGE_MOUNT_POINT: {
    wrong: 'On {host} a directory cannot be exchanged: {detail}.',
    done: NOTHING,
    next: 'A mount point stays where it is. Restore by hand with the runbook, or put the datadir into a directory of that file system.',
  },
  STAGE_NO_EXCHANGE: {
    wrong: '{host} cannot exchange two directories where the datadir is: {detail}.',
    done: COPY_LEFT,
    next: 'Its kernel or file system has no atomic exchange. Restore by hand with the runbook, or move the datadir to a file system that has one (ext4, xfs, btrfs).',
  },
  STAGE_NO_ROOM: {
    wrong: 'There is not enough room on {host} for the copy beside the datadir: {detail}.',
    done: COPY_LEFT,
    next: 'Make room on the file system of the datadir, then ask for the restore again.',
  },
  STAGE_NOT_EMPTY: {
    wrong: 'The directory for the copy on {host} is not empty ({detail}).',
    done: 'Nothing in it was changed.',
    next: PREPARE_AGAIN,
  },
  UNPACK_FAILED: {
    wrong: 'The archive {path} could not be unpacked on {host}; it ended with {ended}: {detail}',
    done: COPY_LEFT,
    next: 'Look at what the host says: its engine, image, memory or disk may be the reason.',
  },
  PREPARE_FAILED: {
    wrong: 'mariabackup could not prepare the copy on {host}; it ended with {ended}: {detail}',
    done: COPY_LEFT,
    next: 'Restore another archive; if that fails in the same way, compare the version of the archive with the image.',
  },
  APPLY_MISMATCH: {
    wrong: 'The incremental does not continue the copy on {host}: {detail}',
    done: COPY_LEFT,
    next: 'A copy that met the wrong incremental is spoilt. Ask for the restore again; if it ends so again, choose another archive.',
  },
  COPY_STANDS_ELSEWHERE: {
    wrong: 'The prepared copy stands at LSN {found}, not at {planned} where the chosen archive ends.',
    done: COPY_ONLY,
    next: PREPARE_AGAIN,
  },
  TRIAL_NOT_THE_COPY: {
    wrong: 'On {host} the directory of the copy is another one than was staged: {detail}.',
    done: 'Nothing was started.',
    next: PREPARE_AGAIN,
  },
  TRIAL_NO_CREDENTIALS: {
    wrong: 'The configuration of MariaDB on {host} gives no log-in for the trial: {detail}.',
    done: 'The copy was not started.',
    next: 'Render the configuration of MariaDB on that host (kolla-ansible genconfig), then ask again.',
  },
  TRIAL_FAILED: {
    wrong: 'The copy does not start and stop cleanly on {host}: {detail}',
    done: COPY_ONLY,
    next: 'Do not restore this archive; use another one.',
  },
  TRIAL_PREPARED_TRANSACTIONS: {
    wrong: 'The copy on {host} holds {detail} transactions that were prepared but never ended.',
    done: COPY_ONLY,
    next: 'The archive was probably taken without its lock. Use another one, and check which node mariabackup locks.',
  },
  TRIAL_LOGIN: {
    wrong: 'The password of today does not fit the copy on {host}: {detail}.',
    done: COPY_ONLY,
    next: 'The password of root changed since the backup. Put the former one into passwords.yml for the restore, or use a newer archive.',
  },
  TRIAL_TABLE_BROKEN: {
    wrong: 'A table of the copy on {host} does not open: {detail}',
    done: COPY_ONLY,
    next: 'Do not restore this archive; use another one.',
  },
  TRIAL_LEFTOVERS: {
    wrong: 'After its trial the copy on {host} holds files that do not belong there: {detail}.',
    done: COPY_ONLY,
    next: PREPARE_AGAIN,
  },
  COPY_EMPTY: {
    wrong: 'The copy holds no cloud: {detail}.',
    done: COPY_ONLY,
    next: 'The backup was taken of empty databases. Use an older archive.',
  },
  COPY_OF_ANOTHER_CLOUD: {
    wrong: 'Nothing in the copy belongs to this cloud: {detail}.',
    done: COPY_ONLY,
    next: 'Check where the archive comes from. If nodes and addresses all changed since, restore by hand.',
  },
  MANIFEST_NOT_THE_COPY: {
    wrong: 'On {host} the directory of the copy is another one than was staged: {detail}.',
    done: NOTHING,
    next: PREPARE_AGAIN,
  },
  MANIFEST_CHANGING: {
    wrong: 'The copy on {host} changed while it was looked at: {detail}.',
    done: NOTHING,
    next: 'Find out who works in that directory, then ask for the restore again.',
  },
  HOLD_UNITS: {
    wrong: 'The unit manager of {host} did not read its units again: {detail}.',
    done: 'Whether MariaDB is held there is not known.',
    next: 'Look at systemd on that host; holding and letting go may be done again.',
  },
  HOLD_NOT_DOWN: {
    wrong: 'MariaDB on {host} is not down: {detail}.',
    done: 'Its unit is held; this step exchanged no datadir.',
    next: 'Find out what runs there and stop it; or start the cluster again as it was.',
  },
  HOLD_NOT_STARTED: {
    wrong: 'MariaDB on {host} could not be started: {detail}.',
    done: 'It is no longer held.',
    next: 'Start it by hand there and read its log.',
  },
  HOLD_BOOTSTRAPPED: {
    wrong:
      'MariaDB on {host} was started as the first of a new cluster ({detail}): started again, its container would begin another.',
    done: 'It was not started again.',
    next: 'While the others are Synced, stop and remove its container mariadb there (not the volume), and run kolla-ansible deploy --tags mariadb. Alone, it holds the only data that is live: leave it, and take another way on the card.',
  },
  SWAP_UNIT_ACTIVE: {
    wrong: 'The unit of MariaDB on {host} is not inactive: {detail}.',
    done: NOT_SWAPPED,
    next: 'Stop it there; then take “Try this step again” on the card.',
  },
  SWAP_CONTAINER_RUNS: {
    wrong: 'The container of MariaDB on {host} is not seen down: {detail}.',
    done: NOT_SWAPPED,
    next: 'Stop it there, or bring the engine back; then take “Try this step again” on the card.',
  },
  SWAP_SERVER_RUNS: {
    wrong: 'A MariaDB server runs on {host}: {detail}.',
    done: NOT_SWAPPED,
    next: 'Stop it; then take “Try this step again” on the card.',
  },
  SWAP_DIRECTORY_IN_USE: {
    wrong: 'Somebody uses a datadir on {host}: {detail}.',
    done: NOT_SWAPPED,
    next: 'End that process or leave the directory; then take “Try this step again” on the card.',
  },
  SWAP_TRANSFER_IN_PROGRESS: {
    wrong: 'A state transfer into a datadir on {host} did not end: {detail}.',
    done: NOT_SWAPPED,
    next: 'This data is not whole. Choose another node, or let the transfer end first.',
  },
  SWAP_LOCKED: {
    wrong: 'InnoDB holds its lock on {detail} on {host}.',
    done: NOT_SWAPPED,
    next: 'A server runs on this data, perhaps in another container. Stop it; then take “Try this step again” on the card.',
  },
  SWAP_NOT_A_DIRECTORY: {
    wrong: 'A path on {host} is not the directory that the plan names: {detail}.',
    done: NOT_SWAPPED,
    next: 'Look at that path on the host before anything else is done.',
  },
  SWAP_MOUNT_POINT: {
    wrong: 'A directory on {host} has become a mount point: {detail}.',
    done: NOT_SWAPPED,
    next: 'Look at the mounts of that host before anything else is done.',
  },
  SWAP_FILE_SYSTEMS_DIFFER: {
    wrong: 'The datadir and the copy on {host} are on different file systems: {detail}.',
    done: NOT_SWAPPED,
    next: 'Look at the mounts of that host before anything else is done.',
  },
  SWAP_UNSUPPORTED: {
    wrong: '{host} cannot exchange two directories: {detail}.',
    done: NOT_SWAPPED,
    next: 'Its kernel or file system has no atomic exchange. Start the cluster again as it was, and restore by hand.',
  },
  SWAP_THIRD_FINDING: {
    wrong: 'The directories on {host} are neither as before nor as after the exchange: {detail}.',
    done: 'This run of the program exchanged nothing, or saw something else afterwards.',
    next: 'Look at both directories on the host and find by their inodes which is the old data. Remove nothing.',
  },
  SWAP_COPY_CHANGED: {
    wrong: 'The copy on {host} is no longer what was approved: something in {detail} changed.',
    done: NOT_SWAPPED,
    next: 'Start the cluster again as it was. Find out who changed it, then ask for the restore again.',
  },
  SWAP_NOT_EMPTY: {
    wrong: 'The directory that should be empty on {host} is not: {detail}.',
    done: NOT_SWAPPED,
    next: 'Find out what lies there and who put it; once it is empty take “Try this step again” on the card.',
  },
  CLEAR_ENGINE: {
    wrong: 'The container engine on {host} could not remove what a preparation left: {detail}.',
    done: 'The directory of the preparation is still there.',
    next: 'Bring the engine back on that host. If the operation has ended by then, remove that directory by hand.',
  },
  CLEAR_NOT_A_DIRECTORY: {
    wrong: 'What should be removed on {host} is no directory of an operation: {detail}.',
    done: NOTHING,
    next: 'Look at that path on the host.',
  },
  CLEAR_OLD_DATA: {
    wrong: 'What a preparation left on {host} was not removed, for old data may lie there: {detail}.',
    done: NOTHING,
    next: 'Leave it. Old data is removed by an operation of its own, which two persons approve.',
  },
  CLEAR_IN_USE: {
    wrong: 'What a preparation left on {host} is in use: {detail}.',
    done: 'Its containers were removed, its directory was not.',
    next: 'End that use. If the operation has ended by then, remove the directory by hand.',
  },
  DISCARD_NOT_OURS: {
    wrong: 'What should be discarded on {host} is not in the directory of an operation: {detail}.',
    done: NOTHING,
    next: 'Look at that path on the host.',
  },
  DISCARD_LIVE: {
    wrong: 'The live datadir on {host} is missing or is itself the data to discard: {detail}.',
    done: NOTHING,
    next: 'Do not remove it: it may be the only data. Look at both directories on the host.',
  },
  DISCARD_ANOTHER: {
    wrong: 'The directory to discard on {host} is another one than was set aside: {detail}.',
    done: NOTHING,
    next: 'Look at it on the host. Nothing is removed that is not what two persons approved.',
  },
  DISCARD_IN_USE: {
    wrong: 'The directory to discard on {host} is in use: {detail}.',
    done: 'It may have been renamed to end in .discarding; nothing in it was removed.',
    next: 'End that use, then take “Try this step again” on the card.',
  },
} as const satisfies Entries;
