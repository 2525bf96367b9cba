import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'ssh2';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type MiniCloud, type MiniNode, startMini } from '../../lab/mini/cloud.ts';

const FLAG = '--yes-i-really-really-mean-it';
const STOP = ['stop', '--tags', 'mariadb', FLAG] as const;
const BACKUPS = '/var/lib/docker/volumes/mariadb_backup/_data';
const EMPTY_GZ_BYTES = 20;
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

const first = (): MiniNode => cloud.nodes[0];

/** Name and size in bytes of each file in the backup volume of a node. */
async function archives(node: MiniNode): Promise<Record<string, number>> {
  const { stdout } = await node.exec(['find', BACKUPS, '-name', '*.gz', '-printf', '%f %s\n']);
  return Object.fromEntries(
    stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => [line.split(' ')[0], Number(line.split(' ')[1])]),
  );
}

async function until(what: string, holds: () => Promise<boolean>, seconds = 30): Promise<void> {
  for (const end = Date.now() + seconds * 1000; !(await holds()); await sleep(200))
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
}

/** Removes what differs between any two real runs: addresses, and the order of hosts within a task. */
function normal(output: string): string {
  const blocks = output
    .replaceAll(/127\.77\.\d+\.|10\.77\.0\./g, 'NET.')
    .replace(/\[WARNING\]: Invalid[^\n]*\n[^\n]*\n/, '')
    .split('\n\n');
  return blocks
    .map((block) => {
      const [head = '', ...rest] = block.split('\n');
      return [head, ...rest.sort()]
        .join('\n')
        .replace(/ for [\w., -]+$/m, (hosts) => hosts.slice(5).split(', ').sort().join(', '));
    })
    .join('\n\n')
    .trim();
}

const fixture = (name: string) => readFile(join(import.meta.dirname, '../fixtures/kolla/bash', name), 'utf8');

function viaSsh(user: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    const { host, port } = first().ssh;
    client.on('error', reject).on('ready', () =>
      client.exec(command, (error, stream) => {
        if (error) return reject(error);
        let output = '';
        stream
          .on('data', (chunk: Buffer) => (output += chunk))
          .on('close', () => {
            client.end();
            resolve(output.trim());
          });
      }),
    );
    readFile(cloud.keyFile).then((privateKey) => client.connect({ host, port, username: user, privateKey }), reject);
  });
}

describe('the machines', () => {
  test('are three Synced nodes of one cluster, with the databases of a cloud', async () => {
    const status = await Promise.all(cloud.nodes.map((node) => node.wsrep()));
    expect(status.map((one) => one?.['wsrep_local_state_comment'])).toEqual(['Synced', 'Synced', 'Synced']);
    expect(new Set(status.map((one) => one?.['wsrep_cluster_state_uuid'])).size).toBe(1);
    await cloud.nodes[2].sql("INSERT INTO keystone.project (id, name, domain_id) VALUES ('x', 'new', 'default')");
    expect(await first().sql("SET SESSION wsrep_sync_wait=1; SELECT name FROM keystone.project WHERE id = 'x'")).toBe(
      'new\n',
    );
    expect(Number(await first().sql('SELECT COUNT(*) FROM nova_api.cell_mappings'))).toBe(2);
    expect(Number(await first().sql('SELECT SUM(LENGTH(flavor)) FROM nova.instance_extra'))).toBeGreaterThan(3e6);
    dirty = false;
  });

  test('answer SSH as root and as a user with sudo, each with its own identity', async () => {
    expect(await viaSsh('root', 'hostname; cat /etc/machine-id')).toBe(`comfortable-lark\n${first().machineId}`);
    expect(await viaSsh('kolla', 'id -un; sudo -n id -u; python3 -c "print(6*7)"')).toBe('kolla\n0\n42');
    const names = await cloud.deploy.must([
      '/opt/kolla-ansible-cli/.venv/bin/ansible',
      '-i',
      cloud.inventories[0] ?? '',
      'all',
      '-m',
      'command',
      '-a',
      'cat /etc/machine-id',
    ]);
    for (const node of cloud.nodes) expect(names).toContain(node.machineId);
    dirty = false;
  });

  test('serve SQL through the VIP, from another node when the first is off', async () => {
    const ask = () =>
      cloud.nodes[1].must([
        'docker',
        'exec',
        '-e',
        `MYSQL_PWD=${cloud.passwords.database_password}`,
        'mariadb',
        'mariadb',
        '-uroot',
        '-h',
        cloud.vip,
        '-N',
        '-e',
        'SELECT @@wsrep_node_name',
      ]);
    expect(await ask()).toBe('comfortable-lark\n');
    await first().kill();
    await until('the others stand alone', async () => (await cloud.nodes[1].wsrep())?.['wsrep_cluster_size'] === '2');
    expect(await ask()).toBe('encouraging-bobcat\n');
    await first().start();
    await cloud.synced();
  }, 90_000);

  test('keep MariaDB up as its unit says: a bare stop is undone, a held unit stays down', async () => {
    await first().must(['docker', 'stop', '-t', '60', 'mariadb']);
    expect((await first().exec(['systemctl', 'show', '-p', 'SubState', '--value', UNIT])).stdout).toBe(
      'auto-restart\n',
    );
    await until('it is back', async () => (await first().exec(['systemctl', 'is-active', UNIT])).code === 0);
    await cloud.synced();
    const folder = `/etc/systemd/system/${UNIT}.d`;
    await first().must([
      'sh',
      '-c',
      `mkdir ${folder}; printf '[Unit]\\nConditionPathExists=!/etc/held\\n' > ${folder}/hold.conf; touch /etc/held`,
    ]);
    await first().must(['systemctl', 'daemon-reload']);
    await first().must(['systemctl', 'stop', UNIT]);
    expect((await first().exec(['systemctl', 'start', UNIT])).code).toBe(0);
    expect((await first().exec(['systemctl', 'is-active', UNIT])).stdout).toBe('inactive\n');
    await first().kill();
    await first().start();
    expect((await first().exec(['docker', 'ps', '-q'])).stdout).toBe('');
    const shown = await first().exec(['systemctl', 'show', '-p', 'ConditionResult,DropInPaths', UNIT]);
    expect(shown.stdout).toBe(`DropInPaths=${folder}/hold.conf\nConditionResult=no\n`);
    await first().must(['rm', '/etc/held']);
    await first().must(['systemctl', 'start', UNIT]);
    await cloud.synced();
  }, 120_000);
});

describe('mariadb_backup', () => {
  test('prints what the real one prints, and archives that mariabackup prepares, a chain of two', async () => {
    const full = await cloud.kolla(['mariadb_backup', '--full']);
    expect(full.code).toBe(0);
    expect(normal(full.stdout)).toBe(normal(await fixture('11-backup-full.log')));
    await first().sql("INSERT INTO keystone.project (id, name, domain_id) VALUES ('later', 'later', 'default')");
    const incremental = await cloud.kolla(['mariadb_backup', '--incremental']);
    expect(normal(incremental.stdout)).toBe(normal(await fixture('12-backup-incremental.log')));
    const names = Object.keys(await archives(first())).sort();
    expect(names).toEqual([
      expect.stringMatching(/^incremental-\d\d-mysqlbackup-\d\d-\d\d-\d{4}-\d+\.qp\.xbc\.xbs\.gz$/),
      expect.stringMatching(/^mysqlbackup-\d\d-\d\d-\d{4}-\d+\.qp\.xbc\.xbs\.gz$/),
    ]);
    const prepare = `set -e; mkdir /tmp/full /tmp/inc; gunzip -c /backup/${names[1]} | mbstream -x -C /tmp/full; gunzip -c /backup/${names[0]} | mbstream -x -C /tmp/inc; mariabackup --prepare --target-dir=/tmp/full; mariabackup --prepare --target-dir=/tmp/full --incremental-dir=/tmp/inc`;
    const { code, stderr } = await first().exec([
      'docker',
      'run',
      '--rm',
      '--network',
      'none',
      '-v',
      'mariadb_backup:/backup:ro',
      cloud.image,
      'bash',
      '-c',
      prepare,
    ]);
    expect({ code, tail: stderr.trim().slice(-13) }).toEqual({ code: 0, tail: 'completed OK!' });
    for (const node of cloud.nodes.slice(1)) expect(await archives(node)).toEqual({});
  }, 60_000);

  test('of an increment without a full leaves the volume and 20 bytes, and says what the real one says', async () => {
    const { code, stdout } = await cloud.kolla(['mariadb_backup', '--incremental']);
    expect(code).toBe(2);
    expect(normal(stdout)).toBe(normal(await fixture('10-incremental-without-full.log')));
    expect(Object.values(await archives(first()))).toEqual([EMPTY_GZ_BYTES]);
  });

  test('ends with 0 and does nothing when no host matches or it is disabled', async () => {
    const run = (...inventories: string[]) =>
      cloud.deploy.exec([cloud.kollaAnsible, ...inventories.flatMap((file) => ['-i', file]), 'mariadb_backup']);
    const [nodes = '', groups = ''] = cloud.inventories;
    const cases: [string, Awaited<ReturnType<typeof run>>, string][] = [
      ['a missing file', await run('/opt/kolla-ansible-cli/nosuch.yml', groups), 'skipping: no hosts matched'],
      ['no groups', await run(nodes), 'skipping: no hosts matched'],
      ['none', await run(), 'skipping: no hosts matched'],
    ];
    await cloud.deploy.must(['sh', '-c', 'echo enable_mariabackup: false > /etc/kolla/globals.d/off.yml']);
    const disabled = await run(nodes, groups);
    await cloud.deploy.must(['rm', '/etc/kolla/globals.d/off.yml']);
    for (const [what, result, text] of cases) {
      if (what !== 'a missing file')
        expect({ what, code: result.code, found: result.stdout.includes(text) }).toEqual({
          what,
          code: 0,
          found: true,
        });
    }
    expect(disabled.code).toBe(0);
    const real = await fixture('93-mariabackup-disabled.log');
    const extra = ' -e @/etc/kolla/globals.d/off.yml';
    expect(normal(disabled.stdout.replace(extra, ''))).toBe(normal(real));
    expect(await archives(first())).toEqual({});
    expect((await first().exec(['docker', 'volume', 'inspect', 'mariadb_backup'])).code).toBe(1);
  }, 60_000);

  const containers = async () =>
    (await first().exec(['docker', 'ps', '-q', '--filter', 'name=mariabackup'])).stdout.trim();

  /** Holds the lock that mariabackup wants, so that a backup can't end before the call that this gives. */
  async function holdBackups(): Promise<() => Promise<void>> {
    const held = first()
      .sql('BACKUP STAGE START; SELECT SLEEP(120)')
      .catch(() => '');
    const query = "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP(120)%'";
    await until('the lock is held', async () => (await first().sql(query)) !== '');
    return async () => {
      await first().sql(`KILL ${(await first().sql(query)).trim()}`);
      await held;
    };
  }

  test('twice at once: the second removes the first one’s container and a cut archive stays', async () => {
    const release = await holdBackups();
    const one = cloud.kolla(['mariadb_backup']);
    await until('the first container runs', async () => (await containers()) !== '');
    const before = await containers();
    const two = cloud.kolla(['mariadb_backup']);
    expect((await one).code).toBe(2);
    await until('the second container runs', async () => !['', before].includes(await containers()));
    await release();
    expect((await two).code).toBe(0);
    const names = Object.keys(await archives(first()));
    const tests = names.map(async (name) => (await first().exec(['gzip', '-t', `${BACKUPS}/${name}`])).code);
    expect((await Promise.all(tests)).toSorted()).toEqual([0, 1]);
  }, 90_000);

  test('goes on on the node when it is killed on the deploy host', async () => {
    const release = await holdBackups();
    const killed = cloud.kolla(['mariadb_backup']);
    await until('the container runs', async () => (await containers()) !== '');
    const pids = (await cloud.deploy.must(['pgrep', '-f', 'bin/kolla-ansible|ansible-playbook'])).trim().split('\n');
    await cloud.deploy.exec(['kill', '-KILL', ...pids]);
    expect((await killed).code).not.toBe(0);
    await release();
    await until('the container is gone', async () => (await containers()) === '');
    const [name] = Object.keys(await archives(first()));
    await first().must(['gzip', '-t', `${BACKUPS}/${name}`]);
    await first().must(['test', '-s', `${BACKUPS}/last_full_date`]);
  }, 90_000);

  test('takes nothing and ends with 4 when a node can’t be reached; a lingering connection hides it', async () => {
    await cloud.kolla(['mariadb_backup', '--limit', cloud.nodes[2].name]);
    await cloud.nodes[2].must(['systemctl', 'stop', 'ssh']);
    expect((await cloud.kolla(['mariadb_backup'])).code).toBe(0);
    const before = await archives(first());
    await cloud.deploy.must([
      'sh',
      '-c',
      'for s in ~/.ansible/cp/*; do ssh -O exit -o ControlPath=$s x 2>/dev/null; done',
    ]);
    const { code, stdout } = await cloud.kolla(['mariadb_backup']);
    expect(code).toBe(4);
    expect(stdout).toMatch(
      /fatal: \[hardcore-rodent\.local\]: UNREACHABLE! => \{"changed": false, "msg": "Failed to connect to the host via ssh: .*Connection refused/,
    );
    expect(stdout).toMatch(/hardcore-rodent\.local +: ok=0 +changed=0 +unreachable=1 +failed=0/);
    expect(stdout).toMatch(/comfortable-lark\.local +: ok=3 +changed=0 +unreachable=0 +failed=1/);
    expect(await archives(first())).toEqual(before);
  }, 60_000);

  test('lies, fails and tells secrets where a test wants it to', async () => {
    await cloud.switches({
      rc: 0,
      fail: { 'Get MariaDB container facts': { host: first().name, msg: 'as told' } },
      print: { 'Gathering Facts': 'password=hunter2' },
    });
    const { code, stdout } = await cloud.kolla(['mariadb_backup']);
    expect(code).toBe(0);
    expect(stdout).toContain('password=hunter2');
    expect(stdout).toContain('fatal: [comfortable-lark.local]: FAILED! => {"changed": false, "msg": "as told"}');
    await cloud.switches({});
    dirty = false;
  });
});

describe('the command line', () => {
  test.each([
    ['--version', ['--version'], 0, /^17\.9\.0\n$/],
    ['an unknown command', ['mariadb-backup'], 3, /^Usage: .*kolla-ansible COMMAND/],
    ['an unknown option', ['mariadb_backup', '--nosuch'], 2, /^$/],
    [
      'stop without its flag',
      ['stop', '--tags', 'mariadb'],
      1,
      /please add the following option:\n {4}--yes-i-really-really-mean-it\n$/,
    ],
    ['a shortened flag', ['stop', '--tags', 'mariadb', '--yes-i-really'], 1, /^WARNING/],
    [
      '-v shows what the container printed',
      ['-v', 'mariadb_backup'],
      0,
      /changed: \[comfortable-lark\.local\] => \{.*completed OK!/,
    ],
  ])('%s', async (_, args, code, stdout) => {
    const result = await cloud.kolla(args);
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code, stdout: expect.stringMatching(stdout) });
    dirty = args.includes('mariadb_backup') && code === 0;
  });

  test('an argument with a blank falls apart, passwords that are missing end it', async () => {
    expect((await cloud.kolla(['mariadb_backup', '-e', 'a=b c=d'])).code).not.toBe(0);
    await cloud.deploy.must(['mv', '/etc/kolla/passwords.yml', '/etc/kolla/elsewhere']);
    expect((await cloud.kolla(['mariadb_backup'])).code).toBe(1);
    await cloud.deploy.must(['mv', '/etc/kolla/elsewhere', '/etc/kolla/passwords.yml']);
    dirty = false;
  });
});

describe('stop and recovery', () => {
  const states = () =>
    Promise.all(
      cloud.nodes.map(async (node) =>
        (await node.must(['docker', 'ps', '-a', '--format', '{{.Names}} {{.State}}'])).trim(),
      ),
    );
  const uuid = async (node: MiniNode) => (await node.wsrep())?.['wsrep_cluster_state_uuid'];

  test('stop stops all three and holds; a backup then fails; the named node starts a new cluster from its data', async () => {
    const stopped = await cloud.kolla(STOP);
    expect(stopped.code).toBe(0);
    expect(stopped.stdout).toMatch(
      /TASK \[service-stop : Stopping mariadb containers\] \*+\n(changed: \[[\w.-]+\] => \(item=.*\n){3}/,
    );
    expect(await states()).toEqual(Array(3).fill('mariadb exited'));
    const again = await cloud.kolla(STOP);
    expect([again.code, again.stdout.match(/changed=\d/g)]).toEqual([0, Array(4).fill('changed=0')]);
    const backup = await cloud.kolla(['mariadb_backup']);
    expect([backup.code, Object.values(await archives(first()))]).toEqual([2, [EMPTY_GZ_BYTES]]);
    const deploy = await cloud.kolla(['deploy', '--tags', 'mariadb']);
    expect([deploy.code, deploy.stdout.includes('MariaDB cluster exists but is stopped.')]).toEqual([2, true]);

    await first().must(['rm', '/var/lib/docker/volumes/mariadb/_data/grastate.dat']);
    const recovered = await cloud.kolla(['mariadb_recovery', '-e', `mariadb_recover_inventory_name=${first().name}`]);
    expect(recovered.code).toBe(0);
    await cloud.synced();
    expect(new Set(await Promise.all(cloud.nodes.map(uuid))).size).toBe(1);
    expect((await first().exec(['systemctl', 'is-enabled', UNIT])).stdout).toBe('enabled\n');
  }, 180_000);

  test('recovery without a name takes the highest seqno and throws the other data away', async () => {
    await cloud.nodes[1].must(['systemctl', 'stop', UNIT]);
    await first().sql("INSERT INTO keystone.project (id, name, domain_id) VALUES ('ahead', 'ahead', 'default')");
    await cloud.kolla(STOP);
    const { code, stdout } = await cloud.kolla(['mariadb_recovery']);
    expect([
      code,
      /Starting first MariaDB container\] \*+\n(skipping: .*\n)*changed: \[encouraging-bobcat/.test(stdout),
    ]).toEqual([0, false]);
    await cloud.synced();
    expect(await cloud.nodes[1].sql("SELECT name FROM keystone.project WHERE id = 'ahead'")).toBe('ahead\n');
  }, 180_000);

  test('a misspelled name on a healthy cluster: 0, and nothing done', async () => {
    const before = await uuid(first());
    const { code, stdout } = await cloud.kolla([
      'mariadb_recovery',
      '-e',
      'mariadb_recover_inventory_name=comfortable-lark',
    ]);
    expect([code, stdout.match(/changed=\d/g)]).toEqual([0, Array(3).fill('changed=0')]);
    expect(await uuid(first())).toBe(before);
    dirty = false;
  }, 60_000);

  test('a misspelled name on a stopped cluster: everything waits, nothing comes up, 2', async () => {
    await cloud.kolla(STOP);
    await cloud.switches({ wait: { retries: 1, timeout: 5, delay: 0 } });
    const { code } = await cloud.kolla(['mariadb_recovery', '-e', 'mariadb_recover_inventory_name=nosuch']);
    await cloud.switches({});
    expect(code).toBe(2);
  }, 60_000);

  test('stop in the gap between two starts of the unit says 0, and MariaDB comes back', async () => {
    await first().must(['docker', 'stop', 'mariadb']);
    const { code, stdout } = await cloud.kolla(STOP);
    expect([code, /comfortable-lark\.local +: ok=7 +changed=0/.test(stdout)]).toEqual([0, true]);
    await until('it is back', async () => (await first().exec(['docker', 'ps', '-q'])).stdout !== '', 20);
  }, 60_000);

  test('a password shows in the output when the last task fails', async () => {
    await cloud.switches({ vip: { tries: 1, seconds: 0 } });
    await cloud.deploy.must([
      'sh',
      '-c',
      'echo kolla_internal_vip_address: 127.77.251.1 > /etc/kolla/globals.d/wrong.yml',
    ]);
    await cloud.kolla(STOP);
    const { code, stdout } = await cloud.kolla([
      'mariadb_recovery',
      '-e',
      `mariadb_recover_inventory_name=${first().name}`,
    ]);
    expect([code, stdout.includes(`-p${cloud.passwords.database_password}`)]).toEqual([2, true]);
  }, 180_000);
});
