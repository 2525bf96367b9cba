import { type Environment, readEnvironment } from '../load-config.ts';
import { KollaBackupError, type Problem } from '../operation/catalogue.ts';

/** Every variable, and a key that is used for nothing where the real one can't be. */
const NO_KEY = '-'.repeat(64);
const VARIABLES = [
  'SLACK_BOT_TOKEN',
  'SLACK_APP_TOKEN',
  'SLACK_API_URL',
  'REDIS_URL',
  'KOLLA_BACKUP_KEY',
  'KOLLA_BACKUP_KEY_ID',
  'KOLLA_BACKUP_OLD_KEYS',
  'KOLLA_BACKUP_CONFIG',
  'SSH_AUTH_SOCK',
  'LOG_LEVEL',
] as const satisfies readonly (keyof Environment)[];
type Variable = (typeof VARIABLES)[number];

export type SeenEnvironment = {
  /** What is wrong is left out here, as if it weren't set; of the key, use nothing where it is wrong. */
  readonly values: Environment;
  readonly problems: ReadonlyMap<Variable, Problem>;
};

/** Reads each variable by itself, for one that is wrong says nothing about the others. Never a value in a problem. */
export function seeEnvironment(from: NodeJS.ProcessEnv): SeenEnvironment {
  const problems = new Map<Variable, Problem>();
  const right: Record<string, string | undefined> = { KOLLA_BACKUP_KEY: NO_KEY };
  for (const name of VARIABLES) {
    const alone = { KOLLA_BACKUP_KEY: NO_KEY, [name]: from[name] };
    try {
      readEnvironment(alone);
      right[name] = from[name];
    } catch (error) {
      if (!(error instanceof KollaBackupError)) throw error;
      problems.set(name, error.problem);
    }
  }
  return { values: readEnvironment(right), problems };
}
