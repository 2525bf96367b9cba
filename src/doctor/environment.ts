import { type Environment, environment, readEnvironment } from '../load-config.ts';
import { KollaBackupError, type Problem } from '../operation/catalogue.ts';

/** A key that is used for nothing, where the real one can't be. */
const NO_KEY = '-'.repeat(64);
type Variable = keyof Environment;
const VARIABLES = Object.keys(environment.shape) as Variable[]; // the keys of a literal table

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
