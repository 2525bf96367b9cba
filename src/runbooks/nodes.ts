import type { Facts, NodeSurvey } from '../operation/facts.ts';
import type { NodeRef } from '../operation/shapes.ts';

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

/** The cloud's nodes as checks name them, in the inventory's order. */
export function refsOf({ nodes }: Pick<Facts, 'nodes'>): NodeRef[] {
  return nodes.map(({ name, engine }) => ({ node: name, engine }));
}
