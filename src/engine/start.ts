import { gateOf } from '../operation/approval.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Terms } from '../operation/journal.ts';
import { changeStarted, destroyStarted, type Operation } from '../operation/operation.ts';
import { argvOf, DEPLOY, type Program, type Step } from '../operation/plan.ts';
import type { StepName } from '../operation/run-directory.ts';
import { type Drive, DriveStopped, Refused } from './drive.ts';
import { passes, patiently, sleep } from './hosts.ts';
import { untilFree } from './patience.ts';
import { askAll } from './question.ts';
import { resumeProgram } from './resume.ts';
import { closeReplaced, planOf, runOf, trackOf } from './runs.ts';

/** How soon a start is decided anew that waits for another operation on the cloud (ms). */
const OWNED_MS = 3_000;

/** Asks what must be true, journals the start, and only then sends the program; its host lets it in once. */
export async function startProgram(
  drive: Drive,
  step: Step,
  program: Program,
  attempt: number,
  notAfter: number | null,
): Promise<void> {
  const { claim } = drive;
  const operation = drive.operation();
  const own = ownership(operation, step);
  if (own === 'take' && !(await mayTake(drive, step))) return;
  await progress(drive, step, 'Asking what must be true before it');
  const { answers, problem } = await askAll(drive, step.before, step.timeLimitMs);
  if (problem) throw new Refused(problem);
  const name = runOf(operation, step, attempt);
  await openRun(drive, step, name);
  // The questions took their time, and clocks can jump: what was approved is asked of the clock once more.
  if (notAfter !== null && gateOf(operation, await drive.journal.now()).gate !== 'go') return;
  demandLease(drive);
  const at = { plan: trackOf(operation).number, step: step.id, attempt };
  const event = { type: 'step_started', claim, ...at, checks: answers } as const;
  const terms = { ...(own === null ? {} : { own }), ...(notAfter === null ? {} : { notAfter }) };
  const said = await drive.writeStart(event, terms);
  if (said === 'waits') await sleep(OWNED_MS, drive.signal);
  if (said !== 'written') return;
  demandLease(drive);
  await send(drive, step, program, name);
  await resumeProgram(drive, step, attempt, drive.operation().headAt);
}

/**
 * A backup owns its cloud from its request on; a restore takes it with its first destroy start, and has it from then
 * on. What it prepares before touches nothing that a backup could mind.
 */
function ownership(operation: Operation, step: Step): NonNullable<Terms['own']> | null {
  if (operation.wish.kind === 'backup' || destroyStarted(operation)) return 'need';
  return step.touches === 'destroy' ? 'take' : null;
}

/** Before the first thing that can't be undone: Redis keeps what it is told, and no other operation has the cloud. */
async function mayTake(drive: Drive, step: Step): Promise<boolean> {
  const weakness = await drive.durable();
  if (weakness) throw new Refused(weakness);
  const { cloud, id } = drive.operation();
  const owner = await drive.journal.owner(cloud);
  if (owner === null || owner === id) return true;
  await progress(drive, step, 'Waiting for the other operation on this cloud to end');
  await sleep(OWNED_MS, drive.signal);
  await drive.refresh();
  return false;
}

/** Makes the plan's directory on the host, after what it replaces was ended there. */
async function openRun(drive: Drive, step: Step, name: StepName): Promise<void> {
  for (const host of hostsToClose(drive.operation(), step)) await closeOn(drive, host);
  const opened = await patiently(drive.signal, () => drive.hosts.runs(step.host).open(name));
  if (opened !== 'plan_over') return;
  const reason = 'this plan was ended there';
  throw new Refused({ code: 'RUN_REFUSED', params: { host: step.host, step: step.title, reason } });
}

/** Before a way back does anything anywhere, what it replaces is ended on every host; else where the step is. */
function hostsToClose({ track }: Operation, { id, host }: Step): readonly string[] {
  // Also when it is tried again: it may have been a host's silence for which it didn't begin.
  const first = track?.kind === 'back_out' && track.steps[0]?.id === id;
  return first ? [...new Set([host, ...track.steps.map((step) => step.host), DEPLOY])] : [host];
}

async function closeOn(drive: Drive, host: string): Promise<void> {
  const clearing = trackOf(drive.operation()).kind === 'clearing';
  await untilFree(drive, host, () => closeReplaced(drive, host, clearing));
}

function demandLease({ keeper }: Drive): void {
  if (!keeper.mayStart()) throw new DriveStopped('the lease could not be renewed in time');
}

async function progress(drive: Drive, step: Step, line: string): Promise<void> {
  await drive.notes.setProgress(drive.operation().id, { step: step.id, line, at: Date.now() });
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
    if (!(error instanceof KollaBackupError) || !(passes(error) || lookTells(drive, error))) throw error;
    drive.log.warn({ ...name, error: error.message }, 'sent, and no answer came');
  }
}

/** What can't be given up any more isn't left because its sending failed: whether it arrived is for its host to say. */
function lookTells(drive: Drive, { problem }: KollaBackupError): boolean {
  const operation = drive.operation();
  return !problem.code.startsWith('REDIS_') && (changeStarted(operation) || trackOf(operation).kind === 'clearing');
}
