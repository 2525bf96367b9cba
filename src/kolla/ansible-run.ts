import type { Details } from './ansible-details.ts';
import { type AnsibleEvent, type Recap, STATUSES, type Status } from './ansible-events.ts';
import { ansibleParser } from './ansible-output.ts';

/** What a whole run of ansible-playbook did, folded from its events. */

/** Tasks, warnings, errors and stray lines that are kept; what comes after is counted as left out. */
const TASKS_MAX = 5_000;
const NOTES_MAX = 200;

/** One task of a play, and how it ended on each host. */
export type TaskRun = {
  readonly play: string;
  readonly name: string;
  readonly handler: boolean;
  /** The last word on each host; of a loop, the most that happened. */
  readonly results: ReadonlyMap<string, HostResult>;
};

type HostResult = {
  readonly status: Status;
  readonly delegate: string | undefined;
  readonly details: Details | undefined;
};

/** A task that failed on one host, or that didn't reach it. */
export type Failure = {
  readonly play: string;
  readonly task: string;
  readonly host: string;
  readonly unreachable: boolean;
  /** The playbook went on regardless (`ignore_errors`). */
  readonly ignored: boolean;
  readonly details: Details | undefined;
};

/** What a whole output tells. */
export type AnsibleRun = {
  /** The ansible-playbook command as the command line prints it; undefined where none was reached. */
  readonly command: string | undefined;
  readonly plays: readonly { readonly name: string; readonly matched: boolean }[];
  readonly tasks: readonly TaskRun[];
  readonly failures: readonly Failure[];
  /** Undefined where the run didn't come to its recap; empty where no host took part. */
  readonly recap: ReadonlyMap<string, Recap> | undefined;
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
  readonly commandFailed: string | undefined;
  /** Lines that are none of Ansible's: usage, a shell's complaint. */
  readonly others: readonly string[];
};

type Mutable = {
  command: string | undefined;
  plays: { name: string; matched: boolean }[];
  tasks: { play: string; name: string; handler: boolean; results: Map<string, HostResult> }[];
  failures: Failure[];
  recap: Map<string, Recap> | undefined;
  warnings: string[];
  errors: string[];
  commandFailed: string | undefined;
  others: string[];
};

const rank = (status: Status) => STATUSES.indexOf(status);

function addResult(run: Mutable, event: AnsibleEvent & { kind: 'result' }): void {
  const { status, host, delegate, details } = event;
  const task = run.tasks.at(-1);
  if (task === undefined) return;
  const before = task.results.get(host);
  if (before === undefined || rank(status) >= rank(before.status)) {
    task.results.set(host, { status, delegate, details: details ?? before?.details });
  }
  if (status !== 'failed' && status !== 'unreachable') return;
  const unreachable = status === 'unreachable';
  keep(run.failures, { play: task.play, task: task.name, host, unreachable, ignored: false, details });
}

function keep<T>(list: T[], entry: T): void {
  if (list.length < NOTES_MAX) list.push(entry);
}

function ignoreLast(run: Mutable): void {
  const last = run.failures.pop();
  if (last !== undefined) run.failures.push({ ...last, ignored: true });
}

function addPlay(run: Mutable, name: string, matched: boolean): void {
  if (!matched) run.plays.pop();
  keep(run.plays, { name, matched });
}

function addTask(run: Mutable, name: string, handler: boolean): void {
  const play = run.plays.at(-1)?.name ?? '';
  if (run.tasks.length < TASKS_MAX) run.tasks.push({ play, name, handler, results: new Map() });
}

function add(run: Mutable, event: AnsibleEvent): void {
  switch (event.kind) {
    case 'command':
      run.command ??= event.text;
      break;
    case 'play':
      addPlay(run, event.name, true);
      break;
    case 'no_hosts':
      addPlay(run, run.plays.at(-1)?.name ?? '', false);
      break;
    case 'task':
      addTask(run, event.name, event.handler);
      break;
    case 'result':
      addResult(run, event);
      break;
    case 'ignoring':
      ignoreLast(run);
      break;
    case 'warning':
      keep(run.warnings, event.text);
      break;
    case 'error':
      keep(run.errors, event.text);
      break;
    case 'recap_begins':
      run.recap = new Map();
      break;
    case 'recap':
      run.recap?.set(event.host, event.counts);
      break;
    case 'command_failed':
      run.commandFailed = event.text;
      break;
    case 'other':
      keep(run.others, event.text);
      break;
    case 'included':
    case 'retrying':
      break;
  }
}

/** Folds events into the summary of the run. */
export function foldAnsible(events: Iterable<AnsibleEvent>): AnsibleRun {
  const run: Mutable = {
    command: undefined,
    plays: [],
    tasks: [],
    failures: [],
    recap: undefined,
    warnings: [],
    errors: [],
    commandFailed: undefined,
    others: [],
  };
  for (const event of events) add(run, event);
  return run;
}

/** The summary of a whole output. */
export function readRun(output: string): AnsibleRun {
  const parser = ansibleParser();
  return foldAnsible([...parser.push(output), ...parser.end()]);
}
