import type { Facts } from '../operation/facts.ts';
import type { Operation } from '../operation/operation.ts';
import type { Plan, Step } from '../operation/plan.ts';
import { assemble } from './assemble.ts';
import { beforeTheStop } from './before-the-stop.ts';
import { confirmCluster, confirmDatabases, confirmService } from './confirmations.ts';
import { type ExecutionLimits, executionOf } from './execution.ts';
import { holdAll, letAllGo } from './holds.ts';
import { refsOf } from './nodes.ts';
import { lookAgain, recoverAgain, restart, tryAgain } from './remedies.ts';
import { clear } from './staging.ts';
import { recover, stopMariadb } from './stop-and-recovery.ts';
import { setAllAside } from './swap.ts';
import { startAgain, waysBack, waysWithout } from './ways-back.ts';

/**
 * The runbook's steps 3 to 5, as they are approved: MariaDB stopped and held, the datadirs exchanged for the prepared
 * copy and for empty directories, recovery from the backup host, and every node seen Synced with the copy's databases.
 * Made from the facts and from what the preparation reported. Throws RESTORE_NO_ROOM.
 */
export function planRestore(operation: Operation, found: Facts, number: number, limits: ExecutionLimits): Plan {
  const execution = executionOf(operation, found, number, limits);
  const { facts, restore, nodes, backupHost } = execution;
  const steps: Step[] = [
    // Step 3 of the runbook: MariaDB is stopped on every node; held, none comes up again by itself.
    stopMariadb(facts, beforeTheStop(execution)),
    ...holdAll(nodes),
    // Step 4: its wipe and copy-back are one exchange.
    ...setAllAside(nodes),
    // Step 5: recovery from the backup host; the others take its data over.
    ...letAllGo(nodes),
    recover(facts, nodes, backupHost, limits.recoveryMs),
    // That it has worked: the runbook reads log lines, here the nodes themselves are asked.
    confirmService(execution, backupHost),
    confirmCluster(execution, backupHost, refsOf(facts), { is: null, not: restore.clusterUuid }),
    confirmDatabases(execution, backupHost),
  ];
  // What people may do when a step didn't work: end with the old data, or mend it and go on.
  // While the stop has not worked, what joins the nodes that still run comes before what stops those, too.
  const backOuts = [
    startAgain(execution),
    ...waysBack(execution),
    ...waysWithout(execution),
    ...nodes.map((node) => restart(node, nodes)),
    lookAgain,
    recoverAgain(nodes),
    tryAgain(steps),
  ];
  // What is removed when nothing comes of it.
  const clearing = nodes.map((node) => clear(node, operation.id));
  return assemble(facts, {
    ...{ operation: operation.id, number, cloud: operation.cloud, runbook: 'restore', backupHost: backupHost.name },
    ...{ steps, approval: limits.approval, backOuts, clearing },
  });
}
