import { z } from 'zod';
import { parseArchiveName } from '../../kolla/archives.ts';
import { localTime } from '../../kolla/xtrabackup.ts';
import type { AnswerTo } from '../../operation/checks.ts';
import type { Operation } from '../../operation/operation.ts';
import { type Findings, findings, type Reporter } from '../../operation/restore-checks.ts';
import { count, galeraUuid } from '../../operation/shapes.ts';
import { answersTo } from './sendings.ts';

/** What the programs of a restore reported, as far as a card shows it. What is missing or odd is null: unknown. */

const lenient = <T extends z.ZodType>(schema: T) => schema.nullable().catch(null);
const seqno = z.string().regex(/^-?\d{1,19}$/);
/** A place in a cluster's history. */
export type Position = { readonly uuid: string; readonly seqno: string };
const position = z.object({ uuid: galeraUuid, seqno });

const stageReport = z.object({ data: lenient(z.string().min(1).max(1024)), freeBytes: lenient(count) });
const trialReport = z.object({
  findings: lenient(findings),
  accountsChanged: lenient(z.array(z.string().max(400)).max(10_000)),
  galera: lenient(position),
  bytes: lenient(count),
});
const holdReport = z.object({ position: lenient(z.object({ uuid: lenient(galeraUuid), seqno: lenient(seqno) })) });
const discardReport = z.object({ bytes: lenient(count) });

/** The reports of one program, by host, the latest of each. */
function reports<T>(operation: Operation, program: Reporter, schema: z.ZodType<T>): ReadonlyMap<string, T> {
  const said = answersTo(operation, 'reported').filter(({ check }) => check.program === program);
  return new Map(
    said.flatMap(({ check, answered }) => {
      const report = schema.safeParse(answered.answer.report).data;
      return report === undefined ? [] : [[check.host, report] as const];
    }),
  );
}

/** Each node's directory of the operation's own: what is in it before the swap, its old data after it. */
export const stagedOn = (operation: Operation) => reports(operation, 'stage', stageReport);
export const heldOn = (operation: Operation) => reports(operation, 'hold', holdReport);

/** What each step of a discard freed (bytes), by its id: a node may keep more than one directory. */
export function discardedBy(operation: Operation): ReadonlyMap<string, number | null> {
  const said = answersTo(operation, 'reported').filter(({ check }) => check.program === 'discard');
  return new Map(
    said.map(({ step, answered }) => [step.id, discardReport.safeParse(answered.answer.report).data?.bytes ?? null]),
  );
}

type Trial = z.infer<typeof trialReport>;
/** What the trial start of the copy showed. */
export function trialOf(operation: Operation): Trial | null {
  return [...reports(operation, 'trial', trialReport).values()].at(-1) ?? null;
}

export function comparison(operation: Operation): AnswerTo<'copy-belongs'> | null {
  return answersTo(operation, 'copy-belongs').at(-1)?.answered.answer ?? null;
}

export function archiveFound(operation: Operation): AnswerTo<'archive-whole'> | null {
  return answersTo(operation, 'archive-whole').at(-1)?.answered.answer ?? null;
}

/** The rows of the key tables, of what is live and of the copy; null is unknown. */
export type Rows = { readonly table: string; readonly live: number | null; readonly copy: number | null };

/** Below this share of the live rows, and by at least so many rows, a table has dropped. */
const DROP_SHARE = 0.9;
const DROP_ROWS = 5;

/** Whether the copy has so few rows of a table that people should hear of it. */
export function drops({ live, copy }: Pick<Rows, 'live' | 'copy'>): boolean {
  return live !== null && copy !== null && copy < live * DROP_SHARE && live - copy >= DROP_ROWS;
}

/** Key tables side by side, those that dropped first. */
export function keyRows(copy: Findings | null, live: Findings | null): readonly Rows[] {
  const names = new Set([...(copy?.keyTables ?? []), ...(live?.keyTables ?? [])].map(({ table }) => table));
  const rowsIn = (found: Findings | null, table: string) =>
    found?.keyTables.find((one) => one.table === table)?.rows ?? null;
  const rows = [...names].map((table) => ({ table, live: rowsIn(live, table), copy: rowsIn(copy, table) }));
  return [...rows.filter(drops), ...rows.filter((row) => !drops(row))];
}

/** How many transactions a restore undoes, or why nobody can know. */
export type Undone = { readonly count: bigint } | { readonly why: string };

export function undone(copy: Position | null, live: Position | null): Undone {
  if (live === null) return { why: 'no node told the live position' };
  if (copy === null) return { why: 'the copy tells no position' };
  if (live.uuid !== copy.uuid) return { why: 'the cluster was begun anew since the backup (another cluster UUID)' };
  const between = BigInt(live.seqno) - BigInt(copy.seqno);
  if (BigInt(live.seqno) < 0n || BigInt(copy.seqno) < 0n) return { why: 'a position was lost in a crash' };
  return between < 0n ? { why: 'the copy is further than the live cluster' } : { count: between };
}

/** The last moment that a snapshot holds (ms); `sure` unless it was read off a clock whose zone isn't known. */
type Snapshot = { readonly at: number; readonly sure: boolean };

/** The longest that a backup may have taken to be believed (ms). */
const BACKUP_MS_MAX = 7 * 86_400_000;

/** The end of the snapshot that an operation restores; null where nothing tells it. */
export function snapshotOf(operation: Operation): Snapshot | null {
  if (operation.wish.kind !== 'restore') return null;
  const found = archiveFound(operation);
  const name = parseArchiveName(operation.wish.archive.path);
  const began = name.kind === 'full' ? name.epoch * 1000 : null;
  const [start, end] = [localTime(found?.startedAt), localTime(found?.endedAt)];
  const took = start !== null && end !== null && end >= start && end - start < BACKUP_MS_MAX ? end - start : null;
  // The name has an epoch; the times inside are those of the container's zone, but their difference holds.
  if (began !== null && took !== null) return { at: began + took, sure: true };
  if (end !== null) return { at: end, sure: false };
  return began === null ? null : { at: began, sure: false };
}

/** Where a node's data go: set aside by a step of the plan, or left to be overwritten. */
export type Place = {
  readonly node: string;
  readonly live: string | null;
  readonly bytes: number | null;
  /** Where the old data will lie; null: they are left to be overwritten. `path` null: not known here. */
  readonly aside: { readonly path: string | null } | null;
  readonly freeBytes: number | null;
};

export function placesOf(operation: Operation): readonly Place[] {
  const { plan, facts } = operation;
  if (plan === null) return [];
  const swapped = new Set(
    plan.plan.steps.flatMap(({ after }) =>
      after.flatMap((one) => (one.check === 'reported' && one.program === 'swap' ? [one.host] : [])),
    ),
  );
  const staged = stagedOn(operation);
  return plan.plan.nodes.map(({ name }) => {
    const survey = facts?.restore?.surveys.find(({ node }) => node === name);
    return {
      node: name,
      live: survey?.live ?? null,
      bytes: survey?.bytes ?? null,
      aside: swapped.has(name) ? { path: staged.get(name)?.data ?? null } : null,
      freeBytes: staged.get(name)?.freeBytes ?? survey?.freeBytes ?? null,
    };
  });
}
