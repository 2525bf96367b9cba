import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  backupArguments,
  callCommand,
  type Deployment,
  dialectFor,
  helpCalls,
  helpLacks,
  recoveryArguments,
  stopArguments,
  versionArguments,
} from '../../src/kolla/dialects.ts';
import { recorded } from '../support/fixtures.ts';

const deployment: Deployment = {
  executable: '/opt/kolla-ansible-cli/.venv/bin/kolla-ansible',
  configDirectory: '/etc/kolla',
  inventories: ['/opt/kolla-ansible-cli/inventory.yml', '/opt/kolla-ansible-cli/ansible/inventory/multinode'],
  extraArguments: ['--vault-password-file', '/root/.vault'],
};

describe('releases', () => {
  test.each([
    ['14.11.0\n', '14.11.0'],
    ['17.9.0', '17.9.0'],
    ['[WARNING]: something 1.2.3\n18.8.0\n', '18.8.0'],
    ['17.9.1.dev4\n', '17.9.1.dev4'],
    [`17.9.1.dev4${'a'.repeat(35)}`, `17.9.1.dev4${'a'.repeat(29)}`],
  ])('%j speaks bash', (output, release) => {
    expect(dialectFor(output)).toEqual({ kind: 'known', release, dialect: 'bash' });
  });

  test.each([
    [recorded('cliff/00-version.txt'), '22.2.0'],
    ['kolla-ansible 19.0.0', '19.0.0'],
    ['kolla-ansible 20.5.1.dev12\n', '20.5.1.dev12'],
  ])('%j speaks cliff', (output, release) => {
    expect(dialectFor(output)).toEqual({ kind: 'known', release, dialect: 'cliff' });
  });

  test.each(['13.9.0', '', 'command not found', 'kolla-ansible 2.1'])(
    '%j is refused with a word on what is known',
    (output) => {
      expect(dialectFor(output)).toMatchObject({
        kind: 'unknown',
        problem: { code: 'KOLLA_RELEASE_UNKNOWN', params: { known: '14 to 18, 19 to 22' } },
      });
    },
  );

  test.each(['23.0.0', 'kolla-ansible 180.1.1'])('%j is newer than what is known', (output) => {
    expect(dialectFor(output)).toMatchObject({ kind: 'newer', dialect: 'cliff' });
  });
});

describe('a release that is not known yet', () => {
  const helps = { backup: 'mariadb-backup', stop: 'stop', recovery: 'mariadb-recovery' } as const;
  const helpOf = (action: keyof typeof helps) => recorded(`cliff/01-help-${helps[action]}.txt`);

  test('is asked for the help of each command', () => {
    expect(helpCalls('cliff', deployment).map(({ call }) => call.argv.slice(1))).toEqual([
      ['mariadb-backup', '--help'],
      ['stop', '--help'],
      ['mariadb-recovery', '--help'],
    ]);
  });

  test.each(['backup', 'stop', 'recovery'] as const)(
    '%s shows what is needed, or what is missing is named',
    (action) => {
      const help = helpOf(action);
      expect(helpLacks('cliff', action, help)).toBeNull();
      expect(helpLacks('cliff', action, '')).toContain('has no command');
      expect(helpLacks('cliff', action, helpOf(action === 'stop' ? 'backup' : 'stop'))).toContain('has no command');
      expect(helpLacks('cliff', action, help.replaceAll('--inventory', '--inventories'))).toContain('--inventory');
    },
  );

  test('a flag of another spelling is not the flag', () => {
    const help = helpOf('stop').replaceAll('--yes-i-really-really-mean-it', '--yes-i-really-mean-it');
    expect(helpLacks('cliff', 'stop', help)).toContain('--yes-i-really-really-mean-it');
  });
});

describe('the cliff dialect', () => {
  const inventories = ['-i', deployment.inventories[0], '-i', deployment.inventories[1]];
  const vault = ['--vault-password-file', '/root/.vault'];

  test('the command comes first, with dashes; the flag of stop is spelled in full', () => {
    const { argv } = backupArguments('cliff', { ...deployment, type: 'incremental' });
    expect(argv).toEqual([deployment.executable, 'mariadb-backup', ...inventories, ...vault, '--incremental']);
    expect(stopArguments('cliff', deployment).argv).toEqual([
      deployment.executable,
      'stop',
      ...inventories,
      ...vault,
      '--tags',
      'mariadb',
      '--yes-i-really-really-mean-it',
    ]);
    const recovery = recoveryArguments('cliff', { ...deployment, host: 'lark.local', image: 'kolla/mariadb:2026.1' });
    expect(recovery.argv).toEqual([
      deployment.executable,
      'mariadb-recovery',
      ...inventories,
      ...vault,
      '-e',
      'mariadb_recover_inventory_name=lark.local',
      '-e',
      'mariadb_image_full=kolla/mariadb:2026.1',
    ]);
  });

  test('its words are exactly those of the recorded help', () => {
    const called = [
      [backupArguments('cliff', { ...deployment, configDirectory: '/srv/k', type: 'full' }), 'mariadb-backup'],
      [stopArguments('cliff', deployment), 'stop'],
      [recoveryArguments('cliff', { ...deployment, host: 'a', image: 'b' }), 'mariadb-recovery'],
    ] as const;
    for (const [{ argv }, command] of called) {
      const help = new Set(recorded(`cliff/01-help-${command}.txt`).match(/[\w-]+/g));
      expect(argv[1]).toBe(command);
      for (const word of argv.filter((one) => one.startsWith('-'))) expect(help).toContain(word);
    }
  });

  test('values with spaces pass whole, for it takes nothing apart', () => {
    const path = '/srv/my cloud/inventory';
    expect(stopArguments('cliff', { ...deployment, inventories: [path] }).argv).toContain(path);
  });

  test.each([[['--forks', '5']], [['-k', '/root/.v']], [['--key', '/root/.v']], [['--passwords', '/srv/p.yml']]])(
    'the extra arguments %j do nothing there, and are refused',
    (extraArguments) => {
      const asked = { ...deployment, extraArguments, type: 'full' } as const;
      expect(() => backupArguments('cliff', asked)).toThrow('KOLLA_ARGUMENT_USELESS');
      expect(() => backupArguments('bash', asked)).not.toThrow();
    },
  );
});

describe('the bash dialect', () => {
  const inventories = ['-i', deployment.inventories[0], '-i', deployment.inventories[1]];
  const vault = ['--vault-password-file', '/root/.vault'];

  test('backup, stop and recovery as the runbook writes them', () => {
    expect(backupArguments('bash', { ...deployment, type: 'full' }).argv).toEqual([
      deployment.executable,
      ...inventories,
      ...vault,
      'mariadb_backup',
      '--full',
    ]);
    expect(backupArguments('bash', { ...deployment, type: 'incremental' }).argv).toContain('--incremental');
    expect(stopArguments('bash', deployment).argv).toEqual([
      deployment.executable,
      ...inventories,
      ...vault,
      'stop',
      '--tags',
      'mariadb',
      '--yes-i-really-really-mean-it',
    ]);
    expect(
      recoveryArguments('bash', { ...deployment, host: 'lark.local', image: 'kolla/mariadb:2023.2' }).argv.slice(-5),
    ).toEqual([
      'mariadb_recovery',
      '-e',
      'mariadb_recover_inventory_name=lark.local',
      '-e',
      'mariadb_image_full=kolla/mariadb:2023.2',
    ]);
  });

  test('another configuration directory is named', () => {
    const { argv } = backupArguments('bash', { ...deployment, configDirectory: '/srv/kolla', type: 'full' });
    expect(argv.join(' ')).toContain('--configdir /srv/kolla');
    expect(stopArguments('bash', deployment).argv).not.toContain('--configdir');
  });

  test('the environment keeps the output readable and finds the virtual environment', () => {
    const { env } = backupArguments('bash', { ...deployment, type: 'full' });
    expect(env).toMatchObject({
      ANSIBLE_NOCOLOR: '1',
      ANSIBLE_FORCE_COLOR: '0',
      PYTHONUNBUFFERED: '1',
      EXTRA_OPTS: '',
    });
    expect(env['PATH']).toMatch(/^\/opt\/kolla-ansible-cli\/\.venv\/bin:/);
    expect(env['VIRTUAL_ENV']).toBe('/opt/kolla-ansible-cli/.venv');
    const system = stopArguments('bash', { ...deployment, executable: '/usr/local/bin/kolla-ansible' });
    expect(system.env).not.toHaveProperty('VIRTUAL_ENV');
  });

  test('arguments that the script would take apart are refused', () => {
    const shell = (argument: string) =>
      execFileSync('bash', ['-c', 'CMD="echo $1"; $CMD', '-', argument], { encoding: 'utf8', cwd: '/' });
    expect(shell('/e*c')).toBe('/etc\n');
    for (const path of ['/a b', '/a\tb', '/a*', '/a?', '/[a]']) {
      expect(() => stopArguments('bash', { ...deployment, inventories: [path] })).toThrow('KOLLA_ARGUMENT_SPLITS');
    }
    fc.assert(
      fc.property(fc.string(), (argument) => {
        const accepted = () => stopArguments('bash', { ...deployment, inventories: [`/${argument}`] });
        fc.pre(!argument.includes('\0'));
        const same = execFileSync('bash', ['-c', 'CMD="printf %s| $1"; $CMD', '-', `/${argument}`], {
          encoding: 'utf8',
          cwd: '/proc/self/fd',
        });
        if (same !== `/${argument}|`) expect(accepted).toThrow();
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    [['--limit', 'a']],
    [['-C']],
    [['--check']],
    [['-t', 'x']],
    [['--tags=x']],
    [['--skip-tags', 'x']],
    [['-D']],
    [['-vvv']],
    [['-v']],
    [['--ask-vault-pass']],
    [['--playbook', '/x.yml']],
    [['-p', '/x.yml']],
    [['--incremental']],
    [['--yes-i-really-really-mean-it']],
    [['stop']],
    [['-i', '/x']],
    [['--vault-password-file']],
    [['--vault-password-file', '-C']],
    [['--vault-id', 'a@prompt']],
    [['-e', 'kolla_action=destroy']],
    [['-e', 'mariadb_recover_inventory_name=x']],
    [['-e', 'mariadb_backup_type=incremental']],
    [['-e', 'mariadb_backup_host=lark.local']],
    [['--extra-vars=mariadb_backup_target=replica']],
    [['-e', 'mariadb_image_full=x']],
    [['-e', 'enable_mariabackup=no']],
    [['-e', 'docker_registry=evil.example']],
    [['-e', 'ansible_host=10.0.0.1']],
    [['-e', '@vars.yml']],
    [['-e', '@/etc/../x.yml']],
    [['--forks', 'many']],
    [['']],
    [['--lim', 'a']],
  ])('the extra arguments %j are refused', (extraArguments) => {
    expect(() => backupArguments('bash', { ...deployment, extraArguments, type: 'full' })).toThrow(
      'KOLLA_EXTRA_ARGUMENT',
    );
  });

  test.each([
    [['-e', '@/etc/kolla/more.yml']],
    [['--extra', 'nova_console=novnc', '--extra-vars=keystone_workers=4', '-e', 'ansible_user=kolla']],
    [['--vault-id=prod@/root/.v']],
    [['--forks', '5']],
    [['--passwords', '/srv/p.yml', '-k', '/root/.v']],
    [[]],
  ])('the extra arguments %j are allowed', (extraArguments) => {
    const { argv } = backupArguments('bash', { ...deployment, extraArguments, type: 'full' });
    expect(argv.slice(5, 5 + extraArguments.length)).toEqual(extraArguments);
  });
});

test('a call as a question carries its environment', () => {
  const command = callCommand(versionArguments(deployment), 30_000);
  expect(command.argv[0]).toBe('env');
  expect(command.argv.slice(-2)).toEqual([deployment.executable, '--version']);
  expect(command.argv).toContain('ANSIBLE_NOCOLOR=1');
});
