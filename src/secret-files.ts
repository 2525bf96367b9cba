import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KollaBackupError } from './operation/catalogue.ts';

/** What is kept from environments and unit files: each may stand in a file of its own. */
const SECRETS = [
  'SLACK_BOT_TOKEN',
  'SLACK_APP_TOKEN',
  'SLACK_SIGNING_SECRET',
  'KOLLA_BACKUP_KEY',
  'KOLLA_BACKUP_OLD_KEYS',
  'REDIS_URL',
] as const;

/**
 * The secrets that stand in files, by variable: `SLACK_BOT_TOKEN_FILE` names one (Docker's secrets), or it lies as
 * `slack_bot_token` in `CREDENTIALS_DIRECTORY` (systemd's LoadCredential). White space around a secret is none of it.
 * Throws ENVIRONMENT_INVALID where a variable is given twice or a file can't be read.
 */
export function secretFiles(from: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const found = SECRETS.map((variable) => [variable, secretIn(variable, from)] as const);
  return Object.fromEntries(found.flatMap(([variable, secret]) => (secret === null ? [] : [[variable, secret]])));
}

/** An environment with those secrets in it, as a copy: what a process is given by others doesn't show them. */
export function withSecrets(from: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...from, ...secretFiles(from) };
}

function secretIn(variable: string, from: NodeJS.ProcessEnv): string | null {
  const named = `${variable}_FILE`;
  const path = from[named];
  const credentials = from['CREDENTIALS_DIRECTORY'];
  if (path !== undefined) {
    if (from[variable] !== undefined) throw invalid(named, `is set, and so is ${variable}`);
    const secret = readSecret(named, path);
    if (secret === null) throw invalid(named, `names the file ${path}, which is not there`);
    return secret;
  }
  if (credentials === undefined || from[variable] !== undefined) return null;
  return readSecret(variable, join(credentials, variable.toLowerCase()));
}

/** Null where there is no such file. */
function readSecret(variable: string, path: string): string | null {
  let secret: string;
  try {
    secret = readFileSync(path, 'utf8').trim();
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw invalid(variable, `stands for a file that cannot be read (${reason})`, cause);
  }
  if (secret === '') throw invalid(variable, `stands for the file ${path}, which is empty`);
  return secret;
}

function invalid(variable: string, reason: string, cause?: unknown): KollaBackupError {
  return new KollaBackupError('ENVIRONMENT_INVALID', { variable, reason }, { cause });
}
