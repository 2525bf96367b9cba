import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type MiniCloud, type MiniMachine, type Switches, startMini } from '../../lab/mini/cloud.ts';
import { PASSWORDS } from '../../lab/mini/layout.ts';
import type { CloudHosts } from '../../src/engine/hosts.ts';
import { identityAt } from '../../src/engine/node-questions.ts';
import { runDirectory } from '../../src/hosts/run-directory.ts';
import { readRun } from '../../src/kolla/ansible-run.ts';
import { readIdentity } from '../../src/kolla/backup-config.ts';
import { judgeBackup } from '../../src/kolla/backup-result.ts';
import { PROXYSQL_USER } from '../../src/kolla/containers.ts';
import type { Deployment } from '../../src/kolla/dialects.ts';
import { parseStatus, STATUS_STATEMENT, wholeCluster } from '../../src/kolla/galera.ts';
import {
  MACHINE_ID_COMMAND,
  machineIdsCommand,
  readMachineId,
  readMachineIds,
  sameMachine,
} from '../../src/kolla/machine-ids.ts';
import { judgeRecovery } from '../../src/kolla/recovery-result.ts';
import { readServiceAddress, serviceAddressCommand } from '../../src/kolla/service-address.ts';
import { judgeStop } from '../../src/kolla/stop-result.ts';
import { readSyncedLines, SYNCED_LINES_COMMAND } from '../../src/kolla/synced-lines.ts';
import type { Command, Outcome } from '../../src/operation/host.ts';

/** What a small cloud does when it is told to misbehave, and what is made of it. */

const STOP = ['stop', '--tags', 'mariadb', '--yes-i-really-really-mean-it'];
const UNIT = 'kolla-mariadb-container.service';

let cloud: MiniCloud;
let dirty = false;
beforeAll(async () => {
  cloud = await startMini();
}, 300_000);
afterAll(async () => cloud?.stop());
beforeEach(async () => {
  if (dirty) await cloud.reset();
  dirty = true;
}, 120_000);

const names = () => cloud.nodes.map(({ name }) => name);
const host = () => names()[0] ?? '';
const recoveryArgs = () => ['mariadb_recovery', '-e', `mariadb_recover_inventory_name=${host()}`];

async function ask(machine: MiniMachine, { argv }: Command): Promise<Outcome> {
  return { ...(await machine.exec(argv)), signal: null };
}

async function run(args: readonly string[], switches: Switches = {}) {
  await cloud.switches(switches);
  const { code, stdout } = await cloud.kolla(args);
  await cloud.switches({});
  return { run: readRun(stdout), exit: { code, signal: null } };
}

async function stop(switches?: Switches) {
  const { run: output, exit } = await run(STOP, switches);
  return { code: exit.code, result: judgeStop(output, exit, names()) };
}

async function recover(switches?: Switches, args = recoveryArgs()) {
  const { run: output, exit } = await run(args, switches);
  return { code: exit.code, result: judgeRecovery(output, exit, { nodes: names(), host: host() }) };
}

/** Every node's own word on the cluster. */
async function whole(demanded?: Parameters<typeof wholeCluster>[1]): Promise<string | null> {
  const told = cloud.nodes.map(async (node) => {
    const rows = await node.sql(STATUS_STATEMENT).catch(() => null);
    return { node: node.name, status: rows === null ? null : parseStatus(rows) };
  });
  return wholeCluster(await Promise.all(told), demanded);
}

const clusterId = async () => (await cloud.nodes[0].wsrep())?.['wsrep_cluster_state_uuid'] ?? '';

async function until(what: string, holds: () => Promise<boolean>, seconds = 30): Promise<void> {
  for (const end = Date.now() + seconds * 1000; !(await holds()); await sleep(200))
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
}

describe('questions', () => {
  const deployment = (): Deployment => ({
    executable: cloud.kollaAnsible,
    configDirectory: '/etc/kolla',
    inventories: cloud.inventories,
    extraArguments: [],
  });

  test('through Ansible: each node’s machine, as SSH sees it, and the cloud’s own address', async () => {
    // A connection that others left open would be taken, and hang where its node has lost power since.
    await cloud.deploy.must(['rm', '-rf', '/root/.ansible/cp']);
    const ids = readMachineIds(await ask(cloud.deploy, machineIdsCommand(deployment(), names())), names());
    expect(await cloud.deploy.must(['find', '/root/.ansible', '-type', 's'])).toBe('');
    expect(ids.map(({ id }) => id)).toEqual(cloud.nodes.map(({ machineId }) => machineId));
    for (const [position, viaAnsible] of ids.entries()) {
      const node = cloud.nodes[position];
      if (node === undefined) throw new Error('as many answers as nodes');
      const viaSsh = readMachineId(node.name, await ask(node, MACHINE_ID_COMMAND));
      expect(sameMachine(viaSsh, viaAnsible)).toBeNull();
    }
    const missing = readMachineIds(await ask(cloud.deploy, machineIdsCommand(deployment(), ['nosuch'])), ['nosuch']);
    expect(missing).toMatchObject([{ id: null, problem: { code: 'MACHINE_ID_UNKNOWN' } }]);
    const served = await ask(cloud.deploy, serviceAddressCommand('bash', deployment(), host()));
    expect(readServiceAddress(served, host())).toEqual({
      kind: 'address',
      vip: cloud.vip,
      address: { host: cloud.vip, port: 3306 },
    });
    await cloud.deploy.must(['sh', '-c', 'echo database_address: db.example > /etc/kolla/globals.d/z.yml']);
    const other = await ask(cloud.deploy, serviceAddressCommand('bash', deployment(), host()));
    expect(readServiceAddress(other, host())).toMatchObject({ address: { host: 'db.example' } });
    await cloud.deploy.must(['rm', '/etc/kolla/globals.d/z.yml']);
    await cloud.deploy.must(['mv', '/etc/kolla/globals.yml', '/root']);
    const none = await ask(cloud.deploy, serviceAddressCommand('bash', deployment(), host()));
    expect(readServiceAddress(none, host())).toMatchObject({ problem: { code: 'VIP_UNKNOWN' } });
    await cloud.deploy.must(['mv', '/root/globals.yml', '/etc/kolla']);
    dirty = false;
  }, 60_000);

  test('who answers at an address that lets in no root but ProxySQL’s', async () => {
    const [first] = cloud.nodes;
    await first.sql(
      `DROP USER root@'%'; CREATE USER ${PROXYSQL_USER}@'%' IDENTIFIED BY '${PASSWORDS.database_password}'`,
    );
    const machine = { name: first.name, close: async () => {}, run: (command: Command) => ask(first, command) };
    const hosts: CloudHosts = { deploy: machine, node: () => machine, runs: () => runDirectory(machine) };
    const node = { node: first.name, engine: 'docker' } as const;
    const answer = await identityAt(hosts, node, 'mariadb', { host: cloud.vip, port: 3306 });
    expect(readIdentity(answer)?.name).toContain(first.hostname);
  });

  test('to the databases: they, and an archive of them, tell this cloud from another', async () => {
    const own = cloud.nodes.map(({ address }) => `${address}:3306`);
    const addresses = await cloud.nodes[0].sql(
      'SELECT node_incoming_address FROM mysql.wsrep_cluster_members ORDER BY 1',
    );
    expect(addresses.trim().split('\n')).toEqual(own);
    const urls = await cloud.nodes[2].sql("SELECT DISTINCT REGEXP_REPLACE(url, ':[0-9]+$', '') FROM keystone.endpoint");
    expect(urls).toBe(`http://${cloud.vip}\n`);
    expect((await cloud.nodes[0].sql('SELECT @@log_bin, @@log_bin_basename')).trim()).toBe(
      '1\t/var/lib/mysql/mysql-bin',
    );
    expect((await run(['mariadb_backup'])).exit.code).toBe(0);
    const unpack = `set -e; mkdir /tmp/full; gunzip -c /backup/*.gz | mbstream -x -C /tmp/full; mariabackup --prepare --target-dir=/tmp/full >&2; cat /tmp/full/mysql/wsrep_cluster_members.ibd`;
    const container = ['docker', 'run', '--rm', '--network', 'none', '-v', 'mariadb_backup:/backup:ro'] as const;
    const table = await cloud.nodes[0].must([...container, cloud.image, 'bash', '-c', unpack]);
    for (const address of own) expect(table).toContain(address);
    dirty = false;
  }, 60_000);
});

describe('a restore’s two commands', () => {
  test('stop and start a whole cluster, and the log tells of it', async () => {
    const before = await clusterId();
    expect(await whole({ is: before })).toBeNull();
    expect(await stop()).toEqual({ code: 0, result: { kind: 'stopped', changed: names(), others: [] } });
    expect(await whole()).toContain('did not answer');
    expect(await stop()).toEqual({ code: 0, result: { kind: 'stopped', changed: [], others: [] } });
    const wrong = ['mariadb_recovery', '-e', 'mariadb_recover_inventory_name=comfortable-lark'];
    const wait = { retries: 1, timeout: 1, delay: 0 };
    expect((await recover({ wait }, wrong)).result).toMatchObject({
      problem: { code: 'RECOVERY_FAILED', params: { task: 'mariadb : Wait for slave MariaDB' } },
      bootstrapped: false,
    });
    // Not by kolla-ansible: nodes that wait for a cluster end and are started again, and it stops no ended container.
    for (const node of cloud.nodes) await node.must(['systemctl', 'stop', UNIT]);
    // The old data takes its old UUID up again.
    expect(await recover()).toEqual({ code: 0, result: { kind: 'recovered', bootstrapped: true } });
    await cloud.synced();
    expect(await whole({ is: before })).toBeNull();
    expect(await whole({ not: before })).toContain('still');
    for (const node of cloud.nodes) {
      const lines = readSyncedLines(await ask(node, SYNCED_LINES_COMMAND));
      expect(lines).toEqual([
        expect.stringContaining('Shifting JOINED -> SYNCED'),
        expect.stringContaining(`Server ${node.hostname} synced with group`),
        expect.stringContaining('Server status change joined -> synced'),
        expect.stringContaining('Synchronized with group, ready for connections'),
      ]);
    }
    dirty = false;
  }, 180_000);

  test('do nothing, with code 0, where no host matches', async () => {
    const nothing: Switches = { nothing: ['backup', 'stop', 'recovery'] };
    expect(await stop(nothing)).toMatchObject({ code: 0, result: { problem: { code: 'STOP_DID_NOTHING' } } });
    expect(await recover(nothing)).toMatchObject({
      code: 0,
      result: { problem: { code: 'RECOVERY_DID_NOTHING' }, bootstrapped: false },
    });
    const backup = await run(['mariadb_backup'], nothing);
    expect(backup.run.recap?.size).toBe(0);
    expect(judgeBackup(backup.run, backup.exit)).toMatchObject({ problem: { code: 'BACKUP_NO_HOSTS' } });
    expect(await whole()).toBeNull();
    expect((await stop({ nothing: ['recovery'] })).result.kind).toBe('stopped');
  }, 60_000);

  test('leave a node’s MariaDB running a moment after a stop that ended well', async () => {
    const [, , third] = cloud.nodes;
    const { code, result } = await stop({ stop_leaves: third.name });
    expect({ code, result }).toEqual({
      code: 0,
      result: { kind: 'stopped', changed: names().slice(0, 2), others: [] },
    });
    const runs = async (node: MiniMachine) => (await node.exec(['pgrep', '-x', 'mariadbd'])).code === 0;
    const unit = async () => (await third.exec(['systemctl', 'show', '-p', 'SubState', '--value', UNIT])).stdout.trim();
    expect(await unit()).toBe('auto-restart');
    await until('its unit has started it again', () => runs(third));
    expect(await Promise.all(cloud.nodes.map(runs))).toEqual([false, false, true]);
  }, 60_000);

  test('leave a node out of the cluster, which one restart of its unit mends', async () => {
    const [first, second] = cloud.nodes;
    await stop();
    const { code, result } = await recover({ leave_out: second.name });
    expect({ code, result }).toEqual({ code: 0, result: { kind: 'recovered', bootstrapped: true } });
    expect((await first.wsrep())?.['wsrep_cluster_size']).toBe('2');
    expect((await second.wsrep())?.['wsrep_cluster_status']).toBe('Disconnected');
    expect(await whole()).toContain(`${second.name}: wsrep_cluster_status=Disconnected`);
    await second.must(['systemctl', 'restart', UNIT]);
    await cloud.synced();
    expect(await whole()).toBeNull();
  }, 90_000);
});
