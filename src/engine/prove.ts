import { BACKUP_VOLUME } from '../kolla/names.ts';
import { type ArchiveProof, proveArchiveCommand, readProof } from '../kolla/prove-archive.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { AnswerTo, VolumeEntry } from '../operation/checks.ts';
import type { NodeRef } from '../operation/shapes.ts';
import type { Drive } from './drive.ts';
import type { CloudHosts } from './hosts.ts';
import { listVolume } from './node-questions.ts';

const MINUTE_MS = 60_000;
/** What an archive that isn't complete can't tell. */
const UNTOLD = {
  unpackedBytes: 0,
  files: 0,
  sha256: null,
  type: null,
  fromLsn: null,
  toLsn: null,
  lastLsn: null,
  serverVersion: null,
  startedAt: null,
  endedAt: null,
} as const;

/**
 * One archive (its absolute path), read whole on a node within `limitMs`. Rejects with PROOF_TOO_LONG where that isn't
 * enough: unlike a silence of the host that doesn't pass, read once more it would take as long.
 */
export async function readToItsEnd(
  hosts: Pick<CloudHosts, 'node'>,
  host: string,
  file: string,
  limitMs: number,
  onProgress?: (done: number, total: number) => void,
): Promise<ArchiveProof> {
  const outcome = await hosts
    .node(host)
    .run(proveArchiveCommand(file, limitMs, onProgress))
    .catch((error: unknown) => {
      if (!(error instanceof KollaBackupError) || error.problem.code !== 'HOST_TIMEOUT') throw error;
      const minutes = String(Math.round(limitMs / MINUTE_MS));
      throw new KollaBackupError('PROOF_TOO_LONG', { host, file, minutes }, { cause: error });
    });
  return readProof(host, file, outcome);
}

/** Has a node read one archive whole, and shows how far it is. */
export async function prove(
  drive: Drive,
  node: NodeRef,
  path: string,
  listed: VolumeEntry,
  timeLimitMs: number,
): Promise<AnswerTo<'archive-complete'>> {
  const id = drive.operation().id;
  const shown = (done: number, total: number) => {
    const line = `Reading the archive: ${Math.floor((100 * done) / Math.max(1, total))} %`;
    drive.notes.setProgress(id, { step: 'prove-archive', line, at: Date.now() }).catch(() => {});
  };
  const proof = await readToItsEnd(drive.hosts, node.node, path, timeLimitMs, shown);
  if (proof.kind === 'unknown') throw new KollaBackupError(proof.problem.code, proof.problem.params);
  if (proof.kind === 'unproven')
    return { path, complete: false, problem: proof.problem, bytes: listed.bytes, ...UNTOLD };
  if (proof.inode !== String(listed.inode)) {
    const params = { host: node.node, path, detail: 'another file has taken its name' };
    return { path, complete: false, problem: { code: 'ARCHIVE_CHANGED', params }, bytes: listed.bytes, ...UNTOLD };
  }
  const { checkpoints, info } = proof;
  return {
    path,
    complete: true,
    problem: null,
    bytes: proof.compressedBytes,
    unpackedBytes: proof.bytes,
    files: proof.files,
    sha256: proof.sha256,
    type: checkpoints.kind,
    fromLsn: checkpoints.fromLsn,
    toLsn: checkpoints.toLsn,
    lastLsn: checkpoints.lastLsn,
    serverVersion: info.server.text,
    startedAt: info.startTime,
    endedAt: info.endTime,
  };
}

/** Reads an archive whole that a restore was asked for; `sha256` is that of its earlier proof. */
export async function proveNamed(
  drive: Drive,
  node: NodeRef,
  wanted: { readonly directory: string; readonly path: string; readonly sha256: string | null },
  timeLimitMs: number,
): Promise<AnswerTo<'archive-whole'>> {
  const path = `${wanted.directory}/${wanted.path}`;
  const listing = await listVolume(drive.hosts, node, BACKUP_VOLUME);
  const listed = listing.entries.find((entry) => entry.path === wanted.path);
  if (listed === undefined) {
    const problem = { code: 'ARCHIVE_MISSING', params: { host: node.node, path, detail: 'it is not in the volume' } };
    return {
      problem,
      bytes: 0,
      unpackedBytes: 0,
      sha256: null,
      type: null,
      serverVersion: null,
      startedAt: null,
      endedAt: null,
    };
  }
  const proof = await prove(drive, node, path, listed, timeLimitMs);
  const { bytes, unpackedBytes, sha256, type, fromLsn, toLsn, serverVersion, startedAt, endedAt } = proof;
  const changed =
    wanted.sha256 !== null && sha256 !== null && sha256 !== wanted.sha256
      ? {
          code: 'ARCHIVE_CHANGED',
          params: { host: node.node, path, detail: 'it is another file than the one that was proven' },
        }
      : null;
  const incomplete = proof.complete ? null : { code: 'ARCHIVE_INCOMPLETE', params: { host: node.node, file: path } };
  return {
    problem: proof.problem ?? incomplete ?? changed,
    bytes,
    unpackedBytes,
    sha256,
    type,
    fromLsn,
    toLsn,
    serverVersion,
    startedAt,
    endedAt,
  };
}
