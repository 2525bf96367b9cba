import type { Answered, Check, CheckName } from '../operation/checks.ts';
import type { Askers, Context } from './asker.ts';
import { backupAskers } from './backup-askers.ts';
import { conditionAskers } from './condition-askers.ts';
import { confirmationAskers } from './confirmation-askers.ts';
import { copyAskers } from './copy-askers.ts';
import { answersFromOutput, type OutputCheck } from './output-readers.ts';

/** How each check is asked that no program's output answers. Every one only reads. */
const askers: Askers<Exclude<CheckName, OutputCheck>> = {
  ...backupAskers,
  ...copyAskers,
  ...conditionAskers,
  ...confirmationAskers,
};

/** Asks a check and gives back its answer under its name. */
export async function ask(check: Check, context: Context): Promise<Answered> {
  if (answersFromOutput(check)) throw new TypeError('only a program that ended answers this');
  // The table holds for each name the asker of that name; the compiler can't see the pairing.
  const asker = askers[check.check] as (check: Check, context: Context) => Promise<unknown>;
  return { check: check.check, answer: await asker(check, context) } as Answered;
}
