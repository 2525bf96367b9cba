import type { CloudConfig } from '../config.ts';
import { MARIADB } from '../kolla/names.ts';
import type { Settings } from '../kolla/settings.ts';
import { refuse } from '../operation/catalogue.ts';
import type { Wish } from '../operation/events.ts';
import type { Facts, FoundArchive } from '../operation/facts.ts';
import type { NodeRef } from '../operation/shapes.ts';
import { cloudPast, type PastJournal } from '../past.ts';
import { clusterSeen } from '../runbooks/cluster-seen.ts';
import { knownArchive } from '../runbooks/known-archive.ts';
import { lockSuspicions } from '../runbooks/lock-suspicions.ts';
import { refsOf } from '../runbooks/nodes.ts';
import { originSuspicions } from '../runbooks/origin.ts';
import { roomProblem } from '../runbooks/room.ts';
import {
  demandDistinct,
  demandNoOther,
  nodeSurvey,
  otherImage,
  seeDatadirsKnown,
  unitsOf,
} from '../runbooks/surveyed.ts';
import { statuses } from './cluster-questions.ts';
import { findArchive } from './find-archive.ts';
import { findChain } from './find-chain.ts';
import { findService } from './find-service.ts';
import { comeBack, refuseSilent } from './gone-nodes.ts';
import { type CloudHosts, patiently } from './hosts.ts';
import { askMachineIds } from './machine-ids.ts';
import { chooseImage } from './probe-image.ts';
import { surveyNode } from './survey.ts';

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
    readonly journal: PastJournal;
    /** How the deployment is set; null where it couldn't be learnt. */
    readonly settings: Settings | null;
  },
  wish: Extract<Wish, { kind: 'restore' }>,
  facts: Facts,
  hosts: CloudHosts,
  signal: AbortSignal,
): Promise<Facts> {
  const nodes = refsOf(facts);
  await demandGone(wish, facts, nodes, hosts, signal);
  const machines = await askMachineIds(
    facts,
    nodes.map(({ node }) => node),
    hosts,
    (host, question) => patiently(signal, question).catch((error: unknown) => refuseSilent(error, host, facts)),
  );
  for (const { problem } of machines) if (problem !== null) refuse(problem.code, problem.params);
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
  const cluster = clusterSeen(
    await statuses(hosts, nodes, MARIADB),
    found.flatMap(({ survey }) => survey.grastate?.uuid ?? []),
  );
  const { archive: place, listed, omitted } = await findArchive(cloud.id, wish, nodes, hosts, signal);
  const past = await cloudPast(cloud.journal, cloud.id);
  const isIt = (one: Pick<FoundArchive, 'node' | 'path' | 'bytes'>) =>
    one.node === place.node && one.path === place.path && one.bytes === place.bytes;
  const { known = null, archive = place } = knownArchive(place, past.proven) ?? {};
  const chain = [...(await findChain(archive, { past, listed, omitted, hosts, signal, proofMs: cloud.proofMs }))];
  const series = chain.at(-1)?.series ?? known?.series ?? past.read.find(isIt)?.series ?? null;
  const image = await chooseImage(cloud.id, found, { node: archive.node, path: archive.path, series }, hosts, signal);
  const restore: NonNullable<Facts['restore']> = {
    surveys: found.map(({ node, survey }, index) =>
      nodeSurvey(node, survey, image, machines[index]?.id ?? '', cloud.config.unit),
    ),
    archive,
    chain,
    service: await findService(cloud.config, facts, hosts, signal),
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
    ...originSuspicions(chain, past),
  ];
  return { ...facts, suspicions, restore };
}

/** The nodes that were declared gone are: none answers, and none has the archive. */
async function demandGone(
  { archive }: Extract<Wish, { kind: 'restore' }>,
  { deploy, gone = [] }: Facts,
  nodes: readonly NodeRef[],
  hosts: CloudHosts,
  signal: AbortSignal,
): Promise<void> {
  if (gone.length === 0) return;
  if (gone.some(({ name }) => name === archive.node))
    return refuse('GONE_HAS_ARCHIVE', { node: archive.node ?? '', path: archive.path });
  const asked = { nodes, container: MARIADB };
  const [back] = await comeBack(hosts, deploy, gone, asked, (_, question) => patiently(signal, question));
  if (back !== undefined) return refuse('GONE_NODE_ANSWERS', { host: back.node, why: back.why });
}
