import { inventoryCommand } from '../kolla/dialects.ts';
import { MARIADB } from '../kolla/names.ts';
import type { Check } from '../operation/checks.ts';
import type { Facts } from '../operation/facts.ts';
import type { Operation } from '../operation/operation.ts';
import { DEPLOY, type Step } from '../operation/plan.ts';
import { demandReport } from './reports.ts';
import { programStep } from './steps.ts';

/**
 * A restore without the nodes that are gone. kolla-ansible stops nothing and recovers nothing while a host of its
 * inventory can't be reached, and `--limit` doesn't help, for its playbooks gather facts of all hosts (seen with 17.9.0):
 * it is given an inventory without them.
 */

const STEP = 'inventory';

/** How kolla-ansible is called: with the reduced inventory, where there is one. */
export function deploymentOf({ deploy, without }: Pick<Facts, 'deploy' | 'without'>): Facts['deploy'] {
  return without === undefined ? deploy : { ...deploy, inventories: [without.inventory] };
}

const request = ({ deploy }: Facts, { inventory, nodes }: NonNullable<Facts['without']>) => ({
  path: inventory,
  command: [...inventoryCommand(deploy).argv, '--export'],
  cwd: deploy.cwd,
  without: nodes.map(({ name }) => name),
});

/** Of the preparation: the inventory is written and read back; nothing for a restore of the whole cluster. */
export function reduceInventory(facts: Facts): readonly Step[] {
  if (facts.without === undefined) return [];
  const work = {
    id: STEP,
    title: 'Write an inventory without the nodes that are gone',
    host: DEPLOY,
    touches: 'change' as const,
  };
  const step = programStep(work, 'inventory', { act: 'write', ...request(facts, facts.without) });
  return [{ ...step, after: [...step.after, ...reduced(facts, null)] }];
}

/** Removes it again when nothing comes of the restore. */
export function removeInventory(facts: Facts): readonly Step[] {
  if (facts.without === undefined) return [];
  const work = { id: 'clear-inventory', title: 'Remove that inventory', host: DEPLOY, touches: 'change' as const };
  return [programStep(work, 'inventory', { act: 'remove', ...request(facts, facts.without) })];
}

/** What must still be true just before the stop: the inventory is the one that was read back, the nodes are still gone. */
export function stillWithout(operation: Operation, facts: Facts, preparation: number): Check[] {
  const { without } = facts;
  if (without === undefined) return [];
  const written = demandReport(operation, preparation, STEP, 'inventory');
  return [
    ...reduced(facts, written.state === 'written' ? written.sha256 : null),
    {
      check: 'nodes-gone',
      gone: without.nodes.map(({ name }) => name),
      nodes: facts.nodes.map(({ name, engine }) => ({ node: name, engine })),
      container: MARIADB,
    },
  ];
}

function reduced({ without, nodes }: Facts, sha256: string | null): Check[] {
  if (without === undefined) return [];
  return [{ check: 'inventory-reduced', path: without.inventory, sha256, nodes: nodes.map(({ name }) => name) }];
}
