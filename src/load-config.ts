import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { type Config, configSchema } from './config.ts';
import { KollaBackupError } from './operation/catalogue.ts';
import type { Keyring } from './operation/record.ts';

/** The shortest journal key, in characters: 32 random bytes as hex have 64. */
const MIN_KEY = 32;

const environment = z.object({
  SLACK_BOT_TOKEN: z.string().startsWith('xoxb-').optional(),
  SLACK_APP_TOKEN: z.string().startsWith('xapp-').optional(),
  SLACK_API_URL: z
    .url()
    .default('https://slack.com/api/')
    // Method names are put right behind it.
    .transform((url) => (url.endsWith('/') ? url : `${url}/`)),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'must begin with redis:// or rediss://')
    .default('redis://127.0.0.1:6379'),
  KOLLA_BACKUP_KEY: z.string().min(MIN_KEY, `needs at least ${MIN_KEY} characters, e.g. from: openssl rand -hex 32`),
  KOLLA_BACKUP_KEY_ID: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,40}$/)
    .default('k1'),
  /** Keys that signed earlier records, as `id=key,id=key`: they verify, and sign nothing any more. */
  KOLLA_BACKUP_OLD_KEYS: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,40}=[^,]{32,}(?:,[A-Za-z0-9._-]{1,40}=[^,]{32,})*$/, 'must be id=key,id=key')
    .optional(),
  KOLLA_BACKUP_CONFIG: z.string().default('/etc/kolla-backup/config.yml'),
  /** Where an SSH agent listens, as ssh-agent and systemd set it. */
  SSH_AUTH_SOCK: z
    .string()
    .optional()
    .transform((path) => path || undefined),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
});
export type Environment = z.infer<typeof environment>;

/** Reads the environment; throws ENVIRONMENT_INVALID, naming the variable but never its value. */
export function readEnvironment(from: NodeJS.ProcessEnv): Environment {
  const parsed = environment.safeParse(from);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const variable = String(issue?.path[0] ?? 'unknown');
  const reason = from[variable] === undefined ? 'is not set' : `is not as it must be (${issue?.message})`;
  throw new KollaBackupError('ENVIRONMENT_INVALID', { variable, reason });
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

/** The journal's key where there is one: an audit can do without. */
export function keyringFrom(from: NodeJS.ProcessEnv): Keyring | null {
  return from['KOLLA_BACKUP_KEY'] === undefined ? null : keyringOf(readEnvironment(from));
}

/** The tokens that only the bot needs. */
export function slackTokens({ SLACK_BOT_TOKEN: bot, SLACK_APP_TOKEN: app }: Environment): { bot: string; app: string } {
  if (bot === undefined)
    throw new KollaBackupError('ENVIRONMENT_INVALID', { variable: 'SLACK_BOT_TOKEN', reason: 'is not set' });
  if (app === undefined)
    throw new KollaBackupError('ENVIRONMENT_INVALID', { variable: 'SLACK_APP_TOKEN', reason: 'is not set' });
  return { bot, app };
}

/** Reads the config file; throws CONFIG_… with file, line and what is wrong there. */
export function loadConfig(file: string): Config {
  return parseConfig(file, readText(file));
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new KollaBackupError(
      'CONFIG_MISSING',
      { file, reason: cause instanceof Error ? cause.message : String(cause) },
      { cause },
    );
  }
}

/** Parses the text of a config file. `file` is for messages. */
export function parseConfig(file: string, text: string): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const [mistake] = document.errors;
  if (mistake) {
    const line = String(lines.linePos(mistake.pos[0]).line);
    throw new KollaBackupError('CONFIG_INVALID', {
      file,
      line,
      where: 'the YAML',
      reason: mistake.message.split('\n')[0] ?? '',
    });
  }
  const parsed = configSchema.safeParse(document.toJS() ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.map((part) => (typeof part === 'symbol' ? String(part) : part)) ?? [];
  throw new KollaBackupError('CONFIG_INVALID', {
    file,
    line: String(lineOf(path, document, lines)),
    where: path.join('.') || 'the file',
    reason: reasonOf(issue),
  });
}

/** The line of a path, or of its nearest parent that is in the file. */
function lineOf(
  path: readonly (string | number)[],
  document: ReturnType<typeof parseDocument>,
  lines: LineCounter,
): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)) {
      return lines.linePos(Number(node.range[0])).line;
    }
  }
  return 1;
}

function reasonOf(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'unrecognized_keys') return `there is no such setting: ${issue.keys.join(', ')}`;
  return issue?.message ?? 'unknown';
}
