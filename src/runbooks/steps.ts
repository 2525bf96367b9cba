import type { Call } from '../kolla/dialects.ts';
import { passwordFiles } from '../kolla/extra-arguments.ts';
import type { Check } from '../operation/checks.ts';
import type { Facts } from '../operation/facts.ts';
import { DEPLOY, type Program, type Step, TITLE_CHARS } from '../operation/plan.ts';
import type { Reporter } from '../operation/restore-checks.ts';
import { COPY_SCRIPTS } from './copy.ts';
import { programRequest } from './programs/program.ts';
import type { ProgramName, ProgramRequests } from './programs/requests.ts';

/** How steps are put together, the same for every runbook. Times are in ms. */

/** How long the quick questions of one step may take together. */
export const QUESTIONS_MS = 180_000;
/** How long a program may take that makes, holds, exchanges or removes something on one node. */
export const NODE_PROGRAM_MS = 300_000;

/** A title that names a host of whatever length. */
export const titled = (title: string) => title.slice(0, TITLE_CHARS);

/** A step that touches nothing: its questions. */
export function question(id: string, title: string, host: string, timeLimitMs: number, after: readonly Check[]): Step {
  return { id, title: titled(title), host, touches: 'read', program: null, timeLimitMs, before: [], after: [...after] };
}

/** A step that is a call of kolla-ansible, on the deploy host. */
export function kollaStep(deploy: Facts['deploy'], step: Omit<Step, 'host' | 'program'>, { argv, env }: Call): Step {
  const program = { argv: [...argv], cwd: deploy.cwd, env: { ...env }, redact: passwordFiles(deploy) };
  return { ...step, title: titled(step.title), host: DEPLOY, program };
}

/** What a step of a program is besides its program. */
export type Work = {
  readonly id: string;
  readonly title: string;
  readonly host: string;
  readonly touches: Step['touches'];
  readonly timeLimitMs?: number;
  readonly before?: readonly Check[];
};

/** A step whose program reports on standard output what it did. */
export function reporting(work: Work, by: Reporter, argv: Readonly<Program['argv']>): Step {
  const { before = [], timeLimitMs = NODE_PROGRAM_MS, ...rest } = work;
  const title = titled(work.title);
  return {
    ...rest,
    title,
    program: { argv: argv.map(named), cwd: '/', env: {}, redact: [] },
    timeLimitMs,
    before: [...before],
    after: [{ check: 'reported', program: by, host: work.host, step: title }],
  };
}

/** A container's script by its name: its text stands once in the plan, too. */
function named(part: Program['argv'][number]): Program['argv'][number] {
  const [source] = Object.entries(COPY_SCRIPTS).find(([, text]) => text === part) ?? [];
  return source === undefined ? part : { source };
}

/** A step that runs one of our programs; its text stands once in the plan (`assemble`). */
export function programStep<N extends ProgramName & Reporter>(work: Work, name: N, request: ProgramRequests[N]): Step {
  return reporting(work, name, ['python3', '-c', { source: name }, programRequest(name, request)]);
}
