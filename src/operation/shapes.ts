import { z } from 'zod';
import { hostName } from './ids.ts';

/** The small shapes that checks, facts and plans share. */

/** The container engine of a node. */
export const engineName = z.enum(['docker', 'podman']);
/** What a backup holds: everything, or what changed since another. */
export const backupType = z.enum(['full', 'incremental']);
export type BackupType = z.infer<typeof backupType>;
/** An absolute path without control characters. */
export const hostPath = z
  .string()
  .max(1024)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  .regex(/^\/[^\u0000-\u001f\u007f]*$/, 'an absolute path. Begin it with /, as in /etc/kolla');
/** A container or volume name as the engines allow it. */
export const engineObject = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/);
/** Bytes, or anything else counted. */
export const count = z.int().min(0);
/** A log sequence number, as decimal digits without leading zeros: it may exceed what a JSON number can hold. */
export const lsn = z.string().regex(/^(?:0|[1-9]\d{0,19})$/);
/** The most characters of a server's version, of a path in a volume, and of Kolla Ansible's release in a journal. */
export const SERVER_VERSION_CHARS = 128;
export const VOLUME_PATH_CHARS = 512;
export const RELEASE_CHARS = 40;
/** The most archives that one restore may need: an hourly incremental for eight days. */
export const CHAIN_MAX = 200;
/** A directory itself, whatever its name: device and inode, as decimal digits (an inode may exceed a JSON number). */
export const directoryId = z.tuple([count, count]);
export type DirectoryId = z.infer<typeof directoryId>;
/** 32 hex digits of /etc/machine-id. */
export const machineId = z.string().regex(/^[0-9a-f]{32}$/);
/** Of a cluster's history. */
export const galeraUuid = z.string().regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

/** A node as commands need it. */
export const nodeRef = z.strictObject({ node: hostName, engine: engineName });
export type NodeRef = z.infer<typeof nodeRef>;

const params = z.record(z.string().max(40), z.string().max(2000));
/** A problem as it stands in a journal; its code may be one that this version doesn't know. */
export const journaledProblem = z.strictObject({ code: z.string().max(60), params });

/** What a node said of its place in the cluster, or why it couldn't be asked. */
export const nodeStatus = z.discriminatedUnion('answered', [
  z.strictObject({
    node: hostName,
    answered: z.literal(true),
    status: z.record(z.string().max(60), z.string().max(200)),
  }),
  z.strictObject({ node: hostName, answered: z.literal(false), problem: journaledProblem }),
]);
export type NodeStatus = z.infer<typeof nodeStatus>;
