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
    next: 'Set it, then start again.',
  },
  CONFIG_MISSING: {
    wrong: 'The config file {file} cannot be read ({reason}).',
    done: 'Nothing was started.',
    next: 'Write it, or name another in KOLLA_BACKUP_CONFIG.',
  },
  CONFIG_INVALID: {
    wrong: '{file}, line {line}: {where}: {reason}.',
    done: 'Nothing was started.',
    next: 'Correct that line; config.example.yml shows every setting.',
  },
} as const satisfies Entries;
