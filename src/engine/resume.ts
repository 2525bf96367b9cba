import { KollaBackupError } from '../operation/catalogue.ts';
import type { Answered } from '../operation/checks.ts';
import { destroyStarted } from '../operation/operation.ts';
import { DEPLOY, type Step } from '../operation/plan.ts';
import type { Look, StepName } from '../operation/run-directory.ts';
import { judge } from '../runbooks/judge.ts';
import { untilPlaybookEnded } from './aftermath.ts';
import { type Drive, DriveStopped, writeAnswer } from './drive.ts';
import { type EndedRun, followRun, leftBehind } from './follow.ts';
import { sleep } from './hosts.ts';
import { answersFromOutput, readOutput } from './output-readers.ts';
import { overrule } from './overrule.ts';
import { untilSeen } from './patience.ts';
import { askAll } from './question.ts';
import { runOf, trackOf } from './runs.ts';
import { signalName } from './signals.ts';
import { saveLog } from './step-log.ts';

/** How long a program that was sent may take to begin before its place is taken (ms): a slow disk isn't a lost command. */
export const BEGIN_MS = 60_000;
/** The same for one of which its host knows nothing: its sending may still be under way. */
export const ARRIVE_MS = 10_000;
const LOOK_MS = 1_000;

/** Looks for a program whose start is in the journal, and follows it to its end. */
export async function resumeProgram(drive: Drive, step: Step, attempt: number, startedAt: number): Promise<void> {
  try {
    await followProgram(drive, step, attempt, startedAt);
  } catch (error) {
    if (!(error instanceof KollaBackupError) || error.problem.code !== 'HOST_DECLARED_GONE') throw error;
    const at = { plan: trackOf(drive.operation()).number, step: step.id, attempt };
    await drive.write({ type: 'step_unclear', claim: drive.claim, ...at, problem: error.problem });
  }
}

async function followProgram(drive: Drive, step: Step, attempt: number, startedAt: number): Promise<void> {
  const name = runOf(drive.operation(), step, attempt);
  const look = await untilBegun(drive, step, name);
  if (look === 'never') return finish(drive, step, attempt, 'not_begun');
  if (look === 'gone') return tellGone(drive, step, attempt);
  if (look === 'withdrawn') return;
  if (look.state === 'unclear') return unclear(drive, step, attempt, 'nothing of it lives, and it left no exit code');
  const run = await followRun(drive, step, name, startedAt, (question) => untilSeen(drive, step.host, question));
  if (run === 'withdrawn') return;
  // A killed stop or recovery goes on without its kolla-ansible: nothing is begun beside it, a way back neither.
  if (step.host === DEPLOY && step.touches === 'destroy') await untilPlaybookEnded(drive, step);
  await saveLog(drive, name.step, run.output);
  if (run.end === null) return unclear(drive, step, attempt, 'its supervisor is gone without an exit code');
  return finishRun(drive, step, attempt, run.output, run.end);
}

/** The first look at a program that began; `never` when it has not and now never will; `gone` when its host has no plan. */
async function untilBegun(drive: Drive, step: Step, name: StepName): Promise<Look | 'never' | 'gone' | 'withdrawn'> {
  const runs = drive.hosts.runs(step.host);
  const began = performance.now();
  for (;;) {
    const look = await untilSeen(drive, step.host, () => runs.look(name));
    if (look.state === 'taken') return 'never';
    if (look.state !== 'absent' && look.state !== 'sent') return look;
    if (look.plan === 'missing') return 'gone';
    if (await leftBehind(drive, step)) return 'withdrawn';
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
  const read = await Promise.all(
    step.after.filter(answersFromOutput).map(async (check) => {
      const answered = readOutput(check, output, end);
      return { check, answered: await overrule(drive, check, answered, step.timeLimitMs) };
    }),
  );
  const unmet = read.map(({ check, answered }) => judge(check, answered)).find((one) => one !== null) ?? null;
  const others = step.after.filter((check) => !answersFromOutput(check));
  // What a program says of itself is settled first: where it failed nothing more is asked.
  const asked = unmet === null ? await askAll(drive, others, step.timeLimitMs) : { answers: [], problem: unmet };
  const answers: Answered[] = [...read.map(({ answered }) => answered), ...asked.answers];
  const { problem } = asked;
  await writeAnswer(drive, {
    type: 'step_finished',
    claim: drive.claim,
    plan: trackOf(drive.operation()).number,
    step: step.id,
    attempt,
    outcome: problem ? 'failed' : 'worked',
    exit: { code: end.code, signal: end.signal === null ? null : signalName(end.signal) },
    checks: answers,
    problem,
  });
}

async function finish(drive: Drive, step: Step, attempt: number, outcome: 'not_begun'): Promise<void> {
  const at = { plan: trackOf(drive.operation()).number, step: step.id, attempt };
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
  const at = { plan: trackOf(drive.operation()).number, step: step.id, attempt };
  const problem = { code: 'RUN_UNCLEAR', params: { step: step.title, host: step.host, reason } };
  await drive.write({ type: 'step_unclear', claim: drive.claim, ...at, problem });
}

/**
 * Perhaps it is another machine, or another directory, than the one it was sent to: a matter for people, not an end.
 * Where it is still gone after that was told and MariaDB is down, they get what they have for an unclear step.
 */
async function tellGone(drive: Drive, step: Step, attempt: number): Promise<void> {
  const operation = drive.operation();
  const problem = { code: 'RUN_DIRECTORY_GONE', params: { step: step.title, host: step.host } };
  const told = operation.attention?.problem.code === problem.code;
  if (told && destroyStarted(operation)) {
    const at = { plan: trackOf(operation).number, step: step.id, attempt };
    await drive.write({ type: 'step_unclear', claim: drive.claim, ...at, problem });
    return;
  }
  if (!told) await drive.write({ type: 'attention', claim: drive.claim, problem });
  throw new DriveStopped(`the run directory of ${step.id} is gone`);
}
