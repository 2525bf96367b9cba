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
