import { KollaBackupError } from '../operation/catalogue.ts';
import type { Answered } from '../operation/checks.ts';
import type { JournaledProblem } from '../operation/operation.ts';
import { latest } from '../operation/operation.ts';
import type { Step } from '../operation/plan.ts';
import { judge } from '../runbooks/judge.ts';
import { ask } from './askers.ts';
import type { Drive } from './drive.ts';

/** Asks the questions of a step that touches nothing; after a crash it simply asks again. */
export async function askQuestions(drive: Drive, step: Step, attempt: number): Promise<void> {
  const { claim } = drive;
  const at = { plan: drive.operation().plan?.plan.number ?? 1, step: step.id, attempt };
  if (latest(drive.operation(), step)?.end !== null) {
    if (!(await drive.write({ type: 'step_started', claim, ...at, checks: [] }, 'need'))) return;
  }
  await drive.notes.setProgress(drive.operation().id, { step: step.id, line: step.title, at: Date.now() });
  const { answers, problem } = await askAll(drive, step.after, step.timeLimitMs);
  await drive.write({
    type: 'step_finished',
    claim,
    ...at,
    outcome: problem ? 'failed' : 'worked',
    exit: null,
    checks: answers,
    problem,
  });
}

/** Asks checks in order until one isn't as it must be. A host that can't be asked is a problem like another. */
export async function askAll(
  drive: Drive,
  checks: Step['after'],
  timeLimitMs: number,
): Promise<{ answers: Answered[]; problem: JournaledProblem | null }> {
  const answers: Answered[] = [];
  for (const check of checks) {
    try {
      const answered = await ask(check, { drive, timeLimitMs });
      answers.push(answered);
      const problem = judge(check, answered);
      if (problem) return { answers, problem };
    } catch (error) {
      if (!(error instanceof KollaBackupError) || error.problem.code.startsWith('REDIS_')) throw error;
      return { answers, problem: error.problem };
    }
  }
  return { answers, problem: null };
}
