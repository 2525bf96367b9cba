import { MARIABACKUP } from '../kolla/names.ts';
import type { Check } from '../operation/checks.ts';
import type { BackOut } from '../operation/plan.ts';
import { holdAll, letAllGo, type Node } from './nodes.ts';

/**
 * A recovery that failed half-way leaves nodes running, and one beside them hangs or makes a second Primary component:
 * everything is stopped first, and it is seen that no node went further than the one that is recovered from.
 */
export function recoverAgain(nodes: readonly Node[]): BackOut {
  // The backup host comes last: each node that leaves a cluster moves those that stay on by one.
  const held = holdAll(nodes.toReversed());
  const [first, ...others] = letAllGo(nodes);
  const before: Check[] = [
    { check: 'none-further', holds: held.map(({ id, host }) => ({ node: host, step: id })) },
    // Playbooks outlive a kolla-ansible that was killed.
    { check: 'nobody-else-now', nodes: nodes.map(({ ref }) => ref), container: MARIABACKUP },
  ];
  return {
    id: 'recover-again',
    title: 'Recover once more from the same node',
    does: 'Stops MariaDB on every node and runs the recovery that did not work once more, exactly as it was approved. Of no use while its cause is not mended.',
    offered: { from: 'recover', until: 'recover' },
    node: null,
    steps: [...held, ...(first === undefined ? [] : [{ ...first, before }]), ...others],
    leads: 'resume',
    again: ['recover'],
  };
}
