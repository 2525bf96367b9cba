import { MARIABACKUP, MARIADB } from '../kolla/names.ts';
import type { Check } from '../operation/checks.ts';
import { BACK_OUT_TITLE_CHARS, type BackOut, DOES_CHARS, type Step } from '../operation/plan.ts';
import { holdAll, holdStep, letAllGo } from './holds.ts';
import type { Node } from './nodes.ts';

/** The back-outs after which the restore, or a way back that was begun, goes on. */

/** Their programs make something true and do nothing where it is so: what failed may be sent again as it was approved. */
const REPEATABLE = /^(?:hold|swap|let-go)-/;

/** One recovery in four was seen to leave a node out; a restart of its unit brings it back in seconds. */
export function restart(node: Node, nodes: readonly Node[]): BackOut {
  const refs = nodes.map(({ ref }) => ref);
  // Of those that are offered one may be all that serves: the others were left out.
  const before: Check[] = [{ check: 'another-serves', host: node.name, nodes: refs, container: MARIADB }];
  const work = { id: 'restart', title: `Restart MariaDB on ${node.name}`, before };
  const does = `Restarts MariaDB on ${node.name} alone, so that it joins the cluster, and looks at every node again.`;
  return {
    id: `restart.${node.number}`,
    title: `Restart MariaDB on ${node.short}`.slice(0, BACK_OUT_TITLE_CHARS),
    does: does.slice(0, DOES_CHARS),
    offered: { from: 'confirm-service', until: 'confirm-cluster' },
    node: node.name,
    steps: [holdStep(node, 'restart', work)],
    leads: 'resume',
    again: [],
  };
}

/** A state transfer takes longer than Ansible waits: what became whole after a recovery was found failed counts, too. */
export const lookAgain: BackOut = {
  id: 'look-again',
  title: 'Look again how the recovery ended',
  does: 'Sends nothing: asks every node once more. Where all are Primary and Synced by now, the recovery counts as done and what was begun goes on. Nodes that still move are waited for. Not for one that did nothing, or began from another node.',
  offered: { from: 'recover', until: 'recover' },
  node: null,
  steps: [],
  leads: 'resume',
  again: [],
  anew: ['recover'],
};

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
    // A way back has no stop, and is none of this: taken once more it holds its own node last.
    offered: { from: 'stop', until: 'recover' },
    node: null,
    steps: [...held, ...(first === undefined ? [] : [{ ...first, before }]), ...others],
    leads: 'resume',
    again: ['recover'],
  };
}

/** Only of those of these steps that may be repeated. */
export function tryAgain(steps: readonly Step[]): BackOut {
  return {
    id: 'try-again',
    title: 'Try this step again',
    does: 'Does the step that did not work once more, exactly as it was approved, and goes on if it works. Not for a stop or a recovery.',
    // Which step comes first differs from one way back to another; what may be repeated stands in `again`.
    offered: { from: null, until: null },
    node: null,
    steps: [],
    leads: 'resume',
    again: steps.map(({ id }) => id).filter((id) => REPEATABLE.test(id)),
  };
}
