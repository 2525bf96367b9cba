import { recoveryArguments, stopArguments } from '../kolla/dialects.ts';
import { MARIADB } from '../kolla/names.ts';
import type { Check } from '../operation/checks.ts';
import type { Facts } from '../operation/facts.ts';
import type { Step } from '../operation/plan.ts';
import type { Node } from './nodes.ts';
import { kollaStep } from './steps.ts';
import { stillGone } from './without.ts';

/** How long `kolla-ansible stop` may take until that is reported (ms): 131 s were seen, with a wait of Kolla's own. */
const STOP_MS = 600_000;

/** Stops MariaDB on every node that the inventory has. */
export function stopMariadb(facts: Facts, before: readonly Check[]): Step {
  const nodes = facts.nodes.map(({ name }) => name);
  const work = { id: 'stop', title: 'Stop MariaDB on every node with kolla-ansible', timeLimitMs: STOP_MS };
  const after: Check[] = [{ check: 'playbook-ended', action: 'stop', nodes, host: null }];
  const call = stopArguments(facts.dialect, facts.deploy);
  return kollaStep(facts.deploy, { ...work, touches: 'destroy', before: [...before], after }, call);
}

/** Brings these nodes up as one cluster, with the data of `from`, and of the image that was found there. */
export function recover(
  facts: Facts,
  nodes: readonly Node[],
  from: Node,
  timeLimitMs: number,
  before: readonly Check[] = [],
): Step {
  const refs = nodes.map(({ ref }) => ref);
  const { image, unit } = from.survey;
  const ended = { check: 'playbook-ended', action: 'recovery', host: from.name } as const;
  return kollaStep(
    facts.deploy,
    {
      id: 'recover',
      title: `Recover the cluster from ${from.name} with kolla-ansible`,
      touches: 'destroy',
      timeLimitMs,
      // Recovery of a cluster of which a node runs makes two Primary components, or hangs.
      before: [...before, ...stillGone(facts, refs), { check: 'nodes-down', nodes: refs, container: MARIADB, unit }],
      after: [{ ...ended, nodes: nodes.map(({ name }) => name), unlessWhole: { nodes: refs, container: MARIADB } }],
    },
    recoveryArguments(facts.dialect, { ...facts.deploy, host: from.name, image }),
  );
}
