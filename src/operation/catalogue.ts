import { archives } from './catalogue/archives.ts';
import { backups } from './catalogue/backups.ts';
import { commands } from './catalogue/commands.ts';
import { consent } from './catalogue/consent.ts';
import { doctor } from './catalogue/doctor.ts';
import type { Entries, Entry } from './catalogue/entry.ts';
import { executions } from './catalogue/executions.ts';
import { hosts } from './catalogue/hosts.ts';
import { journal } from './catalogue/journal.ts';
import { kolla } from './catalogue/kolla.ts';
import { logins } from './catalogue/logins.ts';
import { restores } from './catalogue/restores.ts';
import { runs } from './catalogue/runs.ts';
import { serving } from './catalogue/serving.ts';
import { setup } from './catalogue/setup.ts';
import { slack } from './catalogue/slack.ts';
import { stopAndRecovery } from './catalogue/stop-and-recovery.ts';
import { suspicions } from './catalogue/suspicions.ts';

/**
 * Every refusal and failure that a person can meet: what is wrong, what was and wasn't done, what to do next. The
 * entries stand in `catalogue/`, by subject. A journal stores the code and its parameters, never the sentence.
 */
export const catalogue = {
  ...setup,
  ...serving,
  ...journal,
  ...hosts,
  ...logins,
  ...runs,
  ...archives,
  ...slack,
  ...commands,
  ...consent,
  ...kolla,
  ...backups,
  ...restores,
  ...executions,
  ...stopAndRecovery,
  ...suspicions,
  ...doctor,
} as const satisfies Entries;

export type Code = keyof typeof catalogue;
/** What fills the places in a problem's sentences, by their names. */
export type Params = Readonly<Record<string, string>>;

/** A refusal or failure as it is journaled: a code of the catalogue and what fills its sentences. */
export type Problem = { readonly code: Code; readonly params: Params };

const fill = (template: string, params: Params) =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? `(${name} unknown)`);

/** The three sentences of a problem, in the order in which people need them. */
export function explain({ code, params }: Problem): { wrong: string; done: string; next: string } {
  const entry: Entry = catalogue[code];
  return { wrong: fill(entry.wrong, params), done: fill(entry.done, params), next: fill(entry.next, params) };
}

/** The error that carries a problem through code. `cause` keeps what was caught. */
export class KollaBackupError extends Error {
  readonly problem: Problem;
  constructor(code: Code, params: Params = {}, options?: ErrorOptions) {
    const problem = { code, params };
    const { wrong, done, next } = explain(problem);
    // A list ends with a line's end.
    super(`${code}: ${wrong} ${done} ${next}`.replaceAll('\n ', '\n'), options);
    this.name = 'KollaBackupError';
    this.problem = problem;
  }
}

/** Refuses: throws the error that carries this problem. */
export function refuse(code: Code, params: Params = {}): never {
  throw new KollaBackupError(code, params);
}
