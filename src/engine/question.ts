import { KollaBackupError } from '../operation/catalogue.ts';
import type { Answered, Check } from '../operation/checks.ts';
import { changeStarted, type JournaledProblem, latest } from '../operation/operation.ts';
import type { Step } from '../operation/plan.ts';
import { judge } from '../runbooks/judge.ts';
import type { Context } from './asker.ts';
import { ask } from './askers.ts';
import { type Drive, writeAnswer } from './drive.ts';
import { passes, patiently } from './hosts.ts';
import { untilSeen } from './patience.ts';
import { trackOf } from './runs.ts';

/** Asks the questions of a step that touches nothing; after a crash it simply asks again. */
export async function askQuestions(drive: Drive, step: Step, attempt: number, notAfter: number | null): Promise<void> {
  const { claim } = drive;
  const operation = drive.operation();
  const at = { plan: trackOf(operation).number, step: step.id, attempt };
  const underWay = latest(operation, step)?.end === null;
  const event = { type: 'step_started' as const, claim, ...at, checks: [] };
  const terms = {
    ...(changeStarted(operation) ? { own: 'need' as const } : {}),
    ...(notAfter === null ? {} : { notAfter }),
  };
  if (!underWay && (await drive.writeStart(event, terms)) !== 'written') return;
  await drive.notes.setProgress(operation.id, { step: step.id, line: step.title, at: Date.now() });
  const { answers, problem } = await askAll(drive, step.after, step.timeLimitMs);
  const outcome = problem ? 'failed' : 'worked';
  await writeAnswer(drive, { type: 'step_finished', claim, ...at, outcome, exit: null, checks: answers, problem });
}

/** Asks checks in order until one isn't as it must be. A question that gets no usable answer is a problem like another. */
export async function askAll(
  drive: Drive,
  checks: readonly Check[],
  timeLimitMs: number,
): Promise<{ answers: Answered[]; problem: JournaledProblem | null }> {
  const context: Context = { drive, timeLimitMs, patience: patienceOf(drive) };
  const answers: Answered[] = [];
  for (const check of checks) {
    try {
      const answered = await ask(check, context);
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

/** Before a change a silent host ends the operation soon; after one, its archive isn't given up for a pause of its host. */
function patienceOf(drive: Drive): Context['patience'] {
  if (!changeStarted(drive.operation())) return (_, question) => patiently(drive.signal, question);
  return (host, question) => untilSeen(drive, host, question, passes);
}
