import { forceRecoveryCommand, readForceRecovery } from '../kolla/custom-config.ts';
import { machineIdsCommand, readMachineIds } from '../kolla/machine-ids.ts';
import { readSettings, type Settings, settingsCommand } from '../kolla/settings.ts';
import { type Code, KollaBackupError, type Problem, refuse } from '../operation/catalogue.ts';
import type { Wish } from '../operation/events.ts';
import type { Facts } from '../operation/facts.ts';
import { type CloudHosts, passes, patiently } from './hosts.ts';

/** How the deployment itself is set, on the deploy host: what would let a backup or a restore end badly, or in nothing. */

/** How the deployment is set; null where that couldn't be learnt, which a suspicion says. */
export type Deployed = { readonly settings: Settings | null; readonly suspicions: readonly Problem[] };

/** Refuses what can't be backed up, or restored, as it is set. What can't be learnt is a suspicion. */
export async function probeDeployment(
  cloud: string,
  wish: Wish,
  facts: Facts,
  hosts: CloudHosts,
  signal: AbortSignal,
): Promise<Deployed> {
  const [first] = facts.nodes;
  if (first === undefined || wish.kind === 'discard') return { settings: null, suspicions: [] };
  // Decided by the release alone, also where the settings can't be read.
  if (wish.kind === 'restore') demandRecoverable(facts);
  const [read] = await Promise.all([
    patiently(signal, () => hosts.deploy.run(settingsCommand(facts.dialect, facts.deploy, first.name))),
    ...(wish.kind === 'backup' ? [demandNoPrompt(facts, hosts)] : []),
  ]);
  const settings = readSettings(read, first.name);
  if ('said' in settings)
    return { settings: null, suspicions: [{ code: 'DEPLOYMENT_UNREAD', params: { said: settings.said } }] };
  demandOwn(cloud, settings);
  await DEMANDS[wish.kind](settings, facts, hosts, signal);
  return { settings, suspicions: [] };
}

/** What must be so besides, by what is wished. */
const DEMANDS = { backup: demandBackup, restore: demandRecovery } as const satisfies {
  readonly [K in Exclude<Wish['kind'], 'discard'>]: (
    ...about: [Settings, Facts, CloudHosts, AbortSignal]
  ) => void | Promise<void>;
};

/** Throws where Kolla's commands do nothing to the databases, or look into another directory than they are in. */
export function demandOwn(cloud: string, { own, datadirVolume }: Settings): void {
  if (!own) refuse('DATABASE_EXTERNAL', { cloud });
  if (datadirVolume !== 'mariadb') refuse('DATADIR_VOLUME_OTHER', { volume: datadirVolume });
}

/** Throws where a backup would be of no use, or none. */
export function demandBackup(
  { mariabackup, replicaScript }: Settings,
  { nodes, release }: Pick<Facts, 'nodes' | 'release'>,
): void {
  if (!mariabackup) refuse('MARIABACKUP_OFF');
  // Of a single node there is no other whose lock it could take.
  if (replicaScript && nodes.length > 1) refuse('BACKUP_REPLICA_SCRIPT', { release });
}

/** Rejects where a recovery would end badly as the deployment is. */
export async function demandRecovery(
  { customConfig }: Settings,
  { release, nodes }: Pick<Facts, 'nodes' | 'release'>,
  hosts: Pick<CloudHosts, 'deploy'>,
  signal: AbortSignal,
): Promise<void> {
  demandRecoverable({ release });
  if (customConfig === null) return;
  const question = forceRecoveryCommand(
    customConfig,
    nodes.map(({ name }) => name),
  );
  const [set] = readForceRecovery(await patiently(signal, () => hosts.deploy.run(question)));
  if (set !== undefined) refuse('FORCE_RECOVERY_ROLLS_OUT', set);
}

/** The first release whose recovery makes grastate.dat where there is none, as in a restored datadir. */
const MAKES_GRASTATE = [14, 2] as const;

/** Throws where the release's recovery can't take restored data. */
function demandRecoverable({ release }: Pick<Facts, 'release'>): void {
  const [major = 0, minor = 0] = release.split('.').map((part) => Number.parseInt(part, 10));
  const lacks = major < MAKES_GRASTATE[0] || (major === MAKES_GRASTATE[0] && minor < MAKES_GRASTATE[1]);
  if (lacks) refuse('KOLLA_RELEASE_NO_RECOVERY', { release });
}

/** Ends that nobody at a terminal could avert here; a node that Ansible doesn't reach is for the backup itself to tell. */
const PROMPTS: ReadonlySet<string> = new Set<Code>([
  'KOLLA_VAULT_LOCKED',
  'KOLLA_PASSWORDS_MISSING',
  'KOLLA_BECOME_ASKS',
]);

/** A restore asks the same of Ansible, for its nodes' machine ids. */
async function demandNoPrompt({ deploy, nodes }: Facts, hosts: CloudHosts): Promise<void> {
  const names = nodes.map(({ name }) => name);
  const outcome = await hosts.deploy.run(machineIdsCommand(deploy, names)).catch((error: unknown) => {
    // Nodes that don't answer can take Ansible long, and the deploy host is asked more than this.
    if (passes(error)) return null;
    throw error;
  });
  if (outcome === null) return;
  const problem = readMachineIds(outcome, names).flatMap((one) => one.problem ?? [])[0];
  const prompts = problem !== undefined && PROMPTS.has(problem.code);
  if (prompts) throw new KollaBackupError(problem.code, problem.params);
}
