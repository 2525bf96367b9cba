import { z } from 'zod';
import { hex64, hostName, stepId } from './ids.ts';
import {
  backupType,
  count,
  directoryId,
  engineObject,
  galeraUuid,
  hostPath,
  journaledProblem,
  lsn,
  machineId,
  nodeRef,
  nodeStatus,
} from './shapes.ts';

/** The checks and answers that only restores and discards have; `checks.ts` takes them into its unions. */

/** The programs that report on standard output what they did; `runbooks/programs` has the schema of each report. */
export const reporter = z.enum(['stage', 'unpack', 'prepare', 'trial', 'hold', 'swap', 'clear', 'discard', 'reduce']);
export type Reporter = z.infer<typeof reporter>;

/** An address with its port where MariaDB is asked over TCP. */
export const sqlAddress = z.strictObject({ host: z.string().min(1).max(255), port: z.int().min(1).max(65_535) });
export type SqlAddress = Readonly<z.infer<typeof sqlAddress>>;
const nodes = z.array(nodeRef).min(1);
/** What an earlier step of the same operation reported. */
const reportedBy = z.strictObject({ plan: z.int().min(1), step: stepId });

/** A node that a restore goes on without, and where the inventory has it. */
export const goneNode = z.strictObject({ name: hostName, address: z.string().max(255) });

/** What of a node must still be as it was when the plan was made. */
export const plannedNode = z.strictObject({
  node: nodeRef,
  machineId,
  live: hostPath,
  /** The datadir that is live before the swap. */
  old: directoryId,
  image: z.string().max(200),
});
export type PlannedNode = z.infer<typeof plannedNode>;

export const restoreChecks = [
  /** The program's own report says that it worked. Answered from its output. */
  z.strictObject({ check: z.literal('reported'), program: reporter, host: hostName, step: z.string().max(120) }),
  /** Ansible says that it reached and did it on every node. Answered from its output; never enough alone. */
  z.strictObject({
    check: z.literal('playbook-ended'),
    action: z.enum(['stop', 'recovery']),
    nodes: z.array(hostName).min(1),
    host: hostName.nullable(),
    /** A recovery that Ansible calls failed counts as done where these nodes are one whole cluster all the same. */
    unlessWhole: z.strictObject({ nodes, container: engineObject }).exactOptional(),
  }),
  /** An archive is there and complete, and ends and begins where the plan has it (null: wherever it does). */
  z.strictObject({
    check: z.literal('archive-whole'),
    node: nodeRef,
    directory: hostPath,
    path: z.string().min(1).max(512),
    sha256: hex64.nullable(),
    type: backupType,
    lsns: z.strictObject({ from: lsn, to: lsn }).nullable(),
    /** MariaDB's series that prepares it; one of another is refused. */
    series: z.string().max(20).exactOptional(),
  }),
  /** The prepared copy stands at that position of the log: exactly the incrementals that lead there were applied. */
  z.strictObject({ check: z.literal('copy-stands-at'), lsn, tried: reportedBy }),
  /** What the copy holds, next to what is live: not empty, this cloud's, no older schemas unless that is meant. */
  z.strictObject({
    check: z.literal('copy-belongs'),
    nodes,
    addresses: z.array(z.string().max(255)),
    container: engineObject,
    tried: reportedBy,
    olderSchemas: z.boolean(),
  }),
  /** Each node is the same machine by SSH and by Ansible, with the planned datadir, image and unit. */
  z.strictObject({ check: z.literal('nodes-as-planned'), nodes: z.array(plannedNode).min(1) }),
  /** The prepared copy is, to the byte count and time of each file, what was tried. */
  z.strictObject({
    check: z.literal('copy-unchanged'),
    node: hostName,
    data: hostPath,
    is: directoryId,
    manifest: hex64,
  }),
  /** A cluster that was without service when the plan was made still is. */
  z.strictObject({ check: z.literal('service-as-planned'), nodes, container: engineObject, served: z.boolean() }),
  /** The run directories of the hosts, and this Redis, know nothing that the journals don't. */
  z.strictObject({ check: z.literal('journals-remembered'), hosts: z.array(hostName).min(1) }),
  /** Every node was seen down a moment ago: unit, container, process. */
  z.strictObject({
    check: z.literal('nodes-down'),
    nodes,
    container: engineObject,
    unit: z.string().max(200).nullable(),
  }),
  /** Nodes that are declared off answer neither this software nor Ansible, and no other node has them in its cluster. */
  z.strictObject({ check: z.literal('nodes-gone'), gone: z.array(goneNode).min(1), nodes, container: engineObject }),
  /** By the positions that holds have read of the old data, no other node has more of the old data; unknown positions let people choose. */
  z.strictObject({
    check: z.literal('most-advanced'),
    node: hostName,
    holds: z.array(z.strictObject({ node: hostName, plan: z.int().min(1), step: stepId })).min(1),
  }),
  /** By what the holds of this very track have read, no node went further than the one that is recovered from. */
  z.strictObject({
    check: z.literal('none-further'),
    holds: z.array(z.strictObject({ node: hostName, step: stepId })).min(1),
  }),
  /** Nobody runs kolla-ansible on the deploy host or a backup on a node; the nodes may be down. */
  z.strictObject({ check: z.literal('nobody-else-now'), nodes, container: engineObject }),
  /** That node is not the only one that serves: without it another is Primary and Synced. */
  z.strictObject({ check: z.literal('another-serves'), host: hostName, nodes, container: engineObject }),
  /** A full backup, proven after the restore's end, exists (before old data is discarded). */
  z.strictObject({ check: z.literal('newer-full'), after: count }),
  /** That node is Primary and Synced and the service's address answers SQL. */
  z.strictObject({
    check: z.literal('service-back'),
    node: nodeRef,
    container: engineObject,
    address: sqlAddress.nullable(),
  }),
  /** Every node is Primary and Synced with one UUID, the wanted one or another than the old, and the full size. */
  z.strictObject({
    check: z.literal('cluster-whole'),
    nodes,
    container: engineObject,
    is: galeraUuid.nullable(),
    not: galeraUuid.nullable(),
    /** So many nodes that the restore went on without may have joined already. Absent: none. */
    gone: z.int().min(1).exactOptional(),
  }),
  /** The schemas and tables are those that the trial start had shown. */
  z.strictObject({ check: z.literal('databases-as-shown'), node: nodeRef, container: engineObject, tried: reportedBy }),
  /** The lines of the log that the runbook reads; shown, never decided on. */
  z.strictObject({ check: z.literal('synced-lines'), nodes, since: count.nullable() }),
] as const;

/** How one table of the cloud's stands. */
export const keyTable = z.strictObject({
  table: z.string().max(130),
  rows: count.nullable(),
  newest: z.string().max(40).nullable(),
});

/** What a look into the databases found: in the copy at its trial start, and live. */
export const findings = z.strictObject({
  serverVersion: z.string().max(128),
  schemas: z
    .array(
      z.strictObject({
        name: z.string().max(255),
        tables: count,
        /** SHA-256 of the sorted table names. */
        digest: hex64,
        revision: z.string().max(500).nullable(),
      }),
    )
    .max(300),
  keyTables: z.array(keyTable).max(60),
  endpointHosts: z.array(z.string().max(255)).max(200),
  members: z.array(z.strictObject({ name: z.string().max(255), address: z.string().max(255) })).max(64),
  clusterUuid: z.string().max(64).nullable(),
});
export type Findings = z.infer<typeof findings>;

const position = z.strictObject({ uuid: galeraUuid, seqno: z.string().regex(/^-?\d{1,19}$/) });

export const restoreAnswers = [
  z.strictObject({
    check: z.literal('reported'),
    answer: z.strictObject({ report: z.json(), problem: journaledProblem.nullable() }),
  }),
  z.strictObject({
    check: z.literal('playbook-ended'),
    answer: z.strictObject({
      recap: z.array(z.string().max(300)).max(200),
      problem: journaledProblem.nullable(),
      /** What Ansible said, though every node is Primary and Synced. */
      overruled: journaledProblem.optional(),
      /** The node that was then still running as the first of a new cluster. */
      bootstrapped: hostName.optional(),
    }),
  }),
  z.strictObject({
    check: z.literal('archive-whole'),
    answer: z.strictObject({
      problem: journaledProblem.nullable(),
      bytes: count,
      unpackedBytes: count,
      sha256: hex64.nullable(),
      type: z.string().max(60).nullable(),
      fromLsn: lsn.nullable().optional(),
      toLsn: lsn.nullable().optional(),
      serverVersion: z.string().max(128).nullable(),
      startedAt: z.string().max(40).nullable(),
      endedAt: z.string().max(40).nullable(),
    }),
  }),
  z.strictObject({ check: z.literal('copy-stands-at'), answer: z.strictObject({ lsn: lsn.nullable() }) }),
  z.strictObject({
    check: z.literal('copy-belongs'),
    answer: z.strictObject({
      /** Null where no node answers. */
      live: z
        .strictObject({
          node: hostName,
          findings,
          position: position.nullable(),
          /** When the newest binlog was last written (ms since the epoch). */
          lastWriteAt: count.nullable(),
        })
        .nullable(),
      /** Schemas of another revision than the live ones, or that aren't in the copy. */
      older: z.array(z.string().max(64)).max(300),
      /** Why it isn't this cloud's, or is empty. */
      problem: journaledProblem.nullable(),
    }),
  }),
  z.strictObject({
    check: z.literal('nodes-as-planned'),
    answer: z.strictObject({ problem: journaledProblem.nullable() }),
  }),
  z.strictObject({ check: z.literal('copy-unchanged'), answer: z.strictObject({ manifest: hex64.nullable() }) }),
  z.strictObject({ check: z.literal('service-as-planned'), answer: z.strictObject({ nodes: z.array(nodeStatus) }) }),
  z.strictObject({
    check: z.literal('journals-remembered'),
    answer: z.strictObject({ problem: journaledProblem.nullable() }),
  }),
  z.strictObject({
    check: z.literal('nodes-down'),
    answer: z.strictObject({ up: z.array(z.strictObject({ node: hostName, why: z.string().max(300) })) }),
  }),
  z.strictObject({
    check: z.literal('nodes-gone'),
    answer: z.strictObject({ back: z.array(z.strictObject({ node: hostName, why: z.string().max(300) })) }),
  }),
  z.strictObject({
    check: z.literal('most-advanced'),
    answer: z.strictObject({
      positions: z.array(z.strictObject({ node: hostName, position: position.nullable() })),
      /** A node that is known to have more, or the node itself where it is known that none has; else null. */
      ahead: hostName.nullable(),
    }),
  }),
  z.strictObject({
    check: z.literal('none-further'),
    answer: z.strictObject({
      positions: z.array(z.strictObject({ node: hostName, position: position.nullable() })),
      from: hostName,
      further: hostName.nullable(),
    }),
  }),
  z.strictObject({
    check: z.literal('nobody-else-now'),
    answer: z.strictObject({ found: z.array(z.strictObject({ host: hostName, what: z.string().max(300) })) }),
  }),
  z.strictObject({ check: z.literal('another-serves'), answer: z.strictObject({ nodes: z.array(nodeStatus) }) }),
  z.strictObject({ check: z.literal('newer-full'), answer: z.strictObject({ label: z.string().max(20).nullable() }) }),
  z.strictObject({
    check: z.literal('service-back'),
    answer: z.strictObject({ node: nodeStatus, answeredBy: z.string().max(800).nullable() }),
  }),
  z.strictObject({
    check: z.literal('cluster-whole'),
    answer: z.strictObject({ nodes: z.array(nodeStatus), why: z.string().max(600).nullable() }),
  }),
  z.strictObject({
    check: z.literal('databases-as-shown'),
    answer: z.strictObject({ differing: z.array(z.string().max(300)).max(300) }),
  }),
  z.strictObject({
    check: z.literal('synced-lines'),
    answer: z.strictObject({
      nodes: z.array(z.strictObject({ node: hostName, lines: z.array(z.string().max(300)).max(8) })),
    }),
  }),
] as const;
