import type { KeptDatadir } from './facts.ts';
import { type Attempts, attemptsIn, type Operation } from './operation.ts';
import type { Step } from './plan.ts';

/** The steps that exchange a datadir are named so, going aside in the plan and going back in its back-outs. */
const SWAP = 'swap-';

/** The hosts of `steps` on which an exchange was seen to have worked. */
function swapped(steps: readonly Step[], attempts: Attempts): readonly string[] {
  const worked = ({ id }: Step) => attempts.get(id)?.at(-1)?.end?.outcome === 'worked';
  return steps.filter((step) => step.id.startsWith(SWAP) && worked(step)).map(({ host }) => host);
}

/** The old datadirs that a restore has set aside and not put back; none for any other operation. Not: what was discarded. */
export function keptBy(operation: Operation): readonly KeptDatadir[] {
  const { plan, plans, facts, past, track, attempts } = operation;
  const preparation = plans.findLast((one) => one.plan.runbook === 'preparation');
  if (plan?.plan.runbook !== 'restore' || preparation === undefined || facts?.restore == null) return [];
  const { surveys } = facts.restore;
  const aside = new Set(swapped(plan.plan.steps, attemptsIn(operation, plan.plan.number)));
  const driven = track === null ? past : [...past, { track, attempts }];
  for (const one of driven)
    if (one.track.kind === 'back_out') for (const host of swapped(one.track.steps, one.attempts)) aside.delete(host);
  return surveys
    .filter(({ node }) => aside.has(node))
    .map(({ node, base, live, old, bytes }) => {
      const engine = facts.nodes.find(({ name }) => name === node)?.engine ?? 'docker';
      const directory = `${base}/${operation.id}`;
      // The copy lay where the preparation had put it, and the exchange put the old data there.
      return { node, engine, directory, data: `${directory}/${preparation.plan.number}/data`, live, old, bytes };
    });
}
