/** Workers that die or freeze where a test wants it (`restore-worker.ts`), and what a test does with them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { bareEnvironment } from '../../lab/bare-environment.ts';
import type { Cloud } from '../../lab/cloud-type.ts';
import type { Stack } from '../../lab/stack.ts';
import type { Operation } from '../../src/operation/operation.ts';
import { until } from './until.ts';

const PROGRAM = fileURLToPath(new URL('restore-worker.ts', import.meta.url));
const START_MS = 60_000;

/** `before`: the start of the step is in the journal, and its command not sent. `in`: it was sent. `after`: its end is in the journal. */
export type Moment = 'before' | 'in' | 'after';
export const point = z.strictObject({
  at: z.enum(['before', 'in', 'after']),
  step: z.string(),
  signal: z.enum(['SIGKILL', 'SIGSTOP']),
});
export type Point = z.infer<typeof point>;

export type Actor = {
  readonly process: ChildProcess;
  log(): string;
  /** SIGKILL, also to a frozen one; resolves when it is gone. */
  kill(): Promise<void>;
};

/** Minutes that a plan waits for approval, and that an approval counts. */
export type Clocks = { readonly waits?: number; readonly begins?: number };

export type Troupe = {
  /** Starts a worker and resolves when it is ready. */
  enter(clocks?: Clocks): Promise<Actor>;
  /** The worker that comes to this point first does this there. */
  place(at: Moment, step: string, signal?: Point['signal']): Promise<void>;
  /** Resolves when some worker has met the point; rejects after `limitMs`. */
  met(limitMs?: number): Promise<void>;
  /** Everyone is killed. */
  close(): Promise<void>;
};

export function troupeOf(stack: Stack<Cloud>): Troupe {
  const actors: Actor[] = [];
  const file = join(stack.dir, 'point.json');
  return {
    enter: async ({ waits, begins } = {}) => {
      const actor = await startActor(stack, [file, waits ?? '', begins ?? ''].map(String));
      actors.push(actor);
      return actor;
    },
    place: async (at, step, signal = 'SIGKILL') => {
      await writeFile(`${file}.new`, JSON.stringify({ at, step, signal } satisfies Point));
      await rename(`${file}.new`, file);
    },
    met: async (limitMs = 120_000) => {
      const what = existsSync(file) ? readFileSync(file, 'utf8') : 'it is met already';
      await until(async () => (existsSync(file) ? null : true), `somebody meets ${what}`, limitMs);
    },
    close: async () => {
      await rm(file, { force: true });
      await Promise.all(actors.map((actor) => actor.kill()));
      actors.length = 0;
    },
  };
}

async function startActor({ environment }: Pick<Stack, 'environment'>, args: readonly string[]): Promise<Actor> {
  // The parent's death ends it, SIGKILL of the parent included.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, PROGRAM, ...args], {
    env: { ...bareEnvironment(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  const exited = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  await until(async () => (said.includes('"msg":"started"') ? true : null), 'a worker starts', START_MS).catch(
    async () => {
      await kill();
      throw new Error(`a worker did not start:\n${said}`);
    },
  );
  return { process: child, log: () => said, kill };
}

/**
 * Takes a lease away whose worker is dead or frozen, as if its half minute had passed, so that another may go on at
 * once. A worker that lives renews its lease in time and would only be stopped by this.
 */
export async function leaseOver(redis: Redis, { id }: Pick<Operation, 'id'>): Promise<void> {
  await redis.hdel(`kb:op:${id}:state`, 'claim', 'until');
}
