import { KollaBackupError } from '../operation/catalogue.ts';
import type { Answered } from '../operation/checks.ts';
import { runName } from '../operation/next.ts';
import type { Step } from '../operation/plan.ts';
import type { StepName } from '../operation/run-directory.ts';
import { judge } from '../runbooks/judge.ts';
import { changedHost } from './ansible-result.ts';
import { type Drive, DriveStopped, Refused } from './drive.ts';
import { followRun } from './follow.ts';
import { passes, sleep } from './hosts.ts';
import { askAll } from './question.ts';
import { saveLog } from './step-log.ts';

/** How long to wait between two looks at a host that can't be asked (ms). */
const OUT_OF_SIGHT_MS = 10_000;

/** Asks what must be true, journals the start, and only then sends the program; its host lets it in once. */
export async function startProgram(drive: Drive, step: Step, attempt: number): Promise<void> {
  const { claim } = drive;
  const operation = drive.operation();
  const number = operation.plan?.plan.number ?? 1;
  await drive.notes.setProgress(operation.id, {
    step: step.id,
    line: 'Asking what must be true before it',
    at: Date.now(),
  });
  const { answers, problem } = await askAll(drive, step.before, step.timeLimitMs);
  if (problem) throw new Refused(problem);
  const name = nameOf(drive, step, attempt);
  const runs = drive.hosts.runs(step.host);
  const opened = await runs.open(name);
  if (opened === 'plan_over') {
    throw new Refused({
      code: 'RUN_REFUSED',
      params: { host: step.host, step: step.title, reason: 'this plan was ended there' },
    });
  }
  if (!drive.keeper.mayStart()) throw new DriveStopped('the lease could not be renewed in time');
  const started = await drive.write(
    { type: 'step_started', claim, plan: number, step: step.id, attempt, checks: answers },
    'need',
  );
  if (!started) return;
  if (!drive.keeper.mayStart()) throw new DriveStopped('the lease could not be renewed in time');
  await send(drive, step, name);
  await resumeProgram(drive, step, attempt, drive.operation().headAt);
}

/** Sends once. Whether it arrived is not asked here: the look that follows tells. */
async function send(drive: Drive, step: Step, name: StepName): Promise<void> {
  const { program } = step;
  const [executable, ...rest] = program?.argv ?? [];
  if (!program || executable === undefined) throw new TypeError(`${step.id} has no program`);
  try {
    const started = await drive.hosts.runs(step.host).start({
      ...name,
      head: drive.operation().head,
      argv: [executable, ...rest],
      cwd: program.cwd,
      env: program.env,
      redact: { files: program.redact, patterns: [] },
    });
    drive.log.info({ operation: name.operation, step: name.step, host: step.host, started }, 'sent');
  } catch (error) {
    if (!passes(error)) throw error;
    drive.log.warn({ operation: name.operation, step: name.step, error: error.message }, 'sent, and no answer came');
  }
}

/** Looks for a program whose start is in the journal, and follows it to its end. */
export async function resumeProgram(drive: Drive, step: Step, attempt: number, startedAt: number): Promise<void> {
  const name = nameOf(drive, step, attempt);
  const look = await untilSeen(drive, step, () => drive.hosts.runs(step.host).look(name));
  if (look.state === 'absent' || look.state === 'sent' || look.state === 'taken') {
    if (look.plan === 'open') {
      const taken = await untilSeen(drive, step, () => drive.hosts.runs(step.host).take(name));
      if (taken === 'taken') return finish(drive, step, attempt, 'not_begun');
      if (taken === 'begun_already') return resumeProgram(drive, step, attempt, startedAt);
    }
    return unclear(drive, step, attempt, 'its run directory is gone or was ended');
  }
  const run = await followRun(drive, step, name, startedAt, (question) => untilSeen(drive, step, question));
  await saveLog(drive, name.step, run.output);
  if (run.end === null) return unclear(drive, step, attempt, 'its supervisor is gone without an exit code');
  const answers: Answered[] = [];
  for (const check of step.after) {
    if (check.check !== 'one-host-changed') throw new TypeError(`${check.check} can't follow a program`);
    answers.push({ check: check.check, answer: changedHost(run.output, run.end) });
  }
  const problem =
    step.after
      .map((check, index) => (answers[index] ? judge(check, answers[index]) : null))
      .find((one) => one !== null) ?? null;
  await drive.write({
    type: 'step_finished',
    claim: drive.claim,
    plan: drive.operation().plan?.plan.number ?? 1,
    step: step.id,
    attempt,
    outcome: problem ? 'failed' : 'worked',
    exit: { code: run.end.code, signal: run.end.signal === null ? null : String(run.end.signal) },
    checks: answers,
    problem,
  });
}

/** Ends the plan on every host that it had run directories on, so that nothing of it can begin any more. */
export async function closeRuns(drive: Drive): Promise<void> {
  const operation = drive.operation();
  const hosts = new Set((operation.plan?.plan.steps ?? []).filter(({ program }) => program).map(({ host }) => host));
  for (const host of hosts) {
    await drive.hosts
      .runs(host)
      .close({ operation: operation.id, plan: String(operation.plan?.plan.number ?? 1) })
      .catch((error: unknown) =>
        drive.log.warn({ operation: operation.id, host, error }, 'its run directory stays open'),
      );
  }
}

async function finish(drive: Drive, step: Step, attempt: number, outcome: 'not_begun'): Promise<void> {
  const plan = drive.operation().plan?.plan.number ?? 1;
  await drive.write({
    type: 'step_finished',
    claim: drive.claim,
    plan,
    step: step.id,
    attempt,
    outcome,
    exit: null,
    checks: [],
    problem: null,
  });
}

async function unclear(drive: Drive, step: Step, attempt: number, reason: string): Promise<void> {
  const plan = drive.operation().plan?.plan.number ?? 1;
  const problem = { code: 'RUN_UNCLEAR', params: { step: step.title, host: step.host, reason } };
  await drive.write({ type: 'step_unclear', claim: drive.claim, plan, step: step.id, attempt, problem });
}

/** Asks a host until it answers: a program under way there is never given up. People are told once. */
async function untilSeen<T>(drive: Drive, step: Step, question: () => Promise<T>): Promise<T> {
  for (;;) {
    drive.signal.throwIfAborted();
    try {
      return await question();
    } catch (error) {
      if (!(error instanceof KollaBackupError) || error.problem.code.startsWith('REDIS_')) throw error;
      if (drive.operation().attention?.problem.code !== 'HOST_OUT_OF_SIGHT') {
        const problem = { code: 'HOST_OUT_OF_SIGHT', params: { host: step.host, reason: error.problem.code } };
        await drive.write({ type: 'attention', claim: drive.claim, problem });
      }
      await sleep(OUT_OF_SIGHT_MS, drive.signal);
    }
  }
}

function nameOf(drive: Drive, step: Step, attempt: number): StepName {
  const operation = drive.operation();
  return { operation: operation.id, plan: String(operation.plan?.plan.number ?? 1), step: runName(step.id, attempt) };
}
