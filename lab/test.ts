import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Everything that must hold before a change is good: format and lint, types, dead code, tests. Arguments go to vitest: `--project containers` runs what takes minutes more. */
const USUAL = ['unit', 'servers', 'http'].flatMap((name) => ['--project', name]);
const rest = process.argv.slice(2);
const steps: readonly (readonly [string, ...string[]])[] = [
  ...(rest.length === 0
    ? ([['biome', 'check', '--error-on-warnings'], ['tsc'], ['knip', '--no-progress']] as const)
    : []),
  ['vitest', 'run', ...(rest.length === 0 ? USUAL : rest)],
];
// Tests start the program hundreds of times.
const env = { NODE_COMPILE_CACHE: join(import.meta.dirname, '../node_modules/.cache/node'), ...process.env };
for (const [program, ...args] of steps) {
  const { status } = spawnSync(program, args, { stdio: 'inherit', env });
  if (status !== 0) process.exit(status ?? 1);
}
