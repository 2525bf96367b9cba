import { BACKUP_CONFIG } from '../kolla/backup-config.ts';
import { backupArguments } from '../kolla/dialects.ts';
import { passwordFiles } from '../kolla/extra-arguments.ts';
import { BACKUP_VOLUME, MARIABACKUP, MARIADB } from '../kolla/names.ts';
import type { BackupType, Check, NodeRef } from '../operation/checks.ts';
import type { Facts } from '../operation/facts.ts';
import { DEPLOY, type Plan, type Step } from '../operation/plan.ts';
import { QUESTIONS_MS, question } from './steps.ts';

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
  const nodes: NodeRef[] = facts.nodes.map(({ name, engine }) => ({ node: name, engine }));
  const backupNode = nodes.find(({ node }) => node === facts.backupHost);
  if (!backupNode) throw new TypeError(`${facts.backupHost} is not a node`);
  const sound: readonly Check[] = [
    { check: 'backup-host-synced', host: facts.backupHost, nodes, container: MARIADB },
    { check: 'lock-on-this-node', node: backupNode, container: MARIADB, config: BACKUP_CONFIG },
  ];
  return {
    v: 1,
    operation,
    number: 1,
    cloud,
    runbook: 'backup',
    release: facts.release,
    nodes: facts.nodes.map(({ name, address }) => ({ name, address })),
    backupHost: facts.backupHost,
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
    sources: {},
    approval: null,
    backOuts: [],
    clearing: [],
  };
}

function takeBackup(
  facts: Facts,
  nodes: NodeRef[],
  backupNode: NodeRef,
  sound: readonly Check[],
  { backupMs }: BackupLimits,
  type: BackupType,
): Step {
  const { cwd } = facts.deploy;
  const { argv, env } = backupArguments(facts.dialect, { ...facts.deploy, type });
  return {
    id: 'take-backup',
    title: `Take ${type === 'full' ? 'a full' : 'an incremental'} backup with kolla-ansible`,
    host: DEPLOY,
    touches: 'change',
    program: { argv: [...argv], cwd, env: { ...env }, redact: passwordFiles(facts.deploy) },
    timeLimitMs: backupMs,
    before: [
      ...sound,
      base(backupNode, type),
      { check: 'room-for-archive', node: backupNode, volume: BACKUP_VOLUME, datadirVolume: MARIADB },
      { check: 'archives-listed', nodes, volume: BACKUP_VOLUME },
      // Last, for the others take time.
      { check: 'nobody-else', nodes, container: MARIABACKUP },
    ],
    after: [{ check: 'one-host-changed', host: facts.backupHost }],
  };
}

/** Asked before, and again at the end: meanwhile a state transfer may have brought another datadir. */
function base(node: NodeRef, type: BackupType): Check {
  return { check: 'backup-base', node, type, volume: BACKUP_VOLUME, datadirVolume: MARIADB };
}
