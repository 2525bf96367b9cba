import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FINDINGS, type Findings, findings, hostOf, KEY_TABLES, parseFindings } from '../../src/kolla/findings.ts';
import {
  differsFromTrial,
  drops,
  emptyProblem,
  olderSchemas,
  otherCloudProblem,
  type ThisCloud,
} from '../../src/runbooks/trial.ts';

const DIGEST = 'a'.repeat(64);
const good = (rows: Partial<Record<(typeof KEY_TABLES)[number], number | null>> = {}): Findings => ({
  serverVersion: '10.11.19-MariaDB-log',
  schemas: [
    { name: 'keystone', tables: 10, digest: DIGEST, revision: 'b4f8edf584ca' },
    { name: 'nova', tables: 5, digest: DIGEST, revision: null },
  ],
  keyTables: KEY_TABLES.map((table) => ({ table, rows: table in rows ? (rows[table] ?? null) : 60, newest: null })),
  endpointHosts: ['10.77.0.9'],
  members: [{ name: 'lark', address: '10.77.0.11' }],
  clusterUuid: 'b13f0a8a-e6d1-11f1-8542-03be01f9004d',
});
const here: ThisCloud = {
  nodeAddresses: ['10.77.0.11', '10.77.0.12'],
  nodeNames: ['lark.local', 'bobcat.local'],
  live: { endpointHosts: ['10.77.0.9', 'cloud.example'], members: [] },
};

describe('rows of findings', () => {
  const rows = [
    'server\t10.11.19-MariaDB-log',
    `schema\tkeystone\t10\t${DIGEST}`,
    `schema\tback\\\\slash\t0\t${DIGEST}`,
    'revision\tkeystone\tb4f8edf584ca',
    'rows\tkeystone.project\t23\t',
    'rows\tnova.services\t6\t2026-11-23 00:12:38',
    'endpoint\t10.77.0.9:5000',
    'endpoint\t10.77.0.9:8774',
    'endpoint\t[2001:db8::1]:5000',
    'endpoint\tcloud.example',
    'member\tlark\t10.77.0.11:3306',
    'cluster\tb13f0a8a-e6d1-11f1-8542-03be01f9004d',
  ];
  test('are read, whatever their order', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(rows, { minLength: rows.length }), (shuffled) => {
        const found = parseFindings(`${shuffled.join('\n')}\n`);
        expect(found?.schemas.toSorted((a, b) => (a.name < b.name ? 1 : -1))).toEqual([
          { name: 'keystone', tables: 10, digest: DIGEST, revision: 'b4f8edf584ca' },
          { name: 'back\\slash', tables: 0, digest: DIGEST, revision: null },
        ]);
        expect(found?.keyTables.filter(({ rows }) => rows !== null)).toEqual([
          { table: 'keystone.project', rows: 23, newest: null },
          { table: 'nova.services', rows: 6, newest: '2026-11-23 00:12:38' },
        ]);
        expect(found?.endpointHosts).toEqual(['10.77.0.9', '2001:db8::1', 'cloud.example']);
        expect(found?.members).toEqual([{ name: 'lark', address: '10.77.0.11' }]);
        expect(findings.parse(found)).toEqual(found);
      }),
    );
  });
  test('of any text give nothing or findings that a journal takes', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (lines) => {
        const found = parseFindings([...rows, ...lines].join('\n'));
        if (found) findings.parse(found);
      }),
    );
    expect(parseFindings('')).toBeUndefined();
    expect(parseFindings('ERROR 1045 (28000): Access denied')).toBeUndefined();
  });
  test('are asked for by statements that only read', () => {
    const verbs = FINDINGS.split(/;\s*\n/).map((statement) => statement.trim().split(/[\s;]/, 1)[0]);
    expect(new Set(verbs)).toEqual(new Set(['SET', 'SELECT', 'EXECUTE', '']));
    expect(hostOf('user@cloud.example:5000')).toBe('cloud.example');
  });
});

describe('a copy', () => {
  test('that holds a cloud is none of its problems', () => {
    expect(emptyProblem('lark', good())).toBe(null);
    expect(otherCloudProblem('lark', good(), here)).toBe(null);
  });
  test.each(['keystone.project', 'keystone.endpoint', 'keystone.local_user', 'nova.services'] as const)(
    'without rows in %s is empty',
    (table) => {
      for (const rows of [0, null])
        expect(emptyProblem('lark', good({ [table]: rows }))).toMatchObject({ code: 'COPY_EMPTY' });
    },
  );
  test('with cell0 alone is empty', () => {
    expect(emptyProblem('lark', good({ 'nova_api.cell_mappings': 1 }))).toMatchObject({ code: 'COPY_EMPTY' });
    expect(emptyProblem('lark', good({ 'nova_api.cell_mappings': 2 }))).toBe(null);
  });
  test('that nothing ties to this cloud is another’s', () => {
    const other = { ...good(), endpointHosts: ['192.0.2.1'], members: [{ name: 'else', address: '192.0.2.2' }] };
    const silent = { ...here, live: null };
    for (const cloud of [here, silent])
      expect(otherCloudProblem('lark', other, cloud)).toMatchObject({ code: 'COPY_OF_ANOTHER_CLOUD' });
    expect(otherCloudProblem('lark', { ...good(), endpointHosts: [], members: [] }, silent)).not.toBe(null);
    // The nodes alone tie it where the live databases don't answer; endpoints that differ count for more.
    const moved = { ...good(), endpointHosts: ['192.0.2.1'] };
    expect(otherCloudProblem('lark', moved, silent)).toBe(null);
    expect(otherCloudProblem('lark', moved, here)).not.toBe(null);
    // A name alone ties nothing: every cloud has a node called so.
    const named = { ...moved, members: [{ name: 'lark', address: '192.0.2.11' }] };
    expect(otherCloudProblem('lark', named, silent)).not.toBe(null);
  });
  test('whose nodes all had other addresses is another’s, whatever endpoints the clouds share', () => {
    const twin = { ...good(), members: [{ name: 'lark', address: '10.78.0.11' }] };
    for (const cloud of [here, { ...here, live: null }])
      expect(otherCloudProblem('lark', twin, cloud)).toMatchObject({ code: 'COPY_OF_ANOTHER_CLOUD' });
    // One node that stayed is enough, and a copy that knows no members is judged by its endpoints.
    const grown = { ...good(), members: [...twin.members, { name: 'new', address: '10.77.0.12' }] };
    expect(otherCloudProblem('lark', grown, here)).toBe(null);
    expect(otherCloudProblem('lark', { ...good(), members: [] }, here)).toBe(null);
    // Galera may have a network of its own, which the inventory doesn't name.
    const apart = { ...good(), members: [{ name: 'lark', address: '172.16.0.11' }] };
    const live = { endpointHosts: ['10.77.0.9'], members: [{ name: 'lark', address: '172.16.0.11' }] };
    expect(otherCloudProblem('lark', apart, { ...here, live })).toBe(null);
    expect(otherCloudProblem('lark', apart, here)).not.toBe(null);
  });
});

test('schemas of another shape, and those that would be gone, are named', () => {
  const live = {
    ...good(),
    schemas: [...good().schemas, { name: 'octavia', tables: 3, digest: DIGEST, revision: 'x' }],
  };
  expect(olderSchemas(good(), good())).toEqual([]);
  expect(olderSchemas(good(), live)).toEqual([{ name: 'octavia', copy: null, live: 'x' }]);
  const upgraded = { ...good(), schemas: good().schemas.map((schema) => ({ ...schema, revision: 'newer' })) };
  expect(olderSchemas(good(), upgraded).map(({ name }) => name)).toEqual(['keystone', 'nova']);
});

test('far fewer rows are told, some fewer are not', () => {
  const table = 'nova.instances';
  const of = (copy: number | null, live: number) => drops(good({ [table]: copy }), good({ [table]: live }));
  expect(of(100, 60)).toEqual([]);
  expect(of(95, 100)).toEqual([]);
  expect(of(1, 4)).toEqual([]);
  expect(of(50, 60)).toEqual([{ table, copy: 50, live: 60 }]);
  expect(of(null, 60)).toEqual([{ table, copy: 0, live: 60 }]);
});

test('after the restore everything of the trial must be there', () => {
  expect(differsFromTrial(good(), good({ 'nova.services': 61 }))).toEqual([]);
  expect(differsFromTrial(good(), good({ 'nova.services': 59 }))).toEqual(['nova.services has 59 rows, not 60']);
  // Services take rows of these away by themselves, at once.
  expect(differsFromTrial(good(), good({ 'placement.allocations': 1, 'neutron.ports': 40 }))).toEqual([]);
  expect(differsFromTrial(good(), good({ 'neutron.ports': 0 }))).toEqual(['neutron.ports has 0 rows, not 60']);
  expect(differsFromTrial(good(), { ...good(), schemas: [] })).toEqual(['keystone is missing', 'nova is missing']);
  const other = { ...good(), schemas: good().schemas.map((schema) => ({ ...schema, digest: 'b'.repeat(64) })) };
  expect(differsFromTrial(good(), other)).toHaveLength(2);
});
