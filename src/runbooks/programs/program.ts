import { readFileSync } from 'node:fs';
import type { Json } from '../../operation/canonical.ts';

/** The programs beside this file. A plan carries their whole text, so that what was approved is what runs. */
export type ProgramName = 'swap' | 'hold';

/** The argv of a program with its request as one literal argument. */
export function pythonArgv(name: ProgramName, request: Json): readonly [string, ...string[]] {
  const source = readFileSync(new URL(`${name}.py`, import.meta.url), 'utf8');
  return ['python3', '-c', source, JSON.stringify(request)];
}
