import { z } from 'zod';
import { hostName } from './ids.ts';
import { findings, restoreAnswers, restoreChecks } from './restore-checks.ts';
import {
  backupType,
  CHAIN_MAX,
  count,
  engineObject,
  hostPath,
  journaledProblem,
  lsn,
  nodeRef,
  nodeStatus,
  SERVER_VERSION_CHARS,
  VOLUME_PATH_CHARS,
} from './shapes.ts';

export * from './shapes.ts';

/**
 * The questions that a plan asks, before a step (must be true) or after it (shows that it worked). A check is data and
 * stands in the plan; `runbooks/judge.ts` says what its answer means, `engine/askers.ts` asks it. Those that only a
 * restore has are in `restore-checks.ts`.
 */

export const check = z.discriminatedUnion('check', [
  /** The backup host is Primary and Synced; the other nodes' status is recorded and shown. */
  z.strictObject({
    check: z.literal('backup-host-synced'),
    host: hostName,
    nodes: z.array(nodeRef),
    container: engineObject,
  }),
  /** Nobody else runs mariabackup on a node or kolla-ansible on the deploy host. */
  z.strictObject({
    check: z.literal('nobody-else'),
    nodes: z.array(nodeRef),
    container: engineObject,
  }),
  /** mariabackup, which connects to where `config` says, sets its lock on the node whose files it copies. */
  z.strictObject({
    check: z.literal('lock-on-this-node'),
    node: nodeRef,
    container: engineObject,
    config: hostPath,
  }),
  /** What lies in the backup volumes now. */
  z.strictObject({ check: z.literal('archives-listed'), nodes: z.array(nodeRef), volume: engineObject }),
  /**
   * Of which datadir the backup will be; for an incremental also that there is a proven full of this very datadir, with
   * no restore since.
   */
  z.strictObject({
    check: z.literal('backup-base'),
    node: nodeRef,
    type: backupType,
    volume: engineObject,
    datadirVolume: engineObject,
  }),
  /** Room for another archive; for an incremental also for the full that its script may unpack first. */
  z.strictObject({
    check: z.literal('room-for-archive'),
    node: nodeRef,
    volume: engineObject,
    datadirVolume: engineObject,
    /** The container in whose image the script runs; absent for a full, which unpacks nothing. */
    unpackedIn: engineObject.exactOptional(),
  }),
  /** What stands in no archive and is of use later: image, schemas and tables at the time of the backup. */
  z.strictObject({ check: z.literal('backup-noted'), node: nodeRef, container: engineObject }),
  /** kolla-ansible reports `changed` by one host under the backup task. */
  z.strictObject({ check: z.literal('one-host-changed'), host: hostName }),
  /** One archive lies on that host that wasn't listed before. */
  z.strictObject({
    check: z.literal('new-archive'),
    node: nodeRef,
    volume: engineObject,
    listedBefore: z.string().max(60),
    type: backupType,
  }),
  /**
   * That archive is complete: gzip whole, every file of the stream ended, checkpoints and info there. An incremental also
   * continues a chain of proven archives.
   */
  z.strictObject({
    check: z.literal('archive-complete'),
    node: nodeRef,
    foundBy: z.string().max(60),
    type: backupType,
  }),
  ...restoreChecks,
]);
export type Check = z.infer<typeof check>;
export type CheckName = Check['check'];

/** A file in a backup volume; `path` is relative to the volume, times are ms since the epoch. */
export const volumeEntry = z.strictObject({
  path: z.string().max(VOLUME_PATH_CHARS),
  bytes: count,
  modified: count,
  inode: count,
});
export type VolumeEntry = z.infer<typeof volumeEntry>;

/** A check's answer as the journal keeps it, under the check's name. */
export const answered = z.discriminatedUnion('check', [
  z.strictObject({ check: z.literal('backup-host-synced'), answer: z.strictObject({ nodes: z.array(nodeStatus) }) }),
  z.strictObject({
    check: z.literal('nobody-else'),
    answer: z.strictObject({ found: z.array(z.strictObject({ host: hostName, what: z.string().max(300) })) }),
  }),
  z.strictObject({
    check: z.literal('lock-on-this-node'),
    /** Null is what couldn't be learnt. */
    answer: z.strictObject({
      host: z.string().max(255).nullable(),
      answeredBy: z.string().max(800).nullable(),
      own: z.string().max(800).nullable(),
      /** Where the node itself listens. */
      address: z.string().max(255).nullable(),
    }),
  }),
  z.strictObject({
    check: z.literal('archives-listed'),
    answer: z.strictObject({
      nodes: z.array(
        z.strictObject({
          node: hostName,
          directory: hostPath.nullable(),
          count,
          /** Each file's mark (`runbooks/freshness.ts`), so that a new one can be told from those. */
          marks: z.string().regex(/^(?:[0-9a-f]{12})*$/),
          omitted: count,
        }),
      ),
    }),
  }),
  z.strictObject({
    check: z.literal('backup-base'),
    answer: z.strictObject({
      /** The file that every datadir keeps for as long as it is the same one, by inode and time of birth; null: unknown. */
      datadir: z.string().max(60).nullable(),
      base: z.strictObject({ label: z.string().max(20), path: z.string().max(VOLUME_PATH_CHARS) }).nullable(),
      problem: journaledProblem.nullable(),
    }),
  }),
  z.strictObject({
    check: z.literal('room-for-archive'),
    answer: z.strictObject({
      directory: hostPath,
      freeBytes: count,
      datadirBytes: count,
      largestFullBytes: count.nullable(),
      /** What is unpacked first, where containers have their own files; `beside`: on the archive's file system, too. */
      unpacks: z.strictObject({ bytes: count, freeBytes: count, beside: z.boolean() }).exactOptional(),
    }),
  }),
  z.strictObject({
    check: z.literal('backup-noted'),
    /** Null is what couldn't be learnt. */
    answer: z.strictObject({
      image: z.strictObject({ id: z.string().max(80), name: z.string().max(200) }).nullable(),
      findings: findings.nullable(),
    }),
  }),
  z.strictObject({
    check: z.literal('one-host-changed'),
    answer: z.strictObject({
      host: hostName.nullable(),
      recap: z.array(z.string().max(300)).max(200),
      problem: journaledProblem.nullable(),
    }),
  }),
  z.strictObject({
    check: z.literal('new-archive'),
    answer: z.strictObject({ directory: hostPath.nullable(), fresh: z.array(volumeEntry) }),
  }),
  z.strictObject({
    check: z.literal('archive-complete'),
    answer: z.strictObject({
      path: hostPath,
      complete: z.boolean(),
      /** Why it isn't complete. */
      problem: journaledProblem.nullable(),
      bytes: count,
      unpackedBytes: count,
      files: count,
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .nullable(),
      type: z.string().max(60).nullable(),
      fromLsn: lsn.nullable(),
      toLsn: lsn.nullable(),
      lastLsn: lsn.nullable().optional(),
      /** Labels of the backups whose archives an incremental needs, the full first. */
      needs: z.array(z.string().max(20)).max(CHAIN_MAX).optional(),
      serverVersion: z.string().max(SERVER_VERSION_CHARS).nullable(),
      startedAt: z.string().max(40).nullable(),
      endedAt: z.string().max(40).nullable(),
    }),
  }),
  ...restoreAnswers,
]);
export type Answered = z.infer<typeof answered>;
/** Where the compiler stops here, it names a check to which nothing is in `answered`. */
type Complete<_Unanswered extends never> = Answered;
type Answers = Complete<Exclude<CheckName, Answered['check']>>;
export type AnswerTo<K extends CheckName> = Extract<Answers, { check: K }>['answer'];
