import { notMember, UNDEFINED_UUID } from '../kolla/galera.ts';
import { KollaBackupError, type Problem } from '../operation/catalogue.ts';
import type { Facts } from '../operation/facts.ts';
import { galeraUuid, type NodeStatus } from '../operation/shapes.ts';

type Cluster = Pick<NonNullable<Facts['restore']>, 'served' | 'clusterUuid' | 'members'>;

/** Whether a node answered that it is a full member of the Primary component. */
export function isMember(one: NodeStatus): one is Extract<NodeStatus, { answered: true }> {
  return one.answered && notMember(one.status) === null;
}

export const isPrimary = (one: NodeStatus) => one.answered && one.status['wsrep_cluster_status'] === 'Primary';

/** A node that gives a state transfer serves, too. */
export const isDonor = (one: NodeStatus) =>
  one.answered && isPrimary(one) && /^Donor/.test(one.status['wsrep_local_state_comment'] ?? '');

/**
 * Who serves now, and of which cluster the data is; `onDisk` are the UUIDs that datadirs know, which count where nobody
 * serves. Throws CLUSTER_SPLIT for two clusters at once, and CLUSTER_HAS_OTHERS for members that were not asked: people
 * sort those out first.
 */
export function clusterSeen(
  statuses: readonly NodeStatus[],
  onDisk: readonly string[],
): { readonly is: Cluster; readonly suspicions: readonly Problem[] } {
  const members = statuses.filter(isMember);
  const uuids = new Set(members.map(({ status }) => status['wsrep_cluster_state_uuid'] ?? ''));
  const sizes = new Set(members.map(({ status }) => status['wsrep_cluster_size'] ?? ''));
  const [size = '0'] = sizes;
  // Bootstrapped from one history, two clusters have one UUID: then more nodes are members than either says it has.
  if (uuids.size > 1 || sizes.size > 1 || members.length > Number(size)) {
    const places = members.map(
      ({ node, status }) => `${node} in ${status['wsrep_cluster_state_uuid']} of ${status['wsrep_cluster_size']}`,
    );
    throw new KollaBackupError('CLUSTER_SPLIT', { detail: places.join(', ') });
  }
  if (Number(size) > statuses.length)
    throw new KollaBackupError('CLUSTER_HAS_OTHERS', { size, count: String(statuses.length) });
  const names = members.map(({ node }) => node);
  const out = statuses.flatMap(({ node }) => (names.includes(node) ? [] : [node]));
  return {
    is: { served: members.length > 0, clusterUuid: [...uuids][0] ?? onlyOf(onDisk), members: names },
    suspicions:
      members.length === 0 || out.length === 0
        ? []
        : [{ code: 'NODES_NOT_MEMBERS', params: { hosts: out.join(', ') } }],
  };
}

/** The cluster that every datadir which knows one was of; null where they differ or none does. */
function onlyOf(told: readonly string[]): string | null {
  const known = told.filter((uuid) => galeraUuid.safeParse(uuid).success && uuid !== UNDEFINED_UUID);
  const [only = null, ...others] = new Set(known);
  return others.length === 0 ? only : null;
}
