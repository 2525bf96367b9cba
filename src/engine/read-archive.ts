import { BACKUP_VOLUME } from '../kolla/names.ts';
import { proveArchiveCommand, readProof } from '../kolla/prove-archive.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { ArchiveRead, SeenFile } from '../operation/ports.ts';
import type { NodeRef } from '../operation/shapes.ts';
import type { CloudHosts } from './hosts.ts';
import { volumePath } from './node-questions.ts';

/** What an archive tells when it is read whole (`timeoutMs` ms); null where nothing could be learnt this time. */
export async function readArchive(
  hosts: CloudHosts,
  node: NodeRef,
  { path, inode }: SeenFile,
  timeoutMs: number,
): Promise<ArchiveRead | null> {
  try {
    const directory = await volumePath(hosts, node, BACKUP_VOLUME);
    if (directory === null) return null;
    const file = `${directory}/${path}`;
    const proof = readProof(node.node, file, await hosts.node(node.node).run(proveArchiveCommand(file, timeoutMs)));
    if (proof.kind === 'unknown') return null;
    if (proof.kind === 'unproven')
      return proof.problem.code === 'ARCHIVE_CHANGED' ? null : { kind: 'unusable', code: proof.problem.code };
    const { checkpoints, info, sha256 } = proof;
    const { kind: type, fromLsn, toLsn, lastLsn } = checkpoints;
    if (proof.inode !== String(inode) || type === 'prepared') return null;
    return { kind: 'whole', type, fromLsn, toLsn, lastLsn, serverVersion: info.server.text, sha256 };
  } catch (error) {
    if (error instanceof KollaBackupError) return null;
    throw error;
  }
}
