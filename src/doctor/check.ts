import { type Code, catalogue, explain, type Problem } from '../operation/catalogue.ts';
import type { JournaledProblem } from '../operation/operation.ts';
import type { CheckId } from './titles.ts';

/** What one look at a set-up says. Pure: judges make it of facts, and the report shows it. */

/** `unknown`: it couldn't be looked at, which is never good. */
export type Result = 'good' | 'warning' | 'bad' | 'unknown';

export type Verdict = {
  readonly result: Result;
  /** What was found, in one sentence. */
  readonly finding: string;
  /** What to do; null where there is nothing to do. */
  readonly remedy: string | null;
  /** Under which an operation is refused for the same reason; null where none is. */
  readonly code: Code | null;
};

export type Check = Verdict & {
  /** The same in every run and version, as `redis.durable`. */
  readonly id: CheckId;
  readonly title: string;
  /** Slack, Redis, this machine, a cloud, or one of its hosts. */
  readonly about: string;
};

export const good = (finding: string): Verdict => ({ result: 'good', finding, remedy: null, code: null });

export const warning = (finding: string, remedy: string): Verdict => ({
  result: 'warning',
  finding,
  remedy,
  code: null,
});

export const unknown = (finding: string, remedy: string | null = null): Verdict => ({
  result: 'unknown',
  finding,
  remedy,
  code: null,
});

const SUDOERS =
  'Put what `kolla-backup doctor --sudoers` prints into /etc/sudoers.d there: one of these programs is not allowed without a password.';

/** What the catalogue can't say, for an operation isn't where it is mended. By code. */
const REMEDIES: Readonly<Record<string, string>> = {
  DEPLOYMENT_UNREAD:
    'Check that globals.yml and globals.d on the deploy host can be read, and the vault arguments in the config.',
  SUDO_REFUSED: SUDOERS,
  SUDO_NOT_ALLOWED: SUDOERS,
  SUDO_WANTS_PASSWORD: SUDOERS,
};

/** What an operation would be refused for, in the catalogue's words; `remedy` where more is known here. */
export function bad({ code, params }: JournaledProblem, remedy?: string): Verdict {
  if (!isCode(code)) throw new TypeError(`${code} is not in the catalogue`);
  const { wrong, next } = explain({ code, params });
  return { result: 'bad', finding: wrong, remedy: remedy ?? REMEDIES[code] ?? next, code };
}

const isCode = (code: string): code is Code => Object.hasOwn(catalogue, code);

/** The same where it would still go on. */
export const worrying = (problem: JournaledProblem): Verdict => ({ ...bad(problem), result: 'warning' });

/** A fact, why there is none, or which other check has to be good first. */
export type Seen<T> = { readonly seen: T } | { readonly problem: Problem } | { readonly blocked: string };

/** Codes that say no more than that the question got no answer. */
const UNANSWERED: ReadonlySet<Code> = new Set([
  'HOST_TIMEOUT',
  'HOST_CONNECTION_LOST',
  'HOST_OUTPUT_TOO_LARGE',
  'HOST_ANSWER_UNREADABLE',
  'SLACK_UNANSWERED',
]);

/** Judges a fact that was seen; what wasn't is unknown, and a problem of the look is bad. */
export function judged<T>(found: Seen<T>, judge: (fact: T) => Verdict): Verdict {
  if ('seen' in found) return judge(found.seen);
  if ('blocked' in found) return unknown(`Not looked at: ${found.blocked}.`);
  if (!UNANSWERED.has(found.problem.code)) return bad(found.problem);
  const { wrong, next } = explain(found.problem);
  return unknown(`Not looked at: ${wrong}`, next);
}

/** A number of bytes for people. */
export function bytes(count: number): string {
  const mebibytes = count / 1_048_576;
  return mebibytes < 10_240 ? `${Math.round(mebibytes)} MiB` : `${Math.round(mebibytes / 1024)} GiB`;
}
