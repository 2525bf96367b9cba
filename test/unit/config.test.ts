import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loginOf } from '../../src/connect.ts';
import { keyringOf, parseConfig, readEnvironment } from '../../src/load-config.ts';
import { KollaBackupError } from '../../src/operation/catalogue.ts';
import { KEEPS } from '../../src/operation/kept.ts';
import { EMPTY_HEAD, sign, verifyChain } from '../../src/operation/record.ts';

const example = readFileSync(new URL('../../config.example.yml', import.meta.url), 'utf8');

function problemOf(act: () => unknown) {
  try {
    act();
  } catch (error) {
    if (error instanceof KollaBackupError) return error.problem;
    throw error;
  }
  return null;
}

test('the example is a valid config', () => {
  const config = parseConfig('config.example.yml', example);
  expect(Object.keys(config.clouds)).toEqual(['prod']);
  expect(config.clouds['prod']?.nodes['hardcore-rodent.local']?.ssh).toMatchObject({ port: 2222, sudo: true });
});

test('run directories, which are forgotten after a month, never lie where restores keep old data', () => {
  const program = readFileSync(new URL('../../src/runbooks/programs/parts/directories.py', import.meta.url), 'utf8');
  expect(program).toContain(`BASES = (${KEEPS.map((name) => JSON.stringify(name)).join(', ')})`);
  const at = (path: string) => problemOf(() => parseConfig('config.yml', `${example}\nrun_directory: ${path}\n`));
  for (const path of ['/var/lib/docker/kolla-backup', '/srv/.kolla-backup/', '/var/lib/docker/kolla-backup/runs/..'])
    expect(JSON.stringify(at(path)), path).toContain('keep old data');
  expect(at('/var/lib/docker/kolla-backup/runs')).toBeNull();
});

test('the environment names a variable and never shows its value', () => {
  const good = { KOLLA_BACKUP_KEY: 'k'.repeat(64) };
  expect(readEnvironment(good).REDIS_URL).toBe('redis://127.0.0.1:6379');
  expect(problemOf(() => readEnvironment({}))?.params).toMatchObject({ variable: 'KOLLA_BACKUP_KEY' });
  const problem = problemOf(() => readEnvironment({ ...good, SLACK_BOT_TOKEN: 'xoxp-secret-of-a-user' }));
  expect(problem?.params['variable']).toBe('SLACK_BOT_TOKEN');
  expect(JSON.stringify(problem)).not.toContain('secret');
});

test('an earlier key still verifies what it signed, and signs nothing more', () => {
  const [old, present] = ['o'.repeat(64), 'p'.repeat(64)];
  const before = keyringOf(readEnvironment({ KOLLA_BACKUP_KEY: old, KOLLA_BACKUP_KEY_ID: 'k1' }));
  const after = keyringOf(
    readEnvironment({ KOLLA_BACKUP_KEY: present, KOLLA_BACKUP_KEY_ID: 'k2', KOLLA_BACKUP_OLD_KEYS: `k1=${old}` }),
  );
  const event = { operation: 'a'.repeat(20), at: 1, event: { type: 'noted' } };
  const first = sign(EMPTY_HEAD, event, before);
  const second = sign({ seq: 1, hash: first.hash }, event, after);
  expect(second.key).toBe('k2');
  expect(verifyChain([first, second], after)).toMatchObject({ ok: true });
  expect(verifyChain([first, second], before)).toMatchObject({ ok: false, flaw: { seq: 2, flaw: 'key' } });
});

test('what a host says of its login counts more than what stands at the top', () => {
  const text = example
    .replace(/^ssh:\n(?: .*\n)+/m, () => TOP)
    .replace('ssh: { address: 192.0.2.12 }', 'ssh: { address: 192.0.2.12, jump: [], agent: false, key_files: [/b] }')
    .replace('ssh: { address: 192.0.2.11 }', 'ssh: { address: 192.0.2.11, port: 2222, agent: /run/other.sock }');
  const { ssh, clouds } = parseConfig('config.yml', text);
  const nodes = clouds['prod']?.nodes ?? {};
  const of = (name: string, agent?: string) => {
    const login = nodes[name]?.ssh;
    return login && loginOf(login, ssh, agent);
  };
  const all = { user: 'kolla', certificateFiles: ['/a-cert.pub'] };
  const jump = { address: 'bastion', ...all, keyFiles: ['/a'], user: 'hop', agent: '/run/agent.sock' };
  expect(of('encouraging-bobcat.local', '/run/agent.sock')).toEqual({
    ...{ address: '192.0.2.12', ...all, keyFiles: ['/b'], agent: null, jump: [] },
  });
  expect(of('comfortable-lark.local', '/run/agent.sock')).toEqual({
    ...{ address: '192.0.2.11', port: 2222, ...all, keyFiles: ['/a'], agent: '/run/other.sock', jump: [jump] },
  });
  expect(problemOf(() => of('comfortable-lark.local'))?.params).toMatchObject({ variable: 'SSH_AUTH_SOCK' });
});

const TOP = `ssh:
  user: kolla
  key_files: [/a]
  certificate_files: [/a-cert.pub]
  agent: true
  jump: [{ address: bastion, user: hop }]
`;

test.each([
  ['an address that is none', 'address: 192.0.2.11', 'address: -oProxyCommand=x', 'address'],
  ['an agent that is a number', '# sudo: false', 'agent: 7', 'ssh.agent'],
  ['a jump host of a jump host', '# sudo: false', 'jump: [{ address: a, jump: [{ address: b }] }]', 'ssh.jump.0'],
])('refuses %s', (_, from, to, where) => {
  const problem = problemOf(() => parseConfig('config.yml', example.replace(from, to)));
  expect(JSON.stringify(problem?.params)).toContain(where);
});
