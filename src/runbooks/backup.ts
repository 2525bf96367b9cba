import { BACKUP_CONFIG } from '../kolla/backup-config.ts';
import { backupArguments } from '../kolla/dialects.ts';
import { BACKUP_VOLUME, MARIABACKUP, MARIADB } from '../kolla/names.ts';
import type { BackupType, Check, NodeRef } from '../operation/checks.ts';
import type { Facts } from '../operation/facts.ts';
import type { Plan, Step } from '../operation/plan.ts';
import { assemble } from './assemble.ts';
import { refsOf } from './nodes.ts';
import { kollaStep, QUESTIONS_MS, question } from './steps.ts';

/** How long the backup, and the proof of its archive, may take until that is reported (ms). */
export type BackupLimits = { readonly backupMs: number; readonly proofMs: number };

/**
 * The backup, as the runbook has it: `kolla-ansible mariadb_backup`, then the archive found on the host that reports
 * `changed` — and, what the runbook leaves to hope, proven complete.
 */
export function planBackup(
  operation: string,
  cloud: string,
  facts: Facts,
  limits: BackupLimits,
  type: BackupType,
): Plan {
  const nodes = refsOf(facts);
  const backupNode = nodes.find(({ node }) => node === facts.backupHost);
  if (!backupNode) throw new TypeError(`${facts.backupHost} is not a node`);
  const sound: readonly Check[] = [
    { check: 'backup-host-synced', host: facts.backupHost, nodes, container: MARIADB },
    { check: 'lock-on-this-node', node: backupNode, container: MARIADB, config: BACKUP_CONFIG },
  ];
  return assemble(facts, {
    ...{ operation, number: 1, cloud, runbook: 'backup', backupHost: facts.backupHost },
    steps: [
      takeBackup(facts, nodes, backupNode, sound, limits, type),
      question('find-archive', 'Find the archive', facts.backupHost, QUESTIONS_MS, [
        { check: 'new-archive', node: backupNode, volume: BACKUP_VOLUME, listedBefore: 'take-backup', type },
      ]),
      question('prove-archive', 'Prove the archive complete', facts.backupHost, limits.proofMs, [
        { check: 'archive-complete', node: backupNode, foundBy: 'find-archive', type },
      ]),
      question('confirm-galera', 'See the backup host Primary and Synced again', facts.backupHost, QUESTIONS_MS, [
        ...sound,
        base(backupNode, type),
        { check: 'backup-noted', node: backupNode, container: MARIADB },
      ]),
    ],
  });
}

function takeBackup(
  facts: Facts,
  nodes: NodeRef[],
  backupNode: NodeRef,
  sound: readonly Check[],
  { backupMs }: BackupLimits,
  type: BackupType,
): Step {
  const kind = type === 'full' ? 'a full' : 'an incremental';
  const work = { id: 'take-backup', title: `Take ${kind} backup with kolla-ansible`, timeLimitMs: backupMs };
  const before: Check[] = [
    ...sound,
    base(backupNode, type),
    {
      ...{ check: 'room-for-archive', node: backupNode, volume: BACKUP_VOLUME, datadirVolume: MARIADB },
      ...(type === 'incremental' ? { unpackedIn: MARIADB } : {}),
    },
    { check: 'archives-listed', nodes, volume: BACKUP_VOLUME },
    // Last, for the others take time.
    { check: 'nobody-else', nodes, container: MARIABACKUP },
  ];
  const after: Check[] = [{ check: 'one-host-changed', host: facts.backupHost }];
  const call = backupArguments(facts.dialect, { ...facts.deploy, type });
  return kollaStep(facts.deploy, { ...work, touches: 'change', before, after }, call);
}

/** Asked before, and again at the end: meanwhile a state transfer may have brought another datadir. */
function base(node: NodeRef, type: BackupType): Check {
  return { check: 'backup-base', node, type, volume: BACKUP_VOLUME, datadirVolume: MARIADB };
}
