import { MARIADB } from '../kolla/names.ts';
import type { Facts, NodeSurvey } from '../operation/facts.ts';
import type { Step } from '../operation/plan.ts';
import type { NodeRef } from '../operation/shapes.ts';
import type { ProgramRequests } from './programs/requests.ts';
import { programStep, type Work } from './steps.ts';

/** A node as a restore knows it: its place in the inventory's order, its engine, and what was found there. */
export type Node = {
  /** From 1: the number in its steps' ids. */
  readonly number: number;
  readonly name: string;
  /** Its name as a button has room for it: without its domain, where that is enough. */
  readonly short: string;
  readonly address: string;
  readonly ref: NodeRef;
  readonly survey: NodeSurvey;
};

/** The nodes of a cloud that was surveyed, the backup host first. */
export function nodesOf(facts: Facts): { readonly nodes: readonly Node[]; readonly backupHost: Node } {
  const surveys = facts.restore?.surveys ?? [];
  const nodes = facts.nodes.map(({ name, address, engine }, index): Node => {
    const survey = surveys.find(({ node }) => node === name);
    if (survey === undefined) throw new TypeError(`${name} was not surveyed`);
    return { number: index + 1, name, short: shortOf(name, facts.nodes), address, ref: { node: name, engine }, survey };
  });
  const backupHost = nodes.find(({ name }) => name === facts.restore?.archive.node);
  if (backupHost === undefined) throw new TypeError('the archive is on no node');
  return { nodes: [backupHost, ...nodes.filter((node) => node !== backupHost)], backupHost };
}

function shortOf(name: string, all: Facts['nodes']): string {
  const labelOf = (one: string) => one.split('.', 1)[0] ?? one;
  const label = labelOf(name);
  const alone = all.filter((one) => labelOf(one.name) === label).length === 1;
  return alone && /[a-z]/i.test(label) ? label : name;
}

/** Where an operation keeps its copy, and later the old data: on the datadir's file system, outside every volume. */
export const operationDirectory = ({ survey }: Node, operation: string) => `${survey.base}/${operation}`;

/** The file that keeps a held unit from starting; it stands in no volume and survives a reboot. */
const HOLD_FLAG = '/var/lib/kolla-backup/hold';

/** What it leaves for systemd, beside the flag: people who go on by hand must know of it. `hold.py` writes it. */
export const holdDropIn = (unit: string) => `/etc/systemd/system/${unit}.d/90-kolla-backup-hold.conf`;

/** What the program that holds a node down is asked. */
export function holdRequest(request: Omit<ProgramRequests['hold'], 'flag'>): ProgramRequests['hold'] {
  return { ...request, flag: HOLD_FLAG };
}

/** A step of that program. */
export function holdStep(
  { ref, name, survey }: Node,
  act: ProgramRequests['hold']['act'],
  work: Omit<Work, 'host'>,
): Step {
  const { unit, live } = survey;
  const request = holdRequest({ act, unit, engine: ref.engine, container: MARIADB, live });
  return programStep({ ...work, host: name }, 'hold', request);
}

export function holdAll(nodes: readonly Node[]): readonly Step[] {
  return nodes.map((node) =>
    holdStep(node, 'hold', {
      id: `hold-${node.number}`,
      title: `Hold MariaDB down on ${node.name}`,
      touches: 'change',
    }),
  );
}

export function letAllGo(nodes: readonly Node[]): readonly Step[] {
  return nodes.map((node) =>
    holdStep(node, 'let-go', {
      id: `let-go-${node.number}`,
      title: `Let MariaDB go on ${node.name}`,
      touches: 'change',
    }),
  );
}
