import { describe, expect, test } from 'vitest';
import { inventoryCommand } from '../../src/kolla/dialects.ts';
import { mariadbNodes, parseInventory } from '../../src/kolla/inventory.ts';
import { recorded } from '../support/fixtures.ts';

const parse = (name: string) => parseInventory(recorded(`inventory/${name}.json`));
const names = (name: string) => {
  const result = parse(name);
  return result.kind === 'nodes' ? result.nodes.map((node) => node.name) : result.problem.code;
};

describe('what ansible-inventory 2.14 printed', () => {
  test('of two sources: the nodes in order, with their addresses, and no other variable', () => {
    const result = parse('two-sources');
    expect(result).toEqual({
      kind: 'nodes',
      nodes: [
        { name: 'comfortable-lark.local', address: '10.77.0.11', port: 2222, user: 'stack', shard: '0' },
        { name: 'encouraging-bobcat.local', address: '10.77.0.12', port: undefined, user: undefined, shard: '0' },
        {
          name: 'hardcore-rodent.local',
          address: 'hardcore-rodent.local',
          port: undefined,
          user: undefined,
          shard: '0',
        },
      ],
    });
  });

  // the order in which the same Ansible gave groups['mariadb'] to a playbook: Kolla's backup host is its first
  test('of nested groups, in the order of groups[…]', () => {
    expect(names('nested-groups')).toEqual(['n9', 'n3', 'n1', 'n2', 'n0']);
    expect(names('deep-groups')).toEqual(['h5', 'h1', 'd1', 'd0']);
  });

  test('of a source that is missing: no nodes; of two shards: refused', () => {
    expect(names('missing-source')).toBe('INVENTORY_NO_NODES');
    expect(names('two-shards')).toBe('INVENTORY_SHARDS');
  });
});

test('what is no inventory', () => {
  for (const output of ['', '{', '[]', 'ERROR! x', '{"_meta": {}}', '{"mariadb": {"hosts": ["a"]}}']) {
    expect(parseInventory(output)).toMatchObject({ kind: 'problem', problem: { code: 'INVENTORY_UNREADABLE' } });
  }
  const group = (hosts: unknown, children: string[] = []) =>
    JSON.stringify({ _meta: { hostvars: {} }, mariadb: { hosts, children } });
  expect(parseInventory(group(['-oProxyCommand=x']))).toMatchObject({ problem: { code: 'INVENTORY_UNREADABLE' } });
  expect(parseInventory(group(Array.from({ length: 65 }, (_, n) => `n${n}`)))).toMatchObject({
    problem: { code: 'INVENTORY_UNREADABLE' },
  });
  expect(parseInventory(group(7))).toMatchObject({ problem: { code: 'INVENTORY_NO_NODES' } });
  expect(parseInventory(group(['a', 'a'], ['mariadb', '__proto__', 'constructor']))).toMatchObject({
    nodes: [{ name: 'a' }],
  });
});

test('an answer of the deploy host', () => {
  const outcome = { code: 0, signal: null, stdout: recorded('inventory/two-sources.json'), stderr: '[WARNING]: x' };
  expect(mariadbNodes(outcome).map(({ name }) => name)[0]).toBe('comfortable-lark.local');
  expect(() => mariadbNodes({ ...outcome, code: 1, stderr: 'ERROR! no vault secrets' })).toThrow(
    /INVENTORY_UNREADABLE.*no vault secrets/,
  );
});

test('the question names every source, and the vault in the words of Ansible', () => {
  const command = inventoryCommand({
    executable: '/v/bin/kolla-ansible',
    inventories: ['/a', '/b'],
    extraArguments: ['--forks', '5', '-k', '/root/.v', '--vault-id=prod@/root/.w', '-e', 'x=y'],
  });
  const at = command.argv.indexOf('/v/bin/ansible-inventory');
  expect(command.argv.slice(at)).toEqual([
    '/v/bin/ansible-inventory',
    '--list',
    '-i',
    '/a',
    '-i',
    '/b',
    '--vault-password-file',
    '/root/.v',
    '--vault-id',
    'prod@/root/.w',
  ]);
});
