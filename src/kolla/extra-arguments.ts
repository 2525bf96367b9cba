import { KollaBackupError } from '../operation/catalogue.ts';

/**
 * What a deployment may add to every call of kolla-ansible: how to read secrets, where files lie, variables. Nothing
 * that narrows a run (--limit, --tags, --check: they end with code 0 and nothing done), names another playbook, asks
 * at a terminal, or prints more (a diff and three -v show passwords).
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

/** Variables that decide what a run does; a plan sets them. */
const RESERVED = /^(?:kolla_action|mariadb_backup_type|mariadb_recover\w*|mariadb_image_full|CONFIG_DIR)\s*=/;

/** Checks the list; throws `KollaBackupError` KOLLA_EXTRA_ARGUMENT. */
export function checkExtraArguments(extra: readonly string[]): void {
  for (let at = 0; at < extra.length; at += 1) {
    const argument = extra[at] ?? '';
    const [option = '', joined] = splitOption(argument);
    if (!WITH_VALUE.some((allowed) => allowed === option)) refuse(argument);
    if (joined === undefined) at += 1;
    checkValue(option, joined ?? extra[at], argument);
  }
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
  return extra.flatMap((argument, at) => {
    const [option, joined] = splitOption(argument);
    const name = names.get(option);
    const value = joined ?? extra[at + 1];
    return name === undefined || value === undefined ? [] : [name, value];
  });
}

/** `--option=value` taken apart; `--option` and `-e` have their value in the next argument. */
function splitOption(argument: string): [string, string | undefined] {
  const equals = argument.startsWith('--') ? argument.indexOf('=') : -1;
  return equals < 0 ? [argument, undefined] : [argument.slice(0, equals), argument.slice(equals + 1)];
}

function checkValue(option: string, value: string | undefined, argument: string): void {
  if (value === undefined || value === '' || value.startsWith('-') || value.includes('\0')) refuse(argument);
  else if (option === '--vault-id' && value.endsWith('@prompt')) refuse(`${option} ${value}`);
  else if (VARIABLES.includes(option) && RESERVED.test(value)) refuse(`${option} ${value.split('=')[0] ?? ''}`);
}

function refuse(argument: string): never {
  throw new KollaBackupError('KOLLA_EXTRA_ARGUMENT', { argument, allowed: WITH_VALUE.join(', ') });
}
