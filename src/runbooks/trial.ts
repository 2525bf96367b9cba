import type { Findings, KEY_TABLES } from '../kolla/findings.ts';
import type { Problem } from '../operation/catalogue.ts';

/** What the trial of a copy means: whether it holds a cloud, and this one; and what a restore of it would change. */

type KeyTable = (typeof KEY_TABLES)[number];

/** Rows that any cloud has. Fewer: the backup was taken of databases that had come up empty. */
const LEAST_ROWS: Readonly<Partial<Record<KeyTable, number>>> = {
  'keystone.project': 1,
  'keystone.endpoint': 1,
  'keystone.local_user': 1,
  // cell0 and at least one other.
  'nova_api.cell_mappings': 2,
  'nova.services': 1,
};

/** A table of the copy has far fewer rows than the live one below this share, and at least so many rows less. */
const DROP_SHARE = 0.9;
const DROP_ROWS = 5;
const TOLD_CHARS = 500;

const rowsOf = ({ keyTables }: Findings, table: string): number | null =>
  keyTables.find((one) => one.table === table)?.rows ?? null;

/** Null where the copy holds a cloud. */
export function emptyProblem(host: string, copy: Findings): Problem | null {
  const short = Object.entries(LEAST_ROWS).filter(([table, least]) => (rowsOf(copy, table) ?? 0) < least);
  if (short.length === 0) return null;
  const detail = short.map(([table]) => `${table} has ${rowsOf(copy, table) ?? 'no'} rows`).join(', ');
  return { code: 'COPY_EMPTY', params: { host, detail } };
}

/** What is known of this cloud without its databases, and of its databases where they answer. */
export type ThisCloud = {
  readonly nodeAddresses: readonly string[];
  /** Inventory names or host names. */
  readonly nodeNames: readonly string[];
  /** What the live databases say; null where they don't answer. */
  readonly live: Pick<Findings, 'endpointHosts' | 'members'> | null;
};

const shortName = (name: string) => name.toLowerCase().replace(/\..*$/, '');

/**
 * Null where something ties the copy to this cloud: a node's name with its address, an address among its endpoints or
 * members, or, where the live databases answer, an endpoint that both have. Two clouds may well share names, addresses
 * or endpoints, so what is known on both sides must agree as well: one of the endpoints, and one of the nodes' addresses.
 */
export function otherCloudProblem(host: string, copy: Findings, cloud: ThisCloud): Problem | null {
  const { nodeAddresses, nodeNames, live } = cloud;
  const addresses = new Set([...nodeAddresses, ...(live?.members ?? []).map(({ address }) => address)]);
  const names = new Set([...nodeNames, ...(live?.members ?? []).map(({ name }) => name)].map(shortName));
  const endpoints = new Set(copy.endpointHosts);
  const liveEndpoints = live?.endpointHosts ?? [];
  const sharesEndpoint = liveEndpoints.some((endpoint) => endpoints.has(endpoint));
  const knownMembers = copy.members.filter(({ address }) => addresses.has(address));
  const contradicts =
    (liveEndpoints.length > 0 && !sharesEndpoint) || (copy.members.length > 0 && knownMembers.length === 0);
  const sharesNode =
    knownMembers.some(({ name }) => names.has(shortName(name))) ||
    [...addresses].some((address) => endpoints.has(address));
  if (!contradicts && (sharesEndpoint || sharesNode)) return null;
  const members = copy.members.map(({ name, address }) => `${name} (${address})`).join(', ') || 'none';
  const detail = `its endpoints name ${copy.endpointHosts.join(', ') || 'nothing'}, its nodes were ${members}`;
  return { code: 'COPY_OF_ANOTHER_CLOUD', params: { host, detail: detail.slice(0, TOLD_CHARS) } };
}

/** A schema of the live cluster whose tables have another shape in the copy, or that the copy lacks (null). */
export type OtherSchema = { readonly name: string; readonly copy: string | null; readonly live: string | null };

/** A restore of such a copy needs the release of back then, or the migrations of today's. */
export function olderSchemas(copy: Findings, live: Findings): readonly OtherSchema[] {
  const inCopy = new Map(copy.schemas.map(({ name, revision }) => [name, revision]));
  return live.schemas
    .filter(({ name, revision }) => !inCopy.has(name) || inCopy.get(name) !== revision)
    .map(({ name, revision }) => ({ name, copy: inCopy.get(name) ?? null, live: revision }));
}

/** Of these, services remove rows by themselves within a minute of their database's return. */
const CLEANED: ReadonlySet<string> = new Set<KeyTable>([
  'neutron.ports',
  'placement.allocations',
  'placement.resource_providers',
]);

/** How many rows a table has in the copy, and has live. */
export type Drop = { readonly table: string; readonly copy: number; readonly live: number };

/** Key tables that would have far fewer rows after the restore. */
export function drops(copy: Findings, live: Findings): readonly Drop[] {
  return live.keyTables.flatMap(({ table, rows }) => {
    const held = rowsOf(copy, table) ?? 0;
    const dropped = rows !== null && held < rows * DROP_SHARE && rows - held >= DROP_ROWS;
    return dropped ? [{ table, copy: held, live: rows }] : [];
  });
}

/** The schemas that the copy lacks, has besides, or has with other tables than were noted when its backup was taken. */
export function otherThanNoted(
  copy: Pick<Findings, 'schemas'>,
  noted: readonly Pick<Findings['schemas'][number], 'name' | 'tables' | 'digest'>[],
): readonly string[] {
  const inCopy = new Map(copy.schemas.map((one) => [one.name, one]));
  const names = new Set(noted.map(({ name }) => name));
  const changed = noted.flatMap(({ name, tables, digest }) => {
    const found = inCopy.get(name);
    if (found === undefined) return [`${name} is missing`];
    return found.digest === digest ? [] : [`${name} has ${found.tables} tables, other than the ${tables} of back then`];
  });
  return [...changed, ...copy.schemas.flatMap(({ name }) => (names.has(name) ? [] : [`${name} is new`]))];
}

/**
 * What of the trial isn't in the restored databases, in words; empty where all of it is. Rows may have come since, for
 * services write at once, and of some tables gone; tables and revisions may not differ.
 */
export function differsFromTrial(trial: Findings, now: Findings): readonly string[] {
  const schemas = new Map(now.schemas.map((schema) => [schema.name, schema]));
  const wrongSchemas = trial.schemas.flatMap(({ name, tables, digest, revision }) => {
    const found = schemas.get(name);
    if (!found) return [`${name} is missing`];
    if (found.digest !== digest) return [`${name} has ${found.tables} tables, other than the ${tables} of the trial`];
    return found.revision === revision ? [] : [`${name} is at ${found.revision ?? 'no revision'}, not ${revision}`];
  });
  const fewer = trial.keyTables.flatMap(({ table, rows }) => {
    const held = rowsOf(now, table);
    const least = rows !== null && CLEANED.has(table) ? Math.min(rows, 1) : rows;
    return least !== null && (held === null || held < least) ? [`${table} has ${held ?? 'no'} rows, not ${rows}`] : [];
  });
  return [...wrongSchemas, ...fewer];
}
