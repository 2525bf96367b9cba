import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KollaBackupError } from './operation/catalogue.ts';

/** What is kept from environments and unit files: each may stand in a file of its own. */
const SECRETS = [
  'SLACK_BOT_TOKEN',
  'SLACK_APP_TOKEN',
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
  return Object.fromEntries(
    SECRETS.flatMap((variable) => {
      const file = fileOf(variable, from);
      return file === null ? [] : [[variable, readSecret(file)]];
    }),
  );
}

type SecretFile = { readonly variable: string; readonly path: string };

function fileOf(variable: string, from: NodeJS.ProcessEnv): SecretFile | null {
  const named = `${variable}_FILE`;
  const path = from[named];
  if (path !== undefined && from[variable] !== undefined) throw invalid(named, `is set, and so is ${variable}`);
  if (path !== undefined) return { variable: named, path };
  const credentials = from['CREDENTIALS_DIRECTORY'];
  if (credentials === undefined || from[variable] !== undefined) return null;
  const credential = join(credentials, variable.toLowerCase());
  return existsSync(credential) ? { variable, path: credential } : null;
}

function readSecret({ variable, path }: SecretFile): string {
  let secret: string;
  try {
    secret = readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw invalid(variable, `stands for a file that cannot be read (${words(cause)})`, cause);
  }
  if (secret === '') throw invalid(variable, `stands for the file ${path}, which is empty`);
  return secret;
}

function words(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function invalid(variable: string, reason: string, cause?: unknown): KollaBackupError {
  return new KollaBackupError('ENVIRONMENT_INVALID', { variable, reason }, { cause });
}
