import type { Facts } from '../operation/facts.ts';
import { DEPLOY, type Plan } from '../operation/plan.ts';
import { assemble } from './assemble.ts';
import { programStep } from './steps.ts';

/**
 * Removes for good what a restore has set aside or left behind: each directory named by its inode, only after a newer full backup was
 * proven, and with the same approval as the restore had.
 */
export function planDiscard(
  operation: string,
  cloud: string,
  facts: Facts,
  number: number,
  approval: NonNullable<Plan['approval']>,
): Plan {
  const { discard } = facts;
  if (discard === null) throw new TypeError('nothing to discard');
  const steps = discard.kept.map(({ what, node, directory, data, old, live }, index) =>
    programStep(
      {
        id: `discard-${index + 1}`,
        title: what === 'copy' ? `Remove the copy kept on ${node}` : `Remove the old datadir kept on ${node}`,
        host: node,
        touches: 'destroy',
        timeLimitMs: REMOVE_MS,
        before:
          index === 0
            ? [
                { check: 'journals-remembered', hosts: [DEPLOY, ...discard.kept.map((one) => one.node)] },
                { check: 'newer-full', after: discard.endedAt },
              ]
            : [],
      },
      'discard',
      { data, directory, old, live },
    ),
  );
  return assemble(facts, {
    ...{ operation, number, cloud, runbook: 'discard', backupHost: facts.backupHost },
    ...{ steps, approval },
    backOuts: [
      {
        id: 'leave',
        title: 'Leave the rest as it is',
        does: 'Removes nothing more and ends this operation. What is already removed stays removed.',
        offered: { from: 'discard-1', until: null },
        node: null,
        steps: [],
        leads: 'end',
        again: [],
      },
      {
        id: 'try-again',
        title: 'Try this step again',
        does: 'Does the step that did not work once more, exactly as it was approved.',
        offered: { from: 'discard-1', until: null },
        node: null,
        steps: [],
        leads: 'resume',
        again: steps.map(({ id }) => id),
      },
    ],
  });
}

/** How long removing a large directory may take until that is reported (ms). */
const REMOVE_MS = 3_600_000;
