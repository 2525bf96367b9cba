import { z } from 'zod';
import { KollaBackupError } from '../operation/catalogue.ts';
import { attemptsIn, everDriven, type Operation, type Track } from '../operation/operation.ts';
import { galeraUuid } from '../operation/shapes.ts';
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

/**
 * Where a node's old data stood in its cluster's history when it was last held, by the plan's step or by the same one of
 * a way back; null where that can't be told. What is read after an exchange is the copy's place, and counts for nothing.
 */
export function heldPosition(operation: Operation, plan: number, step: string): HeldPosition | null {
  const swap = step.replace('hold', 'swap');
  let position: HeldPosition | null = null;
  let aside: 'no' | 'perhaps' | 'yes' = 'no';
  for (const { number, kind } of tracksFrom(operation, plan)) {
    const found = positionHeld(operation, number, step);
    // A copy that was never started has no place: where nobody knows whether it is live, none tells nothing.
    if (aside === 'no' && found !== undefined) position = found;
    if (aside === 'perhaps' && found) position = found;
    const exchanged = attemptsIn(operation, number).get(swap)?.at(-1)?.end?.outcome;
    if (exchanged === 'worked') aside = kind === 'plan' ? 'yes' : 'no';
    else if (kind === 'plan' && (exchanged === 'failed' || exchanged === 'unclear')) aside = 'perhaps';
  }
  return position;
}

/** What a hold of this very track has read of the datadir that was live then: null for no position, undefined for no hold. */
export function positionHeld(operation: Operation, number: number, step: string): HeldPosition | null | undefined {
  const report = reportedBy(operation, number, step, 'hold');
  return report?.state === 'held' ? (place.safeParse(report.position).data ?? null) : undefined;
}

export type HeldPosition = z.infer<typeof place>;

/** A node's position as positions are compared. */
export const numbered = ({ node, position }: { readonly node: string; readonly position: HeldPosition | null }) => ({
  node,
  position: position && { uuid: position.uuid, seqno: Number(position.seqno) },
});

/** Of grastate.dat, what a journal can keep as a position. */
const place = z.object({ uuid: galeraUuid, seqno: z.string().regex(/^-?\d{1,19}$/) });

/** A plan's track and those of its back-outs, each once, in the order in which they were begun. */
function tracksFrom(operation: Operation, plan: number): readonly Track[] {
  const all = everDriven(operation).map(({ track }) => track);
  const byNumber = new Map(all.filter(({ number }) => number >= plan).map((one) => [one.number, one]));
  return [...byNumber.values()].toSorted((one, other) => one.number - other.number);
}
