/** What the real playbooks do here: the cluster out of nothing, and again after all of it was off. */
import type { Cloud } from '../cloud-type.ts';
import { databaseStatements } from '../mini/databases.ts';
import { VENV } from './layout.ts';

/** Hears what is being done. */
export type Tell = (line: string) => void;

const DEPLOY_LIMIT_MS = 15 * 60_000;
const LINES = 60;

/** The options and the command in this release's order. */
export function kollaArguments(cloud: Cloud, command: string, ...options: readonly string[]): readonly string[] {
  const cliff = Number.parseInt(cloud.release, 10) >= 19;
  const inventories = cloud.inventories.flatMap((path) => ['-i', path]);
  return cliff ? [command.replaceAll('_', '-'), ...inventories, ...options] : [...inventories, command, ...options];
}

async function kolla(cloud: Cloud, command: string, ...options: readonly string[]): Promise<void> {
  const args = kollaArguments(cloud, command, ...options);
  const { code, stdout, stderr } = await cloud.kollaRaw(args, { timeoutMs: DEPLOY_LIMIT_MS });
  if (code === 0) return;
  const last = stdout.split('\n').slice(-LINES).join('\n');
  throw new Error(`kolla-ansible ${args.join(' ')} ended with ${code}:\n${last}\n${stderr}`);
}

/** Kolla's own reload passes arguments that systemd doesn't take; without one a stop waits two minutes for a unit. */
async function reload(cloud: Cloud): Promise<void> {
  await Promise.all(cloud.nodes.map((node) => node.must(['systemctl', 'daemon-reload'])));
}

/** Today's MariaDB asks for two privileges that releases before 18.8.0 don't give: every backup would fail. */
const GRANT = `SELECT DISTINCT CONCAT('GRANT ALTER, INSERT, CREATE, SELECT ON mysql.mariadb_backup_history TO ', QUOTE(User), '@', QUOTE(Host), ';')
  FROM mysql.user WHERE User LIKE 'backup%'`;

/** From machines as they were furnished to a cluster with the databases of a cloud. A failure leaves them unusable. */
export async function deployDatabases(cloud: Cloud, megabytes: number, tell: Tell): Promise<void> {
  tell('kolla-ansible deploy');
  await cloud.deploy.must([`${VENV}/bin/kolla-genpwd`, '-p', '/etc/kolla/passwords.yml']);
  await kolla(cloud, 'deploy', '--tags', 'common,mariadb');
  await reload(cloud);
  await cloud.synced();
  const [node] = cloud.nodes;
  if (Number.parseInt(cloud.release, 10) < 18) await node.sql(await node.sql(GRANT));
  tell(`databases with ${megabytes} MB of rows`);
  await node.sql(databaseStatements(megabytes));
  await node.sql(`UPDATE keystone.endpoint SET url = REGEXP_REPLACE(url, '//[^:/]+', '//${cloud.vip}')`);
}

/** Galera doesn't find together by itself after all nodes were off or stopped. */
export async function formAgain(cloud: Cloud, tell: Tell): Promise<void> {
  tell('the cluster is down: kolla-ansible stop, mariadb_recovery');
  await kolla(cloud, 'stop', '--tags', 'mariadb', '--yes-i-really-really-mean-it');
  await kolla(cloud, 'mariadb_recovery');
  await reload(cloud);
}
