import type { OperationEvent } from '../../src/operation/events.ts';
import type { Facts } from '../../src/operation/facts.ts';
import { digestOf, type Plan, type Step } from '../../src/operation/plan.ts';

/** A small plan with one change and one question: enough grammar for the journal's tests. */
export function samplePlan(operation: string): Plan {
  const question: Step = {
    id: 'find-archive',
    title: 'Find the archive',
    host: 'node-a',
    touches: 'read',
    program: null,
    timeLimitMs: 60_000,
    before: [],
    after: [],
  };
  return {
    v: 1,
    operation,
    number: 1,
    cloud: 'lab',
    runbook: 'backup',
    release: '17.9.0',
    nodes: [{ name: 'node-a', address: '192.0.2.1' }],
    backupHost: 'node-a',
    steps: [
      {
        ...question,
        id: 'take-backup',
        title: 'Take the backup',
        host: 'deploy',
        touches: 'change',
        program: { argv: ['/bin/true'], cwd: '/', env: {}, redact: [] },
      },
      question,
    ],
    sources: {},
    approval: null,
    backOuts: [],
    clearing: [],
  };
}

export const sampleFacts: Facts = {
  release: '17.9.0',
  dialect: 'bash',
  newer: false,
  deploy: {
    executable: '/bin/true',
    cwd: '/',
    configDirectory: '/etc/kolla',
    inventories: ['/inventory'],
    extraArguments: [],
  },
  nodes: [{ name: 'node-a', address: '192.0.2.1', engine: 'docker' }],
  backupHost: 'node-a',
  suspicions: [],
  restore: null,
  discard: null,
};

export function sampleRequest(label = 'BKP-1', cloud = 'lab'): Extract<OperationEvent, { type: 'requested' }> {
  return {
    type: 'requested',
    label,
    cloud,
    wish: { kind: 'backup', type: 'full' },
    by: 'U0ALICE',
    place: { channel: 'C0OPS' },
  };
}

export function samplePlanned(operation: string, claim: string): Extract<OperationEvent, { type: 'planned' }> {
  const plan = samplePlan(operation);
  return { type: 'planned', claim, plan, digest: digestOf(plan) };
}
