import { type Gate, gateOf } from './approval.ts';
import {
  ATTEMPTS_MAX,
  type Attempt,
  destroyStarted,
  type JournaledProblem,
  latest,
  type Operation,
  stuckAt,
} from './operation.ts';
import type { Step } from './plan.ts';

export { ATTEMPTS_MAX };

/** How many preparations one restore may begin: after a crash that nobody can judge, everything is unpacked anew. */
export const PREPARATIONS_MAX = 4;

/** What a driver does next. */
export type Move =
  | { readonly move: 'probe' }
  | { readonly move: 'plan' }
  /** Ask what must be true, journal the start, send the program (or ask the step's questions). */
  | { readonly move: 'start'; readonly step: Step; readonly attempt: number; readonly notAfter: number | null }
  /** It was started: look for it before anything else. */
  | { readonly move: 'resume'; readonly step: Step; readonly attempt: number; readonly startedAt: number }
  | { readonly move: 'succeed' }
  /** `changed`: something may be left behind that people should hear of. */
  | { readonly move: 'fail'; readonly problem: JournaledProblem; readonly changed: boolean }
  /** A preparation comes to nothing, with its reason. */
  | { readonly move: 'give_up'; readonly problem: JournaledProblem }
  | { readonly move: 'expire'; readonly what: 'plan' | 'approval'; readonly why: 'time' | 'clock' }
  /** Remove what is on the hosts, then end as it was withdrawn. */
  | { readonly move: 'clear' }
  | { readonly move: 'cleared' }
  /** People must be told that a step needs them. */
  | { readonly move: 'ask'; readonly problem: JournaledProblem }
  /** Nothing to do until people, or Slack, have said something; `until` (ms) is when to look again, null: whenever. */
  | { readonly move: 'none'; readonly until: number | null };

const NOTHING = { move: 'none', until: null } as const;

/** The next move is a function of the journal and its clock (ms) alone, so any worker at any time decides alike. */
export function nextMove(operation: Operation, now: number): Move {
  if (operation.end) return NOTHING;
  if (operation.withdrawal) return afterWithdrawal(operation);
  if (operation.facts === null) return { move: 'probe' };
  if (operation.plan === null || operation.track === null) return { move: 'plan' };
  const stuck = stuckAt(operation);
  if (stuck !== null) return operation.attention === null ? { move: 'ask', problem: problemAt(stuck) } : NOTHING;
  for (const step of operation.track.steps) {
    const move = moveOf(operation, step, now);
    if (move !== null) return move;
  }
  if (operation.plan.plan.runbook === 'preparation') return { move: 'plan' };
  return { move: 'succeed' };
}

function moveOf(operation: Operation, step: Step, now: number): Move | null {
  const last = latest(operation, step);
  if (last?.end === null) return { move: 'resume', step, attempt: last.attempt, startedAt: last.startedAt };
  const end = last?.end;
  if (!last || !end) return start(operation, step, 1, now);
  // Somebody mended something and let the plan go on.
  if (end.again) return start(operation, step, last.attempt + 1, now);
  switch (end.outcome) {
    case 'worked':
      return null;
    case 'not_begun':
      if (last.attempt < ATTEMPTS_MAX) return start(operation, step, last.attempt + 1, now);
      return lost(operation, neverBegan(step, last.attempt), false);
    case 'failed':
      return lost(operation, problemOf(step, end), true);
    case 'unclear':
      if (mayPrepareAgain(operation)) return { move: 'plan' };
      return lost(operation, problemOf(step, end), true);
  }
}

/** Starting a step of a plan that asks for approval waits for people first, until something was destroyed. */
function start(operation: Operation, step: Step, attempt: number, now: number): Move {
  const gate: Gate =
    operation.track?.kind === 'plan' && !destroyStarted(operation) ? gateOf(operation, now) : { gate: 'none' };
  switch (gate.gate) {
    case 'none':
      return { move: 'start', step, attempt, notAfter: null };
    case 'go':
      return { move: 'start', step, attempt, notAfter: gate.until };
    case 'expired':
      return { move: 'expire', what: gate.what, why: gate.why };
    case 'unannounced':
      return NOTHING;
    case 'open':
    case 'approved':
      return { move: 'none', until: gate.until };
  }
}

/** What becomes of an operation whose step didn't work while nothing was destroyed. */
function lost(operation: Operation, problem: JournaledProblem, sent: boolean): Move {
  if (operation.wish.kind === 'restore') return { move: 'give_up', problem };
  const changed = sent && operation.wish.kind === 'backup';
  return { move: 'fail', problem, changed };
}

function neverBegan(step: Step, attempts: number): JournaledProblem {
  const params = { step: step.title, host: step.host, attempts: String(attempts) };
  return { code: 'STEP_NEVER_BEGAN', params };
}

function problemAt({ step, attempt: { attempt, end } }: NonNullable<ReturnType<typeof stuckAt>>): JournaledProblem {
  if (end === null) throw new TypeError(`${step.id} has not ended`);
  return end.outcome === 'not_begun' ? neverBegan(step, attempt) : problemOf(step, end);
}

function problemOf(step: Step, { problem }: NonNullable<Attempt['end']>): JournaledProblem {
  return problem ?? { code: 'STEP_FAILED', params: { step: step.title } };
}

/** Whether a preparation ended so that nobody can tell what became of a step: it is begun anew, from the archives. */
export function preparationSpoilt(operation: Operation): boolean {
  const { plan, track } = operation;
  if (plan?.plan.runbook !== 'preparation' || track?.kind !== 'plan') return false;
  return track.steps.some((step) => latest(operation, step)?.end?.outcome === 'unclear');
}

function mayPrepareAgain(operation: Operation): boolean {
  return preparationSpoilt(operation) && operation.plans.length < PREPARATIONS_MAX;
}

/** Whatever runs is not waited for: its container is ended with what it made. */
function afterWithdrawal(operation: Operation): Move {
  const { track } = operation;
  if (track?.kind !== 'clearing') return { move: 'clear' };
  for (const step of track.steps) {
    const last = latest(operation, step);
    if (!last) return { move: 'start', step, attempt: 1, notAfter: null };
    if (last.end === null) return { move: 'resume', step, attempt: last.attempt, startedAt: last.startedAt };
    if (last.end.outcome === 'not_begun' && last.attempt < ATTEMPTS_MAX)
      return { move: 'start', step, attempt: last.attempt + 1, notAfter: null };
  }
  return { move: 'cleared' };
}

/** The name of an attempt's directory on its host: `take-backup`, and `take-backup.2` when the first never began. */
export function runName(step: string, attempt: number): string {
  return attempt === 1 ? step : `${step}.${attempt}`;
}
