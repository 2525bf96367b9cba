import type { CloudConfig } from '../config.ts';
import { askInventory, askRelease, matchNodes } from '../engine/probe.ts';
import { demandBackup, demandOwn, demandRecovery } from '../engine/probe-deployment.ts';
import { backupArguments, recoveryArguments, stopArguments } from '../kolla/dialects.ts';
import { type MachineId, machineIdsCommand, readMachineIds } from '../kolla/machine-ids.ts';
import { SERVICE_PORT } from '../kolla/names.ts';
import { readServiceAddress, serviceAddressCommand } from '../kolla/service-address.ts';
import { readSettings, type Settings, settingsCommand } from '../kolla/settings.ts';
import { KollaBackupError, type Problem } from '../operation/catalogue.ts';
import type { Facts } from '../operation/facts.ts';
import type { Host } from '../operation/host.ts';
import type { Seen } from './check.ts';
import type { Look } from './look.ts';
import { flat, refusal, see, seeAfter } from './see.ts';

/** What Kolla Ansible on the deploy host tells. */
export type DeployFacts = {
  readonly release: Seen<Pick<Facts, 'release' | 'dialect' | 'newer'>>;
  readonly inventory: Seen<Facts['nodes']>;
  readonly settings: Seen<Settings>;
  /** Why a backup, or a recovery, would be of no use as the deployment is; null where it wouldn't. */
  readonly backups: Seen<Problem | null>;
  readonly recoveries: Seen<Problem | null>;
  readonly service: Seen<{ readonly host: string; readonly port: number }>;
  /** Of each node, as Ansible reaches it: as root, and without being asked for anything. */
  readonly machineIds: Seen<readonly MachineId[]>;
};

const KOLLA = 'kolla-ansible doesn’t answer as it must';
const SETTINGS = 'how the deployment is set could not be learnt';
const INVENTORY = 'the inventory isn’t as it must be';

/** Asks the deploy host of a cloud, whose rights were looked at. */
export async function askDeploy(id: string, cloud: CloudConfig, host: Host, look: Seen<Look>): Promise<DeployFacts> {
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

  const [inventory, settings, service, machineIds] = await Promise.all([
    'seen' in listed ? see(async () => matchNodes(cloud, listed.seen)) : listed,
    onKolla(async (dialect) => {
      const read = readSettings(await run(settingsCommand(dialect, deploy, first)), first);
      if ('said' in read) throw new KollaBackupError('DEPLOYMENT_UNREAD', { said: read.said });
      return read;
    }),
    onKolla(async (dialect) => {
      if (cloud.service_address !== undefined) return { host: cloud.service_address, port: SERVICE_PORT };
      const read = readServiceAddress(await run(serviceAddressCommand(dialect, deploy, first)), first);
      if (read.kind === 'problem') throw new KollaBackupError(read.problem.code, read.problem.params);
      return read.address;
    }),
    onInventory(async () => readMachineIds(await run(machineIdsCommand(deploy, names)), names)),
  ]);
  const demand = (act: (set: Settings, about: Pick<Facts, 'nodes' | 'release'>) => void | Promise<void>) =>
    seeAfter(settings, SETTINGS, (set) =>
      refusal(async () => {
        demandOwn(id, set);
        const about = {
          nodes: 'seen' in inventory ? inventory.seen : [],
          release: 'seen' in release ? release.seen.release : '',
        };
        await act(set, about);
      }),
    );
  const [backups, recoveries] = await Promise.all([
    demand(demandBackup),
    demand((set, about) => demandRecovery(set, about, { deploy: host }, NEVER)),
  ]);
  return {
    release,
    inventory,
    settings,
    backups: 'problem' in settings ? settings : backups,
    recoveries,
    service,
    machineIds,
  };
}

const NEVER = new AbortController().signal;

/** Puts together what plans would send, so that arguments which no plan could have are refused here as there. */
function seeArguments(dialect: Facts['dialect'], deploy: Facts['deploy']): void {
  backupArguments(dialect, { ...deploy, type: 'full' });
  stopArguments(dialect, deploy);
  recoveryArguments(dialect, { ...deploy, host: 'node', image: 'image' });
}
