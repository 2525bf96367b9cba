import { describe, expect, test } from 'vitest';
import { canonicalJson, sha256 } from '../../src/operation/canonical.ts';
import { KollaBackupError } from '../../src/operation/catalogue.ts';
import { operationEvent } from '../../src/operation/events.ts';
import type { Facts } from '../../src/operation/facts.ts';
import type { Operation } from '../../src/operation/operation.ts';
import { digestOf, type Plan, plan as planSchema, type Step } from '../../src/operation/plan.ts';
import { planBackup } from '../../src/runbooks/backup.ts';
import { planPreparation } from '../../src/runbooks/preparation.ts';
import { planRestore } from '../../src/runbooks/restore.ts';
import { roomNeeded, roomProblem, transferProblem } from '../../src/runbooks/room.ts';
import { otherThanNoted } from '../../src/runbooks/trial.ts';
import { largeExecution, largeFacts } from '../support/large-cloud.ts';
import { sampleFacts } from '../support/sample.ts';

/** What real runs of kolla-ansible taught, as rules that every plan of a restore and each of its ways out keeps. */

const ID = 'a'.repeat(20);
const NAMES = ['lark.local', 'bobcat.local', 'rodent.local'] as const;
const IMAGE = 'quay.io/openstack.kolla/mariadb-server:2023.2-debian-bookworm';
const UNIT = 'kolla-mariadb-container.service';

function factsOf(dialect: Facts['dialect'], archiveOn: string = NAMES[1]): Facts {
  const archive = { node: archiveOn, directory: '/volume', path: 'full.gz', bytes: 1_000, sha256: null };
  const surveys = NAMES.map((node) => ({
    ...{ node, machineId: '0'.repeat(32), live: '/live', old: [1, 2] as [number, number], uid: 1, gid: 1, mode: 0o755 },
    ...{ bytes: 5_000, freeBytes: 9_000, base: '/base', lastWriteAt: null, unit: UNIT },
    ...{ imageId: 'a'.repeat(64), image: IMAGE },
  }));
  const cluster = { service: null, served: true, clusterUuid: null, members: [...NAMES] };
  const nodes = NAMES.map((name, index) => ({ name, address: `192.0.2.${index + 1}`, engine: 'docker' as const }));
  return { ...sampleFacts, dialect, nodes, restore: { surveys, archive, chain: [], ...cluster } };
}

const wish = {
  kind: 'restore' as const,
  archive: { path: 'full.gz', node: null, sha256: null },
  reason: 'x',
  olderSchemas: false,
};
const limits = { proofMs: 60_000, unpackMs: 60_000, prepareMs: 60_000, floorBytes: 1_000, inventories: '/var/lib/x' };
const preparation = (facts: Facts) => planSchema.parse(planPreparation(ID, 'lab', wish, facts, 1, limits));

const findings = {
  ...{
    serverVersion: '10.11.19-MariaDB',
    schemas: [],
    keyTables: [],
    endpointHosts: [],
    members: [],
    clusterUuid: null,
  },
};
const hex = 'f'.repeat(64);
const REPORTS: Readonly<Record<string, object>> = {
  stage: { state: 'staged', data: `/base/${ID}/1/data`, live: [1, 2], new: [1, 3], freeBytes: 9_000 },
  'make-inventory': {
    state: 'reduced',
    inventory: `/var/lib/x/${ID}/hosts.json`,
    digest: hex,
    nodes: NAMES.slice(0, 2),
  },
  trial: {
    ...{ state: 'tried', manifest: hex, bytes: 1, files: 1, findings, accountsChanged: null, galera: null },
    checkpoints: null,
  },
};

/** The plan that people approve, after a preparation in which every program reported that it worked. */
function execution(facts: Facts, copyBytes = 1): Plan {
  const prepared = preparation(facts);
  const attempts = prepared.steps.map(({ id }) => {
    const said = REPORTS[id.replace(/-\d+$/, '')] ?? null;
    const report = id === 'trial' ? { ...said, bytes: copyBytes } : said;
    const after = [{ check: 'reported' as const, answer: { report, problem: null } }];
    const end = { at: 2, outcome: 'worked' as const, exit: null, after, problem: null };
    return [id, [{ attempt: 1, startedAt: 1, before: [], end }]] as const;
  });
  const operation = {
    ...{ id: ID, cloud: 'lab', wish, facts, past: [], attempts: new Map(attempts) },
    plan: { plan: prepared, digest: hex, at: 1 },
    track: { number: 1, kind: 'plan', steps: prepared.steps, backOut: null },
  } as unknown as Operation; // what planning reads of it
  const approval = { needed: 1, waitMs: 1000, beginMs: 1000 };
  return planSchema.parse(
    planRestore(operation, facts, 2, { ...limits, approval, recoveryMs: 60_000, syncMs: 60_000 }),
  );
}

const argvOf = ({ program }: Step) => (program?.argv ?? []).map((part) => (typeof part === 'string' ? part : ''));
const DIALECTS = ['bash', 'cliff'] as const;

describe.each(DIALECTS)('every plan of a restore (%s)', (dialect) => {
  const facts = factsOf(dialect);
  const plan = execution(facts);
  /** The plan and each of its ways out that recover the cluster. */
  const tracks = [{ id: 'plan', node: NAMES[1], steps: plan.steps }, ...plan.backOuts].filter(({ steps }) =>
    steps.some(({ id }) => id === 'recover'),
  );

  /** The nodes that a track is about: a way back can leave out one that is gone. */
  const namesOf = (id: string) => {
    const [, gone] = /\.without\.(\d)$/.exec(id) ?? [];
    return gone === undefined ? [...NAMES] : NAMES.filter((_, index) => index !== Number(gone) - 1);
  };

  test('has a way back from every node, and one from each without each other', () => {
    const ids = tracks.map(({ id }) => id);
    expect(ids.filter((id) => !id.includes('without'))).toEqual(['plan', 'way-back.2', 'way-back.1', 'way-back.3']);
    expect(ids.filter((id) => id.includes('without'))).toHaveLength(6);
  });

  test.each(tracks)(
    '$id: before a recovery every node was held, and is seen down a moment ago',
    ({ id: track, steps }) => {
      const at = steps.findIndex(({ id }) => id === 'recover');
      const recover = steps[at];
      const held = steps.slice(0, at).filter(({ id }) => id.startsWith('hold-'));
      expect(held.map(({ host }) => host).toSorted()).toEqual(namesOf(track).toSorted());
      expect(recover?.before.at(-1)).toMatchObject({
        check: 'nodes-down',
        nodes: expect.arrayContaining(namesOf(track).map((node) => ({ node, engine: 'docker' }))),
        unit: UNIT,
      });
      // Each is let go just before: held, it could not be started.
      const free = steps.slice(0, at).filter(({ id }) => id.startsWith('let-go-'));
      expect(free.map(({ host }) => host).toSorted()).toEqual(namesOf(track).toSorted());
    },
  );

  test.each(tracks)('$id: no datadir is exchanged before all nodes are held', ({ steps }) => {
    const firstSwap = steps.findIndex(({ id }) => id.startsWith('swap-'));
    const lastHold = steps.findLastIndex(({ id }) => id.startsWith('hold-'));
    expect(lastHold).toBeGreaterThanOrEqual(0);
    expect(firstSwap).toBeGreaterThan(lastHold);
  });

  test.each(plan.backOuts.filter(({ steps }) => steps.some(({ id }) => id.startsWith('hold-'))))(
    '$id: the node that is recovered from is held last, for each that leaves a cluster moves the others on by one',
    ({ id, node, steps }) => {
      const held = steps.filter((step) => step.id.startsWith('hold-')).map(({ host }) => host);
      expect(held.toSorted()).toEqual(namesOf(id).toSorted());
      expect(held.at(-1)).toBe(node ?? plan.backupHost);
    },
  );

  test.each(tracks.filter(({ id }) => id.startsWith('way-back')))(
    '$id: the old data that is recovered from must be whole, that of those who take it over need not',
    ({ node, steps }) => {
      const swaps = steps.filter(({ id }) => id.startsWith('swap-'));
      for (const swap of swaps) expect(argvOf(swap).at(-1)).toContain(`"source":${swap.host === node}`);
    },
  );

  test('no node is restarted that serves alone', () => {
    const restarts = plan.backOuts.filter(({ id }) => id.startsWith('restart.'));
    expect(restarts).toHaveLength(NAMES.length);
    for (const { node, steps } of restarts)
      expect(steps).toMatchObject([{ before: [{ check: 'another-serves', host: node, nodes: { length: 3 } }] }]);
  });

  test('while the stop has not worked, what starts the stopped nodes comes first', () => {
    expect(plan.backOuts.map(({ id }) => id).slice(0, 2)).toEqual(['start-again', 'way-back.2']);
  });

  test.each(tracks)(
    '$id: its recovery names a host of the inventory to the letter, and the running image',
    ({ steps, node }) => {
      const argv = argvOf(steps.find(({ id }) => id === 'recover') as Step);
      const named = argv.flatMap((word) => /^mariadb_recover_inventory_name=(.*)$/.exec(word)?.[1] ?? []);
      expect(named).toEqual([node]);
      expect(facts.nodes.map(({ name }) => name)).toContain(named[0]);
      expect(argv.filter((word) => word.startsWith('mariadb_image_full='))).toEqual([`mariadb_image_full=${IMAGE}`]);
    },
  );

  test.each(tracks)('$id: its end is what the nodes say, whatever the exit code was', ({ id: track, steps }) => {
    const at = steps.findIndex(({ id }) => id === 'recover');
    const after = steps.slice(at + 1).flatMap((step) => step.after);
    expect(after.map(({ check }) => check)).toEqual(expect.arrayContaining(['service-back', 'cluster-whole']));
    const whole = after.find((one) => one.check === 'cluster-whole');
    expect(whole?.check === 'cluster-whole' && whole.nodes).toHaveLength(namesOf(track).length);
    expect(steps[at]?.after).toMatchObject([{ check: 'playbook-ended', unlessWhole: { container: 'mariadb' } }]);
  });

  test('what it says to kolla-ansible is spelled in full, and narrows nothing', () => {
    const all = [plan.steps, ...plan.backOuts.map(({ steps }) => steps)].flat().filter(({ host }) => host === 'deploy');
    const words = all
      .map(argvOf)
      .filter(([program]) => program !== 'python3')
      .flat();
    expect(words).toContain('--yes-i-really-really-mean-it');
    for (const word of words.filter((one) => one.startsWith('-')))
      expect(['-i', '-e', '--tags', '--yes-i-really-really-mean-it', '--configdir']).toContain(word);
  });

  test('the stop is judged by every node, and the preparation has their units read again before it', () => {
    expect(plan.steps[0]).toMatchObject({ id: 'stop', after: [{ action: 'stop', nodes: [...NAMES] }] });
    const reloads = preparation(facts).steps.filter(({ id }) => id.startsWith('reload-'));
    expect(reloads.map(({ host }) => host).toSorted()).toEqual([...NAMES].toSorted());
    for (const step of reloads) expect(argvOf(step).at(-1)).toContain('"act":"reload"');
  });

  test('an archive on a host that is none of the inventory’s makes no plan', () => {
    expect(() => preparation(factsOf(dialect, 'lark'))).toThrow('the archive is on no node');
  });
});

test('a node that the restore goes on without is asked after once more before the stop and before the recovery', () => {
  const facts = factsOf('cliff', NAMES[0]);
  const { restore } = facts;
  if (restore === null) throw new Error('no restore');
  const without = {
    ...{ ...facts, nodes: facts.nodes.slice(0, 2), gone: [{ name: NAMES[2], address: '192.0.2.3' }] },
    restore: { ...restore, surveys: restore.surveys.slice(0, 2), members: NAMES.slice(0, 2) },
  };
  const plan = execution(without);
  const recoveries = [plan, ...plan.backOuts].flatMap(({ steps }) => steps.filter(({ id }) => id === 'recover'));
  expect(recoveries.length).toBeGreaterThan(1);
  for (const step of [plan.steps.find(({ id }) => id === 'stop'), ...recoveries])
    expect(step?.before.filter(({ check }) => check === 'nodes-gone')).toEqual([
      {
        ...{ check: 'nodes-gone', gone: without.gone, container: 'mariadb' },
        nodes: NAMES.slice(0, 2).map((node) => ({ node, engine: 'docker' })),
      },
    ]);
});

test('hosts of the longest names make plans that a journal takes; buttons tell them apart', () => {
  const longest = (number: number) => `node-${number}.${'a-long-label.'.repeat(18)}example`;
  expect(longest(1).length).toBeGreaterThan(240);
  const plan = largeExecution(largeFacts(5, 3, longest));
  expect(plan.backOuts.find(({ id }) => id === 'way-back.2.without.4')?.title).toBe(
    'Back, from node-2, without node-4',
  );
  const titles = plan.backOuts.map(({ title }) => title);
  expect(new Set(titles).size).toBe(titles.length);
  const wayBack = ({ backOuts }: Plan) => backOuts.find(({ id }) => id === 'way-back.1');
  // Where the first label is no name of one node, the whole is.
  const alike = largeExecution(largeFacts(3, 1, (number) => `db.rack-${number}.example`));
  expect(wayBack(alike)?.title).toBe('Back to the old data, from db.rack-1.example');
  const numbers = largeExecution(largeFacts(3, 1, (number) => `${number}.0.2.1`));
  expect(wayBack(numbers)?.title).toBe('Back to the old data, from 1.0.2.1');
});

describe('room', () => {
  const { restore } = factsOf('bash');
  if (restore === null) throw new Error('a restore');
  const at = (freeBytes: readonly number[]) => ({
    ...restore,
    surveys: restore.surveys.map((one, index) => ({ ...one, freeBytes: freeBytes[index] ?? 0 })),
  });

  test('is what the copy takes, as far as that is known, on every node; incrementals besides on the backup host', () => {
    expect(NAMES.map((node) => roomNeeded(restore, node))).toEqual([5_000, 5_000, 5_000]);
    const proven = { ...restore, archive: { ...restore.archive, unpackedBytes: 8_000 } };
    expect(roomNeeded(proven, NAMES[0])).toBe(8_000);
    const link = { ...restore.archive, fromLsn: '1', toLsn: '2' };
    const chain = [
      { ...link, kind: 'full' as const },
      { ...link, kind: 'incremental' as const, bytes: 100 },
    ];
    expect(NAMES.map((node) => roomNeeded({ ...restore, chain }, node))).toEqual([5_000, 5_600, 5_000]);
  });

  test('is as much as the full takes that an incremental needs, where less is live', () => {
    const link = { ...restore.archive, fromLsn: '1', toLsn: '2' };
    const chain = [
      { ...link, kind: 'full' as const, unpackedBytes: 9_000 },
      { ...link, kind: 'incremental' as const, bytes: 100 },
    ];
    const dropped = restore.surveys.map((one) => ({ ...one, bytes: 10 }));
    expect(roomNeeded({ ...restore, surveys: dropped, chain }, NAMES[0])).toBe(9_000);
  });

  test('is looked at once more when the copy’s size is known: nobody approves a transfer that does not fit', () => {
    expect(execution(factsOf('bash'), 8_000).runbook).toBe('restore');
    expect(() => execution(factsOf('bash'), 8_001)).toThrow(KollaBackupError);
    const free = new Map(NAMES.map((node, index) => [node, [9_000, 0, 8_999][index] ?? 0]));
    const problem = transferProblem(restore, 8_000, free, 1_000);
    expect(problem?.code).toBe('RESTORE_NO_ROOM');
    // On the backup host the copy lies already.
    expect(problem?.params['detail']).toMatch(new RegExp(`^${NAMES[2]}, [^;]*$`));
  });

  test('that lacks is told by file system, with what is there and needed', () => {
    expect(roomProblem(at([6_000, 6_000, 6_000]), 1_000)).toBeNull();
    const problem = roomProblem(at([6_000, 5_999, 0]), 1_000);
    expect(problem?.code).toBe('RESTORE_NO_ROOM');
    expect(problem?.params['detail']).not.toContain(NAMES[0]);
    for (const node of NAMES.slice(1)) expect(problem?.params['detail']).toContain(`${node}, the file system of /live`);
  });
});

test('what a copy holds otherwise than was noted at its backup', () => {
  const schema = (name: string, digest: string) => ({ name, tables: 3, digest: digest.repeat(64), revision: null });
  const noted = [schema('keystone', 'a'), schema('nova', 'b')];
  expect(otherThanNoted({ schemas: noted }, noted)).toEqual([]);
  expect(otherThanNoted({ schemas: [schema('keystone', 'c'), schema('heat', 'd')] }, noted)).toEqual([
    'keystone has 3 tables, other than the 3 of back then',
    'nova is missing',
    'heat is new',
  ]);
});

test('an incremental asks for room to unpack its full; the plan of a full is as it ever was', () => {
  const limits = { backupMs: 60_000, proofMs: 60_000 };
  const room = (type: 'full' | 'incremental') =>
    planBackup(ID, 'lab', { ...factsOf('cliff'), backupHost: NAMES[0] }, limits, type)
      .steps.flatMap(({ before }) => before)
      .filter(({ check }) => check === 'room-for-archive');
  expect(room('incremental')).toMatchObject([{ unpackedIn: 'mariadb' }]);
  expect(Object.keys(room('full')[0] ?? {})).toEqual(['check', 'node', 'volume', 'datadirVolume']);
});

describe('journals of before', () => {
  test('a plan without the newer parts of its checks has the digest that was approved', () => {
    const plan = execution(factsOf('bash'));
    const former = JSON.parse(JSON.stringify(plan));
    for (const step of former.steps) for (const check of step.after) delete check.unlessWhole;
    expect(digestOf(planSchema.parse(former))).toBe(sha256(canonicalJson(former)));
  });

  test('events without them are read', () => {
    const claim = 'c'.repeat(20);
    const { suspicions: _, ...facts } = factsOf('bash');
    expect(operationEvent.parse({ type: 'probed', claim, facts })).toMatchObject({ facts: { suspicions: [] } });
    const answer = { recap: [], problem: null };
    const finished = {
      ...{ type: 'step_finished', claim, plan: 2, step: 'recover', attempt: 1, outcome: 'worked', exit: null },
      ...{ checks: [{ check: 'playbook-ended', answer }], problem: null },
    };
    expect(operationEvent.parse(finished)).toEqual(finished);
    const prepared = JSON.parse(JSON.stringify(preparation(factsOf('bash'))));
    for (const check of prepared.steps[0].after) delete check.series;
    expect(digestOf(planSchema.parse(prepared))).toBe(sha256(canonicalJson(prepared)));
  });
});
