import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { forceRecoveryCommand, readForceRecovery } from '../../src/kolla/custom-config.ts';
import { readSettings, settingsCommand } from '../../src/kolla/settings.ts';
import type { Outcome } from '../../src/operation/host.ts';

const outcome = (stdout: string, stderr = '', code = 0): Outcome => ({ code, signal: null, stdout, stderr });
const told = (msg: string) => readSettings(outcome(`n1 | SUCCESS => {\n    "msg": ${JSON.stringify(msg)}\n}\n`), 'n1');

/** As Ansible filled the templates in from the playbooks of these releases, with one globals.yml. */
const RECORDED = {
  '17.9.0':
    'True|False|True|active|mariadb|quay.io/openstack.kolla/mariadb-server:2023.2-debian-bookworm|/etc/kolla/config',
  '19.8.0':
    'True|False|True|replica|mariadb|quay.io/openstack.kolla/mariadb-server:2024.2-debian-bookworm|/etc/kolla/config',
  '21.2.0':
    'True|False|True|replica|mariadb|quay.io/openstack.kolla/mariadb-server:2025.2-debian-bookworm|/etc/kolla/config',
  // It still sets mariadb_backup_target to "replica", and nothing reads it any more.
  '22.2.0':
    'True|False|True|active|mariadb|quay.io/openstack.kolla/mariadb-server:2026.1-debian-trixie|/etc/kolla/config',
} as const;

test.each(Object.entries(RECORDED))(
  'release %s: which script takes its backups, and what it would run',
  (release, msg) => {
    const settings = told(msg);
    expect(settings).toMatchObject({ own: true, mariabackup: true, customConfig: '/etc/kolla/config' });
    expect(settings).toMatchObject({ replicaScript: ['19.8.0', '21.2.0'].includes(release) });
    expect(settings).toMatchObject({ image: expect.stringMatching(/mariadb-server:202\d/) });
  },
);

test('external databases, mariabackup that is off, another volume; what is not known is null', () => {
  expect(told('False|False|True|active|mariadb||')).toMatchObject({ own: false, image: null, customConfig: null });
  expect(told('True|True|True|active|mariadb||')).toMatchObject({ own: false });
  expect(told('True|False|False|active|/data/mysql||')).toMatchObject({
    mariabackup: false,
    datadirVolume: '/data/mysql',
  });
});

test('what is no such answer is told in the words of Ansible', () => {
  for (const bad of [
    '',
    'True|False',
    'yes|no|True|active|mariadb||',
    'True|False|True|active|||',
    'True|False|True|active|mariadb||relative',
  ])
    expect(told(bad)).toHaveProperty('said');
  const said = `n1 | FAILED! => {\n    "msg": "The task includes an option with an undefined variable"\n}\n`;
  expect(readSettings(outcome(said, '', 2), 'n1')).toEqual({
    said: 'The task includes an option with an undefined variable',
  });
  expect(readSettings(outcome('', 'ERROR! Attempting to decrypt', 1), 'n1')).toEqual({
    said: 'ERROR! Attempting to decrypt',
  });
});

test('the role’s own defaults count behind the deployment’s files, where they are there', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kolla-settings-'));
  try {
    const role = join(directory, 'share/kolla-ansible/ansible/roles/mariadb/defaults');
    mkdirSync(join(directory, 'bin'));
    mkdirSync(join(directory, 'etc'));
    writeFileSync(join(directory, 'bin/ansible'), '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 });
    const executable = join(directory, 'bin/kolla-ansible');
    const deployment = { executable, configDirectory: join(directory, 'etc'), inventories: ['/i'], extraArguments: [] };
    const files = () => {
      const [program, ...rest] = settingsCommand('cliff', deployment, 'n1').argv;
      const words = execFileSync(program, rest, { encoding: 'utf8' }).split('\n');
      return words.filter((word) => word.startsWith('@'));
    };
    expect(files()).toEqual([`@${directory}/etc/globals.yml`]);
    mkdirSync(role, { recursive: true });
    writeFileSync(join(role, 'main.yml'), '');
    expect(files()).toEqual([`@${role}/main.yml`, `@${directory}/etc/globals.yml`]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('innodb_force_recovery in the files that Kolla would merge, however it is spelled there, but not 0', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kolla-config-'));
  const own = join(directory, 'mariadb/lark.local');
  const ask = () => {
    const [program, ...rest] = forceRecoveryCommand(directory, ['lark.local', 'bobcat.local']).argv;
    try {
      return readForceRecovery(outcome(execFileSync(program, rest, { encoding: 'utf8' })));
    } catch (error) {
      // grep ends with 2 where a file isn't there, and prints what it found in the others all the same.
      return readForceRecovery(outcome((error as { stdout: string }).stdout));
    }
  };
  try {
    mkdirSync(own, { recursive: true });
    expect(ask()).toEqual([]);
    writeFileSync(join(directory, 'galera.cnf'), '[mysqld]\n#innodb_force_recovery=6\ninnodb_force_recovery = 0\n');
    expect(ask()).toEqual([]);
    writeFileSync(join(own, 'galera.cnf'), '[mysqld]\n  innodb-force-recovery = 1   # only for tonight\n');
    expect(ask()).toEqual([{ file: join(own, 'galera.cnf'), value: '1' }]);
    writeFileSync(join(directory, 'galera.cnf'), '[mysqld]\nLOOSE_innodb_force_recovery=6\n');
    expect(ask().map(({ value }) => value)).toEqual(['6', '1']);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
