import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MiniCloud, startMini } from '../../lab/mini/cloud.ts';

/** The stand-in of release 22.2.0 held against recordings of the real one. Its steps follow each other on one cloud. */

const STOP = ['stop', '--tags', 'mariadb', '--yes-i-really-really-mean-it'] as const;
const RECOVERY = ['mariadb-recovery', '-e'] as const;
const named = (host: string) => [...RECOVERY, `mariadb_recover_inventory_name=${host}`];

let cloud: MiniCloud;
beforeAll(async () => {
  cloud = await startMini({ release: '22.2.0' });
}, 300_000);
afterAll(async () => cloud?.stop());

type Recording = { readonly code: number; readonly output: string };

async function recording(name: string): Promise<Recording> {
  const text = await readFile(join(import.meta.dirname, '../fixtures/kolla/cliff', `${name}.txt`), 'utf8');
  const [head = '', ...rest] = text.split('\n');
  return { code: Number(/\| rc (\d+) \|/.exec(head)?.[1]), output: rest.join('\n') };
}

const LOGGED =
  /^(?:Backup MariaDB databases|Attempting to .*|Stop Kolla containers|Deploying Playbooks|Kolla Ansible .*)$/;

/** What two real runs differ in: addresses, places, the order of hosts in a task, container logs, the service's details. */
function normal(output: string): string {
  const lines = stripVTControlCharacters(output)
    .replaceAll(/\(item=\{'key'.*\}\)/g, '(item=mariadb)')
    .replaceAll(/127\.77\.\d+\.|10\.77\.0\./g, 'NET.')
    .replaceAll('venv-22.2.0', '.venv')
    .replaceAll(/ssh: connect to host .*?(?="|$)/gm, 'ssh: …')
    .replaceAll(/(FAILED! => \{.*"msg": "[^"]*").*/g, '$1')
    .replaceAll(/^\[WARNING\]: .*\n/gm, '')
    // Whether the file says so already depends on which node was stopped last, and so does a count.
    .replaceAll(/(?<=Set grastate\.dat file.*\n(?:skipping.*\n)*)changed/g, 'ok')
    .replaceAll(/changed=\d+ /g, '')
    .split('\n')
    .map((line) =>
      line
        .trimEnd()
        .replace(
          / for (?=[\w.-]+\.local)(.+)$/,
          (_, hosts: string) => ` for ${hosts.split(', ').toSorted().join(', ')}`,
        ),
    );
  // What it logs itself stands anywhere between.
  const [own, others] = [lines.filter((line) => LOGGED.test(line)), lines.filter((line) => !LOGGED.test(line))];
  // Each play's and task's lines under its heading, in whichever order hosts answered.
  const sections = others.join('\n').split(/^(?=(?:PLAY|TASK|RUNNING HANDLER) \[|PLAY RECAP)/m);
  const sorted = sections.map((section) => section.split('\n').filter(Boolean).toSorted().join('\n'));
  return [own.join('\n'), ...sorted].join('\n\n');
}

async function same(name: string, args: readonly string[]): Promise<void> {
  const [real, { code, stdout, stderr }] = [await recording(name), await cloud.kolla(args)];
  expect({ code, output: normal(`${stderr}\n${stdout}`) }).toEqual({ code: real.code, output: normal(real.output) });
}

test.for([
  ['01-help-mariadb-backup', ['mariadb-backup', '--help']],
  ['01-help-mariadb-recovery', ['mariadb-recovery', '--help']],
  ['01-help-stop', ['stop', '--help']],
] as const)('%s', async ([name, [command, help]]) => {
  const { code, stdout } = await cloud.kollaRaw([command, help]);
  expect({ code, output: stdout.trim() }).toEqual({ code: 0, output: (await recording(name)).output.trim() });
});

test('--version', async () => {
  expect(await cloud.kollaRaw(['--version'])).toEqual({ code: 0, stdout: 'kolla-ansible 22.2.0\n', stderr: '' });
});

test.for([
  ['10-incremental-without-full', ['mariadb-backup', '--incremental']],
  ['11-backup-full', ['mariadb-backup']],
  ['12-backup-incremental', ['mariadb-backup', '--incremental']],
  ['14-full-and-incremental-both-no-colour', ['mariadb-backup', '--full', '--incremental']],
  ['90-configdir-missing', ['mariadb-backup', '--configdir', '/nowhere']],
  ['90-forks', ['mariadb-backup', '--forks', '5']],
  ['90-limit-matches-nothing', ['mariadb-backup', '--limit', 'nobody']],
  ['90-limit-one-node', ['mariadb-backup', '--limit', 'hardcore-rodent.local']],
  ['90-prefix-of-command', ['mariadb-b', '--check']],
  ['90-stop-without-flag', ['stop', '--tags', 'mariadb']],
  ['90-stop-flag-shortened', ['stop', '--tags', 'mariadb', '--yes-i-really', '--check']],
  ['90-underscore-command', ['mariadb_backup']],
  ['90-unknown-command', ['frobnicate']],
  ['90-unknown-option', ['mariadb-backup', '--incremetal']],
  ['93-mariabackup-disabled', ['mariadb-backup', '-e', 'enable_mariabackup=no']],
  ['94-passwords-missing-check', ['mariadb-backup', '--passwords', '/nowhere', '--check']],
  ['90-recovery-unknown-host-name', named('comfortable-lark')],
  ['30-stop', STOP],
  ['31-stop-again', STOP],
  ['32-backup-when-stopped', ['mariadb-backup']],
  ['33-deploy-when-stopped', ['deploy', '--tags', 'mariadb']],
  ['40-recovery-host-named', named('comfortable-lark.local')],
] as const)('%s', ([name, args]) => same(name, args));

test('the cluster is whole again, each node by its unit and without the switch of its recovery', async () => {
  await cloud.synced();
  for (const node of cloud.nodes) {
    await node.must(['systemctl', 'is-active', 'kolla-mariadb-container.service']);
    expect(await node.must(['cat', '/etc/kolla/mariadb/galera.cnf'])).not.toContain('pc.bootstrap');
    await node.must([
      'docker',
      'exec',
      'mariadb',
      'sh',
      '-c',
      '/usr/bin/healthcheck.sh --defaults-file /etc/mysql/healthcheck.cnf',
    ]);
  }
});

test.for([
  ['90-no-inventory', ['mariadb-backup']],
  ['90-inventory-missing', ['mariadb-backup', '-i', '/nowhere']],
] as const)('%s', async ([name, args]) => {
  const [real, { code, stdout, stderr }] = [await recording(name), await cloud.kollaRaw(args)];
  expect({ code, stdout, stderr: stderr.trim() }).toEqual({ code: real.code, stdout: '', stderr: real.output.trim() });
});

test('a node that can’t be reached: the backup is taken, and the code is 4', async () => {
  await cloud.nodes[2].must(['systemctl', 'stop', 'ssh']);
  const end = 'for s in ~/.ansible/cp/*; do ssh -O exit -o ControlPath=$s x 2>/dev/null; done';
  await cloud.deploy.must(['sh', '-c', end]);
  await same('91-one-node-unreachable', ['mariadb-backup']);
  await same('91-limit-unreachable-node', ['mariadb-backup', '--limit', 'hardcore-rodent.local']);
  await same('91-stop-one-node-unreachable-check', [...STOP, '--check']);
});
