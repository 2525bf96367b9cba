/**
 * Every refusal and failure that a person can meet: what is wrong, what was and wasn't done, what to do next.
 * `{name}` stands for a parameter. A journal stores the code and its parameters, never the sentence.
 */
type Entry = { readonly wrong: string; readonly done: string; readonly next: string };

const NOTHING = 'Nothing was changed.';

export const catalogue = {
  HOST_UNREACHABLE: {
    wrong: '{host} could not be reached over SSH ({reason}).',
    done: NOTHING,
    next: 'Check that the host is up and that its address and port in the config are right.',
  },
  HOST_KEY_UNKNOWN: {
    wrong: 'The SSH host key of {host} ({fingerprint}) is not in {file}.',
    done: 'The connection was closed before anything was sent.',
    next: 'Compare the fingerprint on the host itself, then add the key to the known_hosts file.',
  },
  HOST_KEY_CHANGED: {
    wrong: 'The SSH host key of {host} ({fingerprint}) is not the one in {file}.',
    done: 'The connection was closed before anything was sent.',
    next: 'Find out why it changed: the host may have been reinstalled, or be another machine. Then correct the known_hosts file.',
  },
  HOST_LOGIN_REFUSED: {
    wrong: '{host} refused the login of {user}.',
    done: NOTHING,
    next: 'Check the user, the key file and authorized_keys on the host.',
  },
  HOST_TIMEOUT: {
    wrong: '{host} did not answer within {seconds} s.',
    done: 'Whether the question reached it is not known.',
    next: 'Check the load and the network of the host.',
  },
  SUDO_REFUSED: {
    wrong: '{host} does not let {user} run commands through sudo without a password.',
    done: NOTHING,
    next: 'Give the user the right in sudoers (NOPASSWD), or log in as root.',
  },
  HOST_PROGRAM_FAILED: {
    wrong: 'The program {program} gave no readable answer on {host}; it ended with {ended}: {said}',
    done: 'The program only reads; nothing was changed.',
    next: 'Check that python3 (3.6 or later) works on the host, and that its disk and memory are not full; then ask again.',
  },
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
    wrong: 'The archive {path} on {host} changed while it was read: {detail}.',
    done: NOTHING,
    next: 'A backup is still being written, or somebody replaces the file. Wait until that has ended, then ask again.',
  },
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
  EVENT_TOO_LARGE: {
    wrong: 'An event of type {event} is larger than a journal may hold.',
    done: 'It was not written.',
    next: 'Report this with the log of the worker: a host answered with far more than expected.',
  },
} as const satisfies Record<string, Entry>;

export type Code = keyof typeof catalogue;
export type Params = Readonly<Record<string, string>>;

/** A refusal or failure as it is journaled: a code of the catalogue and what fills its sentences. */
export type Problem = { readonly code: Code; readonly params: Params };

const fill = (template: string, params: Params) =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? `(${name} unknown)`);

/** The three sentences of a problem, in the order in which people need them. */
export function explain({ code, params }: Problem): { wrong: string; done: string; next: string } {
  const entry: Entry = catalogue[code];
  return { wrong: fill(entry.wrong, params), done: fill(entry.done, params), next: fill(entry.next, params) };
}

/** The error that carries a problem through code. `cause` keeps what was caught. */
export class KollaBackupError extends Error {
  readonly problem: Problem;
  constructor(code: Code, params: Params = {}, options?: ErrorOptions) {
    const problem = { code, params };
    const { wrong, done, next } = explain(problem);
    super(`${code}: ${wrong} ${done} ${next}`, options);
    this.name = 'KollaBackupError';
    this.problem = problem;
  }
}
