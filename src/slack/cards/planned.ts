import type { Operation } from '../../operation/operation.ts';
import type { Plan } from '../../operation/plan.ts';
import { clean } from '../text.ts';
import { commandLine } from './commands-shown.ts';
import { code, faint, onHost, preformatted, say, strong } from './parts.ts';
import { type Milestone, reply } from './replies.ts';
import { suspected } from './stakes.ts';

/** How many programs of a plan are shown in full; their argv beyond `ARGV_MAX` characters is cut. */
const PROGRAMS_MAX = 3;
const ARGV_MAX = 700;
const PLAN_STEPS_MAX = 14;
const TITLE_MAX = 80;
const SUSPICIONS_MAX = 5;

export function planned(plan: Plan, operation: Operation): Milestone {
  return plan.approval === null ? unapproved(plan, operation) : toApprove(plan, operation);
}

/** A plan that needs nobody's approval: its steps, and for a backup what it runs. */
function unapproved(plan: Plan, operation: Operation): Milestone {
  const steps = plan.steps
    .slice(0, PLAN_STEPS_MAX)
    .map((step, index) => [
      say(`${index + 1}. ${clean(step.title, TITLE_MAX)} · `),
      onHost(step.host),
      ...(step.touches === 'read' ? [] : [strong(` · ${step.touches}s`)]),
    ]);
  const programs = plan.runbook === 'backup' ? plan.steps.flatMap(({ program }) => program ?? []) : [];
  const again = plan.number > 1 && plan.runbook === 'preparation';
  return reply(
    operation,
    `Planned: ${plan.steps.length} steps`,
    [
      [
        strong(`Plan ${plan.number} · Kolla Ansible ${clean(plan.release, 40)} · backup host `),
        onHost(plan.backupHost),
      ],
      ...newer(operation),
      ...suspected(operation, SUSPICIONS_MAX).map((one) => [strong('⚠️ '), say(one)]),
      ...(plan.runbook === 'preparation'
        ? [
            [
              say(
                `Preparation${again ? ', begun anew from the archive' : ''}. Nothing live is touched, and nobody needs to approve it.`,
              ),
            ],
          ]
        : []),
      ...steps,
      ...(plan.steps.length > PLAN_STEPS_MAX ? [[faint(`… and ${plan.steps.length - PLAN_STEPS_MAX} more`)]] : []),
    ],
    { more: programs.slice(0, PROGRAMS_MAX).map((one) => preformatted(commandLine(one), ARGV_MAX)), head: true },
  );
}

function newer({ facts }: Operation) {
  if (facts?.newer !== true) return [];
  const release = clean(facts.release, 40);
  return [
    [
      strong(`⚠️ Kolla Ansible ${release} is newer than the releases that this software knows. `),
      say('The help of its commands shows the same command line; what they do there was never tried.'),
    ],
  ];
}

/** A plan that others must approve: short, for the whole of it is the file that goes with this, and its card follows. */
function toApprove(plan: Plan, operation: Operation): Milestone {
  const destroys = plan.steps.filter(({ touches }) => touches === 'destroy').length;
  const told = reply(
    operation,
    `Planned: ${plan.steps.length} steps, to be approved`,
    [
      [strong(`Plan ${plan.number}: ${plan.steps.length} steps, ${destroys} of them change what is live`)],
      [say(`${plan.backOuts.length} ways out are approved with it. Every command stands below this, whole.`)],
      ...newer(operation),
      [strong('Digest: '), code(operation.plan?.digest ?? '')],
      [say('Nothing of it runs before it is approved; its card follows.')],
    ],
    { head: true },
  );
  return { ...told, plan: true };
}
