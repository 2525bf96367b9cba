import { changeStarted, type JournaledProblem, latest, type Operation } from './operation.ts';
import type { Step } from './plan.ts';

/** How often a step whose program never began is sent. */
export const ATTEMPTS_MAX = 5;

/** What a driver does next. */
export type Move =
  | { readonly move: 'probe' }
  | { readonly move: 'plan' }
  /** Ask what must be true, journal the start, send the program (or ask the step's questions). */
  | { readonly move: 'start'; readonly step: Step; readonly attempt: number }
  /** It was started: look for it before anything else. */
  | { readonly move: 'resume'; readonly step: Step; readonly attempt: number; readonly startedAt: number }
  | { readonly move: 'succeed' }
  /** `changed`: something may be left behind that people should hear of. */
  | { readonly move: 'fail'; readonly problem: JournaledProblem; readonly changed: boolean }
  | { readonly move: 'none' };

/** The next move is a function of the journal alone, so any worker at any time decides alike. */
export function nextMove(operation: Operation): Move {
  if (operation.end) return { move: 'none' };
  if (operation.facts === null) return { move: 'probe' };
  if (operation.plan === null) return { move: 'plan' };
  for (const step of operation.plan.plan.steps) {
    const move = moveOf(operation, step);
    if (move !== null) return move;
  }
  return { move: 'succeed' };
}

function moveOf(operation: Operation, step: Step): Move | null {
  const last = latest(operation, step);
  if (!last) return { move: 'start', step, attempt: 1 };
  if (last.end === null) return { move: 'resume', step, attempt: last.attempt, startedAt: last.startedAt };
  switch (last.end.outcome) {
    case 'worked':
      return null;
    case 'not_begun':
      if (last.attempt < ATTEMPTS_MAX) return { move: 'start', step, attempt: last.attempt + 1 };
      return {
        move: 'fail',
        problem: {
          code: 'STEP_NEVER_BEGAN',
          params: { step: step.title, host: step.host, attempts: String(last.attempt) },
        },
        changed: false,
      };
    case 'failed':
    case 'unclear':
      return {
        move: 'fail',
        problem: last.end.problem ?? { code: 'STEP_FAILED', params: { step: step.title } },
        changed: changeStarted(operation),
      };
  }
}

/** The name of an attempt's directory on its host: `take-backup`, and `take-backup.2` when the first never began. */
export function runName(step: string, attempt: number): string {
  return attempt === 1 ? step : `${step}.${attempt}`;
}
