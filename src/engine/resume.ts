import type { Answered } from '../operation/checks.ts';
import type { Step } from '../operation/plan.ts';
import type { Look, StepName } from '../operation/run-directory.ts';
import { judge } from '../runbooks/judge.ts';
import { changedHost } from './ansible-result.ts';
import { type Drive, DriveStopped } from './drive.ts';
import { type EndedRun, followRun } from './follow.ts';
import { sleep } from './hosts.ts';
import { untilSeen } from './patience.ts';
import { planOf, runOf } from './runs.ts';
import { signalName } from './signals.ts';
import { saveLog } from './step-log.ts';

/** How long a program that was sent may take to begin before its place is taken (ms): a slow disk isn't a lost command. */
export const BEGIN_MS = 60_000;
/** The same for one of which its host knows nothing: its sending may still be under way. */
export const ARRIVE_MS = 10_000;
const LOOK_MS = 1_000;

/** Looks for a program whose start is in the journal, and follows it to its end. */
export async function resumeProgram(drive: Drive, step: Step, attempt: number, startedAt: number): Promise<void> {
  const name = runOf(drive.operation(), step, attempt);
  const look = await untilBegun(drive, step, name);
  if (look === 'never') return finish(drive, step, attempt, 'not_begun');
  if (look === 'gone') return tellGone(drive, step);
  if (look.state === 'unclear') return unclear(drive, step, attempt, 'nothing of it lives, and it left no exit code');
  const run = await followRun(drive, step, name, startedAt, (question) => untilSeen(drive, step.host, question));
  await saveLog(drive, name.step, run.output);
  if (run.end === null) return unclear(drive, step, attempt, 'its supervisor is gone without an exit code');
  return finishRun(drive, step, attempt, run.output, run.end);
}

/** The first look at a program that began; `never` when it has not and now never will; `gone` when its host has no plan. */
async function untilBegun(drive: Drive, step: Step, name: StepName): Promise<Look | 'never' | 'gone'> {
  const runs = drive.hosts.runs(step.host);
  const began = performance.now();
  for (;;) {
    const look = await untilSeen(drive, step.host, () => runs.look(name));
    if (look.state === 'taken') return 'never';
    if (look.state !== 'absent' && look.state !== 'sent') return look;
    if (look.plan === 'missing') return 'gone';
    // Nothing of a plan that is over begins any more.
    if (look.plan === 'over') return 'never';
    const patience = look.state === 'sent' ? BEGIN_MS : ARRIVE_MS;
    if (performance.now() - began > patience) {
      const taken = await untilSeen(drive, step.host, () => runs.take(name));
      if (taken === 'taken') return 'never';
    }
    await sleep(LOOK_MS, drive.signal);
  }
}

async function finishRun(
  drive: Drive,
  step: Step,
  attempt: number,
  output: string,
  end: NonNullable<EndedRun['end']>,
): Promise<void> {
  const answers: Answered[] = step.after.map((check) => {
    if (check.check !== 'one-host-changed') throw new TypeError(`${check.check} can't follow a program`);
    return { check: check.check, answer: changedHost(output, end) };
  });
  const judged = step.after.map((check, index) => (answers[index] ? judge(check, answers[index]) : null));
  const problem = judged.find((one) => one !== null) ?? null;
  await drive.write({
    type: 'step_finished',
    claim: drive.claim,
    plan: planOf(drive.operation()).number,
    step: step.id,
    attempt,
    outcome: problem ? 'failed' : 'worked',
    exit: { code: end.code, signal: end.signal === null ? null : signalName(end.signal) },
    checks: answers,
    problem,
  });
}

async function finish(drive: Drive, step: Step, attempt: number, outcome: 'not_begun'): Promise<void> {
  const at = { plan: planOf(drive.operation()).number, step: step.id, attempt };
  await drive.write({
    type: 'step_finished',
    claim: drive.claim,
    ...at,
    outcome,
    exit: null,
    checks: [],
    problem: null,
  });
}

async function unclear(drive: Drive, step: Step, attempt: number, reason: string): Promise<void> {
  const at = { plan: planOf(drive.operation()).number, step: step.id, attempt };
  const problem = { code: 'RUN_UNCLEAR', params: { step: step.title, host: step.host, reason } };
  await drive.write({ type: 'step_unclear', claim: drive.claim, ...at, problem });
}

/** Perhaps it is another machine, or another directory, than the one it was sent to: a matter for people, not an end. */
async function tellGone(drive: Drive, step: Step): Promise<never> {
  if (drive.operation().attention?.problem.code !== 'RUN_DIRECTORY_GONE') {
    const problem = { code: 'RUN_DIRECTORY_GONE', params: { step: step.title, host: step.host } };
    await drive.write({ type: 'attention', claim: drive.claim, problem });
  }
  throw new DriveStopped(`the run directory of ${step.id} is gone`);
}
