import type { CloudConfig } from '../config.ts';
import { hostOf } from '../kolla/findings.ts';
import { notMember } from '../kolla/galera.ts';
import {
  MACHINE_ID_COMMAND,
  machineIdsCommand,
  readMachineId,
  readMachineIds,
  sameMachine,
} from '../kolla/machine-ids.ts';
import { BACKUP_VOLUME, DATADIR_VOLUME, MARIADB } from '../kolla/names.ts';
import { readServiceAddress, serviceAddressCommand } from '../kolla/service-address.ts';
import { type Code, KollaBackupError, type Params } from '../operation/catalogue.ts';
import type { VolumeEntry } from '../operation/checks.ts';
import type { Wish } from '../operation/events.ts';
import type { Facts, NodeSurvey } from '../operation/facts.ts';
import type { Journal } from '../operation/journal.ts';
import { galeraUuid, type NodeRef, type NodeStatus } from '../operation/shapes.ts';
import type { Report } from '../runbooks/programs/reports.ts';
import { findChain } from './find-chain.ts';
import { type CloudHosts, patiently } from './hosts.ts';
import { galeraStatus, listVolume } from './node-questions.ts';
import { cloudPast } from './past.ts';
import { surveyNode } from './survey.ts';

type Restore = NonNullable<Facts['restore']>;
type Survey = Report<'survey'>;
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
    readonly journal: Pick<Journal, 'read' | 'recent'>;
  },
  wish: Extract<Wish, { kind: 'restore' }>,
  facts: Facts,
  hosts: CloudHosts,
  signal: AbortSignal,
): Promise<Restore> {
  const nodes: NodeRef[] = facts.nodes.map(({ name, engine }) => ({ node: name, engine }));
  const machineIds = await askMachineIds(facts, nodes, hosts, signal);
  const found = await Promise.all(
    nodes.map(async (node) => ({
      node,
      survey: await patiently(signal, () => surveyNode(hosts, node, cloud.config.unit)),
    })),
  );
  const image = oneImage(cloud.id, found);
  seeDatadirsKnown(found);
  const surveys = found.map(({ node, survey }) =>
    nodeSurvey(node, survey, image, machineIds.get(node.node) ?? '', cloud.config.unit),
  );
  const statuses = await Promise.all(nodes.map((node) => galeraStatus(hosts, node, MARIADB)));
  const { archive, listed } = await findArchive(cloud.id, wish, nodes, hosts, signal);
  const past = await cloudPast(cloud.journal, cloud.id);
  return {
    surveys,
    archive,
    chain: [...(await findChain(archive, { past, listed, hosts, signal, proofMs: cloud.proofMs }))],
    service: await serviceOf(cloud.config, facts, hosts, signal),
    ...clusterOf(
      statuses,
      found.map(({ survey }) => survey),
    ),
  };
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

type Found = { readonly node: NodeRef; readonly survey: Survey };

/** The image of the containers, running or exited; a node that lost its container gets that of the others. */
function oneImage(cloud: string, found: readonly Found[]): { readonly id: string; readonly name: string } {
  const containers = found.flatMap(({ survey }) => survey.container ?? []);
  const [first] = containers;
  if (first === undefined) return refuse('IMAGE_UNKNOWN', { cloud });
  if (containers.some(({ image }) => image !== first.image))
    return refuse('IMAGES_DIFFER', { cloud, images: [...new Set(containers.map(({ image }) => image))].join(', ') });
  return { id: first.imageId, name: first.image };
}

const USUAL = new RegExp(`/volumes/${DATADIR_VOLUME}/_data$`);

/** Without its container a node's datadir is taken to be the usual volume: wrong where a deployment has it elsewhere. */
function seeDatadirsKnown(found: readonly Found[]): void {
  const other = found.find(({ survey: { container, datadir } }) => container && datadir && !USUAL.test(datadir.path));
  const lost = found.find(({ survey }) => survey.container === null);
  if (other === undefined || lost === undefined) return;
  const params = { host: lost.node.node, other: other.node.node, datadir: other.survey.datadir?.path ?? '' };
  refuse('DATADIR_UNCERTAIN', params);
}

function nodeSurvey(
  { node }: NodeRef,
  survey: Survey,
  image: { readonly id: string; readonly name: string },
  machineId: string,
  unit: string | null,
): NodeSurvey {
  const { datadir, base, baseTrouble, freeBytes, config } = survey;
  if (datadir === null || base === null || freeBytes === null) return refuse('DATADIR_MISSING', { host: node });
  if (baseTrouble !== null || datadir.mountPoint)
    return refuse('DATADIR_NOT_EXCHANGEABLE', {
      host: node,
      detail: baseTrouble ?? `${datadir.path} is a mount point`,
    });
  const force = config?.forceRecovery ?? null;
  const galeraAddress = hostOf(config?.galeraAddress ?? '');
  if (force !== null && force !== '0') return refuse('FORCE_RECOVERY_SET', { host: node, value: force });
  return {
    node,
    machineId,
    live: datadir.path,
    old: [datadir.dev, datadir.ino],
    uid: datadir.uid,
    gid: datadir.gid,
    mode: datadir.mode,
    bytes: datadir.bytes,
    freeBytes,
    base,
    ...(galeraAddress === '' ? {} : { galeraAddress }),
    lastWriteAt: survey.newestBinlog,
    imageId: survey.container?.imageId ?? image.id,
    image: image.name,
    unit,
  };
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

const SERVICE_PORT = 3306;

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

const UNDEFINED_UUID = '00000000-0000-0000-0000-000000000000';

/** Who serves now, and of which cluster the data is. Two clusters at once are for people to sort out first. */
function clusterOf(
  statuses: readonly NodeStatus[],
  surveys: readonly Survey[],
): Pick<Restore, 'served' | 'clusterUuid' | 'members'> {
  const members = statuses.flatMap((one) => (one.answered && notMember(one.status) === null ? [one] : []));
  const uuids = new Set(members.map(({ status }) => status['wsrep_cluster_state_uuid'] ?? ''));
  const sizes = new Set(members.map(({ status }) => status['wsrep_cluster_size'] ?? ''));
  if (uuids.size > 1 || sizes.size > 1)
    return refuse('CLUSTER_SPLIT', {
      detail: members
        .map(
          ({ node, status }) => `${node} in ${status['wsrep_cluster_state_uuid']} of ${status['wsrep_cluster_size']}`,
        )
        .join(', '),
    });
  return {
    served: members.length > 0,
    clusterUuid: [...uuids][0] ?? uuidOnDisk(surveys),
    members: members.map(({ node }) => node),
  };
}

/** The cluster that every datadir which knows one was of; null where they differ or none does. */
function uuidOnDisk(surveys: readonly Survey[]): string | null {
  const told = surveys.flatMap(({ grastate }) => grastate?.uuid ?? []);
  const known = told.filter((uuid) => galeraUuid.safeParse(uuid).success && uuid !== UNDEFINED_UUID);
  const [only = null, ...others] = new Set(known);
  return others.length === 0 ? only : null;
}
