import type { OperationEvent } from '../../src/operation/events.ts';
import { type BackOut, digestOf, type Plan, type Step } from '../../src/operation/plan.ts';
import { sampleFacts, samplePlan } from './sample.ts';

/** A restore in small: every kind of step, host and back-out that the rules speak of, and nothing else. */

export const WAIT_MS = 4 * 3_600_000;
export const BEGIN_MS = 15 * 60_000;
export const HOSTS = ['deploy', 'node-a'] as const;
export type Host = (typeof HOSTS)[number];

/** What may differ from one restore to another. */
export type Shape = {
  readonly needed: number;
  /** Whether the execution begins with a question. */
  readonly looksFirst: boolean;
  /** Whether the execution's plan names the clearing too. */
  readonly clears: boolean;
};

function step(id: string, host: Host, touches: Step['touches'], programless = false): Step {
  const program = programless ? null : { argv: ['/bin/true'], cwd: '/', env: {}, redact: [] };
  return { id, title: id, host, touches, program, timeLimitMs: 60_000, before: [], after: [] };
}

const look = (id: string) => step(id, 'node-a', 'read', true);
const clearing = [step('clear-a', 'node-a', 'change'), step('clear-deploy', 'deploy', 'change')];

const backOut = (id: string, offered: BackOut['offered'], steps: Step[], leads: BackOut['leads']): BackOut => ({
  id,
  title: id,
  does: id,
  offered,
  node: null,
  steps,
  leads,
  // Programs that do nothing twice.
  again: leads === 'resume' && id !== 'look-anew' ? ['hold-a', 'swap-a'] : [],
});

export const backOuts: readonly BackOut[] = [
  backOut('start-again', { from: 'stop', until: 'hold-a' }, [step('start-units', 'deploy', 'change')], 'end'),
  backOut(
    'way-back',
    { from: 'swap-a', until: null },
    [step('swap-back', 'node-a', 'destroy'), step('recover-old', 'deploy', 'destroy'), look('confirm-old')],
    'end',
  ),
  backOut('look-again', { from: 'stop', until: null }, [], 'resume'),
  // How a recovery ended is looked at anew, and nothing is sent.
  { ...backOut('look-anew', { from: 'recover', until: 'recover' }, [], 'resume'), anew: ['recover'] },
  backOut('restart', { from: 'confirm', until: null }, [step('restart-a', 'node-a', 'change')], 'resume'),
];

const base = (operation: string, number: number, cloud: string) => ({ ...samplePlan(operation), number, cloud });

export function preparation(operation: string, number: number, cloud: string): Plan {
  const steps = [step('stage-a', 'node-a', 'change'), look('trial')];
  return { ...base(operation, number, cloud), runbook: 'preparation', steps, clearing };
}

export function execution(operation: string, number: number, cloud: string, shape: Shape): Plan {
  const steps = [
    ...(shape.looksFirst ? [look('look-first')] : []),
    step('stop', 'deploy', 'destroy'),
    step('hold-a', 'node-a', 'change'),
    step('swap-a', 'node-a', 'destroy'),
    step('recover', 'deploy', 'destroy'),
    look('confirm'),
  ];
  return {
    ...base(operation, number, cloud),
    runbook: 'restore',
    steps,
    approval: { needed: shape.needed, waitMs: WAIT_MS, beginMs: BEGIN_MS },
    backOuts: [...backOuts],
    clearing: shape.clears ? clearing : [],
  };
}

export function planned(plan: Plan, claim: string): Extract<OperationEvent, { type: 'planned' }> {
  return { type: 'planned', claim, plan, digest: digestOf(plan) };
}

export const restoreFacts = sampleFacts;

export function restoreRequest(by: string, cloud = 'lab'): Extract<OperationEvent, { type: 'requested' }> {
  return {
    type: 'requested',
    label: 'RST-1',
    cloud,
    wish: {
      kind: 'restore',
      archive: { path: 'full.gz', node: null, sha256: null },
      reason: 'the tables are gone',
      olderSchemas: false,
    },
    by,
    place: { channel: 'C0OPS' },
  };
}
