import { posix } from 'node:path';
import { KollaBackupError, type Problem } from '../operation/catalogue.ts';
import { RELEASE_CHARS } from '../operation/checks.ts';
import type { Command } from '../operation/host.ts';
import { ansibleEnvironment } from './ansible-environment.ts';
import { checkExtraArguments, vaultArguments } from './extra-arguments.ts';
import { quoteHost } from './quoted.ts';

/**
 * kolla-ansible's command line, which changed with release 19 (from a shell script to a Python program). Each dialect
 * is one row; an older release than those is refused; a newer one is driven as the last row says where its own help shows the same.
 */

type Action = 'backup' | 'stop' | 'recovery';

type Dialect = {
  /** First and last major release. */
  readonly majors: readonly [first: number, last: number];
  readonly commands: Readonly<Record<Action, string>>;
  /** Whether options may stand before the command. */
  readonly optionsFirst: boolean;
  /** Its own lines take arguments apart at spaces and expand wildcards. */
  readonly splitsWords: boolean;
  readonly extraVariable: string;
  /** Extra arguments that other dialects take: what this one doesn't know, and what it takes and then leaves unused. */
  readonly unknown: readonly string[];
  readonly unused: readonly string[];
  /** Which files of globals.d it reads (a regular expression of `find`), and the program that orders their paths. */
  readonly globals: { readonly names: string; readonly order: 'cat' | 'sort' };
};

/** The table, by the command line's kind, from the oldest to the newest. */
export const dialects = {
  bash: {
    majors: [14, 18],
    commands: { backup: 'mariadb_backup', stop: 'stop', recovery: 'mariadb_recovery' },
    optionsFirst: true,
    splitsWords: true,
    extraVariable: '-e',
    unknown: [],
    unused: [],
    globals: { names: String.raw`.*\.yml`, order: 'cat' },
  },
  cliff: {
    majors: [19, 22],
    commands: { backup: 'mariadb-backup', stop: 'stop', recovery: 'mariadb-recovery' },
    optionsFirst: false,
    splitsWords: false,
    extraVariable: '-e',
    unknown: ['--forks', '--key', '-k'],
    unused: ['--passwords'],
    globals: { names: String.raw`.*\.\(yml\|yaml\|json\)`, order: 'sort' },
  },
} as const satisfies Record<string, Dialect>;

export type DialectName = keyof typeof dialects;
const NAMES = Object.keys(dialects) as DialectName[]; // the keys of a literal table
/** The last row, as which a newer release is driven. */
const NEWEST = NAMES.at(-1) as DialectName;

/** How kolla-ansible is called in one deployment. Paths are absolute, on the deploy host. */
export type Deployment = {
  readonly executable: string;
  readonly configDirectory: string;
  readonly inventories: readonly string[];
  readonly extraArguments: readonly string[];
};

/** A call: the complete argv and the environment that it needs beside HOME and USER. */
export type Call = { readonly argv: readonly [string, ...string[]]; readonly env: Readonly<Record<string, string>> };

type ReleaseFound =
  | { readonly kind: 'known'; readonly release: string; readonly dialect: DialectName }
  /** Newer than any row: to be driven as `dialect` says only where its commands' own help shows what is needed. */
  | { readonly kind: 'newer'; readonly release: string; readonly dialect: DialectName; readonly problem: Problem }
  | { readonly kind: 'unknown'; readonly problem: Problem };

const VERSION_LINE = /^(?:kolla-ansible )?((\d{1,3})\.\d{1,4}\.\d{1,4}[\w.+-]{0,40})\s*$/m;

/** The release and its dialect from the output of `--version`: "17.9.0", or "kolla-ansible 22.2.0". */
export function dialectFor(versionOutput: string): ReleaseFound {
  const match = VERSION_LINE.exec(versionOutput);
  const [release, major] = [match?.[1], Number(match?.[2])];
  const dialect = NAMES.find((name) => major >= dialects[name].majors[0] && major <= dialects[name].majors[1]);
  if (release !== undefined && dialect !== undefined)
    return { kind: 'known', release: release.slice(0, RELEASE_CHARS), dialect };
  const known = NAMES.map((name) => dialects[name].majors.join(' to ')).join(', ');
  const shown = quoteHost(release ?? versionOutput) || 'it printed nothing';
  const problem: Problem = { code: 'KOLLA_RELEASE_UNKNOWN', params: { release: shown, known } };
  return release !== undefined && major > dialects[NEWEST].majors[1]
    ? { kind: 'newer', release: release.slice(0, RELEASE_CHARS), dialect: NEWEST, problem }
    : { kind: 'unknown', problem };
}

/** Words that the help of each command must show: all that plans make use of. */
const NEEDED = {
  backup: ['--inventory', '--configdir', '--extra-vars', '--full', '--incremental'],
  stop: ['--inventory', '--configdir', '--tags', '--yes-i-really-really-mean-it'],
  recovery: ['--inventory', '--configdir', '--extra-vars'],
} as const satisfies Record<Action, readonly string[]>;

/** What a release that no row covers is asked: the help of each command. */
export function helpCalls(dialect: DialectName, { executable }: Pick<Deployment, 'executable'>) {
  const { commands }: Dialect = dialects[dialect];
  return (['backup', 'stop', 'recovery'] as const).map((action) => ({
    action,
    call: { argv: [executable, commands[action], '--help'], env: ansibleEnvironment(executable) } satisfies Call,
  }));
}

/** What the help of a command lacks, in words; null where it shows all that is needed, on that very command. */
export function helpLacks(dialect: DialectName, action: Action, help: string): string | null {
  const command = dialects[dialect].commands[action];
  const words = new Set(help.match(/[\w-]+/g));
  if (!new RegExp(`^usage: \\S*kolla-ansible ${command} `, 'm').test(help)) return `it has no command ${command}`;
  const missing = NEEDED[action].filter((word) => !words.has(word));
  return missing.length === 0 ? null : `${command} does not know ${missing.join(', ')}`;
}

/** `kolla-ansible --version`. */
export function versionArguments({ executable }: Pick<Deployment, 'executable'>): Call {
  return { argv: [executable, '--version'], env: ansibleEnvironment(executable) };
}

/** How long reading an inventory may take, in ms. */
const INVENTORY_MS = 60_000;

/** `ansible-inventory --list` of a deployment's inventories, by the Ansible beside kolla-ansible. */
export function inventoryCommand({
  executable,
  inventories,
  extraArguments,
}: Pick<Deployment, 'executable' | 'inventories' | 'extraArguments'>): Command {
  const program = posix.join(posix.dirname(executable), 'ansible-inventory');
  const sources = inventories.flatMap((path) => ['-i', path]);
  const argv = [program, '--list', ...sources, ...vaultArguments(extraArguments)] as const;
  // A source that is missing or broken would else count as an empty one, with a warning.
  const env = { ...ansibleEnvironment(executable), ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED: 'true' };
  return callCommand({ argv, env }, INVENTORY_MS);
}

/**
 * The backup, without `-v`: a failure prints mariabackup's report in any case, and of a success it would print one line
 * of JSON as long as the list of tables, with the containers' environment before it. The archive itself tells more.
 */
export function backupArguments(
  dialect: DialectName,
  { type, ...deployment }: Deployment & { readonly type: 'full' | 'incremental' },
): Call {
  return call(dialect, deployment, 'backup', [`--${type}`]);
}

/** Stops MariaDB on every node. */
export function stopArguments(dialect: DialectName, deployment: Deployment): Call {
  return call(dialect, deployment, 'stop', ['--tags', 'mariadb', '--yes-i-really-really-mean-it']);
}

/** Bootstraps the stopped cluster from `host` (its exact inventory name), with the image pinned to `image`. */
export function recoveryArguments(
  dialect: DialectName,
  { host, image, ...deployment }: Deployment & { readonly host: string; readonly image: string },
): Call {
  const { extraVariable } = dialects[dialect];
  const variables = [`mariadb_recover_inventory_name=${host}`, `mariadb_image_full=${image}`];
  return call(
    dialect,
    deployment,
    'recovery',
    variables.flatMap((variable) => [extraVariable, variable]),
  );
}

/** A call as a quick question to a host (`timeoutMs` in milliseconds). */
export function callCommand({ argv, env }: Call, timeoutMs: number): Command {
  const pairs = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return { argv: ['env', ...pairs, ...argv], timeoutMs };
}

const DEFAULT_CONFIG_DIRECTORY = '/etc/kolla';

function call(name: DialectName, deployment: Deployment, action: Action, own: readonly string[]): Call {
  const { commands, optionsFirst, splitsWords, unknown, unused }: Dialect = dialects[name];
  const { executable, configDirectory, inventories, extraArguments } = deployment;
  checkExtraArguments(extraArguments, { unknown, unused });
  const where = configDirectory === DEFAULT_CONFIG_DIRECTORY ? [] : ['--configdir', configDirectory];
  const options = [...inventories.flatMap((path) => ['-i', path]), ...where, ...extraArguments];
  if (splitsWords) for (const argument of [...options, ...own]) refuseSplitting(argument);
  const command = commands[action];
  const rest = optionsFirst ? [...options, command, ...own] : [command, ...options, ...own];
  return { argv: [executable, ...rest], env: ansibleEnvironment(executable) };
}

function refuseSplitting(argument: string): void {
  if (argument === '' || /[\s*?[]/.test(argument)) throw new KollaBackupError('KOLLA_ARGUMENT_SPLITS', { argument });
}
