import { type Entries, NOTHING } from './entry.ts';

/** Redis, journals and their audit. */
export const journal = {
  REDIS_AWAY: {
    wrong: 'Redis could not be asked ({reason}).',
    done: 'Whether the last thing asked of it was done is not known; what runs on the hosts goes on there.',
    next: 'Bring Redis back; everything goes on by itself from its journal.',
  },
  REDIS_REFUSED: {
    wrong: 'Redis refused ({reason}).',
    done: 'Nothing was written.',
    next: 'Correct the password, the rights or the memory and disk of Redis; its log says more.',
  },
  REDIS_NOT_DURABLE: {
    wrong: 'Redis is not set to keep every event: it needs {settings}.',
    done: 'Backups go on; a crash of Redis could lose the end of a journal.',
    next: 'CONFIG SET this at the running Redis, then in its configuration, or ask its provider to. In that order: a restart with appendonly yes begins empty unless it was set at the running one.',
  },
  EVENT_UNREADABLE: {
    wrong: 'An event of type {event} would not be readable afterwards ({where}: {why}), so it was not written.',
    done: 'The operation stands where it stood; what runs on the hosts goes on.',
    next: 'Report this with the log of the worker: a host answered with something unexpected.',
  },
  EVENT_TOO_LARGE: {
    wrong: 'An event of type {event} is larger than a journal may hold.',
    done: 'It was not written.',
    next: 'Report this with the log of the worker: a host answered with far more than expected.',
  },
  JOURNAL_BROKEN: {
    wrong: 'The journal of {label} does not verify: record {seq}, {flaw}.',
    done: 'Nothing more is done or shown for it.',
    next: 'Somebody wrote into Redis by hand, a key is wrong, or a part is lost. Run an audit of {label}, compare it with the heads in this thread, and look at the hosts.',
  },
  JOURNAL_SHORTER: {
    wrong:
      'The journal of {label} ends at record {seq}, but record {shown} was shown here: Redis has forgotten something.',
    done: 'Nothing more is done or shown for it.',
    next: 'Find out whether Redis was restored from an old copy. What ran on the hosts is in their run directories.',
  },
  JOURNAL_DIFFERS: {
    wrong: 'Record {seq} of the journal of {label} is not the one that was shown here.',
    done: 'Nothing more is done or shown for it.',
    next: 'Find out whether Redis was restored from an old copy or written by hand. What ran on the hosts is in their run directories.',
  },
  JOURNAL_UNREADABLE: {
    wrong: 'Record {seq} of the journal of {label} ({type}) cannot be followed by this version: {why}.',
    done: 'This version does nothing more for it.',
    next: 'Run the newest version of bot and workers. If all of them are, run an audit of {label}.',
  },
  JOURNAL_CONTENDED: {
    wrong: 'The journal of {label} was busy: others wrote at the same moment, {tries} times.',
    done: NOTHING,
    next: 'Try again.',
  },
  JOURNAL_CLOCK: {
    wrong: 'The clock of Redis jumped, so nothing could be written.',
    done: NOTHING,
    next: 'Check the time service on the Redis host; then try again.',
  },
  AUDIT_NO_THREAD: {
    wrong: '{label} has no thread, so there is nothing to compare its journal with here.',
    done: NOTHING,
    next: 'Wait until its card is in the channel, then ask again.',
  },
  AUDIT_NOT_POSTED: {
    wrong: 'The audit of {label} could not be put into its thread ({reason}).',
    done: 'Part of it may be there; nothing else was changed.',
    next: 'Try again in a minute.',
  },
} as const satisfies Entries;
