import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Deployment } from '../../src/kolla/dialects.ts';
import { machineIdsCommand, readMachineId, readMachineIds, sameMachine } from '../../src/kolla/machine-ids.ts';
import { readServiceAddress, serviceAddressCommand } from '../../src/kolla/service-address.ts';
import { explain } from '../../src/operation/catalogue.ts';
import type { Outcome } from '../../src/operation/host.ts';

const deployment: Deployment = {
  executable: '/opt/kolla-ansible-cli/.venv/bin/kolla-ansible',
  configDirectory: '/etc/kolla',
  inventories: ['/a/inventory.yml', '/a/multinode'],
  extraArguments: ['--key', '/root/.vault', '-e', '@/etc/more.yml', '--forks', '5'],
};
const outcome = (stdout: string, stderr = '', code = 0): Outcome => ({ code, signal: null, stdout, stderr });
const [A, B] = ['e857316f2d838781cfac982e09703777', '81ea5ca57f3f31460aac6a05f05b71bc'];
const block = (name: string, body: string) => `${name} | CHANGED | rc=0 >>\n${body}\n`;

describe('machine ids through Ansible', () => {
  test('are asked of the nodes with the inventories, the vault and the environment of kolla-ansible', () => {
    const { argv } = machineIdsCommand(deployment, ['a.local', 'b.local']);
    const at = argv.indexOf('/opt/kolla-ansible-cli/.venv/bin/ansible');
    expect(argv.slice(0, at)).toContain('ANSIBLE_LOAD_CALLBACK_PLUGINS=false');
    expect(argv.slice(0, at)).toContain('ANSIBLE_SSH_CONTROL_PATH=none');
    expect(argv.slice(0, at)).toContain('ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED=true');
    expect(argv.slice(at + 1)).toEqual([
      ...['-i', '/a/inventory.yml', '-i', '/a/multinode', '--vault-password-file', '/root/.vault'],
      ...['--become', '-e', '@/etc/kolla/passwords.yml'],
      ...['-m', 'command', '-a', 'cat /etc/machine-id', 'a.local,b.local'],
    ]);
    // What would ask at a terminal must fail instead: nobody sits there.
    for (const asks of ['ANSIBLE_ASK_PASS', 'ANSIBLE_BECOME_ASK_PASS', 'ANSIBLE_ASK_VAULT_PASS'])
      expect(argv.slice(0, at)).toContain(`${asks}=false`);
    const named = { ...deployment, extraArguments: ['--passwords', 'other.yml'], cwd: '/opt/deploy' };
    expect(machineIdsCommand(named, ['a']).argv).toContain('@/opt/deploy/other.yml');
  });

  /** What ansible-core 2.15 and 2.19 print where a secret is needed that nobody could type. */
  test.each([
    ['', 'ERROR! Attempting to decrypt but no vault secrets found\n', 'KOLLA_VAULT_LOCKED'],
    [
      '',
      '[ERROR]: Attempting to decrypt but no vault secrets found.\nOrigin: /etc/kolla/passwords.yml\n\n',
      'KOLLA_VAULT_LOCKED',
    ],
    [
      '',
      "ERROR! Unable to retrieve file contents\nCould not find or access '/etc/kolla/passwords.yml' on the Ansible Controller.\nIf you are using a module and expect the file to exist on the remote, see the remote_src option\n",
      'KOLLA_PASSWORDS_MISSING',
    ],
    ['a | FAILED! => {\n    "msg": "Missing sudo password"\n}\n', '', 'KOLLA_BECOME_ASKS'],
    ['a | FAILED | rc=1 >>\nsudo: a password is requirednon-zero return code\n', '', 'KOLLA_BECOME_ASKS'],
  ])('name the secret that is missing: %s%s', (stdout, stderr, code) => {
    const [answer] = readMachineIds(outcome(stdout, stderr, 1), ['a']);
    expect(answer?.problem?.code).toBe(code);
    expect(explain(answer?.problem ?? { code: 'USAGE', params: {} }).wrong).not.toMatch(/unknown\)/);
  });

  /** What ansible-core 2.14 and 2.19 print. */
  const unreachable = `c | UNREACHABLE! => {
    "changed": false,
    "msg": "Failed to connect to the host via ssh: ssh: connect to host 10.0.0.3 port 22: No route to host",
    "unreachable": true
}
`;
  const failed = 'd | FAILED | rc=1 >>\ncat: /etc/machine-id: No such file or directorynon-zero return code\n';

  test('are read host by host; who could not be asked is named with the reason', () => {
    const answers = readMachineIds(outcome(block('a', A) + block('b', B) + unreachable + failed, '', 4), [
      ...['a', 'b', 'c', 'd', 'e'],
    ]);
    expect(answers.map(({ id }) => id)).toEqual([A, B, null, null, null]);
    expect(answers.map(({ problem }) => problem?.params['said'])).toEqual([
      undefined,
      undefined,
      'Failed to connect to the host via ssh: ssh: connect to host 10.0.0.3 port 22: No route to host',
      'cat: /etc/machine-id: No such file or directorynon-zero return code',
      'Ansible gave no answer for it',
    ]);
    const missing = readMachineIds(outcome('', 'env: /opt/bin/ansible: No such file or directory\n', 127), ['a']);
    expect(missing[0]?.problem?.params['said']).toBe('env: /opt/bin/ansible: No such file or directory');
  });

  test('of a host in whose name another spoke are unknown', () => {
    const forged = block('a', `${A}\n${block('b', A)}`) + block('b', B);
    expect(readMachineIds(outcome(forged), ['a', 'b']).map(({ id }) => id)).toEqual([A, null]);
  });

  test('are 32 hex digits or unknown, whatever was printed', () => {
    for (const body of ['', 'uninitialized', A.slice(1), `${A}\n${B}`, A.toUpperCase(), `x ${A}`]) {
      expect(readMachineIds(outcome(block('a', body)), ['a'])[0]?.id).toBeNull();
      expect(readMachineId('a', outcome(body)).id).toBeNull();
    }
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a | CHANGED', ' | rc=0 >>', '\n', A, ' => {', 'b') }), (text) => {
        const [answer] = readMachineIds(outcome(text), ['a']);
        expect(answer?.id === null ? answer.problem?.code : answer?.id).toMatch(
          /^(?:MACHINE_ID_UNKNOWN|[0-9a-f]{32})$/,
        );
      }),
    );
  });

  test('must be those that SSH tells', () => {
    const [viaAnsible] = readMachineIds(outcome(block('a', A)), ['a']);
    if (viaAnsible === undefined) throw new Error('one was asked');
    expect(sameMachine(readMachineId('a', outcome(`${A}\n`)), viaAnsible)).toBeNull();
    expect(sameMachine(readMachineId('a', outcome(`${B}\n`)), viaAnsible)).toEqual({
      code: 'NODE_IS_ANOTHER_MACHINE',
      params: { node: 'a', ssh: B, ansible: A },
    });
    expect(sameMachine(readMachineId('a', outcome('', 'no', 1)), viaAnsible)).toMatchObject({
      code: 'MACHINE_ID_UNKNOWN',
      params: { way: 'SSH', said: 'no' },
    });
  });
});

describe('where the databases are served', () => {
  const told = (msg: string) =>
    readServiceAddress(outcome(`a | SUCCESS => {\n    "msg": ${JSON.stringify(msg)}\n}\n`), 'a');

  test('an address or a name, and a port', () => {
    expect(told('10.0.0.9|db.cloud.example|3306')).toEqual({
      kind: 'address',
      vip: '10.0.0.9',
      address: { host: 'db.cloud.example', port: 3306 },
    });
    expect(told('|fd00::9|3307')).toEqual({ kind: 'address', vip: null, address: { host: 'fd00::9', port: 3307 } });
    for (const bad of [
      '10.0.0.9|-h|3306',
      '10.0.0.9||3306',
      'a b|c|3306',
      '10.0.0.9|c|0',
      '10.0.0.9|c|65536',
      'a|b',
      '',
    ]) {
      expect(told(bad)).toMatchObject({ kind: 'problem', problem: { code: 'VIP_UNKNOWN' } });
    }
    const undefinedOne = `a | FAILED! => {\n    "msg": "The task includes an option with an undefined variable. The error was: 'x' is undefined"\n}\n`;
    expect(readServiceAddress(outcome(undefinedOne, '', 2), 'a')).toMatchObject({
      problem: { code: 'VIP_UNKNOWN', params: { said: expect.stringContaining("'x' is undefined") } },
    });
  });

  test('is asked with the files of variables in Kolla’s order, never the passwords, and the operator’s own last', () => {
    const directory = mkdtempSync(join(tmpdir(), 'kolla '));
    try {
      const bin = join(directory, 'bin');
      mkdirSync(join(directory, 'etc/globals.d/sub.yml'), { recursive: true });
      mkdirSync(bin);
      writeFileSync(join(bin, 'ansible'), '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 });
      for (const name of [
        'globals.yml',
        'passwords.yml',
        'globals.d/a * b.yml',
        'globals.d/c.json',
        'globals.d/d.yml.bak',
      ])
        writeFileSync(join(directory, 'etc', name), '');
      const where = { executable: join(bin, 'kolla-ansible'), configDirectory: join(directory, 'etc') };
      const { argv } = serviceAddressCommand('bash', { ...deployment, ...where }, 'a.local');
      const [program, ...rest] = argv;
      const given = execFileSync(program, rest, { encoding: 'utf8' }).trimEnd().split('\n');
      expect(given.slice(0, 4)).toEqual([
        ...['-e', `@${directory}/etc/globals.yml`, '-e', `@${directory}/etc/globals.d/a * b.yml`],
      ]);
      expect(given.slice(4, 6)).toEqual(['-i', '/a/inventory.yml']);
      expect(given).toContain('@/etc/more.yml');
      expect(given.at(-1)).toBe('a.local');
      expect(given.filter((word) => word.startsWith('@'))).toHaveLength(3);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
