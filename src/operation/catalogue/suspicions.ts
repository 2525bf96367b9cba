import { type Entries, NOTHING } from './entry.ts';

/** What is only suspicious: it stops nothing, and whoever approves should know of it. */
export const suspicions = {
  DEPLOYMENT_UNREAD: {
    wrong: 'How the deployment is set could not be learnt on the deploy host: {said}',
    done: NOTHING,
    next: 'Whether mariabackup is enabled, and which image Kolla would run, was not checked.',
  },
  DEPLOYMENT_OTHER_IMAGE: {
    wrong: 'The nodes run the image {running}; the deployment on the deploy host is set to {configured}.',
    done: NOTHING,
    next: 'The plan keeps the image that runs, but a recovery writes the configuration of that deployment.',
  },
  OLD_IMAGE_USED: {
    wrong: 'The archive is of MariaDB {archive}; the nodes run {running}.',
    done: NOTHING,
    next: 'The cluster comes back with the image of back then, {image}: with the MariaDB that took the archive, not with the one that runs now.',
  },
  UNIT_NOT_LOADED: {
    wrong: 'The unit {unit} is not there on {hosts}.',
    done: NOTHING,
    next: 'A recovery that did not end takes it away; else the config names another than the nodes have. There MariaDB is held down by its container alone.',
  },
  NODES_NOT_MEMBERS: {
    wrong: 'Not in the cluster that serves now: {hosts}.',
    done: NOTHING,
    next: 'They join the restored one like the others, if they can be started.',
  },
  CHAIN_ORIGIN_UNSEEN: {
    wrong: 'Of the {links} archives that {path} needs, {unseen} are in no journal that was looked at.',
    done: NOTHING,
    next: 'Of what node and datadir those are is not known, and a restore between them shows only by the times that they tell. Make sure that nobody replaced the databases between them by hand.',
  },
  ARCHIVE_LOCKED_ELSEWHERE: {
    wrong: 'The archive {path} was taken by the script that sets its lock on another node.',
    done: NOTHING,
    next: 'That it prepares, starts and logs in does not prove that its tables fit together. Prefer another archive.',
  },
  ARCHIVE_LOCK_UNSEEN: {
    wrong: 'When the archive {path} was taken, nobody could see on which node it had its lock.',
    done: NOTHING,
    next: 'That it prepares, starts and logs in does not prove that its tables fit together.',
  },
  ARCHIVE_TABLES_DIFFER: {
    wrong: 'The copy does not hold what the databases held when the backup was taken: {differing}.',
    done: NOTHING,
    next: 'Tables may have been made or dropped while it ran, by an upgrade. Otherwise look at the archive before you approve.',
  },
} as const satisfies Entries;
