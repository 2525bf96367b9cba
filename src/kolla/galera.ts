import { galeraUuid } from '../operation/shapes.ts';

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
type GaleraStatus = Readonly<Record<string, string>>;

const VALUE_CHARS = 200;

/** Reads the rows of `STATUS_STATEMENT`. Empty where MariaDB runs without Galera. */
export function parseStatus(stdout: string): Record<string, string> {
  const rows = stdout.split('\n').map((line) => line.split('\t'));
  const known = rows.filter(([name, value]) => value !== undefined && VARIABLES.some((one) => one === name));
  return Object.fromEntries(known.map(([name = '', value = '']) => [name, value.trim().slice(0, VALUE_CHARS)]));
}

/** Of a datadir that was never in a cluster. */
export const UNDEFINED_UUID = '00000000-0000-0000-0000-000000000000';

/** What a node must report to be a full member. */
const EXPECTED = {
  wsrep_cluster_status: 'Primary',
  wsrep_local_state_comment: 'Synced',
  wsrep_ready: 'ON',
  wsrep_connected: 'ON',
} as const;

/** Why a node is no full member of its cluster; null where it is Primary, Synced, ready, connected and has its data. */
export function notMember(status: GaleraStatus): string | null {
  const wrong = Object.entries(EXPECTED).filter(([name, value]) => status[name] !== value);
  if (wrong.length > 0) return wrong.map(([name]) => `${name}=${status[name] ?? 'unknown'}`).join(', ');
  const id = galeraUuid.safeParse(status['wsrep_cluster_state_uuid']);
  const position = id.success && id.data !== UNDEFINED_UUID && id.data === status['wsrep_local_state_uuid'];
  return position ? null : 'its state UUID is not the cluster’s';
}

/** What one node answered; null where it gave no answer. */
type NodeStatus = { readonly node: string; readonly status: GaleraStatus | null };

/**
 * Why these nodes aren't one whole cluster, in words; null where each is a full member, all of one cluster, which has
 * no other members, but for `gone` that may have come back. `is` is the UUID that it must have, `not` one that it must not: after a restore the old one.
 */
export function wholeCluster(
  nodes: readonly NodeStatus[],
  demanded: { readonly is?: string; readonly not?: string; readonly gone?: number } = {},
): string | null {
  if (nodes.length === 0) return 'no node was asked';
  for (const { node, status } of nodes) {
    const wrong = status === null ? 'it did not answer' : notMember(status);
    if (wrong !== null) return `${node}: ${wrong}`;
  }
  const told = (name: string) => [...new Set(nodes.map(({ status }) => status?.[name] ?? 'unknown'))];
  const [id = '', ...otherIds] = told('wsrep_cluster_state_uuid');
  if (otherIds.length > 0) return `the nodes are in different clusters: ${[id, ...otherIds].join(', ')}`;
  const sizes = Array.from({ length: (demanded.gone ?? 0) + 1 }, (_, back) => String(nodes.length + back));
  const wrongSize = told('wsrep_cluster_size').find((size) => !sizes.includes(size));
  if (wrongSize !== undefined) return `the cluster has ${wrongSize} members instead of ${nodes.length}`;
  if (demanded.is !== undefined && id !== demanded.is) return `the cluster’s UUID is ${id} instead of ${demanded.is}`;
  return id === demanded.not ? `the cluster’s UUID is still ${id}` : null;
}

/** A node's position when it was stopped: the cluster's state UUID, and the last transaction; seqno -1 is unknown. */
export type Position = { readonly uuid: string; readonly seqno: number };

/**
 * A node that went further than `from`, or another way; null when none is seen to have. A node that knows no cluster has
 * nothing of its own: it is empty, or a copy that was never in one. Where `from` is such a node and another isn't, that
 * one took its data from `from`, which has lost it since: in a state transfer that did not end, say.
 */
export function further(
  from: string,
  positions: readonly { readonly node: string; readonly position: Position | null }[],
): string | null {
  const inCluster = (one: Position | null | undefined) => (one && one.uuid !== UNDEFINED_UUID ? one : null);
  const known = (one: Position | null) => one !== null && Number.isSafeInteger(one.seqno) && one.seqno >= 0;
  const own = inCluster(positions.find(({ node }) => node === from)?.position);
  const ahead = positions.find(({ node, position }) => {
    const other = node === from ? null : inCluster(position);
    if (other === null || own === null) return other !== null;
    return known(other) && (!known(own) || own.uuid !== other.uuid || own.seqno < other.seqno);
  });
  return ahead?.node ?? null;
}

/** A position that was read, in a cluster; null where there is none. */
const reached = (one: Position | null | undefined): Position | null =>
  one && one.uuid !== UNDEFINED_UUID && Number.isSafeInteger(one.seqno) && one.seqno >= 0 ? one : null;

/**
 * The node that went furthest of those that are known to have more of the same cluster's transactions than this one; this
 * one itself where all are known, of one cluster, and none has more; else null. What isn't known of others hides nothing of
 * what is known. One that is read to know no cluster has none of its data, or has lost it: whoever is known has more.
 */
export function aheadOf(
  node: string,
  positions: readonly { readonly node: string; readonly position: Position | null }[],
): string | null {
  const read = positions.find((one) => one.node === node)?.position;
  const own = reached(read);
  if (own === null && read?.uuid !== UNDEFINED_UUID) return null;
  let best = { node, seqno: own?.seqno ?? -1 };
  let compared = own !== null;
  for (const one of positions) {
    const other = reached(one.position);
    if (other === null || (own !== null && other.uuid !== own.uuid)) compared = false;
    else if (other.seqno > best.seqno) best = { node: one.node, seqno: other.seqno };
  }
  return best.node !== node || compared ? best.node : null;
}
