import { z } from 'zod';
import { findings, parseFindings } from '../../kolla/findings.ts';
import { lastAnswer } from '../../kolla/python-program.ts';
import { PARAM_CHARS, quoteHost } from '../../kolla/quoted.ts';
import { restores } from '../../operation/catalogue/restores.ts';
import type { Problem } from '../../operation/catalogue.ts';
import { count, hostPath, lsn } from '../../operation/checks.ts';
import type { Outcome } from '../../operation/host.ts';
import { hex64 } from '../../operation/ids.ts';
import type { ProgramName } from './requests.ts';

/** What the programs report. Sizes in bytes, times in ms since 1970 where not text. A journal keeps them as they are. */

export const identity = z.tuple([count, count]);
const text = z.string().max(255);
const seqno = z.string().regex(/^-?\d{1,20}$/);

/** grastate.dat as it stands there; a part that isn't there is null. */
export const galeraState = z.strictObject({
  uuid: z.string().max(64).nullable(),
  seqno: z.string().max(32).nullable(),
  safe_to_bootstrap: z.string().max(16).nullable(),
});

export const surveyed = z.strictObject({
  state: z.literal('surveyed'),
  machineId: z.string().max(64).nullable(),
  hostname: text,
  engineRoot: hostPath,
  container: z.strictObject({ state: text, imageId: text, image: text, startedAt: text }).nullable(),
  datadir: z
    .strictObject({
      path: hostPath,
      dev: count,
      ino: count,
      mode: count,
      uid: count,
      gid: count,
      bytes: count,
      mountPoint: z.boolean(),
    })
    .nullable(),
  backupVolumePath: hostPath.nullable(),
  /** Under which operations have their directories; null where no datadir was found. */
  base: hostPath.nullable(),
  /** Why a copy at `base` couldn't be exchanged with the datadir; null where it could. */
  baseTrouble: z.string().max(4096).nullable(),
  freeBytes: count.nullable(),
  unit: z.strictObject({ present: z.boolean(), active: text }),
  /** Pids of every mariadbd of the host. */
  servers: z.array(count),
  /** Those of them that run outside of MariaDB's container. */
  foreign: z.array(count).default([]),
  newestBinlog: count.nullable(),
  grastate: galeraState.nullable(),
  /** What galera.cnf sets; null where it can't be read. */
  config: z
    .strictObject({
      path: hostPath,
      forceRecovery: text.nullable(),
      lowerCaseTableNames: text.nullable(),
      /** Where its cluster knows it, perhaps with a port. */
      galeraAddress: text.nullable().default(null),
      encryption: z.array(text),
    })
    .nullable(),
});

export const staged = z.strictObject({
  state: z.literal('staged'),
  data: hostPath,
  live: identity,
  new: identity,
  freeBytes: count,
});

const measures = { manifest: hex64, bytes: count, files: count } as const;

export const tried = z.strictObject({
  state: z.literal('tried'),
  ...measures,
  findings,
  /** Live accounts that don't log in to the copy as they do now; null where the live server didn't answer. */
  accountsChanged: z.array(text).max(1000).nullable(),
  /** Where the copy stands in the history of its cluster. */
  galera: z.strictObject({ uuid: z.string().max(64), seqno }).nullable(),
  checkpoints: z.strictObject({ backup_type: text, from_lsn: lsn, to_lsn: lsn, last_lsn: lsn }).nullable(),
});

export const measured = z.strictObject({ state: z.literal('measured'), ...measures });

export const holdReport = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('held'), position: galeraState.nullable() }),
  z.strictObject({ state: z.literal('down') }),
  z.strictObject({ state: z.literal('up'), why: z.string().max(4096) }),
  z.strictObject({ state: z.literal('free') }),
  z.strictObject({ state: z.literal('started') }),
  z.strictObject({ state: z.literal('restarted') }),
  z.strictObject({ state: z.literal('reloaded'), done: z.boolean() }),
]);

export const swapReport = z.strictObject({ state: z.enum(['exchanged', 'already']) });
export const clearReport = z.strictObject({ state: z.enum(['cleared', 'absent']) });
export const discardReport = z.strictObject({ state: z.enum(['discarded', 'already']), bytes: count });
export const reduceReport = z.discriminatedUnion('state', [
  /** `inventory` is the file to call kolla-ansible with, `digest` of what it says. */
  z.strictObject({ state: z.literal('reduced'), inventory: hostPath, digest: hex64, nodes: z.array(text).max(64) }),
  z.strictObject({ state: z.literal('removed') }),
]);

export const reports = {
  survey: surveyed,
  stage: staged,
  trial: tried,
  manifest: measured,
  hold: holdReport,
  swap: swapReport,
  clear: clearReport,
  discard: discardReport,
  reduce: reduceReport,
} as const satisfies Record<ProgramName, z.ZodType>;
export type Report<N extends ProgramName> = z.infer<(typeof reports)[N]>;

/** The trial tells its findings as the client printed them; they are read here. */
const told: z.ZodType = z
  .looseObject({ state: z.literal('tried'), findings: z.string() })
  .transform((answer) => ({ ...answer, findings: parseFindings(answer.findings) }))
  .or(z.looseObject({ state: z.string() }));

const refused = z.strictObject({ state: z.literal('refused'), code: z.string(), detail: z.string() });
const isKnown = (code: string): code is keyof typeof restores => Object.hasOwn(restores, code);

/** How a program ended: of a step's output only the end is needed. */
type Ended = Pick<Outcome, 'code' | 'signal' | 'stdout'> & { readonly stderr?: string };

/** Reads what a program printed last: its report, or why there is none, as a problem with a code of `restores`. */
export function readReport<N extends ProgramName>(
  program: N,
  host: string,
  ended: Ended,
): { readonly report: Report<N> } | { readonly problem: Problem } {
  const { code, signal, stdout, stderr = '' } = ended;
  const outcome = { code, signal, stdout, stderr };
  const refusal = lastAnswer(outcome, refused);
  if (refusal !== undefined && isKnown(refusal.code))
    return { problem: { code: refusal.code, params: { host, detail: quoteHost(refusal.detail, PARAM_CHARS) } } };
  const answer = code === 0 ? reports[program].safeParse(lastAnswer(outcome, told)) : undefined;
  // The table holds each program's own schema, which is what the compiler can't see.
  if (answer?.success) return { report: answer.data as Report<N> };
  const how = code === null ? `signal ${signal ?? 'unknown'}` : `code ${code}`;
  const detail = quoteHost(stderr || stdout, PARAM_CHARS) || 'it said nothing';
  return { problem: { code: 'RESTORE_PROGRAM_FAILED', params: { program, host, ended: how, detail } } };
}
