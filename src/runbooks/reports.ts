import { KollaBackupError } from '../operation/catalogue.ts';
import { attemptsIn, type Operation } from '../operation/operation.ts';
import { type Report, reports } from './programs/reports.ts';
import type { ProgramName } from './programs/requests.ts';

/** What the steps of an operation have reported, out of its journal. */

/** The report of a step's last sending, or null where there is none of this program. */
export function reportedBy<N extends ProgramName>(
  operation: Operation,
  plan: number,
  step: string,
  program: N,
): Report<N> | null {
  const answered = attemptsIn(operation, plan)
    .get(step)
    ?.at(-1)
    ?.end?.after.find((one) => one.check === 'reported');
  const parsed = reports[program].safeParse(answered?.answer.report);
  // The table holds each program's own schema, which is what the compiler can't see.
  return parsed.success ? (parsed.data as Report<N>) : null;
}

/** The same where nothing can go on without it. Throws REPORT_MISSING. */
export function demandReport<N extends ProgramName>(
  operation: Operation,
  plan: number,
  step: string,
  program: N,
): Report<N> {
  const report = reportedBy(operation, plan, step, program);
  if (report === null) throw new KollaBackupError('REPORT_MISSING', { step, program });
  return report;
}

/** Where a node stood in the cluster's history when it was held; null where that can't be told. */
export function heldPosition(
  operation: Operation,
  plan: number,
  step: string,
): { readonly uuid: string; readonly seqno: string } | null {
  const report = reportedBy(operation, plan, step, 'hold');
  if (report?.state !== 'held') return null;
  const { uuid = null, seqno = null } = report.position ?? {};
  return uuid === null || seqno === null ? null : { uuid, seqno };
}
