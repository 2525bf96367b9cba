import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { lastAnswer, noAnswer, pythonCommand } from '../kolla/python-program.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Host } from '../operation/host.ts';
import { count } from '../operation/shapes.ts';

/** What a host tells of itself; the program is `look.py`, sent along. */

const SOURCE = readFileSync(new URL('look.py', import.meta.url), 'utf8');

/** How long it may take, connecting included (ms). */
export const LOOK_MS = 20_000;

const look = z.object({
  uid: count,
  /** Seconds since 1970 by the host's clock. */
  clock: z.number(),
  /** Of the running kernel: the same in its containers. */
  bootId: z.string().max(64).nullable(),
  machineId: z.string().max(64).nullable(),
  python: z.string().max(20),
  systemd: z.boolean(),
  addresses: z.array(z.string().max(64)).max(10_000),
  paths: z.record(z.string(), z.enum(['missing', 'unreadable', 'directory', 'file', 'program'])),
  space: z.object({ at: z.string().max(4096), bytes: count, inodes: count.nullable(), kind: z.string().max(64) }),
});

export type Look = z.infer<typeof look> & {
  /** How far the host's clock is ahead of ours (ms), and how much of that the way there and back may be. */
  readonly aheadMs: number;
  readonly unsureMs: number;
};

/** Looks at a host. Rejects with the host's problem, or HOST_PROGRAM_FAILED. */
export async function lookAt(host: Host, paths: readonly string[], space: string): Promise<Look> {
  const sent = Date.now();
  const outcome = await host.run(pythonCommand(SOURCE, { paths, space }, LOOK_MS));
  const unsureMs = (Date.now() - sent) / 2;
  const answer = outcome.code === 0 ? lastAnswer(outcome, look) : undefined;
  if (answer !== undefined) return { ...answer, aheadMs: answer.clock * 1000 - (sent + unsureMs), unsureMs };
  const { code, params } = noAnswer('look.py', host.name, outcome);
  throw new KollaBackupError(code, params);
}
