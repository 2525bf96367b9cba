import type { AnswerTo, Check, CheckName } from '../operation/checks.ts';
import type { Drive } from './drive.ts';

/** What an asker has: the drive, the time limit of the step (ms), and how long a host is asked. */
export type Context = {
  readonly drive: Drive;
  readonly timeLimitMs: number;
  /** How long a host that doesn't answer is asked: briefly before a change, until it answers after one. */
  readonly patience: <T>(host: string, question: () => Promise<T>) => Promise<T>;
};

/** Asks one check. It only reads; it rejects with a KollaBackupError where it got no usable answer. */
export type Asker<K extends CheckName> = (
  check: Extract<Check, { check: K }>,
  context: Context,
) => Promise<AnswerTo<K>>;

/** The askers of these checks, by their names. */
export type Askers<K extends CheckName> = { readonly [N in K]: Asker<N> };
