import type { CloudConfig } from '../config.ts';
import {
  MACHINE_ID_COMMAND,
  machineIdsCommand,
  readMachineId,
  readMachineIds,
  sameMachine,
} from '../kolla/machine-ids.ts';
import { BACKUP_VOLUME, MARIADB, SERVICE_PORT } from '../kolla/names.ts';
import { readServiceAddress, serviceAddressCommand } from '../kolla/service-address.ts';
import type { Settings } from '../kolla/settings.ts';
import { type Code, KollaBackupError, type Params } from '../operation/catalogue.ts';
import type { VolumeEntry } from '../operation/checks.ts';
import type { Wish } from '../operation/events.ts';
import type { Facts, FoundArchive } from '../operation/facts.ts';
import type { Journal } from '../operation/journal.ts';
import type { NodeRef } from '../operation/shapes.ts';
import { clusterSeen } from '../runbooks/cluster-seen.ts';
import { lockSuspicions } from '../runbooks/lock-suspicions.ts';
import { roomProblem } from '../runbooks/room.ts';
import {
  demandDistinct,
  demandNoOther,
  nodeSurvey,
  otherImage,
  seeDatadirsKnown,
  unitsOf,
} from '../runbooks/surveyed.ts';
import { findChain } from './find-chain.ts';
import { comeBack } from './gone-nodes.ts';
import { type CloudHosts, patiently } from './hosts.ts';
import { galeraStatus, listVolume } from './node-questions.ts';
import { cloudPast } from './past.ts';
import { chooseImage } from './probe-image.ts';
import { surveyNode } from './survey.ts';

type Restore = NonNullable<Facts['restore']>;
const refuse = (code: Code, params: Params): never => {
  throw new KollaBackupError(code, params);
};

/**
 * The runbook's notes before a restore: which machines the nodes are, what lies on them, where the archive is, how the
 * cluster stands. Refuses what would end badly; a cluster that is down is the main case, not one of those.
 */
export async function probeRestore(
  cloud: {
    readonly id: string;
    readonly config: CloudConfig;
    /** How long reading one archive may take (ms). */
    readonly proofMs: number;
    /** What must stay free on a datadir's file system (bytes). */
    readonly floorBytes: number;
    readonly journal: Pick<Journal, 'read' | 'recent'>;
    /** How the deployment is set; null where it couldn't be learnt. */
    readonly settings: Settings | null;
  },
  wish: Extract<Wish, { kind: 'restore' }>,
  facts: Facts,
  hosts: CloudHosts,
  signal: AbortSignal,
): Promise<Facts> {
  const nodes: NodeRef[] = facts.nodes.map(({ name, engine }) => ({ node: name, engine }));
  const { gone = [] } = facts;
  if (gone.some(({ name }) => name === wish.archive.node))
    return refuse('GONE_HAS_ARCHIVE', { node: wish.archive.node ?? '', path: wish.archive.path });
  const asked = { nodes, container: MARIADB };
  const [back] =
    gone.length === 0
      ? []
      : await comeBack(hosts, facts.deploy, gone, asked, (_, question) => patiently(signal, question));
  if (back !== undefined) return refuse('GONE_NODE_ANSWERS', { host: back.node, why: back.why });
  const machineIds = await askMachineIds(facts, nodes, hosts, signal);
  const found = await Promise.all(
    nodes.map(async (node) => ({
      node,
      survey: await patiently(signal, () => surveyNode(hosts, node, cloud.config.unit)),
    })),
  );
  const units = unitsOf(found, cloud.config.unit);
  demandDistinct(found);
  for (const one of found) demandNoOther(one);
  seeDatadirsKnown(found);
  const statuses = await Promise.all(nodes.map((node) => galeraStatus(hosts, node, MARIADB)));
  const cluster = clusterSeen(
    statuses,
    found.flatMap(({ survey }) => survey.grastate?.uuid ?? []),
  );
  const { archive: place, listed } = await findArchive(cloud.id, wish, nodes, hosts, signal);
  const past = await cloudPast(cloud.journal, cloud.id);
  const isIt = (one: Pick<FoundArchive, 'node' | 'path' | 'bytes'>) =>
    one.node === place.node && one.path === place.path && one.bytes === place.bytes;
  const known = past.proven.find(isIt);
  const archive = known === undefined ? place : { ...place, unpackedBytes: known.unpackedBytes };
  const chain = [...(await findChain(archive, { past, listed, hosts, signal, proofMs: cloud.proofMs }))];
  const series = chain.at(-1)?.series ?? known?.series ?? past.read.find(isIt)?.series ?? null;
  const image = await chooseImage(cloud.id, found, { node: archive.node, path: archive.path, series }, hosts, signal);
  const restore: Restore = {
    surveys: found.map(({ node, survey }) =>
      nodeSurvey(node, survey, image, machineIds.get(node.node) ?? '', cloud.config.unit),
    ),
    archive,
    chain,
    service: await serviceOf(cloud.config, facts, hosts, signal),
    ...cluster.is,
    ...(image.series === null ? {} : { series: image.series }),
    ...(known?.schemas == null ? {} : { schemas: [...known.schemas] }),
  };
  const room = roomProblem(restore, cloud.floorBytes);
  if (room !== null) return refuse(room.code, room.params);
  const suspicions = [
    ...facts.suspicions,
    ...units,
    ...cluster.suspicions,
    ...image.suspicions,
    ...otherImage(cloud.settings, found),
    ...lockSuspicions(archive.path, chain, past),
  ];
  return { ...facts, suspicions, restore };
}

/** Each node's machine id, which must be the same by SSH and by Ansible. */
async function askMachineIds(
  facts: Facts,
  nodes: readonly NodeRef[],
  hosts: CloudHosts,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const names = nodes.map(({ node }) => node);
  const outcome = await patiently(signal, () => hosts.deploy.run(machineIdsCommand(facts.deploy, names)));
  const byAnsible = readMachineIds(outcome, names);
  const ids = new Map<string, string>();
  for (const [index, node] of names.entries()) {
    const bySsh = readMachineId(node, await patiently(signal, () => hosts.node(node).run(MACHINE_ID_COMMAND)));
    const other = byAnsible[index];
    const problem = bySsh.problem ?? (other === undefined ? null : sameMachine(bySsh, other));
    if (problem !== null) return refuse(problem.code, problem.params);
    ids.set(node, bySsh.id ?? '');
  }
  return ids;
}

async function findArchive(
  cloud: string,
  { archive }: Extract<Wish, { kind: 'restore' }>,
  nodes: readonly NodeRef[],
  hosts: CloudHosts,
  signal: AbortSignal,
): Promise<{ readonly archive: Restore['archive']; readonly listed: readonly VolumeEntry[] }> {
  const asked = archive.node === null ? nodes : nodes.filter(({ node }) => node === archive.node);
  const listed = await Promise.all(
    asked.map(async (node) => ({
      node: node.node,
      ...(await patiently(signal, () => listVolume(hosts, node, BACKUP_VOLUME))),
    })),
  );
  const held = listed.flatMap(({ node, directory, entries }) => {
    const entry = entries.find(({ path }) => path === archive.path);
    return entry && directory !== null
      ? [
          {
            archive: { node, directory, path: archive.path, bytes: entry.bytes, sha256: archive.sha256 },
            listed: entries,
          },
        ]
      : [];
  });
  const [only, ...others] = held;
  if (only === undefined) return refuse('ARCHIVE_NOWHERE', { cloud, path: archive.path });
  if (others.length === 0) return only;
  return refuse('ARCHIVE_ON_SEVERAL', { path: archive.path, hosts: held.map((one) => one.archive.node).join(', ') });
}

/** Where services find the database; what can't be learnt is shown as not checked. */
async function serviceOf(
  config: CloudConfig,
  facts: Facts,
  hosts: CloudHosts,
  signal: AbortSignal,
): Promise<Restore['service']> {
  if (config.service_address !== undefined) return { host: config.service_address, port: SERVICE_PORT };
  const [first] = facts.nodes;
  if (first === undefined) return null;
  const question = serviceAddressCommand(facts.dialect, facts.deploy, first.name);
  const read = readServiceAddress(await patiently(signal, () => hosts.deploy.run(question)), first.name);
  return read.kind === 'address' ? { host: read.address.host, port: read.address.port } : null;
}
