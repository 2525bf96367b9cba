import { lockOf } from '../engine/node-questions.ts';
import { BACKUP_CONFIG, lockPlace } from '../kolla/backup-config.ts';
import { MARIADB } from '../kolla/names.ts';
import { quoteHost } from '../kolla/quoted.ts';
import { readServiceAddress, serviceAddressCommand } from '../kolla/service-address.ts';
import { readSettings, settingsCommand } from '../kolla/settings.ts';
import { explain, KollaBackupError, type Problem } from '../operation/catalogue.ts';
import type { Host } from '../operation/host.ts';
import type { NodeRef } from '../operation/shapes.ts';
import { type CloudInput, type Init, withHosts, wordsOf } from './draft.ts';
import type { Deployment } from './find-deployment.ts';
import { onFileAt } from './host-keys.ts';
import { lookAtNode, type NodeLook } from './look-at-node.ts';

/** The nodes themselves, and what the deployment says of its databases. */

export type FoundCloud = {
  readonly nodes: CloudInput['nodes'];
  readonly settings: Pick<CloudInput, 'backup_host' | 'unit'>;
  /** What to show of settings that aren't written: they are learnt from the deployment each time. */
  readonly suggest: Readonly<Record<string, string>>;
  /** For the head of the file. */
  readonly about: readonly string[];
};

type NodeInput = CloudInput['nodes'][string];
type InventoryNode = Deployment['nodes'][number];

const DEFAULT_PORT = 22;
/** The first release whose containers are kept by units. */
const UNITS_SINCE = 16;
const LOOPBACK = ['localhost', '127.0.0.1', '::1'];

export async function findCloud(init: Init, deployment: Deployment): Promise<FoundCloud> {
  const nodes: Record<string, NodeInput> = {};
  const looks: NodeLook[] = [];
  for (const node of deployment.nodes) {
    const { input, look } = await findNode(init, deployment, node);
    nodes[node.name] = input;
    looks.push(look);
    report(init, node.name, input, look);
  }
  const units = looks.flatMap((look) => (look.kind === 'seen' ? [look.unit] : []));
  const major = Number.parseInt(deployment.release, 10);
  const without = units.length > 0 && !units.includes(true) && major < UNITS_SINCE;
  const { backupHost, vip, address } = await askSettings(init, deployment);
  const named = backupHost !== null && Object.hasOwn(nodes, backupHost) ? backupHost : null;
  if (backupHost !== null && named === null)
    init.warn(`mariadb_backup_host is ${quoteHost(backupHost)} in the deployment, which is none of the nodes.`);
  const takes = named ?? deployment.nodes[0].name;
  const lock = await lockWords(init, deployment, nodes, takes);
  return {
    nodes,
    settings: { ...(named === null ? {} : { backup_host: named }), ...(without ? { unit: null } : {}) },
    suggest: { backup_host: takes, ...(address === null ? {} : { service_address: address }) },
    about: [
      `Found: kolla-ansible ${deployment.release}${vip === null ? '' : `, VIP ${vip}`}; backups are taken on ${takes}.`,
      lock,
    ],
  };
}

/** Logs in as the inventory does, and where that is refused as all other hosts are logged in to. */
async function findNode(
  init: Init,
  deployment: Deployment,
  node: InventoryNode,
): Promise<{ readonly input: NodeInput; readonly look: NodeLook }> {
  // Seen from the deploy host, which is the only node then.
  const own = LOOPBACK.includes(node.address) ? deployment.address : null;
  const address = own ?? node.address;
  const place = { address, ...(node.port === undefined || node.port === DEFAULT_PORT ? {} : { port: node.port }) };
  const port = node.port ?? DEFAULT_PORT;
  await init.recognise({ name: node.name, address, port }, () =>
    withHosts(init, deployment.input, ({ deploy }) => onFileAt(deploy, address, port)),
  );
  const plain = { ssh: place };
  const { user } = node;
  const inputs =
    user === undefined || user === init.ssh.user
      ? [plain]
      : [{ ssh: { ...place, user, sudo: user !== 'root' } }, plain];
  for (const input of inputs) {
    const look = await withHosts(init, { nodes: { [node.name]: input } }, (hosts) => lookAtNode(hosts, node.name));
    const refused = look.kind === 'problem' && look.problem.code === 'HOST_LOGIN_REFUSED';
    if (refused && input !== plain) continue;
    const engine = look.kind === 'seen' ? look.engine : null;
    return { input: engine === null ? input : { ...input, engine }, look };
  }
  throw new TypeError('the last login is returned, whatever came of it');
}

function report({ tell, warn }: Init, name: string, { ssh, engine }: NodeInput, look: NodeLook): void {
  const place = `${name}: ${ssh.address}, port ${ssh.port ?? DEFAULT_PORT}`;
  if (look.kind === 'problem') warn(`${place}, was not looked at. ${wordsOf(look.problem)}`);
  else if (engine === undefined)
    warn(`${place}: neither docker nor podman alone is there; write which it is as “engine”, or it counts as docker.`);
  else {
    tell(`${place}, ${engine}${look.unit ? ', kept by its systemd unit' : ''}`);
    if (!look.container) warn(`${name}: ${engine} has no container mariadb.`);
  }
}

async function askSettings(init: Init, { dialect, deploy, input, nodes }: Deployment) {
  const [{ name }] = nodes;
  const { warn, tell } = init;
  return withHosts(init, input, async ({ deploy: host }) => {
    const read = await settled(() => readFrom(host, name));
    if ('problem' in read) {
      warn(wordsOf(read.problem));
      return { backupHost: null, vip: null, address: null };
    }
    const { settings, service } = read.seen;
    if ('said' in settings) warn(wordsOf({ code: 'DEPLOYMENT_UNREAD', params: { said: settings.said } }));
    else if (!settings.own) warn('enable_mariadb is off: a database outside of Kolla cannot be backed up this way.');
    else if (!settings.mariabackup)
      warn('enable_mariabackup is off: set it to "yes" in globals.yml, then kolla-ansible reconfigure --tags mariadb.');
    const backupHost = 'said' in settings ? null : settings.backupHost;
    if (service.kind === 'problem') {
      warn(wordsOf(service.problem));
      return { backupHost, vip: null, address: null };
    }
    const { host: address, port } = service.address;
    tell(
      `Services find the databases at ${address}, port ${port}${service.vip === null ? '' : ` (VIP ${service.vip})`}`,
    );
    return { backupHost, vip: service.vip, address };
  });

  async function readFrom(host: Host, node: string) {
    const settings = readSettings(await host.run(settingsCommand(dialect, deploy, node)), node);
    const service = readServiceAddress(await host.run(serviceAddressCommand(dialect, deploy, node)), node);
    return { settings, service };
  }
}

/** Through which address mariabackup takes its lock: of another node's its archives are worth nothing. */
async function lockWords(init: Init, { input }: Deployment, nodes: CloudInput['nodes'], name: string): Promise<string> {
  const node: NodeRef = { node: name, engine: nodes[name]?.engine ?? 'docker' };
  const read = await settled(() =>
    withHosts(init, { ...input, nodes }, (hosts) => lockOf(hosts, node, MARIADB, BACKUP_CONFIG)),
  );
  if ('problem' in read) return 'Where backups take their lock was not seen.';
  const [address, answered] = [read.seen.host ?? 'nowhere', read.seen.answeredBy ?? 'nobody'];
  const params = { host: name, config: BACKUP_CONFIG, address, answered };
  const elsewhere = explain({ code: 'BACKUP_LOCK_ON_OTHER_NODE', params });
  switch (lockPlace(read.seen)) {
    case 'own':
      init.tell(`Backups take their lock on ${name} itself (${address}).`);
      return `Backups take their lock on ${name} itself, by its own address.`;
    case 'here':
      // As Kolla sets it, and looked at before each backup: nothing is wrong.
      init.tell(
        `Backups take their lock through ${address}: ${name} answers there now. When the VIP moves they are refused until it is back.`,
      );
      return `Backups take their lock through ${address}, where ${name} answered; when the VIP moves they are refused.`;
    case 'elsewhere':
      init.warn(`${elsewhere.wrong} Backups are refused until that is changed. ${elsewhere.next}`);
      return `Backups take their lock through ${address}, where another node answered: they are refused.`;
    case 'unknown':
      init.warn(
        `Where backups take their lock could not be seen on ${name}: ${BACKUP_CONFIG} there, or MariaDB, did not answer.`,
      );
      return 'Where backups take their lock could not be seen.';
  }
}

async function settled<T>(question: () => Promise<T>): Promise<{ readonly seen: T } | { readonly problem: Problem }> {
  try {
    return { seen: await question() };
  } catch (error) {
    if (error instanceof KollaBackupError) return { problem: error.problem };
    throw error;
  }
}
