import { BACKUP_VOLUME } from '../kolla/names.ts';
import { type Code, KollaBackupError, type Problem, refuse } from '../operation/catalogue.ts';
import type { ArchiveRead, SeenFile } from '../operation/ports.ts';
import type { NodeRef } from '../operation/shapes.ts';
import { flawOf } from '../runbooks/archives-read.ts';
import type { CloudHosts } from './hosts.ts';
import { volumePath } from './node-questions.ts';
import { readToItsEnd } from './prove.ts';

/** What an archive told, and why it couldn't be read or understood this time. */
type Told = { readonly read: ArchiveRead | null; readonly problem: Problem | null };

/** What an archive tells when it is read whole (`timeoutMs` ms). */
export async function readArchive(
  hosts: CloudHosts,
  node: NodeRef,
  { path, inode }: SeenFile,
  timeoutMs: number,
): Promise<Told> {
  const not = (code: Code, detail: string) => refuse(code, { host: node.node, path, detail });
  try {
    const directory = await volumePath(hosts, node, BACKUP_VOLUME);
    if (directory === null) return not('ARCHIVE_MISSING', 'the backup volume is gone');
    const proof = await readToItsEnd(hosts, node.node, `${directory}/${path}`, timeoutMs);
    if (proof.kind !== 'whole') return refuse(proof.problem.code, proof.problem.params);
    const { checkpoints, info, sha256 } = proof;
    const { kind: type, fromLsn, toLsn, lastLsn } = checkpoints;
    if (proof.inode !== String(inode)) return not('ARCHIVE_CHANGED', 'another file lies there now');
    if (type === 'prepared') return not('ARCHIVE_UNSUPPORTED', 'it is a copy that was prepared already');
    const { server, endTime: endedAt } = info;
    const whole = {
      kind: 'whole',
      type,
      fromLsn,
      toLsn,
      lastLsn,
      serverVersion: server.text,
      sha256,
      endedAt,
    } as const;
    return { read: whole, problem: null };
  } catch (error) {
    if (!(error instanceof KollaBackupError)) throw error;
    const { problem } = error;
    const flaw = flawOf(problem.code);
    return {
      read: flaw === null ? null : { kind: 'unusable', code: problem.code, at: Date.now() },
      problem: flaw === 'lasting' ? null : problem,
    };
  }
}
