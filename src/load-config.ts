import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { type Config, configSchema } from './config.ts';
import { KollaBackupError } from './operation/catalogue.ts';
import type { Keyring } from './operation/record.ts';
import { closest } from './setup/closest.ts';
import { type Mistake, readConfigText } from './setup/config-text.ts';
import { schemaMistakes } from './setup/mistakes.ts';

/** The shortest journal key, in characters: 32 random bytes as hex have 64. */
const MIN_KEY = 32;

export const SLACK_TOKENS = 'in the settings of the Slack app (api.slack.com/apps)';

/** A token by the beginning that Slack gives its kind. */
function token(begin: 'xoxb-' | 'xapp-', what: string, where: string, others: Readonly<Record<string, string>>) {
  return z
    .string()
    .superRefine((value, context) => {
      if (value.startsWith(begin)) return;
      const other = Object.entries(others).find(([start]) => value.startsWith(start))?.[1];
      const message = `holds ${other ?? 'no token of Slack'}. It needs the ${what}, which begins with ${begin}: ${where} ${SLACK_TOKENS}`;
      context.addIssue({ code: 'custom', message });
    })
    .optional()
    .describe(`The ${what} (${begin}…), ${where} ${SLACK_TOKENS}. Only the bot needs it.`);
}

const KEY_ID = /^[A-Za-z0-9._-]{1,40}$/;
const OLD_KEYS = /^[A-Za-z0-9._-]{1,40}=[^,]{32,}(?:,[A-Za-z0-9._-]{1,40}=[^,]{32,})*$/;

/** The environment. A message goes on from the variable's name, and never shows its value. */
export const environment = z.object({
  SLACK_BOT_TOKEN: token('xoxb-', 'bot token', 'under “OAuth & Permissions”', {
    'xapp-': 'an app-level token, which belongs into SLACK_APP_TOKEN',
    'xoxp-': 'the token of a person',
  }),
  SLACK_APP_TOKEN: token('xapp-', 'app-level token with connections:write', 'under “Basic Information”', {
    'xoxb-': 'a bot token, which belongs into SLACK_BOT_TOKEN',
    'xoxp-': 'the token of a person',
  }),
  SLACK_SIGNING_SECRET: z
    .string()
    .regex(/^[0-9a-f]{32,}$/, `is no signing secret. It is 32 hex digits, under “Basic Information” ${SLACK_TOKENS}`)
    .optional()
    .describe(
      `The signing secret, under “Basic Information” ${SLACK_TOKENS}. Only the bot needs it, instead of SLACK_APP_TOKEN, where \`slack.mode\` is http.`,
    ),
  SLACK_API_URL: z
    .url('is no address. Leave it unset for Slack itself; a stand-in’s is such as http://127.0.0.1:8080/api/')
    .default('https://slack.com/api/')
    // Method names are put right behind it.
    .transform((url) => (url.endsWith('/') ? url : `${url}/`))
    .describe('The Web API, where it isn’t Slack’s own, as for a stand-in.'),
  REDIS_URL: z
    .string()
    .refine(
      (url) => /^rediss?:\/\//.test(url) && URL.canParse(url),
      'is no address of Redis. Write redis://user:password@host:6379/0, or rediss:// for TLS, with special characters of the password percent-encoded',
    )
    .default('redis://127.0.0.1:6379')
    .describe('Redis, as redis://user:password@host:6379/0, or rediss:// for TLS.'),
  KOLLA_BACKUP_KEY: z
    .string({
      error:
        'is not set. Give the key that bot and workers have (docs/deploy.md, “Secrets”). Only a new installation makes one: openssl rand -hex 32',
    })
    .min(MIN_KEY, `is too short: it needs at least ${MIN_KEY} characters. Make one with: openssl rand -hex 32`)
    .describe(
      'The key that signs the journal, of at least 32 characters, the same for bot and workers: openssl rand -hex 32.',
    ),
  KOLLA_BACKUP_KEY_ID: z
    .string()
    .regex(KEY_ID, 'is no name of a key. Use at most 40 letters, digits and . _ -, as in k2')
    .default('k1')
    .describe('The name under which that key signs; another key gets another name.'),
  KOLLA_BACKUP_OLD_KEYS: z
    .string()
    .regex(
      OLD_KEYS,
      `is not id=key,id=key with keys of at least ${MIN_KEY} characters. Write the earlier keys so, without spaces`,
    )
    .optional()
    .describe('Keys that signed earlier records, as id=key,id=key: they verify, and sign nothing any more.'),
  KOLLA_BACKUP_CONFIG: z.string().default('/etc/kolla-backup/config.yml').describe('Path of the config file.'),
  SSH_AUTH_SOCK: z
    .string()
    .optional()
    .transform((path) => path || undefined)
    .describe('Where an SSH agent listens, as ssh-agent and systemd set it; used where the config says `agent: true`.'),
  KOLLA_BACKUP_LISTEN: z
    .string()
    .optional()
    .describe(
      'Where the process tells how it does (/healthz, /readyz, /metrics): address:port, or the path of a socket; unset: nowhere.',
    ),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error'], {
      error: 'is no level. Write trace, debug, info, warn or error',
    })
    .default('info')
    .describe('What is logged: trace, debug, info, warn or error.'),
});
export type Environment = z.infer<typeof environment>;

/** Reads the environment; throws ENVIRONMENT_INVALID with every variable that is wrong, and never a value. */
export function readEnvironment(from: NodeJS.ProcessEnv): Environment {
  const parsed = environment.safeParse(from);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => ({
    variable: String(path[0] ?? 'unknown'),
    reason: reasonFor(from, String(path[0] ?? 'unknown'), message),
  }));
  const [first, ...more] = problems;
  const others = more.map(({ variable, reason }) => `. The environment variable ${variable} ${reason}`);
  const params = { variable: first?.variable ?? '', reason: `${first?.reason ?? ''}${others.join('')}` };
  throw new KollaBackupError('ENVIRONMENT_INVALID', params);
}

function reasonFor(from: NodeJS.ProcessEnv, variable: string, message: string): string {
  const value = from[variable];
  if (value === undefined) {
    const unknown = Object.keys(from).filter((name) => !Object.hasOwn(environment.shape, name));
    const written = unknown.find((name) => closest(name, [variable]) !== null);
    return written === undefined ? message : `is not set, but ${written} is. Correct its name`;
  }
  if (value.trim() === '') return 'is empty. Set it, or take it out';
  if (/^(["']).*\1$/.test(value.trim()))
    return 'has quotes around its value. Take them away: an env file takes them as they are';
  if (value !== value.trim()) return 'has blanks around its value. Take them away';
  return message;
}

export function keyringOf({ KOLLA_BACKUP_KEY, KOLLA_BACKUP_KEY_ID, KOLLA_BACKUP_OLD_KEYS = '' }: Environment): Keyring {
  const old = KOLLA_BACKUP_OLD_KEYS.split(',').flatMap((pair): [string, string][] => {
    const at = pair.indexOf('=');
    return at < 0 ? [] : [[pair.slice(0, at), pair.slice(at + 1)]];
  });
  return {
    current: KOLLA_BACKUP_KEY_ID,
    keys: { ...Object.fromEntries(old), [KOLLA_BACKUP_KEY_ID]: KOLLA_BACKUP_KEY },
  };
}

/** The config file alone, for what needs neither Redis nor Slack. */
export function configPath(from: NodeJS.ProcessEnv): string {
  return environment.shape.KOLLA_BACKUP_CONFIG.parse(from['KOLLA_BACKUP_CONFIG']);
}

/** The journal's key where there is one: an audit can do without. */
export function keyringFrom(from: NodeJS.ProcessEnv): Keyring | null {
  return from['KOLLA_BACKUP_KEY'] === undefined ? null : keyringOf(readEnvironment(from));
}

/** Reads the config file; throws CONFIG_… with every mistake: file, line, column, what is wrong and what to do. */
export function loadConfig(file: string): Config {
  return parseConfig(file, readText(file));
}

function readText(file: string): string {
  try {
    const text = readFileSync(file, 'utf8');
    // It names who may approve: whoever can write it decides that.
    if ((statSync(file).mode & 0o002) !== 0) throw new KollaBackupError('CONFIG_WRITABLE', { file });
    return text;
  } catch (cause) {
    if (cause instanceof KollaBackupError) throw cause;
    throw new KollaBackupError('CONFIG_MISSING', { file, reason: fileReason(cause) }, { cause });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a directory',
};

function fileReason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return ('code' in cause && REASONS[String(cause.code)]) || cause.message;
}

/** Parses the text of a config file; throws CONFIG_INVALID. `file` is for messages. */
export function parseConfig(file: string, text: string): Config {
  const read = examineConfig(text);
  if ('config' in read) return read.config;
  const lines = read.mistakes.map(
    ({ line, column, where, said }) => `${file}:${line}:${column}: ${where === '' ? '' : `${where}: `}${said}`,
  );
  const mistakes = lines.length === 1 ? lines.join('') : `${lines.length} mistakes:\n${lines.join('\n')}\n`;
  throw new KollaBackupError('CONFIG_INVALID', { mistakes });
}

/** The config, or every mistake in its text, in the order of the lines. */
export function examineConfig(
  text: string,
): { readonly config: Config } | { readonly mistakes: readonly [Mistake, ...Mistake[]] } {
  const read = readConfigText(text);
  if (read.text === null) return { mistakes: inOrder(read.mistakes) };
  const parsed = configSchema.safeParse(read.text.value);
  const issues = parsed.success ? [] : parsed.error.issues;
  const found = schemaMistakes(issues, read.text, Object.keys(environment.shape));
  // What the schema makes of a place where the YAML itself is wrong, helps nobody.
  const seen = read.mistakes.map(({ line, column }) => `${line}:${column}`);
  const mistakes = [...read.mistakes, ...found.filter(({ line, column }) => !seen.includes(`${line}:${column}`))];
  return parsed.success && mistakes.length === 0 ? { config: parsed.data } : { mistakes: inOrder(mistakes) };
}

function inOrder(mistakes: readonly Mistake[]): [Mistake, ...Mistake[]] {
  const [first, ...others] = mistakes.toSorted((one, other) => one.line - other.line || one.column - other.column);
  if (first === undefined) throw new TypeError('a config that cannot be read has a mistake');
  return [first, ...others];
}
