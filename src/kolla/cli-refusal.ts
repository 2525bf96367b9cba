import type { Code, Problem } from '../operation/catalogue.ts';
import type { AnsibleRun } from './ansible-run.ts';
import { quote } from './backup-failures.ts';

/** How the kolla-ansible process ended: its exit code, or null and the signal. */
export type Exit = { readonly code: number | null; readonly signal: string | null };

/** What Ansible says where a host wants a password for root that it wasn't given. */
export const BECOME = /Missing \w+ password|\w+: a (?:terminal|password) is required|Incorrect \w+ password/;

/** What the words mean with which kolla-ansible or ansible-playbook end before the first play. */
const REFUSALS: readonly (readonly [RegExp, Code])[] = [
  [
    /is not a kolla-ansible command|unrecognized (?:arguments|option)|arguments are required|invalid option/,
    'KOLLA_CLI_USAGE',
  ],
  [/^usage:/i, 'KOLLA_CLI_USAGE'],
  [/Ansible version should be between/, 'KOLLA_ANSIBLE_VERSION'],
  [/vault secrets? (?:was |were )?(?:not )?found|Decryption failed|vault password/i, 'KOLLA_VAULT_LOCKED'],
  [/passwords(?:\.yml| file)/i, 'KOLLA_PASSWORDS_MISSING'],
  [BECOME, 'KOLLA_BECOME_ASKS'],
  [/(?:inventory|configuration path) \S+ is invalid|globals\.yml/i, 'KOLLA_INVENTORY_INVALID'],
  [
    /command not found|kolla-ansible['"]?: No such file|No such file or directory: .*kolla-ansible/,
    'KOLLA_CLI_MISSING',
  ],
];

/** What a line of Ansible's complaint means, where it is known. */
export const meaningOf = (line: string): Code | undefined => REFUSALS.find(([pattern]) => pattern.test(line))?.[1];

/** Exit codes with one meaning: a shell's "not found" and "not executable", the old command line's "usage". */
const CODES: ReadonlyMap<number | null, Code> = new Map([
  [126, 'KOLLA_CLI_MISSING'],
  [127, 'KOLLA_CLI_MISSING'],
  [3, 'KOLLA_CLI_USAGE'],
]);

/** The problem of a run that never came to its first play; undefined where there was one. */
export function cliRefusal(run: AnsibleRun, exit: Exit): Problem | undefined {
  if (run.plays.length > 0 || run.recap !== undefined) return undefined;
  const lines = [...run.errors, ...run.others.filter((line) => line.trim() !== '')];
  const code = String(exit.code ?? exit.signal);
  for (const [pattern, meaning] of REFUSALS) {
    const line = lines.find((candidate) => pattern.test(candidate));
    if (line !== undefined) return { code: meaning, params: { said: quote(line), code } };
  }
  const said = quote(run.errors.at(-1) ?? lines.at(-1) ?? 'it said nothing');
  return { code: CODES.get(exit.code) ?? 'KOLLA_CLI_FAILED', params: { said, code } };
}

/** Whether Ansible itself said that no host fits (later releases end with 1 and this; earlier with 0 and an empty recap). */
export const matchedNobody = (run: AnsibleRun): boolean => /no hosts to target/.test(run.errors.join(' '));
