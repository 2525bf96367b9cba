import { advance } from '../../src/operation/advance.ts';
import type { Answered, Check } from '../../src/operation/checks.ts';
import type { OperationEvent } from '../../src/operation/events.ts';
import type { Facts } from '../../src/operation/facts.ts';
import { illegal } from '../../src/operation/grammar.ts';
import { highestNumber, type Operation, stepsOf } from '../../src/operation/operation.ts';
import { DEPLOY, digestOf, type Plan, plan as planSchema, type Step } from '../../src/operation/plan.ts';
import type { Findings } from '../../src/operation/restore-checks.ts';
import { sampleFacts } from './sample.ts';

/** A restore as it goes on a cloud of three nodes, told event by event; and the same with every value as long as may be. */

export const RESTORE = 'b'.repeat(20);
const CLAIM = 'c'.repeat(20);
export const NODES = ['comfortable-lark', 'encouraging-bobcat', 'hardcore-rodent'] as const;
const [BACKUP_HOST] = NODES;
export const OLD_UUID = '3f0a1c52-c9d1-11f0-9a55-0b7e6f4d2c11';
export const NEW_UUID = '8d2f41f7-ca02-11f0-b6a1-5e2f0c9a7e44';
/** 2026-11-22 03:00:00 UTC, when the archive was begun; its snapshot ended 74 s later. */
const ARCHIVE_EPOCH = 1_795_316_400;
/** The directory that each node's place for the copy is. */
export const COPY = [64769, 900] as const;
export const REQUESTED = Date.UTC(2026, 10, 25, 2, 41, 0);
export const ARCHIVE = `mysqlbackup-22-11-2026-${ARCHIVE_EPOCH}.qp.xbc.xbs.gz`;
const GIB = 1024 ** 3;

/** What stands in a value: the sample's word, or a filler of `max` characters. */
type Word = (sample: string, max: number) => string;
type Sample = {
  readonly word?: Word;
  readonly needed?: number;
  /** Further back-outs, as a plan may have 40. */
  readonly waysOut?: number;
  /** Nodes whose old data no step sets aside. */
  readonly overwritten?: readonly string[];
  readonly live?: Partial<NonNullable<Extract<Answered, { check: 'copy-belongs' }>['answer']['live']>> | null;
  readonly trial?: Readonly<Record<string, unknown>>;
  readonly older?: readonly string[];
  readonly olderSchemas?: boolean;
  readonly served?: boolean;
  /** What the probe found suspicious, and the schemas that the backup had noted. */
  readonly suspicions?: Facts['suspicions'];
  readonly schemas?: NonNullable<Facts['restore']>['schemas'];
};
const refs = NODES.map((node) => ({ node, engine: 'docker' as const }));
const live = (word: Word) => rooted(word('/var/lib/docker/volumes/mariadb/_data', 1000));
const rooted = (path: string) => (path.startsWith('/') ? path : `/${path}`);
export const staged = (number = 1) => `/var/lib/docker/kolla-backup/${RESTORE}/${number}/data`;

const KEY = {
  'keystone.project': [41, 41],
  'keystone.local_user': [112, 109],
  'keystone.endpoint': [42, 42],
  'nova.services': [38, 38],
  'nova.instances': [1310, 1204],
  'nova_api.instance_mappings': [1310, 1204],
  'nova_api.flavors': [24, 24],
  'neutron.ports': [2817, 2391],
  'neutron.networks': [96, 92],
  'cinder.volumes': [733, 691],
  'glance.images': [58, 57],
  'placement.allocations': [3912, 3540],
} as const;

function findings(which: 0 | 1, word: Word): Findings {
  const long = word('', 1) !== '';
  const names = ['keystone', 'nova', 'nova_api', 'nova_cell0', 'neutron', 'cinder', 'glance', 'placement', 'heat'];
  const tables = long ? Array.from({ length: 60 }, () => word('', 130)) : Object.keys(KEY);
  return {
    serverVersion: word('10.11.19-MariaDB-deb12-log', 128),
    schemas: (long ? Array.from({ length: 300 }, (_, n) => `${n}${word('', 58)}`) : names).map((name) => ({
      name,
      tables: 60,
      digest: 'd'.repeat(64),
      revision: 'a1b2',
    })),
    keyTables: tables.map((table) => ({
      table,
      rows: long ? 9e15 - which * 8e15 : (KEY[table as keyof typeof KEY]?.[which] ?? null),
      newest: null,
    })),
    endpointHosts: [],
    members: [],
    clusterUuid: OLD_UUID,
  };
}

function step(
  id: string,
  title: string,
  host: string,
  touches: Step['touches'],
  after: readonly Check[],
  word: Word,
): Step {
  const kolla = (action: readonly string[]) => [
    '/opt/kolla-ansible-cli/.venv/bin/kolla-ansible',
    '-i',
    '/opt/kolla-ansible-cli/inventory.yml',
    '-i',
    '/opt/kolla-ansible-cli/ansible/inventory/multinode',
    ...action,
    ...(word('', 1) === '' ? [] : Array.from({ length: 50 }, () => word('', 500))),
  ];
  const argv =
    id === 'stop'
      ? kolla(['stop', '--tags', 'mariadb', '--yes-i-really-really-mean-it'])
      : id === 'recover'
        ? kolla([
            'mariadb_recovery',
            '-e',
            `mariadb_recover_inventory_name=${BACKUP_HOST}`,
            '-e',
            'mariadb_image_full=registry.example/kolla/mariadb-server:2024.1-debian-bookworm',
          ])
        : ['python3', '-c', { source: 'swap' }, '{"live":"/var/lib/docker/volumes/mariadb/_data"}'];
  const program = touches === 'read' ? null : { argv, cwd: '/opt/kolla-ansible-cli', env: {}, redact: [] };
  return { id, title: word(title, 120), host, touches, program, timeLimitMs: 600_000, before: [], after: [...after] };
}

const reported = (program: Extract<Check, { check: 'reported' }>['program'], host: string): Check => ({
  check: 'reported',
  program,
  host,
  step: 'x',
});
const wholeCluster: readonly Check[] = [
  { check: 'cluster-whole', nodes: refs, container: 'mariadb', is: null, not: OLD_UUID },
  { check: 'synced-lines', nodes: refs, since: null },
];
const base = (number: number, word: Word) => ({
  v: 1 as const,
  operation: RESTORE,
  number,
  cloud: 'prod',
  release: word('18.8.0', 40),
  nodes: NODES.map((name, index) => ({ name, address: `10.0.0.${index + 11}` })),
  backupHost: BACKUP_HOST,
  sources: { swap: 'import os\n\nos.rename("a", "b")\n' },
});

function clearing(word: Word): Step[] {
  return NODES.map((node, index) =>
    step(`clear-${index + 1}`, `Remove what was prepared on ${node}`, node, 'change', [reported('clear', node)], word),
  );
}

function preparation(word: Word): Plan {
  const node = { node: BACKUP_HOST, engine: 'docker' as const };
  return planSchema.parse({
    ...base(1, word),
    runbook: 'preparation',
    steps: [
      step(
        'prove-archive',
        'Prove the archive complete',
        BACKUP_HOST,
        'read',
        [
          {
            check: 'archive-whole',
            node,
            directory: '/v',
            path: ARCHIVE,
            sha256: null,
            type: 'full',
            lsns: null,
          },
        ],
        word,
      ),
      ...NODES.map((one, index) =>
        step(
          `stage-${index + 1}`,
          `Make a directory of the operation’s own on ${one}`,
          one,
          'change',
          [reported('stage', one)],
          word,
        ),
      ),
      step(
        'unpack',
        'Unpack the archive into the copy',
        BACKUP_HOST,
        'change',
        [reported('unpack', BACKUP_HOST)],
        word,
      ),
      step(
        'prepare',
        'Prepare the copy with mariabackup',
        BACKUP_HOST,
        'change',
        [reported('prepare', BACKUP_HOST)],
        word,
      ),
      step('trial', 'Start the copy once, alone', BACKUP_HOST, 'change', [reported('trial', BACKUP_HOST)], word),
      step(
        'compare',
        'Compare the copy with what is live',
        BACKUP_HOST,
        'read',
        [
          {
            check: 'copy-belongs',
            nodes: refs,
            addresses: [],
            container: 'mariadb',
            tried: { plan: 1, step: 'trial' },
            olderSchemas: false,
          },
        ],
        word,
      ),
    ],
    clearing: clearing(word),
  });
}

function execution({ word = (sample) => sample, needed = 1, waysOut = 0, overwritten = [] }: Sample): Plan {
  const node = { node: BACKUP_HOST, engine: 'docker' as const };
  const stop = step(
    'stop',
    'Stop MariaDB on every node with kolla-ansible',
    DEPLOY,
    'destroy',
    [{ check: 'playbook-ended', action: 'stop', nodes: [...NODES], host: null }],
    word,
  );
  const recover = (from: string) =>
    step(
      'recover',
      `Recover the cluster from ${from} with kolla-ansible`,
      DEPLOY,
      'destroy',
      [{ check: 'playbook-ended', action: 'recovery', nodes: [...NODES], host: from }],
      word,
    );
  const holds = NODES.map((one, index) =>
    step(`hold-${index + 1}`, `Hold MariaDB down on ${one}`, one, 'change', [reported('hold', one)], word),
  );
  const swaps = NODES.filter((one) => !overwritten.includes(one)).map((one, index) =>
    step(
      `swap-${index + 1}`,
      one === BACKUP_HOST ? `Exchange the datadir on ${one} for the copy` : `Set the datadir aside on ${one}`,
      one,
      'destroy',
      [reported('swap', one)],
      word,
    ),
  );
  const confirmCluster = step(
    'confirm-cluster',
    'See every node Primary and Synced',
    BACKUP_HOST,
    'read',
    wholeCluster,
    word,
  );
  const wayBack = (from: string, id: string) => ({
    id,
    title: word(`Back to the old data, from ${from}`, 75),
    does: word(
      `Stops MariaDB everywhere, puts every node’s old datadir back, and recovers the cluster from ${from}. The restored copy is kept aside.`,
      300,
    ),
    offered: { from: 'stop', until: null },
    node: from,
    steps: [stop, ...holds, ...swaps, recover(from), confirmCluster],
    leads: 'end',
  });
  return planSchema.parse({
    ...base(2, word),
    runbook: 'restore',
    steps: [
      stop,
      ...holds,
      ...swaps,
      ...NODES.map((one, index) =>
        step(`let-go-${index + 1}`, `Let MariaDB go on ${one}`, one, 'change', [reported('hold', one)], word),
      ),
      recover(BACKUP_HOST),
      step(
        'confirm-service',
        'See the service back',
        BACKUP_HOST,
        'read',
        [{ check: 'service-back', node, container: 'mariadb', address: { host: '10.0.0.10', port: 3306 } }],
        word,
      ),
      confirmCluster,
      step(
        'confirm-databases',
        'Compare the databases with the copy',
        BACKUP_HOST,
        'read',
        [{ check: 'databases-as-shown', node, container: 'mariadb', tried: { plan: 1, step: 'trial' } }],
        word,
      ),
    ],
    approval: { needed, waitMs: 14_400_000, beginMs: 900_000 },
    backOuts: [
      ...NODES.map((one, index) => wayBack(one, `way-back.${index + 1}`)),
      {
        id: 'start-again',
        title: word('Start the stopped nodes again', 75),
        does: word('Starts MariaDB on every node that was stopped, so that it joins the others.', 300),
        offered: { from: 'stop', until: 'stop' },
        node: null,
        steps: [confirmCluster],
        leads: 'end',
      },
      ...Array.from({ length: waysOut }, (_, index) => wayBack(BACKUP_HOST, `${'x'.repeat(70)}.${index}`)),
    ],
    clearing: clearing(word),
  });
}

function facts({ word = (sample) => sample, served = true, suspicions, schemas }: Sample): Facts {
  return {
    ...sampleFacts,
    suspicions:
      suspicions ??
      Array.from({ length: word('', 1) === '' ? 0 : 50 }, () => ({
        code: 'DEPLOYMENT_OTHER_IMAGE',
        params: { running: word('', 2000), configured: word('', 2000) },
      })),
    release: word('18.8.0', 40),
    nodes: NODES.map((name, index) => ({ name, address: `10.0.0.${index + 11}`, engine: 'docker' })),
    backupHost: BACKUP_HOST,
    restore: {
      surveys: NODES.map((node) => ({
        node,
        machineId: '0'.repeat(32),
        live: live(word),
        old: [1, 2],
        uid: 42_434,
        gid: 42_434,
        mode: 0o755,
        bytes: Math.round(11.8 * GIB),
        freeBytes: 96 * GIB,
        lastWriteAt: null,
        base: '/var/lib/docker/kolla-backup',
        imageId: 'a'.repeat(64),
        image: 'mariadb-server',
        unit: 'kolla-mariadb-container.service',
      })),
      archive: { node: BACKUP_HOST, directory: '/v', path: ARCHIVE, bytes: 2 * GIB, sha256: null },
      chain: [],
      ...(schemas === undefined ? {} : { schemas }),
      service: { host: '10.0.0.10', port: 3306 },
      served,
      clusterUuid: OLD_UUID,
      members: [...NODES],
    },
  };
}

const galera = (uuid: string, word: Word) =>
  NODES.map((node) => ({
    node,
    answered: true as const,
    status: {
      wsrep_cluster_status: word('Primary', 200),
      wsrep_local_state_comment: word('Synced', 200),
      wsrep_cluster_size: word('3', 200),
      wsrep_cluster_state_uuid: word(uuid, 200),
      wsrep_last_committed: word('132', 200),
    },
  }));

const SYNCED = (node: string) => [
  '2026-11-25 03:17:13 0 [Note] WSREP: Shifting JOINED -> SYNCED (TO: 132)',
  `2026-11-25 03:17:13 2 [Note] WSREP: Server ${node} synced with group`,
  '2026-11-25 03:17:13 2 [Note] WSREP: Server status change joined -> synced',
  '2026-11-25 03:17:13 2 [Note] WSREP: Synchronized with group, ready for connections',
];

/** What a step's checks were answered, as on a good day. */
function answered(one: Step, back: boolean, sample: Sample): Answered[] {
  const { word = (said) => said, older = [], trial = {} } = sample;
  const report = (program: string): Record<string, unknown> => {
    if (program === 'stage')
      return { state: 'staged', data: rooted(word(staged(), 1000)), live: [0, 0], new: COPY, freeBytes: 96 * GIB };
    if (program === 'hold') return { state: 'held', position: { uuid: OLD_UUID, seqno: '4821377' } };
    if (program !== 'trial') return { state: 'done' };
    return {
      state: 'tried',
      findings: findings(1, word),
      accountsChanged: [],
      galera: { uuid: OLD_UUID, seqno: '4809032' },
      bytes: Math.round(9.4 * GIB),
      ...trial,
    };
  };
  const liveNow = {
    node: BACKUP_HOST,
    findings: findings(0, word),
    position: { uuid: OLD_UUID, seqno: '4821377' },
    lastWriteAt: REQUESTED + 60_000,
    ...sample.live,
  };
  return one.after.flatMap((check): Answered[] => {
    switch (check.check) {
      case 'reported':
        return [
          {
            check: 'reported',
            answer: { report: JSON.parse(JSON.stringify(report(check.program))), problem: null },
          },
        ];
      case 'archive-whole':
        return [
          {
            check: 'archive-whole',
            answer: {
              problem: null,
              bytes: 2 * GIB,
              unpackedBytes: 9 * GIB,
              sha256: 'e'.repeat(64),
              type: 'full-backuped',
              serverVersion: word('10.11.19-MariaDB', 128),
              startedAt: '2026-11-22 04:00:01',
              endedAt: '2026-11-22 04:01:15',
            },
          },
        ];
      case 'copy-belongs':
        return [
          {
            check: 'copy-belongs',
            answer: { live: sample.live === null ? null : liveNow, older: [...older], problem: null },
          },
        ];
      case 'service-back':
        return [
          {
            check: 'service-back',
            answer: { node: galera(NEW_UUID, word)[0] ?? never(), answeredBy: word(BACKUP_HOST, 800) },
          },
        ];
      case 'cluster-whole':
        return [{ check: 'cluster-whole', answer: { nodes: galera(back ? OLD_UUID : NEW_UUID, word), why: null } }];
      case 'databases-as-shown':
        return [{ check: 'databases-as-shown', answer: { differing: [] } }];
      case 'synced-lines':
        return [
          {
            check: 'synced-lines',
            answer: {
              nodes: NODES.map((node) => ({ node, lines: SYNCED(node).map((line) => word(line, 300)) })),
            },
          },
        ];
      default:
        return [];
    }
  });
}

function never(): never {
  throw new Error('a cloud without nodes');
}

export type Told = { readonly event: OperationEvent; readonly operation: Operation };

/** A restore that is told step by step; every event is a legal one. */
export function restoreSample(sample: Sample = {}) {
  const word: Word = sample.word ?? ((said) => said);
  const told: Told[] = [];
  let at = REQUESTED;
  const now = () => told.at(-1)?.operation ?? never();

  function tell(event: OperationEvent, afterMs = 1_000): void {
    at += told.length === 0 ? 0 : afterMs;
    const before = told.at(-1)?.operation ?? null;
    const why = illegal(before, event);
    if (why !== null) throw new Error(`${event.type}: ${why}`);
    const record = {
      operation: RESTORE,
      seq: told.length + 1,
      at,
      hash: (told.length + 16).toString(16).padStart(64, 'f'),
    };
    told.push({ event, operation: advance(before, event, record) });
  }
  const about = () => ({ plan: now().plan?.plan.number ?? 0, digest: now().plan?.digest ?? '' });
  const sending = (one: Step, attempt = 1) => ({ plan: now().track?.number ?? 0, step: one.id, attempt });

  function start(one: Step): void {
    tell({ type: 'step_started', claim: CLAIM, ...sending(one), checks: [] });
  }
  function end(one: Step, took: number, outcome: 'worked' | 'failed' = 'worked'): void {
    const problem = {
      code: 'KOLLA_TASK_FAILED',
      params: {
        host: BACKUP_HOST,
        task: word('mariadb : Wait for master mariadb', 2000),
        said: word('Timeout when waiting for 10.0.0.11:3306', 2000),
      },
    };
    tell(
      {
        type: 'step_finished',
        claim: CLAIM,
        ...sending(one),
        outcome,
        exit: one.program === null ? null : { code: outcome === 'worked' ? 0 : 2, signal: null },
        checks: outcome === 'worked' ? answered(one, now().track?.kind === 'back_out', sample) : [],
        problem: outcome === 'worked' ? null : problem,
      },
      took,
    );
  }
  /** Drives the track until the step (or to its end), which isn't started any more. */
  function drive(until?: string): void {
    for (const one of stepsOf(now())) {
      if (one.id === until) return;
      if (now().attempts.has(one.id)) continue;
      start(one);
      end(one, one.id === 'unpack' ? 184_000 : one.host === DEPLOY ? 48_000 : 2_000);
    }
  }

  return {
    told,
    now,
    tell,
    drive,
    start,
    end,
    step: (id: string) => stepsOf(now()).find((one) => one.id === id) ?? never(),
    request: () => {
      tell({
        type: 'requested',
        label: 'RST-7',
        cloud: 'prod',
        wish: {
          kind: 'restore',
          archive: { path: ARCHIVE, node: BACKUP_HOST, sha256: 'e'.repeat(64) },
          reason: word('The Nova upgrade of last night emptied instance mappings', 300),
          olderSchemas: sample.olderSchemas ?? false,
        },
        by: 'U0ALICE',
        place: { channel: 'C0OPS' },
      });
      tell({ type: 'claimed', claim: CLAIM, worker: 'worker-1' });
      tell({ type: 'probed', claim: CLAIM, facts: facts(sample) }, 9_000);
    },
    prepare: () => {
      const plan = preparation(word);
      tell({ type: 'planned', claim: CLAIM, plan, digest: digestOf(plan) });
    },
    plan: () => {
      const plan = { ...execution(sample), number: highestNumber(now()) + 1 };
      tell({ type: 'planned', claim: CLAIM, plan, digest: digestOf(plan) });
    },
    announce: (eligible: string[] = []) => tell({ type: 'announced', what: 'plan', ...about(), eligible }),
    approve: (by = 'U0BOB') => tell({ type: 'approved', by, ...about() }, 312_000),
    begin: () =>
      tell({
        type: 'announced',
        what: 'execution',
        ...about(),
        eligible: now().consent.approvals.map((one) => one.by),
      }),
    unclear: (one: Step) =>
      tell({
        type: 'step_unclear',
        claim: CLAIM,
        ...sending(one),
        problem: { code: 'RUN_UNCLEAR', params: { step: one.title, host: one.host, reason: 'the host was restarted' } },
      }),
    needPeople: () => {
      const problem = {
        code: 'KOLLA_TASK_FAILED',
        params: {
          host: BACKUP_HOST,
          task: word('mariadb : Wait for master mariadb', 2000),
          said: word('Timeout when waiting for 10.0.0.11:3306', 2000),
        },
      };
      tell({ type: 'attention', claim: CLAIM, problem });
    },
    backOut: (id: string) =>
      tell(
        { type: 'backing_out', by: 'U0BOB', plan: about().plan, backOut: id, number: highestNumber(now()) + 1 },
        240_000,
      ),
    succeed: () => tell({ type: 'succeeded', claim: CLAIM }),
    cancel: () => tell({ type: 'cancelled', by: 'U0ALICE' }),
    clear: () => {
      tell({ type: 'clearing', claim: CLAIM, number: highestNumber(now()) + 1 });
      drive();
      tell({ type: 'cleared', claim: CLAIM, left: [] });
    },
  };
}

/** As far as the card that waits for approval. */
export function awaitingSample(sample: Sample = {}) {
  const story = restoreSample(sample);
  story.request();
  story.prepare();
  story.drive();
  story.plan();
  story.announce();
  return story;
}
