import { z } from 'zod';
import { KollaBackupError, type Problem } from '../operation/catalogue.ts';
import type { Outcome } from '../operation/host.ts';
import { hostName } from '../operation/ids.ts';
import { parseJson } from '../operation/json.ts';
import { quoteHost } from './quoted.ts';

/** The nodes, from `ansible-inventory --list`. */

const GROUP = 'mariadb';
const NODES_MAX = 64;
const VARIABLES_KEPT = 500;

const variables = z.record(z.string(), z.unknown());
const group = z.looseObject({ hosts: z.array(z.string()).optional(), children: z.array(z.string()).optional() });
const listing = z.looseObject({ _meta: z.object({ hostvars: z.record(z.string(), variables) }) });

/** A node as the inventory has it. Of its variables nothing is kept but what is named here: they hold secrets. */
type InventoryNode = {
  readonly name: string;
  /** `ansible_host`, or else its name. */
  readonly address: string;
  readonly port: number | undefined;
  readonly user: string | undefined;
  /** The database shard; Kolla's default is 0. */
  readonly shard: string;
};

type InventoryResult =
  /** In the inventory's order: the first takes the backups unless Kolla is told otherwise. */
  | { readonly kind: 'nodes'; readonly nodes: readonly [InventoryNode, ...InventoryNode[]] }
  | { readonly kind: 'problem'; readonly problem: Problem };

const refused = (said: string): InventoryResult => ({
  kind: 'problem',
  problem: { code: 'INVENTORY_UNREADABLE', params: { said: quoteHost(said) } },
});

/** Reads the JSON. What stands before or after it is left out. */
export function parseInventory(output: string): InventoryResult {
  const json = output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1);
  const parsed = listing.safeParse(parseJson(json));
  if (!parsed.success) return refused('it is not the JSON of ansible-inventory --list');
  const names = [...new Set(members(parsed.data, GROUP))];
  if (names.length > NODES_MAX) return refused(`the group ${GROUP} has more than ${NODES_MAX} hosts`);
  const strange = names.find((name) => !hostName.safeParse(name).success);
  if (strange !== undefined) return refused(`the group ${GROUP} holds the host name ${JSON.stringify(strange)}`);
  const nodes = names.map((name) => node(name, parsed.data._meta.hostvars[name] ?? {}));
  return judge(nodes);
}

function judge(nodes: readonly InventoryNode[]): InventoryResult {
  const [first, ...others] = nodes;
  if (first === undefined) return { kind: 'problem', problem: { code: 'INVENTORY_NO_NODES', params: {} } };
  const shards = [...new Set(nodes.map(({ shard }) => shard))];
  if (shards.length > 1) {
    return { kind: 'problem', problem: { code: 'INVENTORY_SHARDS', params: { shards: quoteHost(shards.join(', ')) } } };
  }
  return { kind: 'nodes', nodes: [first, ...others] };
}

/**
 * The hosts of a group and of the groups in it, in the order in which Ansible has them: level by level, its own hosts
 * first. A group is looked at once.
 */
function members(inventory: Record<string, unknown>, name: string): string[] {
  const seen = new Set<string>();
  const hosts: string[] = [];
  for (let level = [name]; level.length > 0; ) {
    const groups = level.filter((one) => !seen.has(one)).map((one) => readGroup(inventory, one, seen));
    hosts.push(...groups.flatMap((found) => found.hosts ?? []));
    level = groups.flatMap((found) => found.children ?? []);
  }
  return hosts;
}

function readGroup(inventory: Record<string, unknown>, name: string, seen: Set<string>): z.infer<typeof group> {
  seen.add(name);
  const found = Object.hasOwn(inventory, name) ? group.safeParse(inventory[name]) : undefined;
  return found?.data ?? {};
}

const text = z.string().min(1).max(VARIABLES_KEPT);
const port = z.coerce.number().int().min(1).max(65_535);

function node(name: string, vars: Record<string, unknown>): InventoryNode {
  return {
    name,
    address: text.safeParse(vars['ansible_host']).data ?? name,
    port: vars['ansible_port'] === undefined ? undefined : port.safeParse(vars['ansible_port']).data,
    user: text.safeParse(vars['ansible_user']).data,
    shard: String(z.union([z.string(), z.number()]).safeParse(vars['mariadb_shard_id']).data ?? 0),
  };
}

/** The nodes from the answer of `inventoryCommand`. Throws `KollaBackupError` INVENTORY_…. */
export function mariadbNodes(outcome: Outcome): readonly [InventoryNode, ...InventoryNode[]] {
  const result: InventoryResult =
    outcome.code === 0
      ? parseInventory(outcome.stdout)
      : refused(outcome.stderr.trim().split('\n').at(-1) || `code ${outcome.code}`);
  if (result.kind === 'problem') throw new KollaBackupError(result.problem.code, result.problem.params);
  return result.nodes;
}
