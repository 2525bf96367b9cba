import { sqlCommand } from '../kolla/containers.ts';
import { GALERA_CONFIG, MARIADB } from '../kolla/names.ts';
import type { Wish } from '../operation/events.ts';
import type { Facts } from '../operation/facts.ts';
import type { Plan, Step } from '../operation/plan.ts';
import { assemble } from './assemble.ts';
import { chainSteps } from './chain-copy.ts';
import { type Link, linksOf } from './chain-links.ts';
import { type CopyContainer, containerLabels, containerName } from './copy-container.ts';
import { holdStep } from './holds.ts';
import { type Node, nodesOf, refsOf } from './nodes.ts';
import { roomNeeded } from './room.ts';
import { clear, copyDirectory, stage } from './staging.ts';
import { programStep, question } from './steps.ts';
import { reduce } from './without.ts';

/** What the config says of a preparation. */
export type PreparationLimits = {
  /** How long each archive's proof, unpacking one and preparing it may take (ms). */
  readonly proofMs: number;
  readonly unpackMs: number;
  readonly prepareMs: number;
  /** Free space that stays on the datadir's file system (bytes). */
  readonly floorBytes: number;
  /** Where reduced inventories stand on the deploy host. */
  readonly inventories: string;
};

type Restore = NonNullable<Facts['restore']>;

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
  const copy = copyOn(backupHost, operation, number);
  const inventory = (act: 'make' | 'remove') => (facts.gone ? [reduce(facts, operation, act, limits.inventories)] : []);
  const steps: Step[] = [
    // Before the long work: where Kolla can't be told to leave the node out, nothing comes of it.
    ...inventory('make'),
    // Step 1 of the runbook.
    proveArchive(backupHost, chain, restore.series, limits),
    // Step 2.
    ...nodes.map((node) =>
      stage(node, operation, number, {
        needBytes: roomNeeded(restore, node.name),
        floorBytes: limits.floorBytes,
        incrementals: node === backupHost ? chain.length - 1 : 0,
      }),
    ),
    ...nodes.filter(({ survey }) => survey.unit !== null).map(reload),
    ...chainSteps(copy, chain, { host: backupHost.name, touches: 'change' }, limits),
    trial(backupHost, copy, chain),
    compare(facts, restore, backupHost, chain, { plan: number, step: 'trial' }, wish.olderSchemas),
  ];
  const clearing = [...nodes.map((node) => clear(node, operation)), ...inventory('remove')];
  return assemble(facts, {
    ...{ operation, number, cloud, runbook: 'preparation', backupHost: backupHost.name },
    ...{ steps, clearing },
  });
}

function copyOn(node: Node, operation: string, number: number): CopyContainer {
  const { imageId: image, uid, gid } = node.survey;
  const data = copyDirectory(node, operation, number);
  return { engine: node.ref.engine, operation, plan: number, image, uid, gid, data };
}

function proveArchive(
  { name, ref }: Node,
  chain: readonly Link[],
  series: string | undefined,
  { proofMs }: PreparationLimits,
): Step {
  const title =
    chain.length === 1 ? 'Prove the archive complete' : `Prove the ${chain.length} archives of the chain complete`;
  const proofs = chain.map(({ directory, path, sha256, kind, lsns }) => ({
    ...({ check: 'archive-whole', node: ref, directory, path, sha256, type: kind, lsns } as const),
    ...(series === undefined ? {} : { series }),
  }));
  return question('prove-archive', title, name, proofMs * chain.length, proofs);
}

/** So that the stop doesn't wait 120 s for a unit that systemd has forgotten. */
function reload(node: Node): Step {
  const title = `Have systemd read its units again on ${node.name}`;
  return holdStep(node, 'reload', { id: `reload-${node.number}`, title });
}

function trial({ name, ref }: Node, copy: CopyContainer, chain: readonly Link[]): Step {
  const { engine, image, data, uid, gid } = copy;
  const work = { id: 'trial', title: 'Start the copy once, alone', host: name, timeLimitMs: TRIAL_MS };
  return programStep({ ...work, touches: 'change' }, 'trial', {
    engine,
    name: containerName(copy, 'trial'),
    labels: containerLabels(copy, 'trial'),
    image,
    data,
    new: null,
    uid,
    gid,
    config: GALERA_CONFIG,
    live: sqlCommand(ref, MARIADB, '').argv.slice(0, -1),
    checkTables: chain.length > 1,
  });
}

/** That the copy stands where its chain ends and belongs to this cloud, beside what is live there. */
function compare(
  facts: Facts,
  restore: Restore,
  { name }: Node,
  chain: readonly Link[],
  tried: { readonly plan: number; readonly step: string },
  olderSchemas: boolean,
): Step {
  const stands = chain.at(-1)?.lsns ?? null;
  const nodes = refsOf(facts);
  const addresses = addressesOf(facts, restore);
  return question('compare', 'Compare the copy with what is live', name, TRIAL_MS, [
    ...(stands === null ? [] : [{ check: 'copy-stands-at', lsn: stands.to, tried } as const]),
    { check: 'copy-belongs', nodes, addresses, container: MARIADB, tried, olderSchemas },
  ]);
}

/** Where this cloud's nodes and its service are known: by the inventory, by Galera, by the deployment. */
function addressesOf({ nodes, gone = [] }: Facts, { surveys, service }: Restore): string[] {
  const known = [
    ...[...nodes, ...gone].map(({ address }) => address),
    ...surveys.flatMap(({ galeraAddress }) => galeraAddress ?? []),
  ];
  return [...new Set(service === null ? known : [...known, service.host])];
}
