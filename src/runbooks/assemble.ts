import type { Facts } from '../operation/facts.ts';
import type { Plan, Step } from '../operation/plan.ts';
import { COPY_SCRIPTS } from './copy.ts';
import { isProgram, programSource } from './programs/program.ts';

/** What a runbook has put together; all else in its plan is the same for every runbook. */
type Parts = Pick<Plan, 'operation' | 'number' | 'cloud' | 'runbook' | 'backupHost' | 'steps'> &
  Partial<Pick<Plan, 'approval' | 'backOuts' | 'clearing'>>;

/** The whole plan of these parts; it needs no approval, and has no ways out, where none are named. */
export function assemble(facts: Facts, parts: Parts): Plan {
  const { operation, number, cloud, runbook, backupHost, steps, approval = null, backOuts = [], clearing = [] } = parts;
  return {
    v: 1,
    operation,
    number,
    cloud,
    runbook,
    release: facts.release,
    nodes: facts.nodes.map(({ name, address }) => ({ name, address })),
    backupHost,
    steps,
    sources: sourcesOf([...steps, ...clearing, ...backOuts.flatMap((one) => one.steps)]),
    approval,
    backOuts,
    clearing,
  };
}

/** The texts of the programs and scripts that these steps name. */
export function sourcesOf(steps: readonly Step[]): Plan['sources'] {
  const parts = steps.flatMap(({ program }) => program?.argv ?? []);
  const names = new Set(parts.flatMap((part) => (typeof part === 'string' ? [] : [part.source])));
  return Object.fromEntries(
    [...names].flatMap((name): [string, string][] => {
      if (isProgram(name)) return [[name, programSource(name)]];
      return isScript(name) ? [[name, COPY_SCRIPTS[name]]] : [];
    }),
  );
}

const isScript = (name: string): name is keyof typeof COPY_SCRIPTS => Object.hasOwn(COPY_SCRIPTS, name);
