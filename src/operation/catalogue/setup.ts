import type { Entries } from './entry.ts';

/** What is wrong before anything begins: arguments, environment, config file. */
export const setup = {
  USAGE: {
    wrong: 'The arguments are not as they must be.',
    done: 'Nothing was done.',
    next: 'Use it as: {usage}',
  },
  FILE_UNREADABLE: {
    wrong: 'The file {file} cannot be read ({reason}).',
    done: 'Nothing was done.',
    next: 'Name a file that is there.',
  },
  ENVIRONMENT_INVALID: {
    wrong: 'The environment variable {variable} {reason}.',
    done: 'Nothing was started.',
    next: 'Change the environment, then start again.',
  },
  CONFIG_MISSING: {
    wrong: 'The config file {file} cannot be read: {reason}.',
    done: 'Nothing was started.',
    next: 'Name the right one in KOLLA_BACKUP_CONFIG, or write it with: kolla-backup init {file}',
  },
  CONFIG_WRITABLE: {
    wrong: 'Everybody on this machine may write to the config file {file}, which says who may approve a restore.',
    done: 'Nothing was started.',
    next: 'Take that right away: chmod o-w {file}',
  },
  CONFIG_INVALID: {
    wrong: '{mistakes}',
    done: 'Nothing was started.',
    next: 'Correct the file, then start again; docs/config.md describes every setting.',
  },
  INIT_EXISTS: {
    wrong: 'The config file {file} is there already.',
    done: 'Nothing was written.',
    next: 'Name another file, as in: kolla-backup init other.yml',
  },
  INIT_UNWRITABLE: {
    wrong: 'The config file {file} cannot be written: {reason}.',
    done: 'Nothing was written.',
    next: 'Name another file, or run it as a user who may write there.',
  },
  INIT_ANSWER_NEEDED: {
    wrong: 'Not known, and without a terminal nobody can be asked: {what}.',
    done: 'Nothing was written.',
    next: 'Give it as {option}.',
  },
  INIT_ANSWER_WRONG: {
    wrong: '{option} cannot be used: {reason}.',
    done: 'Nothing was written.',
    next: 'Correct it; every option is shown by: kolla-backup init --help',
  },
  INIT_LEFT: {
    wrong: 'The questions were left.',
    done: 'Nothing was written. Host keys that were confirmed stay in the known_hosts file.',
    next: 'Begin again with: kolla-backup init {file}',
  },
} as const satisfies Entries;
