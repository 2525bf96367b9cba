import type { Entries } from './entry.ts';

/** What is wrong with the place where a process tells how it does. */
export const serving = {
  LISTEN_INVALID: {
    wrong: 'KOLLA_BACKUP_LISTEN is {value}, which is neither address:port nor the absolute path of a socket.',
    done: 'Nothing was started.',
    next: 'Write it such as 127.0.0.1:9464, or leave it unset: then nothing listens.',
  },
  LISTEN_FAILED: {
    wrong: 'Nothing can listen on {value} ({reason}).',
    done: 'Nothing was started.',
    next: 'Give this process another KOLLA_BACKUP_LISTEN, or end what listens there.',
  },
} as const satisfies Entries;
