import { KollaBackupError } from '../operation/catalogue.ts';
import { argvOf, type Program, type Step } from '../operation/plan.ts';
import type { StepName } from '../operation/run-directory.ts';
import { type Drive, DriveStopped, Refused } from './drive.ts';
import { passes } from './hosts.ts';
import { askAll } from './question.ts';
import { resumeProgram } from './resume.ts';
import { planOf, runOf } from './runs.ts';

/** Asks what must be true, journals the start, and only then sends the program; its host lets it in once. */
export async function startProgram(drive: Drive, step: Step, program: Program, attempt: number): Promise<void> {
  const { claim } = drive;
  const operation = drive.operation();
  const line = 'Asking what must be true before it';
  await drive.notes.setProgress(operation.id, { step: step.id, line, at: Date.now() });
  const { answers, problem } = await askAll(drive, step.before, step.timeLimitMs);
  if (problem) throw new Refused(problem);
  const name = runOf(operation, step, attempt);
  if ((await drive.hosts.runs(step.host).open(name)) === 'plan_over') {
    const reason = 'this plan was ended there';
    throw new Refused({ code: 'RUN_REFUSED', params: { host: step.host, step: step.title, reason } });
  }
  demandLease(drive);
  const at = { plan: planOf(operation).number, step: step.id, attempt };
  if (!(await drive.write({ type: 'step_started', claim, ...at, checks: answers }, 'need'))) return;
  demandLease(drive);
  await send(drive, step, program, name);
  await resumeProgram(drive, step, attempt, drive.operation().headAt);
}

function demandLease({ keeper }: Drive): void {
  if (!keeper.mayStart()) throw new DriveStopped('the lease could not be renewed in time');
}

/** Sends once. Whether it arrived is not asked here: the look that follows tells. */
async function send(drive: Drive, step: Step, program: Program, name: StepName): Promise<void> {
  const { cwd, env, redact } = program;
  const [executable, ...rest] = argvOf(planOf(drive.operation()), program);
  if (executable === undefined) throw new TypeError(`${step.id} has an empty program`);
  const request = { ...name, head: drive.operation().head, argv: [executable, ...rest] as const, cwd, env };
  try {
    const started = await drive.hosts.runs(step.host).start({ ...request, redact: { files: redact, patterns: [] } });
    drive.log.info({ ...name, host: step.host, started }, 'sent');
    const blind = started.state === 'sent' ? started.redaction[0] : undefined;
    if (blind) {
      const params = { host: step.host, file: blind.file, problem: blind.problem };
      await drive.write({ type: 'attention', claim: drive.claim, problem: { code: 'REDACTION_BLIND', params } });
    }
  } catch (error) {
    if (!(error instanceof KollaBackupError) || !passes(error)) throw error;
    drive.log.warn({ ...name, error: error.message }, 'sent, and no answer came');
  }
}
