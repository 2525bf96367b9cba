import { KollaBackupError } from '../operation/catalogue.ts';
import type { Facts } from '../operation/facts.ts';
import type { Operation } from '../operation/operation.ts';
import type { Plan } from '../operation/plan.ts';
import { type Node, nodesOf } from './nodes.ts';
import { demandReport } from './reports.ts';
import { transferProblem } from './room.ts';
import { type Place, placeOf } from './swap.ts';
import { withoutGone } from './without.ts';

/** What the config says of an execution. */
export type ExecutionLimits = {
  /** How many people must approve, how long the plan waits for them, how soon it must begin then (ms). */
  readonly approval: NonNullable<Plan['approval']>;
  readonly recoveryMs: number;
  /** How long the nodes may take to be Synced after a recovery (ms). */
  readonly syncMs: number;
  /** Where reduced inventories stand on the deploy host. */
  readonly inventories: string;
  /** Free space that stays on a datadir's file system (bytes). */
  readonly floorBytes: number;
};

/** What the execution of a restore and its ways out are made from. */
export type Execution = {
  readonly operation: string;
  readonly number: number;
  /** With the inventory that kolla-ansible is called with. */
  readonly facts: Facts;
  readonly restore: NonNullable<Facts['restore']>;
  /** The backup host first. */
  readonly nodes: readonly Place[];
  readonly backupHost: Place;
  /** The trial start, which showed what the copy holds, and the manifest that it made of it. */
  readonly trial: { readonly plan: number; readonly step: string };
  readonly manifest: string;
  readonly limits: ExecutionLimits;
};

/**
 * Throws where the last plan isn't a preparation, REPORT_MISSING where one of its programs has reported nothing, and
 * RESTORE_NO_ROOM.
 */
export function executionOf(operation: Operation, found: Facts, number: number, limits: ExecutionLimits): Execution {
  const { restore } = found;
  const preparation = operation.plan?.plan;
  if (restore === null || preparation?.runbook !== 'preparation') throw new TypeError('a restore without preparation');
  const facts = withoutGone(operation, preparation.number, found);
  const trial = { plan: preparation.number, step: 'trial' };
  const { manifest, bytes } = demandReport(operation, trial.plan, trial.step, 'trial');
  const stagedOn = ({ number: at }: Node) => demandReport(operation, preparation.number, `stage-${at}`, 'stage');
  const placed = (node: Node, copy: string | null) => placeOf(node, stagedOn(node), copy);
  const surveyed = nodesOf(facts);
  const free = new Map(surveyed.nodes.map((node) => [node.name, stagedOn(node).freeBytes]));
  const room = transferProblem(restore, bytes, free, limits.floorBytes);
  if (room !== null) throw new KollaBackupError(room.code, room.params);
  const [, ...others] = surveyed.nodes;
  const backupHost = placed(surveyed.backupHost, manifest);
  const nodes = [backupHost, ...others.map((node) => placed(node, null))];
  return { operation: operation.id, number, facts, restore, nodes, backupHost, trial, manifest, limits };
}
