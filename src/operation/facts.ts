import { z } from 'zod';
import { hex64, hostName, operationId } from './ids.ts';
import { goneNode, sqlAddress } from './restore-checks.ts';
import {
  backupType,
  CHAIN_MAX,
  count,
  directoryId,
  engineName,
  hostPath,
  journaledProblem,
  lsn,
  machineId,
  RELEASE_CHARS,
  VOLUME_PATH_CHARS,
} from './shapes.ts';

/** What a restore, or the discarding of old data, has to know of one node. */
export const nodeSurvey = z.strictObject({
  node: hostName,
  machineId,
  /** The datadir as the host has it, and the directory itself by device and inode. */
  live: hostPath,
  old: directoryId,
  /** Owner and mode of the datadir. */
  uid: count,
  gid: count,
  mode: count,
  bytes: count,
  freeBytes: count,
  /** Where operations keep their directories: on the datadir's file system, outside every volume. */
  base: hostPath,
  /** Where its Galera cluster knows it, which may be in a network of its own; absent where that isn't known. */
  galeraAddress: z.string().max(255).optional(),
  /** When the newest binlog was last written (ms since the epoch). */
  lastWriteAt: count.nullable(),
  /** The MariaDB container's image, by id, and under the name that recovery is given. */
  imageId: z.string().regex(/^(?:sha256:)?[0-9a-f]{12,64}$/),
  image: z.string().min(1).max(200),
  /** The unit that keeps the container; null where there is none. */
  unit: z.string().max(200).nullable(),
});
export type NodeSurvey = z.infer<typeof nodeSurvey>;

/** The archive that a restore was asked for, as it was found. */
export const foundArchive = z.strictObject({
  node: hostName,
  directory: hostPath,
  path: z.string().min(1).max(VOLUME_PATH_CHARS),
  bytes: count,
  sha256: hex64.nullable(),
  /** Known where one of our backups proved it. */
  unpackedBytes: count.optional(),
});

export type FoundArchive = z.infer<typeof foundArchive>;

/** One archive of a chain, as the journals know it or as it was read. */
export const chainLink = foundArchive.extend({
  kind: backupType,
  fromLsn: lsn,
  toLsn: lsn,
  /** MariaDB's series that took it ("10.11"). */
  series: z.string().max(20).optional(),
});
export type ChainLink = z.infer<typeof chainLink>;

/** What a restore keeps on a node: an old datadir that it has set aside, or a copy that it made and that isn't live. */
export const keptDatadir = z.strictObject({
  /** Old data where it isn't said. */
  what: z.enum(['old', 'copy']).optional(),
  node: hostName,
  engine: engineName,
  /** The operation's directory and the kept one in it. */
  directory: hostPath,
  data: hostPath,
  live: hostPath,
  /** By what the kept one is known. */
  old: directoryId,
  /** Of a copy nobody has counted them. */
  bytes: count.nullable(),
});
export type KeptDatadir = z.infer<typeof keptDatadir>;

/** What the probe of a cloud found: all that planning may use. */
export const facts = z.strictObject({
  /** `kolla-ansible --version`, e.g. 17.9.0. */
  release: z.string().max(RELEASE_CHARS),
  dialect: z.enum(['bash', 'cliff']),
  /** Newer than what is known; its own help shows that it is called the same way. */
  newer: z.boolean().default(false),
  deploy: z.strictObject({
    executable: hostPath,
    cwd: hostPath,
    configDirectory: hostPath,
    inventories: z.array(hostPath).min(1),
    extraArguments: z.array(z.string().max(500)),
  }),
  /** The hosts of the inventory's group `mariadb`, in its order, but for those that are gone. */
  nodes: z.array(z.strictObject({ name: hostName, address: z.string().max(255), engine: engineName })).min(1),
  /** Nodes of that group that a restore goes on without: declared off, and seen to answer nobody. Absent: none. */
  gone: z.array(goneNode).min(1).optional(),
  backupHost: hostName,
  /** What is only suspicious, for whoever looks at the plan. */
  suspicions: z.array(journaledProblem).max(50).default([]),
  /** Null for a backup. */
  restore: z
    .strictObject({
      surveys: z.array(nodeSurvey).min(1),
      archive: foundArchive,
      /** The archives that it needs, the full first, itself last. Empty: it is a full by its name. */
      chain: z.array(chainLink).max(CHAIN_MAX).default([]),
      /** Where the cloud's services find the database; null where it could not be learnt. */
      service: sqlAddress.nullable(),
      /** Whether a node was Primary and Synced, and the cluster's UUID; of a cluster that is down what its datadirs say. */
      served: z.boolean(),
      clusterUuid: z.string().max(64).nullable(),
      /** Nodes that were full members of the Primary component. */
      members: z.array(hostName),
      /** The schemas when the archive was taken, with their tables; absent where its backup didn't note them. */
      schemas: z
        .array(z.strictObject({ name: z.string().max(255), tables: count, digest: hex64 }))
        .max(300)
        .optional(),
      /** MariaDB's series of the image that the plan uses; absent where it couldn't be told. */
      series: z.string().max(20).optional(),
    })
    .nullable()
    .default(null),
  /** Null unless old data is to be discarded. */
  discard: z
    .strictObject({ restore: operationId, endedAt: count, kept: z.array(keptDatadir).min(1) })
    .nullable()
    .default(null),
});
export type Facts = z.infer<typeof facts>;
