import { posix } from 'node:path';
import { KollaBackupError } from '../operation/catalogue.ts';
import { quoteHost } from './quoted.ts';

/**
 * What a deployment may add to every call of kolla-ansible: how to read secrets, where files lie, variables. Nothing
 * that narrows a run (--limit, --tags, --check: they end with code 0 and nothing done), names another playbook, asks
 * at a terminal, or prints more (a diff and three -v show passwords). They stand in plans, journals and cards, so none
 * is a secret itself.
 */
const WITH_VALUE = [
  '--vault-password-file',
  '--vault-id',
  '--passwords',
  '--forks',
  '-k',
  '--key',
  '-e',
  '--extra',
  '--extra-vars',
] as const;

const VARIABLES = ['-e', '--extra', '--extra-vars'];

/** `NAME=VALUE` without anything that Ansible would take apart, evaluate or read as JSON or YAML. */
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]{0,99})=[A-Za-z0-9_.:/,+@-]{1,300}$/;
/** A file of variables on the deploy host, by its absolute path. */
const VARIABLES_FILE = /^@(\/[A-Za-z0-9_.@+-]+)+$/;

/** Names whose value is a secret: it belongs into passwords.yml. A part that ends in `key` counts, `keystone` doesn't. */
const SECRET = /passw|passphrase|secret|token|credential|vault|(?:^|_)(?:pass|pwd|auth)(?:_|$)|keys?(?:_|$)/i;

/**
 * Beginnings of names of variables that decide what a run does, where and with which images: a plan sets them, or
 * globals.yml does for every run. The rest of the list is what Ansible itself decides by.
 */
const RESERVED = [
  ...['kolla_', 'enable_', 'mariadb', 'mariabackup', 'database_', 'default_database', 'node_', 'config_dir'],
  ...['docker_', 'podman_', 'openstack_', 'container_', 'haproxy_', 'proxysql_', 'api_interface', 'restart_policy'],
  ...['ansible_host', 'ansible_port', 'ansible_connection', 'ansible_limit', 'ansible_check', 'ansible_diff'],
  ...['ansible_play', 'ansible_run', 'ansible_skip', 'ansible_verbosity', 'ansible_inventory', 'ansible_facts'],
  ...['inventory_', 'groups', 'group_names', 'hostvars', 'play_hosts', 'playbook_dir', 'role_', 'omit', 'vars'],
] as const;

/** What the command line at hand doesn't do with options that are allowed in general. */
type Without = { readonly unknown: readonly string[]; readonly unused: readonly string[] };

/**
 * Checks the list; throws `KollaBackupError` KOLLA_EXTRA_ARGUMENT, or KOLLA_ARGUMENT_USELESS where it is only this
 * command line that would do nothing with one. Neither holds a value.
 */
export function checkExtraArguments(extra: readonly string[], without: Without = { unknown: [], unused: [] }): void {
  for (const { option, value } of pairs(extra)) {
    if (!WITH_VALUE.some((allowed) => allowed === option)) refuse(option);
    if (without.unknown.includes(option)) useless(option, 'does not know it');
    if (without.unused.includes(option)) useless(option, 'takes it and then reads the usual file all the same');
    if (value === undefined || value === '' || value.startsWith('-') || value.includes('\0')) refuse(option);
    else if (option === '--vault-id' && value.endsWith('@prompt')) refuse(`${option} …@prompt`);
    else if (option === '--forks' && !/^\d{1,4}$/.test(value)) refuse(option);
    else if (VARIABLES.includes(option)) checkVariable(option, value);
  }
}

function checkVariable(option: string, value: string): void {
  if (VARIABLES_FILE.test(value) && posix.normalize(value) === value) return;
  const name = VARIABLE.exec(value)?.[1];
  if (name === undefined) refuse(option);
  const plain = name.toLowerCase();
  if (SECRET.test(plain) || RESERVED.some((begin) => plain.startsWith(begin))) refuse(`${option} ${name}`);
}

/** Those of the list that say how to decrypt, in the words of Ansible's own programs. */
export function vaultArguments(extra: readonly string[]): string[] {
  checkExtraArguments(extra);
  const [file, id] = ['--vault-password-file', '--vault-id'];
  const names = new Map([
    ['--vault-password-file', file],
    ['--key', file],
    ['-k', file],
    ['--vault-id', id],
  ]);
  return pairs(extra).flatMap(({ option, value }) => {
    const name = names.get(option);
    return name === undefined || value === undefined ? [] : [name, value];
  });
}

/** Those of the list that set variables, in the words of Ansible's own programs. */
export function variableArguments(extra: readonly string[]): string[] {
  checkExtraArguments(extra);
  return pairs(extra).flatMap(({ option, value }) =>
    VARIABLES.includes(option) && value !== undefined ? ['-e', value] : [],
  );
}

/**
 * The files of the deploy host (absolute paths) whose values are cut out of everything that kolla-ansible prints: the
 * passwords file of the configuration directory, and each that the extra arguments name instead.
 */
export function passwordFiles(deployment: {
  readonly cwd: string;
  readonly configDirectory: string;
  readonly extraArguments: readonly string[];
}): string[] {
  const { cwd, configDirectory, extraArguments } = deployment;
  const named = pairs(extraArguments).flatMap(({ option, value }) =>
    option === '--passwords' && value !== undefined ? [posix.resolve(cwd, value)] : [],
  );
  return [...new Set([posix.join(configDirectory, 'passwords.yml'), ...named])];
}

type Pair = { readonly option: string; readonly value: string | undefined };

/** `--option=value` taken apart; `--option` and `-e` have their value in the next argument. */
function pairs(extra: readonly string[]): Pair[] {
  const found: Pair[] = [];
  for (let at = 0; at < extra.length; at += 1) {
    const argument = extra[at] ?? '';
    const equals = argument.startsWith('--') ? argument.indexOf('=') : -1;
    if (equals >= 0) found.push({ option: argument.slice(0, equals), value: argument.slice(equals + 1) });
    else {
      at += 1;
      found.push({ option: argument, value: extra[at] });
    }
  }
  return found;
}

function useless(argument: string, why: string): never {
  throw new KollaBackupError('KOLLA_ARGUMENT_USELESS', { argument, why });
}

/** What isn't an option could be anything, a secret too. */
function refuse(option: string): never {
  const argument = option.startsWith('-') ? quoteHost(option, 140) : 'a word that no option stands before';
  throw new KollaBackupError('KOLLA_EXTRA_ARGUMENT', { argument, allowed: WITH_VALUE.join(', ') });
}
