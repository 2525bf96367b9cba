import { describe, expect, test } from 'vitest';
import type { CloudHosts } from '../../src/engine/hosts.ts';
import { askRelease } from '../../src/engine/probe.ts';
import { probeDeployment } from '../../src/engine/probe-deployment.ts';
import { PLAYBOOK_PROCESS, processesLike } from '../../src/kolla/containers.ts';
import { KollaBackupError } from '../../src/operation/catalogue.ts';
import type { Wish } from '../../src/operation/events.ts';
import type { Facts } from '../../src/operation/facts.ts';
import type { Command, Host, Outcome } from '../../src/operation/host.ts';
import type { NodeStatus } from '../../src/operation/shapes.ts';
import { clusterSeen } from '../../src/runbooks/cluster-seen.ts';
import { lockSuspicions } from '../../src/runbooks/lock-suspicions.ts';
import type { Proven } from '../../src/runbooks/proven.ts';
import { demandDistinct, type Surveyed } from '../../src/runbooks/surveyed.ts';
import { recorded } from '../support/fixtures.ts';
import { sampleFacts } from '../support/sample.ts';

const done = (stdout: string, stderr = '', code = 0): Outcome => ({ code, signal: null, stdout, stderr });
const BACKUP: Wish = { kind: 'backup', type: 'full' };
const RESTORE: Wish = {
  kind: 'restore',
  archive: { path: 'full.gz', node: null, sha256: null },
  reason: 'x',
  olderSchemas: false,
};
const settings = (changes: Partial<Record<'own' | 'mariabackup' | 'target' | 'volume', string>> = {}) =>
  `node-a | SUCCESS => {\n    "msg": "${changes.own ?? 'True'}|False|${changes.mariabackup ?? 'True'}|${changes.target ?? 'active'}|${changes.volume ?? 'mariadb'}|image:1|/etc/kolla/config"\n}\n`;

function ask(
  wish: Wish,
  answer: Outcome,
  { release = '17.9.0', nodes = 3, custom = '', machines = null as Outcome | null } = {},
) {
  const named = ['node-a', 'node-b', 'node-c'].slice(0, nodes);
  const facts: Facts = {
    ...sampleFacts,
    release,
    nodes: named.map((name) => ({ name, address: '192.0.2.1', engine: 'docker' })),
  };
  const run = async ({ argv }: Command) => {
    if (argv[0] === 'grep') return done(custom, '', custom === '' ? 1 : 0);
    if (argv.includes('debug')) return answer;
    return machines ?? done(named.map((name) => `${name} | CHANGED | rc=0 >>\n${'a'.repeat(32)}\n`).join(''));
  };
  const deploy: Host = { name: 'deploy', run, close: async () => {} };
  const none = () => {
    throw new Error('no node is asked here');
  };
  const hosts: CloudHosts = { deploy, node: none, runs: none };
  return probeDeployment('prod', wish, facts, hosts, new AbortController().signal).then(
    ({ suspicions }) => suspicions.map(({ code }) => code).join(),
    (error: unknown) => (error instanceof KollaBackupError ? error.problem.code : String(error)),
  );
}

describe('how a deployment is set', () => {
  test.each<[Wish, Parameters<typeof settings>[0], string]>([
    [BACKUP, {}, ''],
    [RESTORE, {}, ''],
    [RESTORE, { mariabackup: 'False', target: 'replica' }, ''],
    [BACKUP, { mariabackup: 'False' }, 'MARIABACKUP_OFF'],
    [BACKUP, { target: 'replica' }, 'BACKUP_REPLICA_SCRIPT'],
    [BACKUP, { own: 'False' }, 'DATABASE_EXTERNAL'],
    [RESTORE, { own: 'False' }, 'DATABASE_EXTERNAL'],
    [RESTORE, { volume: '/srv' }, 'DATADIR_VOLUME_OTHER'],
  ])('%j %j: %s', async (wish, changes, expected) => {
    expect(await ask(wish, done(settings(changes)))).toBe(expected);
  });

  test('the script that locks another node has none to lock in a cloud of one', async () => {
    expect(await ask(BACKUP, done(settings({ target: 'replica' })), { nodes: 1 })).toBe('');
  });

  test.each([
    ['14.0.0', 'KOLLA_RELEASE_NO_RECOVERY'],
    ['14.1.9', 'KOLLA_RELEASE_NO_RECOVERY'],
    ['14.2.0', ''],
    ['14.11.0', ''],
    ['15.0.0', ''],
    ['22.2.0', ''],
  ])('release %s can recover restored data or not: %s', async (release, expected) => {
    expect(await ask(RESTORE, done(settings()), { release })).toBe(expected);
    // A backup is one all the same.
    expect(await ask(BACKUP, done(settings()), { release })).toBe('');
  });

  test('innodb_force_recovery in the files of the operator', async () => {
    const custom = '/etc/kolla/config/galera.cnf:innodb_force_recovery = 3\n';
    expect(await ask(RESTORE, done(settings()), { custom })).toBe('FORCE_RECOVERY_ROLLS_OUT');
  });

  test('that it could not be learnt is only a suspicion', async () => {
    expect(await ask(BACKUP, done('', 'ERROR! something', 1))).toBe('DEPLOYMENT_UNREAD');
    expect(await ask(RESTORE, done('', 'ERROR! something', 1))).toBe('DEPLOYMENT_UNREAD');
    const release = '14.0.0';
    expect(await ask(RESTORE, done('', 'ERROR! something', 1), { release })).toBe('KOLLA_RELEASE_NO_RECOVERY');
  });

  test('an Ansible that would ask for a password before it becomes root ends a backup before it begins', async () => {
    const asks = 'node-a | FAILED! => {\n    "msg": "Missing sudo password"\n}\n';
    expect(await ask(BACKUP, done(settings()), { machines: done(asks, '', 2) })).toBe('KOLLA_BECOME_ASKS');
    // A node that is down is no such end.
    const down = 'node-a | UNREACHABLE! => {\n    "msg": "Failed to connect to the host via ssh"\n}\n';
    expect(await ask(BACKUP, done(settings()), { machines: done(down, '', 4) })).toBe('');
  });
});

describe('a release that is newer than what is known', () => {
  const asked = (change: (help: string) => string = (help) => help) => {
    const run = async ({ argv }: Command) => {
      if (argv.includes('--version')) return done('kolla-ansible 23.0.0\n');
      const command = argv.at(-2) ?? '';
      return argv.at(-1) === '--help' ? done(change(recorded(`cliff/01-help-${command}.txt`))) : done('', '', 2);
    };
    return askRelease({ name: 'deploy', run, close: async () => {} }, '/opt/venv/bin/kolla-ansible').catch(
      (error: unknown) => (error instanceof KollaBackupError ? error.problem : expect.fail(String(error))),
    );
  };

  test('is gone on with where the help of each command shows what is needed, and known to be newer', async () => {
    expect(await asked()).toEqual({ release: '23.0.0', dialect: 'cliff', newer: true });
  });

  test.each([
    ['--incremental', 'mariadb-backup does not know --incremental'],
    ['--yes-i-really-really-mean-it', 'stop does not know --yes-i-really-really-mean-it'],
    ['kolla-ansible mariadb-recovery', 'it has no command mariadb-recovery'],
  ])('is refused where the help lacks %s', async (word, lacks) => {
    const problem = await asked((help) => help.replaceAll(word, ''));
    expect(problem).toMatchObject({ code: 'KOLLA_RELEASE_DIFFERS', params: { release: '23.0.0', lacks } });
  });
});

const UUID = '5ffef8dc-e907-11f1-848a-6ee6f332f22d';
const member = (node: string, size = '3', uuid = UUID): NodeStatus => ({
  node,
  answered: true,
  status: {
    wsrep_cluster_status: 'Primary',
    wsrep_local_state_comment: 'Synced',
    wsrep_ready: 'ON',
    wsrep_connected: 'ON',
    wsrep_cluster_size: size,
    wsrep_cluster_state_uuid: uuid,
    wsrep_local_state_uuid: uuid,
  },
});
const silent = (node: string): NodeStatus => ({
  node,
  answered: false,
  problem: { code: 'GALERA_UNKNOWN', params: {} },
});
const seen = (statuses: readonly NodeStatus[], onDisk: readonly string[] = []) => {
  try {
    const { is, suspicions } = clusterSeen(statuses, onDisk);
    return [is.served, is.clusterUuid, is.members.join(), suspicions.map(({ code }) => code).join()];
  } catch (error) {
    return error instanceof KollaBackupError ? error.problem.code : error;
  }
};

test('a cluster that is not what inventory and config say', () => {
  const other = UUID.replace('5', '6');
  expect(seen(['a', 'b', 'c'].map((node) => member(node)))).toEqual([true, UUID, 'a,b,c', '']);
  expect(seen([member('a', '2'), member('b', '2'), silent('c')])).toEqual([true, UUID, 'a,b', 'NODES_NOT_MEMBERS']);
  expect(seen(['a', 'b', 'c'].map((node) => member(node, '4')))).toBe('CLUSTER_HAS_OTHERS');
  expect(seen([member('a', '1'), member('b', '2'), member('c', '2')])).toBe('CLUSTER_SPLIT');
  expect(seen([member('a', '2'), member('b', '2'), member('c', '2', other)])).toBe('CLUSTER_SPLIT');
  // Two that were bootstrapped from the same data: each alone, under one UUID.
  expect(seen([member('a', '1'), member('b', '1'), silent('c')])).toBe('CLUSTER_SPLIT');
  // Down: what its datadirs know, where they agree.
  const down = ['a', 'b', 'c'].map(silent);
  expect(seen(down, [UUID, UUID])).toEqual([false, UUID, '', '']);
  expect(seen(down, [UUID, other])).toEqual([false, null, '', '']);
  expect(seen(down, ['00000000-0000-0000-0000-000000000000', 'odd'])).toEqual([false, null, '', '']);
});

test('two names of one machine, and two machines that were made from one image', () => {
  const datadir = { path: '/var/lib/docker/volumes/mariadb/_data', dev: 1, ino: 7 };
  const at = (node: string, hostname: string, ino = 7) =>
    ({
      node: { node, engine: 'docker' },
      survey: { machineId: 'a', hostname, datadir: { ...datadir, ino } },
    }) as Surveyed;
  const refused = (...found: readonly Surveyed[]) => {
    try {
      demandDistinct(found);
      return null;
    } catch (error) {
      return error instanceof KollaBackupError ? error.problem : error;
    }
  };
  expect(refused(at('a', 'lark'), at('b', 'bobcat'), at('c', 'lark'))).toMatchObject({
    code: 'NODES_ARE_ONE',
    params: { host: 'c', other: 'a', hostname: 'lark' },
  });
  expect(refused(at('a', 'lark'), at('b', 'bobcat'), at('c', 'lark', 8))).toBeNull();
});

test('archives whose lock was another node’s, by their names, or was not seen, by their journal', () => {
  const replica = 'full-23-11-2026-1795392758/backup-full-23-11-2026-1795392758.mbs.gz';
  const active = 'mysqlbackup-23-11-2026-1795392758.qp.xbc.xbs.gz';
  const known = (path: string, lockSeen: boolean) => ({ path, lockSeen }) as Proven; // what is read of it
  const codes = (archive: string, chain: readonly string[], proven: readonly Proven[] = []) =>
    lockSuspicions(
      archive,
      chain.map((path) => ({ path })),
      { proven },
    ).map(({ code }) => code);
  expect(codes(replica, [])).toEqual(['ARCHIVE_LOCKED_ELSEWHERE']);
  expect(codes(active, [])).toEqual([]);
  expect(codes(active, [replica, active])).toEqual(['ARCHIVE_LOCKED_ELSEWHERE']);
  expect(codes(active, [], [known(active, false)])).toEqual(['ARCHIVE_LOCK_UNSEEN']);
  expect(codes(active, [], [known(active, true)])).toEqual([]);
});

test.each([
  ['site.yml', true],
  ['mariadb_backup.yml', true],
  ['mariadb-recovery.yml', true],
  ['destroy.yml', true],
  ['kolla-host.yml', true],
  ['prune-images.yml', true],
  ['mariadb.yml', true],
  ['gather-facts.yml', false],
  ['nova.yml', false],
  ['my-site.yml.bak', false],
])('somebody’s %s is minded: %s', (playbook, minded) => {
  const listed = ` 1234 /opt/venv/bin/python3 /opt/venv/bin/ansible-playbook -e @/etc/kolla/globals.yml /x/ansible/${playbook} -i inv\n`;
  expect(processesLike(PLAYBOOK_PROCESS, listed).length > 0).toBe(minded);
});
