/** Run directories on this machine for tests, and ways to break off their program at a chosen point. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { localHost } from '../../src/hosts/local.ts';
import { PROGRAM, runDirectory } from '../../src/hosts/run-directory.ts';
import type { Host } from '../../src/operation/host.ts';
import type { Look, RunDirectory, StartRequest, StepName } from '../../src/operation/run-directory.ts';

const WAIT_LIMIT_MS = 20_000;

/** The text before which the program is broken off. Each must stand in it exactly once. */
const POINTS = {
  'before a plan is made':
    '    try:\n        make(path)\n    except FileExistsError:\n        return {"state": "exists"}',
  'after the step, before its supervisor': '    by, note = launch(request, path, directory)',
  'after the supervisor was started': '    return {"state": "sent", "supervised_by"',
  'before begun': '    try:\n        os.mkdir(os.path.join(path, "begun"), 0o700)\n    except (FileExistsError, File',
  'after begun': '    os.fsync(directory)\n    # From here on',
  'before the program': '    try:\n        program = spawn(request, sink)',
  'after the program was started': '    os.close(sink)\n    try:\n        write_json(directory, "program"',
  'before its exit code is written': '    write_exit(directory, exit_fd, result)',
} as const;
export type Point = keyof typeof POINTS;

/** The program, but it sends itself a signal when it gets to a point. */
export function brokenAt(point: Point, signal: 'SIGKILL' | 'SIGSTOP'): string {
  const text = POINTS[point];
  const parts = PROGRAM.split(text);
  if (parts.length !== 2) throw new Error(`«${text}» stands ${parts.length - 1} times in the program`);
  return parts.join(`    os.kill(os.getpid(), signal.${signal})\n${text}`);
}

export type Bench = {
  readonly base: string;
  readonly host: Host;
  readonly runs: RunDirectory;
  /** The same run directories, kept by another version of the program. */
  with(program: string): RunDirectory;
  /** A file that a test's program can leave its mark in, and what is in it. */
  readonly marks: string;
  marked(): Promise<string>;
  /** Ends, by pid, what this bench's run directories started. */
  end(): Promise<void>;
};

/** The pids whose command line or environment names `text`. */
export function pidsNaming(text: string, where: 'cmdline' | 'environ'): number[] {
  const names = (pid: string): boolean => {
    try {
      return readFileSync(`/proc/${pid}/${where}`, 'latin1').includes(text);
    } catch {
      return false;
    }
  };
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && names(pid))
    .map(Number);
}

export async function openBench(): Promise<Bench> {
  const dir = await mkdtemp(join(tmpdir(), 'kolla-backup-runs-'));
  const base = join(dir, 'var/runs');
  const marks = join(dir, 'marks');
  const host = localHost({ name: 'node1', sudo: false, limits: { concurrent: 32 } });
  return {
    base,
    host,
    runs: runDirectory(host, base),
    with: (program) => runDirectory(host, base, program),
    marks,
    marked: () => readFile(marks, 'utf8').catch(() => ''),
    async end() {
      for (const pid of [...pidsNaming(dir, 'cmdline'), ...pidsNaming(dir, 'environ')])
        try {
          process.kill(pid, 'SIGKILL');
        } catch {}
      await rm(dir, { recursive: true, force: true });
    },
  };
}

let count = 0;

/** A fresh step of a fresh plan. */
export function freshStep(): StepName {
  count += 1;
  return { operation: `op${process.pid}-${count}`, plan: 'plan1', step: 'step1' };
}

/** What is needed to start `sh -c script` as that step. `$MARKS` is the bench's file. */
export function shell(bench: Pick<Bench, 'marks'>, step: StepName, script: string): StartRequest {
  return {
    ...step,
    head: { seq: 7, hash: 'abc' },
    argv: ['sh', '-c', script],
    env: { MARKS: bench.marks },
    redact: { files: [], patterns: [] },
  };
}

/** Looks until the step is in one of these states. */
export async function until(runs: RunDirectory, step: StepName, ...states: Look['state'][]): Promise<Look> {
  for (const limit = Date.now() + WAIT_LIMIT_MS; ; await sleep(50)) {
    const look = await runs.look(step);
    if (states.includes(look.state)) return look;
    if (Date.now() > limit) throw new Error(`still ${JSON.stringify(look)}, not ${states.join(' or ')}`);
  }
}
