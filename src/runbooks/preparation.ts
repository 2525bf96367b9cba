import { sqlCommand } from '../kolla/containers.ts';
import { GALERA_CONFIG, MARIADB } from '../kolla/names.ts';
import type { Wish } from '../operation/events.ts';
import type { ChainLink, Facts } from '../operation/facts.ts';
import type { Plan, Step } from '../operation/plan.ts';
import { brokenAt, chainSteps } from './chain-copy.ts';
import { type CopyContainer, containerLabels, containerName } from './copy.ts';
import { holdStep, type Node, nodesOf, operationDirectory } from './nodes.ts';
import type { ProgramRequests } from './programs/requests.ts';
import { roomNeeded } from './room.ts';
import { programStep, question, sourcesOf } from './steps.ts';
import { reduce } from './without.ts';

export type PreparationLimits = {
  readonly proofMs: number;
  readonly unpackMs: number;
  readonly prepareMs: number;
  /** Free space that stays on the datadir's file system (bytes). */
  readonly floorBytes: number;
  /** Where reduced inventories stand on the deploy host. */
  readonly inventories: string;
};

/** How long the trial start may take: row counts of whole tables are in it (ms). */
const TRIAL_MS = 1_800_000;

/**
 * The runbook's steps 1 and 2, with nothing live touched and nobody's approval: the archive proven whole, a directory of
 * the operation's own beside the datadir, the archive unpacked and prepared in it, and the copy tried.
 */
export function planPreparation(
  operation: string,
  cloud: string,
  wish: Extract<Wish, { kind: 'restore' }>,
  facts: Facts,
  number: number,
  limits: PreparationLimits,
): Plan {
  const { restore } = facts;
  if (restore === null) throw new TypeError('a restore without a survey');
  const { nodes, backupHost } = nodesOf(facts);
  const chain = linksOf(restore);
  const last = chain.at(-1);
  const tried = { plan: number, step: 'trial' };
  const directory = (node: Node) => `${operationDirectory(node, operation)}/${number}`;
  const data = `${directory(backupHost)}/data`;
  const { imageId: image, uid, gid } = backupHost.survey;
  const copy: CopyContainer = { engine: backupHost.ref.engine, operation, plan: number, image, uid, gid, data };
  const onBackupHost = { host: backupHost.name, touches: 'change' } as const;
  const steps: Step[] = [
    // Before the long work: where Kolla can't be told to leave the node out, nothing comes of it.
    ...(facts.gone ? [reduce(facts, operation, 'make', limits.inventories)] : []),
    question(
      'prove-archive',
      chain.length === 1 ? 'Prove the archive complete' : `Prove the ${chain.length} archives of the chain complete`,
      backupHost.name,
      limits.proofMs * chain.length,
      chain.map(({ directory: volume, path, sha256, kind, lsns }) => ({
        ...({
          check: 'archive-whole',
          node: backupHost.ref,
          directory: volume,
          path,
          sha256,
          type: kind,
          lsns,
          ...(restore.series === undefined ? {} : { series: restore.series }),
        } as const),
      })),
    ),
    ...nodes.map((node) =>
      stage(node, directory(node), operation, {
        needBytes: roomNeeded(restore, node.name),
        floorBytes: limits.floorBytes,
        incrementals: node === backupHost ? chain.length - 1 : 0,
      }),
    ),
    ...nodes.filter(({ survey }) => survey.unit !== null).map(reload),
    ...chainSteps(copy, chain, onBackupHost, limits),
    programStep({ ...onBackupHost, id: 'trial', title: 'Start the copy once, alone', timeLimitMs: TRIAL_MS }, 'trial', {
      engine: backupHost.ref.engine,
      name: containerName(copy, 'trial'),
      labels: containerLabels(copy, 'trial'),
      image,
      data,
      new: null,
      uid,
      gid,
      config: GALERA_CONFIG,
      live: sqlCommand(backupHost.ref, MARIADB, '').argv.slice(0, -1),
      checkTables: chain.length > 1,
    }),
    question('compare', 'Compare the copy with what is live', backupHost.name, TRIAL_MS, [
      ...(last?.lsns ? [{ check: 'copy-stands-at', lsn: last.lsns.to, tried } as const] : []),
      {
        check: 'copy-belongs',
        nodes: facts.nodes.map(({ name, engine }) => ({ node: name, engine })),
        addresses: addressesOf(facts, restore),
        container: MARIADB,
        tried,
        olderSchemas: wish.olderSchemas,
      },
    ]),
  ];
  const clearing = [
    ...nodes.map((node) => clear(node, operation)),
    ...(facts.gone ? [reduce(facts, operation, 'remove', limits.inventories)] : []),
  ];
  return {
    v: 1,
    operation,
    number,
    cloud,
    runbook: 'preparation',
    release: facts.release,
    nodes: facts.nodes.map(({ name, address }) => ({ name, address })),
    backupHost: backupHost.name,
    steps,
    sources: sourcesOf([...steps, ...clearing]),
    approval: null,
    backOuts: [],
    clearing,
  };
}

/** An archive of the plan; what `lsns` are null of is known by its name alone. */
type Link = Omit<ChainLink, 'fromLsn' | 'toLsn'> & {
  readonly fromLsn: string;
  readonly lsns: { readonly from: string; readonly to: string } | null;
};

/** The archives in the order in which they are applied. Throws where they don't continue one another. */
function linksOf({ archive, chain }: NonNullable<Facts['restore']>): readonly Link[] {
  if (chain.length === 0) return [{ ...archive, kind: 'full', fromLsn: '0', lsns: null }];
  const broken = brokenAt(chain);
  if (broken !== null || chain.at(-1)?.path !== archive.path || chain.some(({ node }) => node !== archive.node))
    throw new TypeError(
      `not a chain of ${archive.path}: ${broken ?? 'it ends with another archive or lies elsewhere'}`,
    );
  return chain.map(({ toLsn, ...link }) => ({ ...link, lsns: { from: link.fromLsn, to: toLsn } }));
}

/** So that the stop doesn't wait 120 s for a unit that systemd has forgotten. */
function reload(node: Node): Step {
  const title = `Have systemd read its units again on ${node.name}`;
  return holdStep(node, 'reload', { id: `reload-${node.number}`, title, touches: 'change' });
}

function stage(
  node: Node,
  directory: string,
  operation: string,
  room: Pick<ProgramRequests['stage'], 'needBytes' | 'floorBytes' | 'incrementals'>,
): Step {
  const { survey, ref, name, number } = node;
  const { live, uid, gid, mode } = survey;
  const work = { id: `stage-${number}`, title: `Make a directory of the operation’s own on ${name}`, host: name };
  const request = { directory, live, engine: ref.engine, label: operation, uid, gid, mode, ...room };
  return programStep({ ...work, touches: 'change' }, 'stage', request);
}

/** Where this cloud's nodes and its service are known: by the inventory, by Galera, by the deployment. */
function addressesOf({ nodes, gone = [] }: Facts, { surveys, service }: NonNullable<Facts['restore']>): string[] {
  const known = [
    ...[...nodes, ...gone].map(({ address }) => address),
    ...surveys.flatMap(({ galeraAddress }) => galeraAddress ?? []),
  ];
  return [...new Set(service === null ? known : [...known, service.host])];
}

/** Removes a node's copy and containers of this operation; refused where old data lies. */
export function clear(node: Node, operation: string): Step {
  const { survey, ref, name, number } = node;
  const work = { id: `clear-${number}`, title: `Remove what was prepared on ${name}`, host: name };
  // A journal that was set back doesn't know what the copy has become since.
  const before: Step['before'] = [{ check: 'journals-remembered', hosts: [name] }];
  return programStep({ ...work, touches: 'change', before }, 'clear', {
    directory: operationDirectory(node, operation),
    engine: ref.engine,
    label: operation,
    live: survey.live,
    keep: [survey.old],
  });
}
