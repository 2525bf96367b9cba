import fc from 'fast-check';
import type { Check } from '../../src/operation/checks.ts';
import type { Facts } from '../../src/operation/facts.ts';
import {
  type BackOut,
  backOut as backOutSchema,
  DEPLOY,
  type Plan,
  plan as planSchema,
  type Step,
} from '../../src/operation/plan.ts';
import { host, LONG_NODE, NODES, some, text } from './hostile.ts';
import { sampleFacts } from './sample.ts';

/** Plans and facts as hostile as their schemas allow, in the shape that restores have. */

const node = { node: 'node-a', engine: 'docker' as const };
const refs = NODES.map((name) => ({ node: name, engine: 'docker' as const }));

const argv = fc.array(
  text(1000).map((value) => value.replaceAll('\0', '')),
  { minLength: 1, maxLength: 8 },
);

type Kind = {
  readonly id: string;
  readonly host?: string;
  readonly touches: Step['touches'];
  readonly after: readonly Check[];
};

const step = ({ id, host: on, touches, after }: Kind): fc.Arbitrary<Step> =>
  fc.record({
    id: fc.constant(id),
    title: text(120),
    host: on === undefined ? host : fc.constant(on),
    touches: fc.constant(touches),
    program:
      touches === 'read'
        ? fc.constant(null)
        : fc.record({ argv, cwd: fc.constant('/'), env: fc.constant({}), redact: fc.constant([]) }),
    timeLimitMs: fc.constant(60_000),
    before: fc.constant([]),
    after: fc.constant([...after]),
  });

const steps = (kinds: readonly Kind[]) => fc.tuple(...kinds.map(step)).map((all): Step[] => [...all]);

const reported = (program: Extract<Check, { check: 'reported' }>['program'], on: string): Check => ({
  check: 'reported',
  program,
  host: on,
  step: 'x',
});
const cluster: readonly Check[] = [
  { check: 'cluster-whole', nodes: refs, container: 'mariadb', is: null, not: null },
  { check: 'synced-lines', nodes: refs, since: null },
];
const BACKUP: readonly Check[] = [{ check: 'archive-complete', node, foundBy: 'find', type: 'full' }];

const PREPARATION: readonly Kind[] = [
  {
    id: 'prove',
    touches: 'read',
    after: [
      {
        check: 'archive-whole',
        node,
        directory: '/v',
        path: 'a.gz',
        sha256: null,
        type: 'full',
        lsns: null,
      },
    ],
  },
  ...NODES.map((on, index) => ({
    id: `stage-${index}`,
    host: on,
    touches: 'change' as const,
    after: [reported('stage', on)],
  })),
  { id: 'trial', host: 'node-a', touches: 'change', after: [reported('trial', 'node-a')] },
  {
    id: 'compare',
    touches: 'read',
    after: [
      {
        check: 'copy-belongs',
        nodes: refs,
        addresses: [],
        container: 'mariadb',
        tried: { plan: 1, step: 'trial' },
        olderSchemas: false,
      },
    ],
  },
];
const EXECUTION: readonly Kind[] = [
  { id: 'stop', host: DEPLOY, touches: 'destroy', after: [] },
  { id: 'hold-1', host: 'node-a', touches: 'change', after: [reported('hold', 'node-a')] },
  { id: 'swap-1', host: 'node-a', touches: 'destroy', after: [reported('swap', 'node-a')] },
  { id: 'swap-2', host: LONG_NODE, touches: 'destroy', after: [reported('swap', LONG_NODE)] },
  { id: 'recover', host: DEPLOY, touches: 'destroy', after: [] },
  {
    id: 'confirm-service',
    touches: 'read',
    after: [{ check: 'service-back', node, container: 'mariadb', address: null }],
  },
  { id: 'confirm-cluster', touches: 'read', after: cluster },
  {
    id: 'confirm-databases',
    touches: 'read',
    after: [{ check: 'databases-as-shown', node, container: 'mariadb', tried: { plan: 1, step: 'trial' } }],
  },
];
const CLEARING: readonly Kind[] = NODES.map((on, index) => ({
  id: `clear-${index}`,
  host: on,
  touches: 'change' as const,
  after: [reported('clear', on)],
}));

const backOut = (index: number): fc.Arbitrary<BackOut> =>
  fc
    .record({
      id: fc.constant(`b${'-x'.repeat(index === 0 ? 38 : 1)}.${index}`),
      title: some(75),
      does: some(300),
      offered: fc.constantFrom(
        { from: 'stop', until: null },
        { from: 'stop', until: 'swap-1' },
        { from: 'swap-1', until: null },
      ),
      node: fc.constant(null),
      steps: fc.oneof(
        fc.constant<Step[]>([]),
        steps([
          { id: 'stop-again', host: DEPLOY, touches: 'destroy', after: [] },
          { id: 'swap-back', host: 'node-a', touches: 'destroy', after: [reported('swap', 'node-a')] },
          { id: 'confirm-again', touches: 'read', after: cluster },
        ]),
      ),
      leads: fc.constantFrom('end' as const, 'resume' as const),
      again: fc.constant([]),
    })
    .map((made) => backOutSchema.parse(made));

type Shape = Pick<Plan, 'runbook' | 'approval'> & { readonly number?: number };

function plan(
  shape: Shape,
  parts: { steps: fc.Arbitrary<Step[]>; backOuts?: fc.Arbitrary<BackOut[]>; clearing?: fc.Arbitrary<Step[]> },
): fc.Arbitrary<Plan> {
  return fc
    .record({
      release: text(40),
      backupHost: fc.constantFrom('node-a', LONG_NODE),
      steps: parts.steps,
      backOuts: parts.backOuts ?? fc.constant([]),
      clearing: parts.clearing ?? fc.constant([]),
    })
    .map((made) => ({
      ...planSchema.parse({
        v: 1,
        operation: 'a'.repeat(20),
        number: 1,
        cloud: 'lab',
        nodes: NODES.map((name) => ({ name, address: '192.0.2.1' })),
        sources: { stage: 'print("<!channel>")\n\u202e' },
        ...shape,
        release: made.release,
        backupHost: made.backupHost,
        steps: made.steps,
        backOuts: made.backOuts,
        clearing: made.clearing,
      }),
    }));
}

export const backupPlan = fc.constantFrom(1, 1, 1, 2, 5, 40).chain((count) =>
  plan(
    { runbook: 'backup', approval: null },
    {
      steps: fc
        .array(fc.constantFrom('read' as const, 'change' as const), { minLength: count, maxLength: count })
        .chain((touches) => steps(touches.map((one, index) => ({ id: `step-${index}`, touches: one, after: BACKUP })))),
    },
  ),
);
export const preparation = plan(
  { runbook: 'preparation', approval: null },
  { steps: steps(PREPARATION), clearing: steps(CLEARING) },
);
const approval = { needed: 1, waitMs: 14_400_000, beginMs: 3_600_000 };
export const execution = fc.tuple(fc.constantFrom(1, 1, 2, 3), fc.constantFrom(0, 2, 8, 40)).chain(([needed, ways]) =>
  plan(
    { runbook: 'restore', approval: { ...approval, needed } },
    {
      steps: steps(EXECUTION),
      clearing: steps(CLEARING),
      backOuts: fc.tuple(...Array.from({ length: ways }, (_, index) => backOut(index))).map((all) => [...all]),
    },
  ),
);
export const discardPlan = plan(
  { runbook: 'discard', approval },
  {
    steps: steps(
      NODES.map((on, index) => ({
        id: `discard-${index}`,
        host: on,
        touches: 'destroy',
        after: [reported('discard', on)],
      })),
    ),
  },
);

const hostPath = text(1000).map((name) => `/${name.replace(/\p{Cc}/gu, '')}`);

/** Facts of a cloud whose paths are as long as they may be. */
export const facts: fc.Arbitrary<Facts> = fc
  .record({ live: hostPath, data: hostPath, bytes: fc.maxSafeNat(), served: fc.boolean(), path: text(512) })
  .map(({ live, data, bytes, served, path }) => ({
    ...sampleFacts,
    restore: {
      surveys: NODES.map((name) => ({
        node: name,
        machineId: '0'.repeat(32),
        live,
        old: [1, 2],
        uid: 1,
        gid: 1,
        mode: 1,
        bytes,
        freeBytes: bytes,
        base: live,
        imageId: 'a'.repeat(64),
        image: 'image',
        lastWriteAt: null,
        unit: null,
      })),
      archive: { node: LONG_NODE, directory: '/v', path: path || 'a', bytes, sha256: null },
      chain: [],
      service: null,
      served,
      clusterUuid: null,
      members: [],
    },
    discard: {
      restore: 'd'.repeat(20),
      endedAt: 1_790_000_000_000,
      kept: NODES.map((name) => ({ node: name, engine: 'docker', directory: data, data, live, old: [1, 2], bytes })),
    },
  }));
