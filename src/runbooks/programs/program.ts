import { readFileSync } from 'node:fs';
import { FINDINGS } from '../../kolla/findings.ts';
import { pythonCommand } from '../../kolla/python-program.ts';
import type { Command } from '../../operation/host.ts';
import type { ProgramName, ProgramRequests } from './requests.ts';

/**
 * The programs beside this file. Each is sent as one text: the parts that it needs, then itself. A plan carries the
 * whole text, so that what was approved is what runs.
 */
const PARTS = {
  survey: ['node', 'directories', 'config'],
  stage: ['node', 'directories', 'exchange'],
  trial: ['node', 'directories', 'tree', 'config'],
  manifest: ['directories', 'tree'],
  hold: ['node', 'directories'],
  swap: ['node', 'directories', 'tree', 'exchange'],
  clear: ['node', 'directories'],
  discard: ['directories', 'tree'],
  reduce: [],
} as const satisfies Record<ProgramName, readonly string[]>;

/** What a program has of this side: a JSON string is one of Python, too. */
const CONSTANTS: Readonly<Partial<Record<ProgramName, string>>> = { trial: `FINDINGS = ${JSON.stringify(FINDINGS)}` };

/** Whether there is a program of this name. */
export const isProgram = (name: string): name is ProgramName => Object.hasOwn(PARTS, name);

const read = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8');

/** The whole text of a program. ASCII, so that a host's locale doesn't matter. */
export function programSource(name: ProgramName): string {
  const parts = ['report', ...PARTS[name]].map((part) => read(`parts/${part}.py`));
  return [...parts, CONSTANTS[name] ?? [], read(`${name}.py`)].flat().join('\n\n');
}

/** A program's request as its one argument. */
export function programRequest<N extends ProgramName>(_name: N, request: ProgramRequests[N]): string {
  return JSON.stringify(request);
}

/** The argv of a program with its request as one literal argument. */
export function pythonArgv<N extends ProgramName>(
  name: N,
  request: ProgramRequests[N],
): readonly [string, ...string[]] {
  return ['python3', '-c', programSource(name), programRequest(name, request)];
}

/** The same as a question, through standard input. `timeoutMs` in milliseconds. */
export function programQuestion<N extends ProgramName>(
  name: N,
  request: ProgramRequests[N],
  timeoutMs: number,
): Command {
  return pythonCommand(programSource(name), request, timeoutMs);
}
