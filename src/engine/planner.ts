import { posix } from 'node:path';
import type { CloudConfig, Config } from '../config.ts';
import type { Facts } from '../operation/facts.ts';
import { hasWorked, type Operation } from '../operation/operation.ts';
import type { Plan } from '../operation/plan.ts';
import { planBackup } from '../runbooks/backup.ts';
import { planDiscard } from '../runbooks/discard.ts';
import { planPreparation } from '../runbooks/preparation.ts';
import { planRestore } from '../runbooks/restore.ts';

const MINUTE_MS = 60_000;
const GIB = 1_073_741_824;

/** The next plan of an operation, with the limits that the config has. */
export function planner({
  limits,
  clouds,
  run_directory: directory,
}: Config): (operation: Operation, facts: Facts, number: number) => Plan {
  const inventories = posix.join(posix.dirname(directory), 'inventories');
  const ms = (minutes: number) => Math.round(minutes * MINUTE_MS);
  const approvalFor = (cloud: CloudConfig | undefined): NonNullable<Plan['approval']> => ({
    needed: cloud?.approvals ?? 1,
    waitMs: ms(limits.approval_minutes),
    beginMs: ms(limits.begin_minutes),
  });
  return (operation, facts, number) => {
    const { id, cloud, wish } = operation;
    const approval = approvalFor(Object.hasOwn(clouds, cloud) ? clouds[cloud] : undefined);
    switch (wish.kind) {
      case 'backup':
        return planBackup(
          id,
          cloud,
          facts,
          { backupMs: ms(limits.backup_minutes), proofMs: ms(limits.proof_minutes) },
          wish.type,
        );
      case 'discard':
        return planDiscard(id, cloud, facts, number, approval);
      case 'restore':
        return isPrepared(operation)
          ? planRestore(operation, facts, number, {
              approval,
              recoveryMs: ms(limits.recovery_minutes),
              syncMs: ms(limits.sync_minutes),
              inventories,
              floorBytes: Math.round(limits.free_space_gib * GIB),
            })
          : planPreparation(id, cloud, wish, facts, number, {
              proofMs: ms(limits.proof_minutes),
              unpackMs: ms(limits.unpack_minutes),
              prepareMs: ms(limits.prepare_minutes),
              floorBytes: Math.round(limits.free_space_gib * GIB),
              inventories,
            });
    }
  };
}

/** Whether the preparation has worked whole; one that ended unclear is made anew. */
function isPrepared(operation: Operation): boolean {
  const { plan } = operation;
  return plan?.plan.runbook === 'preparation' && plan.plan.steps.every((step) => hasWorked(operation, step));
}
