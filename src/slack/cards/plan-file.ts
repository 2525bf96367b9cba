import type { Operation } from '../../operation/operation.ts';

/** The whole plan as people read it before they approve it. */
export function planFile({ label, plan }: Operation): {
  readonly name: string;
  readonly title: string;
  readonly text: string;
} {
  const title = `Plan ${plan?.plan.number ?? 0} of ${label}`;
  return { name: `${label}-plan-${plan?.plan.number ?? 0}.txt`, title, text: JSON.stringify(plan, null, 2) };
}
