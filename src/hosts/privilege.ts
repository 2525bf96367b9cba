/** How a command becomes root's, and how to tell that sudo said no. */
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Command, Outcome } from '../operation/host.ts';
import type { Place } from './limits.ts';

/** English messages, for they are read by programs; UTF-8, for Ansible refuses anything else. */
const LOCALE = ['env', 'LC_ALL=C.UTF-8'] as const;
const SUDO = ['sudo', '-n', '--'] as const;
const REFUSALS = [
  /^sudo: (a password is required|a terminal is required|sorry, you must have a tty|no tty present|account validation)/m,
  /^sudo: .* (is not in the sudoers file|unknown user)/m,
  /^sorry, user .* (is not allowed to|may not run sudo)/im,
  /is not in the sudoers file/,
  /^env: .*sudo.*: No such file or directory/m,
] as const;

const throughSudo = (command: Command, sudo: boolean): boolean => sudo && command.privileged !== false;

/** The argv that is really started. */
export function effectiveArgv(command: Command, sudo: boolean): readonly [string, ...string[]] {
  return [...LOCALE, ...(throughSudo(command, sudo) ? SUDO : []), ...command.argv];
}

/** Gives the outcome back, or throws SUDO_REFUSED where sudo, not the command, ended it. */
export function checkSudo(outcome: Outcome, command: Command, sudo: boolean, { host, user }: Place): Outcome {
  const refused = outcome.code !== 0 && outcome.stdout === '' && REFUSALS.some((words) => words.test(outcome.stderr));
  if (throughSudo(command, sudo) && refused) throw new KollaBackupError('SUDO_REFUSED', { host, user });
  return outcome;
}
