import type { OperationEvent } from '../../src/operation/events.ts';
import type { Facts } from '../../src/operation/facts.ts';
import { newId } from '../../src/operation/ids.ts';
import type { Operation } from '../../src/operation/operation.ts';
import { type BackOut, digestOf, type Plan, type Step } from '../../src/operation/plan.ts';
import { sampleFacts } from './sample.ts';
import type { Bench } from './slack-bench.ts';

/** Restores in journals, with a worker's events written by the test: small plans with all that grammar and bot look at. */

export const CLAIM = 'c'.repeat(20);
const IMAGE = 'sha256:0123456789ab';

export const restoreFacts: Facts = {
  ...sampleFacts,
  restore: {
    surveys: [
      {
        node: 'node-a',
        machineId: '0'.repeat(32),
        live: '/var/lib/docker/volumes/mariadb/_data',
        old: [1, 42],
        uid: 42434,
        gid: 42434,
        mode: 0o755,
        bytes: 5_000_000_000,
        freeBytes: 50_000_000_000,
        base: '/var/lib/docker/kolla-backup',
        imageId: IMAGE,
        image: 'kolla/mariadb-server:17.9.0',
        lastWriteAt: null,
        unit: null,
      },
    ],
    archive: { node: 'node-a', directory: '/volume', path: 'a.gz', bytes: 1_000, sha256: null },
    chain: [],
    service: null,
    served: true,
    clusterUuid: null,
    members: ['node-a'],
  },
};

const question = (id: string): Step => ({
  id,
  title: `See ${id}`,
  host: 'node-a',
  touches: 'read',
  program: null,
  timeLimitMs: 60_000,
  before: [],
  after: [],
});
const program = (id: string, host: string, touches: 'change' | 'destroy'): Step => ({
  ...question(id),
  title: `Do ${id}`,
  host,
  touches,
  program: { argv: ['/bin/true', id], cwd: '/', env: {}, redact: [] },
});

const wayBack: BackOut = {
  id: 'way-back.1',
  title: 'Back to the old data, from node-a',
  does: 'Puts the old datadir back.',
  offered: { from: 'stop', until: null },
  node: 'node-a',
  steps: [program('swap-1', 'node-a', 'destroy'), question('confirm-cluster')],
  leads: 'end',
  again: [],
};

function planOf(operation: string, number: number, more: Pick<Plan, 'runbook' | 'steps'> & Partial<Plan>): Plan {
  return {
    v: 1,
    operation,
    number,
    cloud: 'lab',
    release: '17.9.0',
    nodes: [{ name: 'node-a', address: '192.0.2.1' }],
    backupHost: 'node-a',
    sources: { swap: `# ${'the program, line by line\n'.repeat(400)}` },
    approval: null,
    backOuts: [],
    clearing: [program('clear-1', 'node-a', 'change')],
    ...more,
  };
}

export type Approval = NonNullable<Plan['approval']>;
const APPROVAL: Approval = { needed: 1, waitMs: 600_000, beginMs: 600_000 };

const planned = (plan: Plan): OperationEvent => ({ type: 'planned', claim: CLAIM, plan, digest: digestOf(plan) });
const start = (plan: number, step: string): OperationEvent => ({
  type: 'step_started',
  claim: CLAIM,
  plan,
  step,
  attempt: 1,
  checks: [],
});
const end = (plan: number, step: string, outcome: 'worked' | 'failed' = 'worked'): OperationEvent => ({
  type: 'step_finished',
  claim: CLAIM,
  plan,
  step,
  attempt: 1,
  outcome,
  exit: null,
  checks: [],
  problem: outcome === 'failed' ? { code: 'STEP_FAILED', params: { step } } : null,
});
const unclear = (plan: number, step: string): OperationEvent => ({
  type: 'step_unclear',
  claim: CLAIM,
  plan,
  step,
  attempt: 1,
  problem: { code: 'RUN_UNCLEAR', params: { step, host: 'node-a', reason: 'it is gone' } },
});
const attention: OperationEvent = {
  type: 'attention',
  claim: CLAIM,
  problem: { code: 'STEP_FAILED', params: { step: 'swap-1' } },
};
export const says = {
  planned,
  start,
  end,
  unclear,
  attention,
  succeeded: { type: 'succeeded', claim: CLAIM },
} as const;

/** A restore by alice that a worker has taken and whose preparation is under way. */
export async function preparing(bench: Bench): Promise<Operation> {
  const id = newId();
  const said = await bench.journal.request(
    id,
    {
      type: 'requested',
      cloud: 'lab',
      wish: {
        kind: 'restore',
        archive: { path: 'a.gz', node: 'node-a', sha256: null },
        reason: 'the tables are gone',
        olderSchemas: false,
      },
      by: bench.slack.user('alice').id,
      place: { channel: bench.slack.channel('cloud-ops').id },
    },
    { single: 'take' },
  );
  if (said.answer !== 'appended') throw new Error(said.answer);
  await bench.write(id, { type: 'claimed', claim: CLAIM, worker: 'worker-1' }, false);
  await bench.write(id, { type: 'probed', claim: CLAIM, facts: restoreFacts }, false);
  const steps = [program('stage-1', 'node-a', 'change'), question('compare')];
  await bench.write(id, planned(planOf(id, 1, { runbook: 'preparation', steps })), false);
  return bench.write(id, start(1, 'stage-1'), false);
}

/** Whose copy is prepared, and whose execution is planned; its thread isn't told yet. */
export async function waiting(bench: Bench, approval: Partial<Approval> = {}): Promise<Operation> {
  const { id } = await preparing(bench);
  await bench.write(id, end(1, 'stage-1'), false);
  await bench.write(id, start(1, 'compare'), false);
  await bench.write(id, end(1, 'compare'), false);
  const steps = [
    program('stop', 'deploy', 'destroy'),
    program('swap-1', 'node-a', 'destroy'),
    question('confirm-service'),
  ];
  const plan = planOf(id, 2, {
    runbook: 'restore',
    steps,
    approval: { ...APPROVAL, ...approval },
    backOuts: [wayBack],
  });
  return bench.write(id, planned(plan), false);
}

/** Approved and begun without Slack's part: MariaDB is stopped, and the swap was started. */
export async function begun(bench: Bench): Promise<Operation> {
  const { id, plan } = await waiting(bench);
  const about = { plan: 2, digest: plan?.digest ?? '' };
  const by = bench.slack.user('bob').id;
  await bench.write(id, { type: 'announced', what: 'plan', ...about, eligible: [] }, false);
  await bench.write(id, { type: 'approved', by, ...about }, false);
  await bench.write(id, { type: 'announced', what: 'execution', ...about, eligible: [by] }, false);
  await bench.write(id, start(2, 'stop'), false);
  await bench.write(id, end(2, 'stop'), false);
  return bench.write(id, start(2, 'swap-1'), false);
}

/** A backup that succeeded, with the archive `path` proven in its volume. */
export async function backedUp(bench: Bench, path: string): Promise<Operation> {
  const { id } = await bench.underWay();
  const write = (event: OperationEvent) => bench.write(id, event, false);
  await write(start(1, 'take-backup'));
  await write(end(1, 'take-backup'));
  await write(start(1, 'find-archive'));
  const directory = '/var/lib/docker/volumes/mariadb_backup/_data';
  await write({
    ...end(1, 'find-archive'),
    checks: [
      {
        check: 'new-archive',
        answer: { directory, fresh: [{ path, bytes: 1_000, modified: 0, inode: 7 }] },
      },
      {
        check: 'archive-complete',
        answer: {
          path: `${directory}/${path}`,
          complete: true,
          problem: null,
          bytes: 1_000,
          unpackedBytes: 9_000,
          files: 12,
          sha256: 'a'.repeat(64),
          type: 'full-prepared',
          fromLsn: '0',
          toLsn: '99',
          serverVersion: '10.11.9',
          startedAt: null,
          endedAt: null,
        },
      },
    ],
  } as OperationEvent);
  return write({ type: 'succeeded', claim: CLAIM });
}
