import { describe, expect, test } from 'vitest';
import { readRun } from '../../src/kolla/ansible-run.ts';
import { judgeRecovery, type RecoveryResult } from '../../src/kolla/recovery-result.ts';
import { explain } from '../../src/operation/catalogue.ts';
import { recorded } from '../support/fixtures.ts';

const HOST = 'comfortable-lark.local';
const NODES = [HOST, 'encouraging-bobcat.local', 'hardcore-rodent.local'];
const judge = (output: string, code: number | null, host = HOST): RecoveryResult =>
  judgeRecovery(readRun(output), { code, signal: code === null ? 'SIGKILL' : null }, { nodes: NODES, host });
const told = (result: RecoveryResult) => [result.kind === 'recovered' ? '' : result.problem.code, result.bootstrapped];

describe('a cluster was started', () => {
  test.each([
    'bash/55-recovery.log',
    'bash/80-recovery-incremental.log',
    'bash/b3-18.8.0-recovery.log',
    'cliff/40-recovery-host-named.txt',
    'cliff/41-recovery-after-swap.txt',
    'cliff/42-recovery-after-swap-back.txt',
    'cliff/41-17.9.0-recovery-after-swap.txt',
    'cliff/42-17.9.0-recovery-after-swap-back.txt',
  ])('%s', (name) => {
    expect(judge(recorded(name), 0)).toEqual({ kind: 'recovered', bootstrapped: true });
  });

  test('on podman, of a node alone', () => {
    const run = readRun(recorded('podman/55-recovery.log'));
    const result = judgeRecovery(run, { code: 0, signal: null }, { nodes: [HOST], host: HOST });
    expect(result).toEqual({ kind: 'recovered', bootstrapped: true });
  });
});

describe('nothing was done', () => {
  test.each([
    ['bash/90c-recovery-unknown-host-name.log', 0, 'RECOVERY_DID_NOTHING'],
    ['bash/90d-short-host-name.log', 0, 'RECOVERY_DID_NOTHING'],
    ['cliff/90-recovery-unknown-host-name.txt', 0, 'RECOVERY_DID_NOTHING'],
    ['bash/90a-inventory-file-missing.log', 0, 'RECOVERY_DID_NOTHING'],
    ['cliff/90-limit-matches-nothing.txt', 1, 'RECOVERY_DID_NOTHING'],
    ['cliff/33-deploy-when-stopped.txt', 2, 'RECOVERY_FAILED'],
    ['bash/90e-unknown-command.log', 3, 'KOLLA_CLI_USAGE'],
    ['cliff/90-underscore-command.txt', 2, 'KOLLA_CLI_USAGE'],
  ])('%s', (name, code, expected) => {
    const result = judge(recorded(name), code);
    expect(told(result)).toEqual([expected, false]);
    if (result.kind === 'recovered') return;
    const { wrong, done, next } = explain(result.problem);
    expect(wrong + done + next).not.toMatch(/unknown\)|undefined|null/);
  });
});

const SECRET = 'n0tS3cretR00tWLxV7qkTgM2';
/** A recording in which a task failed on a host: what comes after its heading is gone but the recap. */
function failing(name: string, task: string, host: string, details: object): string {
  const [before = '', after = ''] = recorded(name).split(new RegExp(`(?<=TASK \\[mariadb : ${task}\\] \\*+\\n)`));
  const recap = after.slice(after.indexOf('PLAY RECAP')).replace(new RegExp(`(${host}.*failed=)0`), '$11');
  return `${before}fatal: [${host}]: FAILED! => ${JSON.stringify(details)}\n\n${recap}`;
}

describe('half of it was done', () => {
  const slave = 'Wait for slave MariaDB';
  const timeout = {
    changed: false,
    elapsed: 60,
    msg: 'Timeout when waiting for search string MariaDB in 10.0.0.3:3306',
  };

  test('when a node did not come up', () => {
    for (const name of ['bash/55-recovery.log', 'cliff/41-17.9.0-recovery-after-swap.txt']) {
      expect(judge(failing(name, slave, 'hardcore-rodent.local', timeout), 2)).toEqual({
        kind: 'failed',
        bootstrapped: true,
        problem: {
          code: 'RECOVERY_FAILED',
          params: { host: 'hardcore-rodent.local', task: `mariadb : ${slave}`, said: timeout.msg },
        },
      });
    }
  });

  test('when its last task failed, and nobody is told the password that the task prints', () => {
    const cmd = [
      'docker',
      'exec',
      'mariadb',
      'mysql',
      '-h',
      '10.0.0.9',
      '-u',
      'root',
      `-p${SECRET}`,
      '-e',
      'show databases;',
    ];
    const details = {
      changed: false,
      cmd,
      msg: `non-zero return code: ${cmd.join(' ')}`,
      rc: 1,
      stderr: `ERROR 2002 (HY000): Can't connect\nmysql -uroot -p${SECRET}`,
    };
    const name = 'bash/55-recovery.log';
    const result = judge(failing(name, 'Wait for MariaDB service to be ready through VIP', HOST, details), 2);
    expect(told(result)).toEqual(['RECOVERY_FAILED', true]);
    expect(JSON.stringify(result)).toContain('-p***');
    expect(JSON.stringify(result)).not.toContain(SECRET);
  });

  test('or perhaps, when the start itself failed, and when it ended before its recap', () => {
    const image = { changed: false, msg: 'manifest unknown' };
    const first = failing('bash/55-recovery.log', 'Starting first MariaDB container', HOST, image);
    expect(told(judge(first, 2))).toEqual(['RECOVERY_FAILED', null]);
    const output = recorded('bash/55-recovery.log');
    expect(told(judge(output.split('PLAY RECAP')[0] ?? '', null))).toEqual(['RECOVERY_UNCLEAR', true]);
    expect(told(judge(output.split('TASK [mariadb : Starting first')[0] ?? '', null))).toEqual([
      'RECOVERY_UNCLEAR',
      null,
    ]);
  });

  test('when a node could not be reached', () => {
    const output = recorded('bash/55-recovery.log')
      .replace(
        /^ok: \[hardcore-rodent\.local\]$/m,
        'fatal: [hardcore-rodent.local]: UNREACHABLE! => {"changed": false, "msg": "Connection refused", "unreachable": true}',
      )
      .replace(/^(hardcore-rodent.*)unreachable=0/m, '$1unreachable=1');
    const result = judge(output, 4);
    expect(told(result)).toEqual(['RECOVERY_UNREACHABLE', true]);
    expect(result).toMatchObject({
      problem: { params: { hosts: 'hardcore-rodent.local', said: 'Connection refused' } },
    });
  });

  test('when another node began, and when one was left out', () => {
    const output = recorded('bash/55-recovery.log');
    expect(told(judge(output, 0, 'hardcore-rodent.local'))).toEqual(['RECOVERY_OTHER_HOST', true]);
    const without = output.replace(/^.*hardcore-rodent.*\n/gm, '');
    expect(judge(without, 0)).toMatchObject({
      problem: { code: 'RECOVERY_LEFT_OUT', params: { hosts: 'hardcore-rodent.local' } },
    });
  });
});
