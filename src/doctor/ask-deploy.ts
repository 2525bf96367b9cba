import type { CloudConfig } from '../config.ts';
import { askInventory, askRelease, matchNodes } from '../engine/probe.ts';
import {
  becomeCommand,
  type DeploymentSettings,
  passwordsCommand,
  readBecome,
  readPasswords,
  readSettings,
  settingsCommand,
} from '../kolla/deployment-settings.ts';
import { backupArguments, recoveryArguments, stopArguments } from '../kolla/dialects.ts';
import { type MachineId, machineIdsCommand, readMachineIds } from '../kolla/machine-ids.ts';
import { SERVICE_PORT } from '../kolla/names.ts';
import { readServiceAddress, serviceAddressCommand } from '../kolla/service-address.ts';
import { KollaBackupError, type Problem } from '../operation/catalogue.ts';
import type { Facts } from '../operation/facts.ts';
import type { Host, Outcome } from '../operation/host.ts';
import type { Seen } from './check.ts';
import type { Look } from './look.ts';
import { flat, see, seeAfter } from './see.ts';

/** What Kolla Ansible on the deploy host tells. */
export type DeployFacts = {
  readonly release: Seen<Pick<Facts, 'release' | 'dialect' | 'newer'>>;
  readonly inventory: Seen<Facts['nodes']>;
  readonly settings: Seen<DeploymentSettings>;
  /** Why its passwords couldn't be read; null where they could. */
  readonly passwords: Seen<Problem | null>;
  readonly service: Seen<{ readonly host: string; readonly port: number }>;
  /** Of each node, as Ansible reaches it. */
  readonly machineIds: Seen<readonly MachineId[]>;
  /** Why Ansible doesn't become root on a node, by its name; null where it does. */
  readonly become: Seen<Readonly<Record<string, Problem | null>>>;
};

const KOLLA = 'kolla-ansible doesn’t answer as it must';
const INVENTORY = 'the inventory isn’t as it must be';

/** Asks the deploy host of a cloud, whose rights were looked at. */
export async function askDeploy(cloud: CloudConfig, host: Host, look: Seen<Look>): Promise<DeployFacts> {
  const { executable, cwd, config_directory: configDirectory, extra_arguments: extraArguments } = cloud.deploy_host;
  const deploy = { executable, cwd, configDirectory, inventories: cloud.inventories, extraArguments };
  const rights = 'the deploy host can’t be asked';
  const [release, listed] = await Promise.all([
    seeAfter(look, rights, async () => {
      const found = await askRelease(host, executable);
      seeArguments(found.dialect, deploy);
      return found;
    }),
    seeAfter(look, rights, () => askInventory(host, deploy)),
  ]);
  const names = 'seen' in listed ? listed.seen.map(({ name }) => name) : [];
  const first = names[0] ?? '';
  const run = (command: Parameters<Host['run']>[0]) => host.run(command);
  const onInventory = <T>(question: () => Promise<T>) => seeAfter(listed, INVENTORY, question);
  const onKolla = <T>(question: (dialect: Facts['dialect']) => Promise<T>) =>
    onInventory(() => seeAfter(release, KOLLA, ({ dialect }) => question(dialect))).then(flat);

  const [inventory, settings, passwords, service, machineIds, become] = await Promise.all([
    'seen' in listed ? see(async () => matchNodes(cloud, listed.seen)) : listed,
    onKolla(async (dialect) => readSettings(await run(settingsCommand(dialect, deploy, first)), first)).then(flat),
    onInventory(async () => readPasswords(await run(passwordsCommand(deploy, first)), first)),
    onKolla(async (dialect) => {
      if (cloud.service_address !== undefined) return { host: cloud.service_address, port: SERVICE_PORT };
      const read = readServiceAddress(await run(serviceAddressCommand(dialect, deploy, first)), first);
      if (read.kind === 'problem') throw new KollaBackupError(read.problem.code, read.problem.params);
      return read.address;
    }),
    onInventory(async () => readMachineIds(await run(machineIdsCommand(deploy, names)), names)),
    onInventory(async () => byNode(names, await run(becomeCommand(deploy, names)))),
  ]);
  return { release, inventory, settings, passwords, service, machineIds, become };
}

const byNode = (names: readonly string[], outcome: Outcome) =>
  Object.fromEntries(names.map((name) => [name, readBecome(outcome, name)]));

/** Puts together what plans would send, so that arguments which no plan could have are refused here as there. */
function seeArguments(dialect: Facts['dialect'], deploy: Facts['deploy']): void {
  backupArguments(dialect, { ...deploy, type: 'full' });
  stopArguments(dialect, deploy);
  recoveryArguments(dialect, { ...deploy, host: 'node', image: 'image' });
}
