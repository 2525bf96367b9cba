import { BACKUP_VOLUME } from '../kolla/names.ts';
import { proveArchiveCommand, readProof } from '../kolla/prove-archive.ts';
import { type Code, KollaBackupError, type Problem } from '../operation/catalogue.ts';
import type { ArchiveRead, SeenFile } from '../operation/ports.ts';
import type { NodeRef } from '../operation/shapes.ts';
import type { CloudHosts } from './hosts.ts';
import { volumePath } from './node-questions.ts';

/** What an archive told, or why nothing could be learnt this time. */
type Told = { readonly read: ArchiveRead } | { readonly problem: Problem };

/** What an archive tells when it is read whole (`timeoutMs` ms). */
export async function readArchive(
  hosts: CloudHosts,
  node: NodeRef,
  { path, inode }: SeenFile,
  timeoutMs: number,
): Promise<Told> {
  const not = (code: Code, detail: string): Told => ({ problem: { code, params: { host: node.node, path, detail } } });
  try {
    const directory = await volumePath(hosts, node, BACKUP_VOLUME);
    if (directory === null) return not('ARCHIVE_MISSING', 'the backup volume is gone');
    const file = `${directory}/${path}`;
    const proof = readProof(node.node, file, await hosts.node(node.node).run(proveArchiveCommand(file, timeoutMs)));
    if (proof.kind === 'unknown') return { problem: proof.problem };
    if (proof.kind === 'unproven')
      return proof.problem.code === 'ARCHIVE_CHANGED'
        ? { problem: proof.problem }
        : { read: { kind: 'unusable', code: proof.problem.code } };
    const { checkpoints, info, sha256 } = proof;
    const { kind: type, fromLsn, toLsn, lastLsn } = checkpoints;
    if (proof.inode !== String(inode)) return not('ARCHIVE_CHANGED', 'another file lies there now');
    if (type === 'prepared') return not('ARCHIVE_UNSUPPORTED', 'it is a copy that was prepared already');
    const { server, endTime: endedAt } = info;
    return { read: { kind: 'whole', type, fromLsn, toLsn, lastLsn, serverVersion: server.text, sha256, endedAt } };
  } catch (error) {
    if (error instanceof KollaBackupError) return { problem: error.problem };
    throw error;
  }
}
