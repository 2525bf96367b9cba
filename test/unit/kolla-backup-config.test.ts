import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { words } from '../../lab/story.ts';
import {
  BACKUP_CONFIG,
  backupConfigCommand,
  type LockAnswer,
  lockPlace,
  readBackupConfig,
  readIdentity,
} from '../../src/kolla/backup-config.ts';
import { explain } from '../../src/operation/catalogue.ts';
import { judge } from '../../src/runbooks/judge.ts';
import { lockLines } from '../../src/slack/cards/lock.ts';
import { lines } from '../../src/slack/cards/parts.ts';
import { runCommand } from '../support/python.ts';

const done = (stdout: string, code = 0) => ({ code, signal: null, stdout, stderr: '' });
let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kolla-backup-config-'));
});
afterAll(() => rm(dir, { recursive: true }));

async function read(content: string) {
  const file = join(dir, 'my.cnf');
  writeFileSync(file, content);
  return readBackupConfig(await runCommand(backupConfigCommand(file)));
}

describe('the address in the configuration of mariabackup', () => {
  const kolla = (host: string) =>
    `[mysqld]\ndatadir=/var/lib/mysql/\nhost=1.2.3.4\nport=1\n\n[client]\nport=3306\nhost=${host}\nuser=backup\npassword=S3cret\n`;

  test.each([
    [kolla('10.0.0.9'), { host: '10.0.0.9', port: 3306 }],
    [kolla('fd00::9'), { host: 'fd00::9', port: 3306 }],
    [kolla('"db.internal"  # the VIP'), { host: 'db.internal', port: 3306 }],
    ['[client]\nport = 13306\nhost = 10.0.0.9\n\n[mariabackup]\nhost = 10.0.0.1\n', { host: '10.0.0.1', port: 13306 }],
    ['[client]\n  host =  10.0.0.9\n', { host: '10.0.0.9', port: 3306 }],
    ['[client]\n#host=10.0.0.9\nuser=backup\n', null],
    ['[mysqld]\nhost=10.0.0.9\n', null],
    [kolla('--execute=x'), null],
    [kolla('a b'), null],
    [kolla(''), null],
    ['[client]\nhost=10.0.0.9\nport=99999\n', null],
    ['', null],
  ])('%j', async (content, expected) => {
    expect(await read(content)).toEqual(expected);
  });

  test('is null where the file is not there', async () => {
    expect(readBackupConfig(await runCommand(backupConfigCommand(join(dir, 'gone'))))).toBeNull();
  });

  test('is read without any other value, whatever the file holds', async () => {
    const line = fc.oneof(
      fc.constantFrom(
        'password=Zq9secret',
        ' password = Zq9secret',
        'host=10.0.0.9',
        '[client]',
        'Zq9secret',
        'user=x',
      ),
      fc.string({ maxLength: 30 }).map((text) => `${text.replaceAll('\n', '')} Zq9secret`),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 10 }), async (all) => {
        const file = join(dir, 'any.cnf');
        writeFileSync(file, `[client]\n${all.filter((text) => !/^\s*(?:host|port)\s*=/.test(text)).join('\n')}\n`);
        expect((await runCommand(backupConfigCommand(file))).stdout).not.toContain('Zq9secret');
      }),
      { numRuns: 100 },
    );
  });
});

describe('who answered', () => {
  const row = (...fields: string[]) => done(`${fields.join('\t')}\n`);

  test.each([
    [row('lark', 'lark', '10.0.0.1:4567', '10.0.0.1'), '10.0.0.1'],
    [row('lark', 'lark', '10.0.0.1:4567', '*'), '10.0.0.1'],
    [row('lark', 'lark', '10.0.0.1:4567', '0.0.0.0'), '10.0.0.1'],
    [row('lark', 'lark', '[fd00::1]:4567', '::'), 'fd00::1'],
    [row('lark', 'lark', '[fd00::1]:4567', 'fd00::1'), 'fd00::1'],
    [row('lark', 'lark', '10.0.0.1:4567', '<odd>'), null],
  ])('%j listens at %s', (outcome, address) => {
    expect(readIdentity(outcome)).toMatchObject({ address });
  });

  test('nobody, where the answer is none of this row', () => {
    for (const outcome of [
      done('', 1),
      done(''),
      row('a'),
      row('a', 'b', '', ''),
      row('a', 'b\u0007', 'c', 'd'),
      row('a', 'b', 'c', 'd', 'e'),
    ])
      expect(readIdentity(outcome)).toBeNull();
  });
});

const OWN = 'lark (lark, 10.0.0.1:4567)';
const answer = (changes: Partial<LockAnswer>): LockAnswer => ({
  host: '10.0.0.9',
  answeredBy: OWN,
  own: OWN,
  address: '10.0.0.1',
  ...changes,
});

test.each([
  [{ host: '10.0.0.1' }, 'own', null],
  [{ host: '10.0.0.1', answeredBy: null }, 'own', null],
  [{ host: 'FD00::1', address: 'fd00::1', answeredBy: null }, 'own', null],
  [{ host: 'localhost', answeredBy: null }, 'own', null],
  [{}, 'here', /through 10\.0\.0\.9, which is not the address of the backup host/],
  [{ answeredBy: 'bobcat (bobcat, 10.0.0.2:4567)' }, 'elsewhere', null],
  [{ answeredBy: 'lark (lark, 10.0.0.2:4567)' }, 'elsewhere', null],
  [{ answeredBy: null }, 'unknown', /Which node answers there could not be learnt/],
  [{ own: null, address: null }, 'unknown', /could not be learnt/],
  [{ host: null, answeredBy: null }, 'unknown', /could not be read/],
] as const)('%j is %s', (changes, place, warning) => {
  const told = answer(changes);
  expect(lockPlace(told)).toBe(place);
  const check = {
    check: 'lock-on-this-node',
    node: { node: 'lark', engine: 'docker' },
    container: 'mariadb',
    config: BACKUP_CONFIG,
  } as const;
  const problem = judge(check, { check: check.check, answer: told });
  expect(problem?.code ?? null).toBe(place === 'elsewhere' ? 'BACKUP_LOCK_ON_OTHER_NODE' : null);
  const card = words('', [lines(...lockLines({ check: check.check, answer: told }))]);
  if (warning === null) expect(card).toBe('');
  else expect(card).toMatch(warning);
});

test('the refusal names the node that answers, and the remedy as Kolla spells it', () => {
  const { wrong, next } = explain({
    code: 'BACKUP_LOCK_ON_OTHER_NODE',
    params: { host: 'lark', config: BACKUP_CONFIG, address: '10.0.0.9', answered: 'bobcat' },
  });
  expect(wrong).toMatch(/On lark, \/etc\/kolla\/mariabackup\/my\.cnf .* 10\.0\.0\.9, where bobcat answers/);
  expect(next).toContain('host = {{ api_interface_address }}');
});
