/** How a command becomes root's, and how to tell that sudo said no. */
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Command, Outcome } from '../operation/host.ts';
import type { Place } from './limits.ts';

/** English messages, for they are read by programs; UTF-8, for Ansible refuses anything else. */
const LOCALE = ['env', 'LC_ALL=C.UTF-8'] as const;
const SUDO = ['sudo', '-n', '--'] as const;
/** What sudo says before it would run anything, and then ends: sudo itself (1.8, 1.9) and sudo-rs. The first that fits tells why. */
const REFUSALS = [
  [/^sudo: (a password is required|no tty present and no askpass)/m, 'SUDO_WANTS_PASSWORD'],
  [/^sudo: (a terminal is required to |interactive authentication is required)/m, 'SUDO_WANTS_PASSWORD'],
  [/^sudo: sorry, you must have a tty/m, 'SUDO_WANTS_TERMINAL'],
  [/^sorry, user .* (is not allowed to|may not run sudo)/im, 'SUDO_NOT_ALLOWED'],
  [/is not in the sudoers file|^sudo: I'm sorry .*\. I'm afraid I can't do that/m, 'SUDO_NOT_ALLOWED'],
  [/^env: .*sudo.*: (No such file or directory|Permission denied)/m, 'SUDO_MISSING'],
  [/^sudo: (account validation failure|account .*expired|password expired)/im, 'SUDO_REFUSED'],
  [/^sudo: (effective uid is not 0|.* must be owned by uid 0|the "no new privileges" flag)/im, 'SUDO_REFUSED'],
  [/^sudo: (no valid sudoers sources|unable to initialize (policy|PAM)|unknown user)/m, 'SUDO_REFUSED'],
] as const;
/** The most of sudo's words in a refusal, in characters. */
const SAID_CHARS = 200;

const throughSudo = (command: Command, sudo: boolean): boolean => sudo && command.privileged !== false;

/** The argv that is really started. */
export function effectiveArgv(command: Command, sudo: boolean): readonly [string, ...string[]] {
  return [...LOCALE, ...(throughSudo(command, sudo) ? SUDO : []), ...command.argv];
}

/** Gives the outcome back, or throws SUDO_… where sudo, not the command, ended it. */
export function checkSudo(outcome: Outcome, command: Command, sudo: boolean, { host, user }: Place): Outcome {
  if (!throughSudo(command, sudo) || outcome.code === 0 || outcome.stdout !== '') return outcome;
  for (const [words, code] of REFUSALS) {
    const reason = outcome.stderr.split('\n').find((line) => words.test(line));
    if (reason !== undefined) throw new KollaBackupError(code, { host, user, reason: reason.slice(0, SAID_CHARS) });
  }
  return outcome;
}
