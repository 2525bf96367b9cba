import { readRun } from '../kolla/ansible-run.ts';
import { recapLines } from '../kolla/recap.ts';
import { judgeRecovery } from '../kolla/recovery-result.ts';
import { judgeStop } from '../kolla/stop-result.ts';
import type { Problem } from '../operation/catalogue.ts';
import type { Answered, AnswerTo, Check, CheckName } from '../operation/checks.ts';
import { readPrepare, readUnpack } from '../runbooks/copy-result.ts';
import { readReport } from '../runbooks/programs/reports.ts';
import type { ProgramRequests } from '../runbooks/programs/requests.ts';
import { changedHost } from './ansible-result.ts';
import { signalName } from './signals.ts';

/** How a program ended, by its run directory. */
export type RunEnd = { readonly code: number | null; readonly signal: number | null };

/** Checks that a program's own output answers; all others are asked after it has ended. */
const OUTPUT_CHECKS = ['one-host-changed', 'playbook-ended', 'reported'] as const satisfies readonly CheckName[];
export type OutputCheck = (typeof OUTPUT_CHECKS)[number];

type Readers = {
  readonly [K in OutputCheck]: (check: Extract<Check, { check: K }>, output: string, end: RunEnd) => AnswerTo<K>;
};

/** Whether a check is one of those. */
export function answersFromOutput(check: Check): check is Extract<Check, { check: OutputCheck }> {
  return OUTPUT_CHECKS.some((one) => one === check.check);
}

const readers: Readers = {
  'one-host-changed': (_, output, end) => changedHost(output, end),
  'playbook-ended': ({ action, nodes, host }, output, end) => {
    const run = readRun(output);
    const exit = { code: end.code, signal: end.signal === null ? null : signalName(end.signal) };
    const judged =
      action === 'stop' ? judgeStop(run, exit, nodes) : judgeRecovery(run, exit, { nodes, host: host ?? '' });
    return { recap: recapLines(run), problem: judged.kind === 'failed' ? judged.problem : null };
  },
  reported: ({ program, host, step }, output, end) => {
    const ended = { exit: end.code, output };
    if (program === 'unpack') return withoutReport(readUnpack(ended, host, step));
    if (program === 'prepare') return withoutReport(readPrepare(ended, host));
    return reportOf(program, host, output, end);
  },
};

const withoutReport = (problem: Problem | null): AnswerTo<'reported'> => ({ report: null, problem });

function reportOf(program: keyof ProgramRequests, host: string, output: string, end: RunEnd): AnswerTo<'reported'> {
  const signal = end.signal === null ? null : signalName(end.signal);
  const read = readReport(program, host, { code: end.code, signal, stdout: output });
  return 'report' in read ? { report: read.report, problem: null } : { report: null, problem: read.problem };
}

/** The answer that a program's output gives to a check. */
export function readOutput(check: Extract<Check, { check: OutputCheck }>, output: string, end: RunEnd): Answered {
  // The table holds for each name the reader of that name; the compiler can't see the pairing.
  const reader = readers[check.check] as (check: Check, output: string, end: RunEnd) => unknown;
  return { check: check.check, answer: reader(check, output, end) } as Answered;
}
