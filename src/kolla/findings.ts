import { z } from 'zod';
import type { NodeRef } from '../operation/checks.ts';
import { count, SERVER_VERSION_CHARS } from '../operation/checks.ts';
import type { Command } from '../operation/host.ts';
import { sqlCommand } from './containers.ts';

/** What the databases of a cloud hold, asked in the same words of a prepared copy and of the live cluster. */

/** Tables whose rows tell how much of a cloud is there. `<schema>.<table>`. */
export const KEY_TABLES = [
  'keystone.project',
  'keystone.endpoint',
  'keystone.local_user',
  'nova_api.cell_mappings',
  'nova_api.instance_mappings',
  'nova_api.flavors',
  'nova.services',
  'nova.instances',
  'neutron.networks',
  'neutron.subnets',
  'neutron.ports',
  'cinder.volumes',
  'glance.images',
  'placement.resource_providers',
  'placement.allocations',
] as const;
type KeyTable = (typeof KEY_TABLES)[number];

const SCHEMAS_MAX = 200;
const HOSTS_MAX = 200;
const MEMBERS_MAX = 64;
const NAME_CHARS = 255;
/** How long the live cluster may take to count, in ms: whole tables are read. */
const FINDINGS_MS = 180_000;

const OWN = ['mysql', 'information_schema', 'performance_schema', 'sys'].map((name) => `'${name}'`).join(', ');

/** Runs `query` where the table is there and `otherwise` where it isn't: a missing schema is a finding, no error. */
const whereThere = (schema: string, table: string, query: string, otherwise: string) => `
SET @q = IF((SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '${schema}' AND table_name = '${table}') = 1,
  ${query}, '${otherwise}');
EXECUTE IMMEDIATE @q;`;

/** The newest of a table's rows by the times that it has. */
function rowsOf(key: KeyTable): string {
  const [schema = '', table = ''] = key.split('.');
  const newest = `(SELECT COALESCE(GROUP_CONCAT(CONCAT(', COALESCE(CAST(MAX(', column_name, ') AS CHAR), '''')') SEPARATOR ''), '')
    FROM information_schema.columns WHERE table_schema = '${schema}' AND table_name = '${table}' AND column_name IN ('created_at', 'updated_at'))`;
  const query = `CONCAT('SELECT ''rows'', ''${key}'', COUNT(*), GREATEST('''', ''''', ${newest}, ') FROM ${schema}.${table}')`;
  return whereThere(schema, table, query, 'DO 0');
}

/**
 * Statements for `mariadb -N -B`; they only read. Each row begins with its kind:
 * `server`, `schema` (name, tables, digest), `revision` (schema, version), `rows` (table, count, newest), `endpoint`,
 * `member` (name, address), `cluster` (UUID).
 */
export const FINDINGS = `SET SESSION group_concat_max_len = 16777216;
SELECT 'server', TRIM(TRAILING '-log' FROM VERSION());
SELECT 'schema', s.schema_name, COUNT(t.table_name), SHA2(COALESCE(GROUP_CONCAT(t.table_name ORDER BY t.table_name SEPARATOR '/'), ''), 256)
FROM information_schema.schemata s LEFT JOIN information_schema.tables t ON t.table_schema = s.schema_name
WHERE s.schema_name NOT IN (${OWN}) GROUP BY s.schema_name ORDER BY s.schema_name LIMIT ${SCHEMAS_MAX};
SET @q = COALESCE((SELECT GROUP_CONCAT(CONCAT('SELECT ''revision'', ', QUOTE(table_schema), ', COALESCE(GROUP_CONCAT(version_num ORDER BY version_num SEPARATOR '' ''), '''') FROM \`',
  REPLACE(table_schema, '\`', '\`\`'), '\`.alembic_version') SEPARATOR ' UNION ALL ')
  FROM information_schema.columns WHERE table_name = 'alembic_version' AND column_name = 'version_num' AND table_schema NOT IN (${OWN})), 'DO 0');
EXECUTE IMMEDIATE @q;
${KEY_TABLES.map(rowsOf).join('')}
${whereThere('keystone', 'endpoint', `'SELECT DISTINCT ''endpoint'', SUBSTRING_INDEX(SUBSTRING_INDEX(url, ''/'', 3), ''//'', -1) FROM keystone.endpoint ORDER BY 2 LIMIT ${HOSTS_MAX}'`, 'DO 0')}
${whereThere('mysql', 'wsrep_cluster_members', `'SELECT ''member'', node_name, node_incoming_address FROM mysql.wsrep_cluster_members ORDER BY 2 LIMIT ${MEMBERS_MAX}'`, 'DO 0')}
${whereThere('mysql', 'wsrep_cluster', `'SELECT ''cluster'', cluster_uuid FROM mysql.wsrep_cluster LIMIT 1'`, 'DO 0')}
`;

const name = z.string().max(NAME_CHARS);

/** Times are the server's, as text. A null count: there is no such table. */
export const findings = z.strictObject({
  serverVersion: z.string().max(SERVER_VERSION_CHARS),
  schemas: z
    .array(
      z.strictObject({
        name,
        tables: count,
        /** SHA-256 of the sorted names of its tables. */
        digest: z.string().regex(/^[0-9a-f]{64}$/),
        revision: z.string().max(500).nullable(),
      }),
    )
    .max(SCHEMAS_MAX),
  keyTables: z
    .array(z.strictObject({ table: z.enum(KEY_TABLES), rows: count.nullable(), newest: z.string().max(40).nullable() }))
    .max(KEY_TABLES.length),
  /** The hosts that the endpoints of Keystone name, without ports. */
  endpointHosts: z.array(name).max(HOSTS_MAX),
  members: z.array(z.strictObject({ name, address: name })).max(MEMBERS_MAX),
  clusterUuid: z.string().max(40).nullable(),
});
export type Findings = z.infer<typeof findings>;

/** Asks the live cluster through one of its nodes. */
export function findingsCommand(node: NodeRef, container: string): Command {
  return { ...sqlCommand(node, container, FINDINGS), timeoutMs: FINDINGS_MS };
}

const ESCAPED: Readonly<Record<string, string>> = { t: '\t', n: '\n', '0': '\0', '\\': '\\' };
const unescaped = (field: string) => field.replace(/\\(.)/g, (_, char: string) => ESCAPED[char] ?? char);

/** `10.0.0.1:5000`, `[2001:db8::1]:5000` or `cloud.example` without what isn't the host. */
export function hostOf(authority: string): string {
  return /^\[([^\]]*)\]/.exec(authority)?.[1] ?? authority.replace(/^.*@/, '').replace(/:\d*$/, '');
}

const distinct = (values: readonly string[]) => [...new Set(values)].toSorted();

/** Reads the rows of `FINDINGS`; undefined where they aren't what was asked for. */
export function parseFindings(output: string): Findings | undefined {
  const lines = output.split('\n').filter((line) => line !== '');
  const rows = lines.map((line) => line.split('\t').map(unescaped));
  const of = (kind: string) => rows.filter(([first]) => first === kind).map((row) => row.slice(1));
  const revisions = new Map(of('revision').map(([schema = '', revision = '']) => [schema, revision || null]));
  const counted = new Map(of('rows').map(([table = '', ...rest]) => [table, rest]));
  const parsed = findings.safeParse({
    serverVersion: of('server')[0]?.[0],
    schemas: of('schema').map(([schema = '', tables, digest]) => ({
      name: schema,
      tables: Number(tables),
      digest,
      revision: revisions.get(schema) ?? null,
    })),
    keyTables: KEY_TABLES.map((table) => {
      const [rowCount, newest] = counted.get(table) ?? [];
      return { table, rows: rowCount === undefined ? null : Number(rowCount), newest: newest || null };
    }),
    endpointHosts: distinct(of('endpoint').map(([authority = '']) => hostOf(authority))).filter((host) => host !== ''),
    members: of('member').map(([member, address = '']) => ({ name: member, address: hostOf(address) })),
    clusterUuid: of('cluster')[0]?.[0] ?? null,
  });
  return parsed.data;
}
