import type { CloudConfig, Config } from '../config.ts';
import {
  callCommand,
  dialectFor,
  helpCalls,
  helpLacks,
  inventoryCommand,
  versionArguments,
} from '../kolla/dialects.ts';
import { mariadbNodes } from '../kolla/inventory.ts';
import { quoteHost } from '../kolla/quoted.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Facts } from '../operation/facts.ts';
import type { Host } from '../operation/host.ts';
import type { Operation } from '../operation/operation.ts';
import type { PastJournal } from '../past.ts';
import { isHalf } from './gone-nodes.ts';
import { type CloudHosts, patiently } from './hosts.ts';
import { archiveLies } from './node-questions.ts';
import { probeDeployment } from './probe-deployment.ts';
import { probeDiscard } from './probe-discard.ts';
import { probeRestore } from './probe-restore.ts';

const MINUTE_MS = 60_000;
const GIB = 1_073_741_824;

/** What planning an operation needs to know, by what was asked for. */
export function probeFor(
  config: Config,
  journal: PastJournal,
): (operation: Operation, hosts: CloudHosts, signal: AbortSignal) => Promise<Facts> {
  return async ({ cloud: id, wish }, hosts, signal) => {
    const cloud = Object.hasOwn(config.clouds, id) ? config.clouds[id] : undefined;
    if (cloud === undefined) throw new TypeError(`${id} is not in the config`);
    const proofMs = config.limits.proof_minutes * MINUTE_MS;
    const floorBytes = Math.round(config.limits.free_space_gib * GIB);
    const without = wish.kind === 'restore' ? (wish.without ?? []) : [];
    const asked = await probeCloud(cloud, without, hosts, signal);
    const deployed = await probeDeployment(id, wish, asked, hosts, signal);
    const facts = { ...asked, suspicions: [...deployed.suspicions] };
    switch (wish.kind) {
      case 'backup':
        return facts;
      case 'discard':
        return {
          ...facts,
          discard: await probeDiscard(id, wish, facts.nodes, journal, (archive) =>
            patiently(signal, () => archiveLies(hosts, archive)),
          ),
        };
      case 'restore':
        return probeRestore(
          { id, config: cloud, proofMs, floorBytes, journal, settings: deployed.settings },
          wish,
          facts,
          hosts,
          signal,
        );
    }
  };
}

/** Asks a cloud what planning needs: its release, and whether inventory and config name the same nodes. */
async function probeCloud(
  cloud: CloudConfig,
  without: readonly string[],
  hosts: CloudHosts,
  signal: AbortSignal,
): Promise<Facts> {
  const { deploy_host: deployHost, inventories } = cloud;
  const { executable, cwd, config_directory: configDirectory, extra_arguments: extraArguments } = deployHost;
  const deploy = { executable, cwd, configDirectory, inventories, extraArguments };
  const { release, dialect, newer } = await patiently(signal, () => askRelease(hosts.deploy, executable));
  const listed = await patiently(signal, () => askInventory(hosts.deploy, deploy));
  const matched = matchNodes(cloud, listed);
  const here = matched.filter(({ name }) => !without.includes(name));
  const gone = matched.filter(({ name }) => without.includes(name)).map(({ name, address }) => ({ name, address }));
  if (without.length > 0) demandRest(without, matched, gone);
  const backupHost = without.length === 0 ? (cloud.backup_host ?? here[0]?.name) : here[0]?.name;
  if (backupHost === undefined)
    throw new KollaBackupError('NODES_DIFFER', { inventory: 'none', config: Object.keys(cloud.nodes).join(', ') });
  return {
    release,
    dialect,
    newer,
    deploy,
    nodes: here,
    ...(gone.length > 0 ? { gone } : {}),
    backupHost,
    suspicions: [],
    restore: null,
    discard: null,
  };
}

function demandRest(without: readonly string[], all: readonly unknown[], gone: readonly unknown[]): void {
  const nodes = without.join(', ');
  if (gone.length < without.length) throw new KollaBackupError('GONE_UNKNOWN', { nodes });
  if (isHalf(gone.length, all.length))
    throw new KollaBackupError('GONE_TOO_MANY', { nodes, left: String(all.length - gone.length) });
}

/** The inventory's nodes with what the config says of them, in the inventory's order. Throws NODES_DIFFER. */
export function matchNodes(
  { nodes }: Pick<CloudConfig, 'nodes'>,
  listed: readonly { readonly name: string; readonly address: string }[],
): Facts['nodes'] {
  const matched = listed.flatMap(({ name, address }) => {
    const known = Object.hasOwn(nodes, name) ? nodes[name] : undefined;
    return known === undefined ? [] : [{ name, address, engine: known.engine }];
  });
  if (matched.length === listed.length && matched.length === Object.keys(nodes).length) return matched;
  const inventory = listed.map(({ name }) => name).join(', ') || 'none';
  throw new KollaBackupError('NODES_DIFFER', { inventory, config: Object.keys(nodes).join(', ') });
}

/** How long `--version` may take, in ms: it loads Ansible. */
const VERSION_MS = 60_000;

/** Which release answers, and how it is driven. Rejects with KOLLA_CLI_… or KOLLA_RELEASE_…. */
export async function askRelease(
  host: Host,
  executable: string,
): Promise<Pick<Facts, 'release' | 'dialect' | 'newer'>> {
  const outcome = await host.run(callCommand(versionArguments({ executable }), VERSION_MS));
  if (outcome.code !== 0) {
    const said = quoteHost(outcome.stderr.trim() || outcome.stdout.trim()) || 'it said nothing';
    throw new KollaBackupError(
      outcome.code === 127 || outcome.code === 126 ? 'KOLLA_CLI_MISSING' : 'KOLLA_CLI_FAILED',
      {
        said,
        code: String(outcome.code ?? outcome.signal),
      },
    );
  }
  const found = dialectFor(outcome.stdout);
  if (found.kind === 'unknown') throw new KollaBackupError(found.problem.code, found.problem.params);
  if (found.kind === 'newer') await demandHelp(host, executable, found);
  return { release: found.release, dialect: found.dialect, newer: found.kind === 'newer' };
}

/** A release that isn't known yet must show in its own help that it is called as the newest known one. */
async function demandHelp(
  host: Host,
  executable: string,
  { release, dialect, problem }: Extract<ReturnType<typeof dialectFor>, { kind: 'newer' }>,
): Promise<void> {
  for (const { action, call } of helpCalls(dialect, { executable })) {
    const { code, stdout } = await host.run(callCommand(call, VERSION_MS));
    const lacks = helpLacks(dialect, action, code === 0 ? stdout : '');
    if (lacks !== null) throw new KollaBackupError('KOLLA_RELEASE_DIFFERS', { ...problem.params, release, lacks });
  }
}

/** The nodes of the inventory, in its order. Rejects with INVENTORY_…. */
export async function askInventory(host: Host, deploy: Facts['deploy']) {
  return mariadbNodes(await host.run(inventoryCommand(deploy)));
}
