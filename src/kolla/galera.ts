import { z } from 'zod';
import type { Problem } from '../operation/catalogue.ts';

/** What MariaDB says of its place in the Galera cluster, and what that means. */

const VARIABLES = [
  'wsrep_cluster_status',
  'wsrep_local_state_comment',
  'wsrep_ready',
  'wsrep_connected',
  'wsrep_cluster_size',
  'wsrep_cluster_state_uuid',
  'wsrep_local_state_uuid',
  'wsrep_last_committed',
  'wsrep_cluster_conf_id',
  'wsrep_desync_count',
] as const;

/** For `mariadb -N -B`: one line each, name and value with a tab between. */
export const STATUS_STATEMENT = `SHOW GLOBAL STATUS WHERE Variable_name IN (${VARIABLES.map((name) => `'${name}'`).join(', ')})`;

/** The variables that were asked for, by name; what else stands in the output is left out. */
export type GaleraStatus = Readonly<Record<string, string>>;

const VALUE_CHARS = 200;

/** Reads the rows of `STATUS_STATEMENT`. Empty where MariaDB runs without Galera. */
export function parseStatus(stdout: string): Record<string, string> {
  const rows = stdout.split('\n').map((line) => line.split('\t'));
  const known = rows.filter(([name, value]) => value !== undefined && VARIABLES.some((one) => one === name));
  return Object.fromEntries(known.map(([name = '', value = '']) => [name, value.trim().slice(0, VALUE_CHARS)]));
}

export const UNDEFINED_UUID = '00000000-0000-0000-0000-000000000000';
const uuid = z.string().regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

/** What a node must report to be a full member. */
const EXPECTED = {
  wsrep_cluster_status: 'Primary',
  wsrep_local_state_comment: 'Synced',
  wsrep_ready: 'ON',
  wsrep_connected: 'ON',
} as const;

/** What is wrong with one node; undefined where it is Primary, Synced, ready and connected. */
export function judgeNode(node: string, status: GaleraStatus): Problem | undefined {
  const found = Object.keys(EXPECTED).map((name) => [name, status[name] ?? 'unknown'] as const);
  const wrong = found.filter(([name, value]) => value !== EXPECTED[name as keyof typeof EXPECTED]); // keys of the table
  if (wrong.length > 0) {
    return { code: 'NODE_NOT_SYNCED', params: { node, state: wrong.map((pair) => pair.join('=')).join(', ') } };
  }
  const id = uuid.safeParse(status['wsrep_cluster_state_uuid']);
  const position = id.success && id.data !== UNDEFINED_UUID && id.data === status['wsrep_local_state_uuid'];
  return position
    ? undefined
    : { code: 'NODE_NOT_SYNCED', params: { node, state: 'its state UUID is not the cluster’s' } };
}

/** One node's answer; `status` undefined where it gave none. */
export type NodeAnswer = { readonly node: string; readonly status: GaleraStatus | undefined };

export type ClusterJudgement = {
  /** Every node is a full member of one cluster that has exactly these members. */
  readonly healthy: boolean;
  /** The cluster's UUID, where all nodes that answered name the same. */
  readonly uuid: string | undefined;
  readonly problems: readonly Problem[];
};

/** Judges all nodes of a cluster together: each Synced, one UUID, and a size that is their number. */
export function judgeCluster(answers: readonly NodeAnswer[]): ClusterJudgement {
  const problems = answers.flatMap(({ node, status }) => {
    const problem: Problem | undefined =
      status === undefined ? { code: 'NODE_SILENT', params: { node } } : judgeNode(node, status);
    return problem === undefined ? [] : [problem];
  });
  const answered = answers.flatMap(({ node, status }) => (status === undefined ? [] : [{ node, status }]));
  const uuids = new Set(answered.map(({ status }) => status['wsrep_cluster_state_uuid'] ?? 'unknown'));
  if (uuids.size > 1) problems.push({ code: 'CLUSTER_SPLIT', params: { uuids: [...uuids].join(', ') } });
  const size = String(answers.length);
  const others = answered.filter(({ status }) => status['wsrep_cluster_size'] !== size);
  if (others.length > 0) {
    const seen = others.map(({ node, status }) => `${node}: ${status['wsrep_cluster_size'] ?? 'unknown'}`).join(', ');
    problems.push({ code: 'CLUSTER_SIZE', params: { expected: size, seen } });
  }
  if (answers.length === 0) problems.push({ code: 'CLUSTER_SIZE', params: { expected: 'at least 1', seen: 'none' } });
  const [only] = uuids;
  return { healthy: problems.length === 0, uuid: uuids.size === 1 ? only : undefined, problems };
}

/** `grastate.dat`: where a stopped node stands. `seqno` is digits, -1 where it isn't known (running, or crashed). */
export type Grastate = { readonly uuid: string; readonly seqno: string; readonly safeToBootstrap: boolean };

const grastate = z.object({
  uuid,
  seqno: z.string().regex(/^(?:-1|\d{1,19})$/),
  safe_to_bootstrap: z.enum(['0', '1']).default('0'),
});

/** Parses grastate.dat; undefined where it isn't one (a recovery writes one with safe_to_bootstrap alone). */
export function parseGrastate(text: string): Grastate | undefined {
  const pairs = text.split('\n').flatMap((line) => {
    const match = /^(uuid|seqno|safe_to_bootstrap):\s*(\S+)\s*$/.exec(line);
    return match?.[1] === undefined || match[2] === undefined ? [] : [[match[1], match[2]] as const];
  });
  const parsed = grastate.safeParse(Object.fromEntries(pairs));
  if (!parsed.success) return undefined;
  const { uuid: id, seqno, safe_to_bootstrap: safe } = parsed.data;
  return { uuid: id, seqno, safeToBootstrap: safe === '1' };
}
