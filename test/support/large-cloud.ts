import type { Facts } from '../../src/operation/facts.ts';
import type { Operation } from '../../src/operation/operation.ts';
import { digestOf, type Plan, plan as planSchema } from '../../src/operation/plan.ts';
import { planPreparation } from '../../src/runbooks/preparation.ts';
import { planRestore } from '../../src/runbooks/restore.ts';
import { sampleFacts } from './sample.ts';

/** A cloud of any size whose every name and path is as long as such names get, and the plans of a restore of it. */

const ID = 'a'.repeat(20);
const HEX = 'f'.repeat(64);
const ROOT = '/srv/data/container-storage/docker';
const ENVIRONMENT = '/opt/kolla-ansible/environments/production';
const INVENTORIES = '/var/lib/kolla-backup/inventories';
const DATED = 'mysqlbackup-22-11-2026-1795316400.qp.xbc.xbs.gz';

export const nameOf = (number: number) =>
  `region-one-controller-${String(number).padStart(3, '0')}.cloud.internal.example.com`;

export function largeFacts(nodes: number, archives: number, named: (number: number) => string = nameOf): Facts {
  const names = Array.from({ length: nodes }, (_, index) => named(index + 1));
  const node = named(1);
  const surveys = names.map((name, index) => ({
    ...{ node: name, machineId: '0'.repeat(32), live: `${ROOT}/volumes/mariadb/_data`, uid: 42_434, gid: 42_434 },
    ...{ old: [64_768, 3_221_225_472 + index] as [number, number], mode: 0o755, bytes: 5e12, freeBytes: 9e12 },
    ...{ base: `${ROOT}/kolla-backup`, lastWriteAt: 1_795_316_400_000, unit: 'kolla-mariadb-container.service' },
    imageId: `sha256:${'a'.repeat(64)}`,
    image: 'registry.cloud.internal.example.com:4000/openstack.kolla/mariadb-server:2024.1-debian-bookworm-20261101',
    galeraAddress: '2001:db8:1234:5678:9abc:def0:1234:5678',
  }));
  const chain = Array.from({ length: archives }, (_, index) => ({
    ...{ node, directory: `${ROOT}/volumes/mariadb_backup/_data`, bytes: 4e11, sha256: HEX, unpackedBytes: 5e12 },
    path: index === 0 ? DATED : `incremental-${index}-${DATED}`,
    kind: index === 0 ? ('full' as const) : ('incremental' as const),
    fromLsn: index === 0 ? '0' : String(8e12 + index),
    toLsn: String(8e12 + index + 1),
    series: '10.11',
  }));
  const { directory, bytes, sha256, path } = chain.at(-1) ?? never();
  const service = { host: 'internal.cloud.example.com', port: 3306 };
  const clusterUuid = '3f0a1c52-c9d1-11f0-9a55-0b7e6f4d2c11';
  return {
    ...sampleFacts,
    dialect: 'cliff',
    backupHost: node,
    nodes: names.map((name, index) => ({
      ...{ name, address: `2001:db8:1234:5678:9abc:def0:1234:${index + 1}` },
      engine: 'docker' as const,
    })),
    deploy: {
      executable: '/opt/kolla-ansible/venv-2024.1/bin/kolla-ansible',
      cwd: ENVIRONMENT,
      configDirectory: `${ENVIRONMENT}/etc/kolla`,
      inventories: [`${ENVIRONMENT}/inventory/hosts.yml`, `${ENVIRONMENT}/inventory/multinode`],
      extraArguments: ['images', 'network'].flatMap((name) => ['-e', `@${ENVIRONMENT}/${name}.yml`]),
    },
    restore: {
      ...{ surveys, chain, service, served: true, clusterUuid, members: names },
      archive: { node, directory, bytes, sha256, path },
    },
  };
}

function never(): never {
  throw new Error('a chain without archives');
}

const wish = (facts: Facts) => ({
  kind: 'restore' as const,
  archive: { path: facts.restore?.archive.path ?? '', node: null, sha256: null },
  reason: 'x',
  olderSchemas: false,
});
const limits = { proofMs: 3.6e6, unpackMs: 1e8, prepareMs: 1e8, floorBytes: 5e9, inventories: INVENTORIES };

export const largePreparation = (facts: Facts): Plan =>
  planSchema.parse(planPreparation(ID, 'production', wish(facts), facts, 1, limits));

const findings = { serverVersion: '10.11.19-MariaDB', schemas: [], keyTables: [], endpointHosts: [], members: [] };
const REPORTS: Readonly<Record<string, object>> = {
  stage: { state: 'staged', data: `${ROOT}/kolla-backup/${ID}/1/data`, live: [1, 2], new: [64_768, 3_221_225_999] },
  trial: {
    ...{ state: 'tried', manifest: HEX, bytes: 5e12, files: 9e5, findings: { ...findings, clusterUuid: null } },
    ...{ accountsChanged: null, galera: null, checkpoints: null },
  },
};

/** The plan that people approve, after a preparation in which every program reported that it worked. */
export function largeExecution(facts: Facts): Plan {
  const prepared = largePreparation(facts);
  const attempts = prepared.steps.map(({ id }) => {
    const found = REPORTS[id.replace(/-\d+$/, '')] ?? null;
    const report = id.startsWith('stage') ? { ...found, freeBytes: 9e12 } : found;
    const after = [{ check: 'reported' as const, answer: { report, problem: null } }];
    const end = { at: 2, outcome: 'worked' as const, exit: null, after, problem: null };
    return [id, [{ attempt: 1, startedAt: 1, before: [], end }]] as const;
  });
  const operation = {
    ...{ id: ID, cloud: 'production', wish: wish(facts), facts, past: [], attempts: new Map(attempts) },
    plan: { plan: prepared, digest: digestOf(prepared), at: 1 },
    track: { number: 1, kind: 'plan', steps: prepared.steps, backOut: null },
  } as unknown as Operation; // what planning reads of it
  const approval = { needed: 2, waitMs: 1.44e7, beginMs: 9e5 };
  return planSchema.parse(
    planRestore(operation, facts, 2, {
      approval,
      recoveryMs: 3.6e6,
      syncMs: 7.2e6,
      inventories: INVENTORIES,
      floorBytes: 5e9,
    }),
  );
}
