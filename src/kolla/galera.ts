import { z } from 'zod';

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

const UNDEFINED_UUID = '00000000-0000-0000-0000-000000000000';
const uuid = z.string().regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

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
  const id = uuid.safeParse(status['wsrep_cluster_state_uuid']);
  const position = id.success && id.data !== UNDEFINED_UUID && id.data === status['wsrep_local_state_uuid'];
  return position ? null : 'its state UUID is not the cluster’s';
}
