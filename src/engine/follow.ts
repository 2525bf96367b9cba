import { ansibleParser } from '../kolla/ansible-output.ts';
import { destroyStarted } from '../operation/operation.ts';
import { DEPLOY, type Step } from '../operation/plan.ts';
import type { Look, StepName } from '../operation/run-directory.ts';
import type { Drive } from './drive.ts';
import { sleep } from './hosts.ts';
import { watchNodes } from './watch-nodes.ts';

/** How often a program under way is looked at (ms): soon while it is young, for many end within a second. */
export const LOOK_MS = 2_000;
const LOOK_FIRST_MS = 150;
const LOOK_GROWTH = 1.5;

/** A run at its end: its whole redacted output, and its exit, or null where nobody can know it. */
export type EndedRun = {
  readonly output: string;
  readonly end: { readonly code: number | null; readonly signal: number | null } | null;
};

/** Follows a program that began until nothing of it lives. Passing its time limit is told, and changes nothing. */
export async function followRun(
  drive: Drive,
  step: Step,
  name: StepName,
  startedAt: number,
  seen: <T>(question: () => Promise<T>) => Promise<T>,
): Promise<EndedRun | 'withdrawn'> {
  const runs = drive.hosts.runs(step.host);
  const show = progressOf(drive, step);
  const watch = step.host === DEPLOY && step.touches === 'destroy' ? watchNodes(drive, step, startedAt) : null;
  let output = '';
  let offset = 0;
  let pause = LOOK_FIRST_MS;
  for (;;) {
    const look: Look = await seen(() => runs.look(name, offset));
    output += look.output.text;
    offset = look.output.next;
    await show(look.output.text);
    if (look.output.next < look.output.size) continue;
    if (look.state === 'finished') return { output, end: { code: look.code, signal: look.signal } };
    if (look.state !== 'running' && look.state !== 'orphaned') return { output, end: null };
    await watch?.();
    await reportOverdue(drive, step, startedAt);
    if (await leftBehind(drive, step)) return 'withdrawn';
    await sleep(pause, drive.signal);
    pause = Math.min(LOOK_MS, pause * LOOK_GROWTH);
  }
}

/** Whether somebody withdrew the operation meanwhile: then what was prepared is removed, whatever still fills it. */
export async function leftBehind(drive: Drive, step: Step): Promise<boolean> {
  const { withdrawal, track } = drive.operation();
  if (withdrawal === null && (step.touches === 'destroy' || destroyStarted(drive.operation()))) return false;
  return track?.kind !== 'clearing' && (await drive.refresh()).withdrawal !== null;
}

/** Shows the task that Ansible is at. Eyes only: what fails here is left out. */
function progressOf(drive: Drive, step: Step): (text: string) => Promise<void> {
  const parser = ansibleParser();
  let line = step.title;
  return async (text) => {
    for (const event of parser.push(text)) if (event.kind === 'task') line = event.name;
    await drive.notes.setProgress(drive.operation().id, { step: step.id, line, at: Date.now() }).catch(() => {});
  };
}

/** Tells people once that a step, or what outlived its program, takes longer than its time limit. `startedAt` in ms. */
export async function reportOverdue(drive: Drive, step: Step, startedAt: number): Promise<void> {
  const { attention } = drive.operation();
  if (Date.now() - startedAt <= step.timeLimitMs || attention?.problem.code === 'STEP_OVERDUE') return;
  const problem = {
    code: 'STEP_OVERDUE',
    params: { step: step.title, host: step.host, minutes: String(Math.round(step.timeLimitMs / 60_000)) },
  };
  await drive.write({ type: 'attention', claim: drive.claim, problem });
}
