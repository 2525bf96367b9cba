import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { readRun } from '../../src/kolla/ansible-run.ts';
import { judgeStop, type StopResult } from '../../src/kolla/stop-result.ts';
import { explain } from '../../src/operation/catalogue.ts';
import { recorded } from '../support/fixtures.ts';

const NODES = ['comfortable-lark.local', 'encouraging-bobcat.local', 'hardcore-rodent.local'];
const judge = (output: string, code: number | null, nodes = NODES): StopResult =>
  judgeStop(readRun(output), { code, signal: code === null ? 'SIGKILL' : null }, nodes);
const codeOf = (result: StopResult) => (result.kind === 'stopped' ? result.kind : result.problem.code);
/** The recording without a host's own lines (others' items name it, too). */
const without = (output: string, host: string) =>
  stripVTControlCharacters(output)
    .split('\n')
    .filter((line) => !line.includes(`[${host}]`) && !line.startsWith(`${host} `))
    .join('\n');

describe('MariaDB was stopped', () => {
  test.each([
    ['bash/30-stop.log', NODES],
    ['bash/61-stop-after-reload.log', NODES],
    ['bash/b2-18.8.0-stop.log', NODES],
    ['cliff/30-stop.txt', NODES],
    ['bash/62-stop-when-already-stopped.log', []],
    ['cliff/31-stop-again.txt', []],
  ])('%s', (name, changed) => {
    expect(judge(recorded(name), 0)).toEqual({ kind: 'stopped', changed, others: [] });
  });

  test('on podman, a node alone', () => {
    const [node = ''] = NODES;
    const stopped = (name: string) => judge(recorded(name), 0, [node]);
    expect(stopped('podman/30-stop.log')).toEqual({ kind: 'stopped', changed: [node], others: [] });
    expect(stopped('podman/31-stop-again.log')).toEqual({ kind: 'stopped', changed: [], others: [] });
  });

  test('though a compute host is off, whatever the exit code', () => {
    const recap = 'compute1                   : ok=0    changed=0    unreachable=1    failed=0    skipped=0\n';
    const off = `fatal: [compute1]: UNREACHABLE! => {"changed": false, "msg": "No route to host", "unreachable": true}\n`;
    for (const name of ['bash/30-stop.log', 'cliff/30-stop.txt']) {
      const output = recorded(name).replace(/(TASK \[Gather facts\].*\n)/, `$1${off}`);
      const result = judge(`${output.trimEnd()}\n${recap}`, 4);
      expect(result).toEqual({ kind: 'stopped', changed: NODES, others: ['compute1'] });
    }
    expect(judge(recorded('bash/30-stop.log'), 4).kind).toBe('stopped');
  });
});

describe('A node that has lost its container', () => {
  const bare = (output: string, host: string) =>
    output
      .replace(new RegExp(`^changed: \\[${host}\\].*$`, 'm'), (line) =>
        line.replace('changed', 'failed').concat(' => {"changed": false, "msg": "No such container: mariadb to stop"}'),
      )
      .replace(new RegExp(`^(${host}.*)failed=0`, 'm'), '$1failed=1');
  const [first = '', second = '', third = ''] = NODES;

  test('has nothing to stop: the others tell how it went', () => {
    const output = bare(recorded('bash/30-stop.log'), second);
    expect(judge(output, 2)).toEqual({ kind: 'stopped', changed: [first, third], others: [] });
    expect(codeOf(judge(without(output, third), 2))).toBe('STOP_DID_NOTHING');
  });
});

describe('MariaDB was not stopped', () => {
  test.each([
    ['bash/90a-inventory-file-missing.log', 0, 'STOP_DID_NOTHING'],
    ['bash/90b-inventory-without-groups.log', 0, 'STOP_DID_NOTHING'],
    ['bash/90f-no-inventory.log', 0, 'STOP_DID_NOTHING'],
    ['cliff/90-limit-matches-nothing.txt', 1, 'STOP_DID_NOTHING'],
    ['cliff/90-stop-flag-shortened.txt', 0, 'STOP_DID_NOTHING'],
    ['cliff/91-stop-one-node-unreachable-check.txt', 4, 'STOP_UNREACHABLE'],
    ['bash/11-backup-full.log', 0, 'STOP_DID_NOTHING'],
    ['bash/30a-stop-without-flag.log', 1, 'KOLLA_CLI_FAILED'],
    ['bash/90e-unknown-command.log', 3, 'KOLLA_CLI_USAGE'],
    ['cliff/90-stop-without-flag.txt', 2, 'KOLLA_CLI_USAGE'],
  ])('%s', (name, code, expected) => {
    const result = judge(recorded(name), code);
    expect(codeOf(result)).toBe(expected);
    if (result.kind === 'stopped') return;
    const { wrong, done, next } = explain(result.problem);
    expect(wrong + done + next).not.toMatch(/unknown\)|undefined|null/);
  });

  test('on a node of which nothing was said, and none is asked for nothing', () => {
    for (const name of ['bash/30-stop.log', 'cliff/30-stop.txt']) {
      const result = judge(without(recorded(name), 'hardcore-rodent.local'), 0);
      expect(result).toMatchObject({ problem: { code: 'STOP_DID_NOTHING', params: { hosts: NODES[2] } } });
      expect(codeOf(judge(recorded(name), 0, []))).toBe('STOP_DID_NOTHING');
      expect(codeOf(judge(recorded(name), 0, [...NODES, 'a-fourth']))).toBe('STOP_DID_NOTHING');
    }
  });

  test('where the task failed, which the first unreachable node can hide', () => {
    const lines = recorded('bash/30-stop.log');
    const failing = lines
      .replace(/^changed: \[encouraging-bobcat\.local\].*$/m, (line) =>
        line
          .replace('changed', 'failed')
          .concat(' => {"changed": false, "msg": "UnixHTTPConnectionPool: Read timed out."}'),
      )
      .replace(/^(encouraging-bobcat.*)failed=0/m, '$1failed=1');
    expect(judge(failing, 2)).toMatchObject({
      problem: {
        code: 'STOP_FAILED',
        params: {
          host: 'encouraging-bobcat.local',
          task: 'service-stop : Stopping mariadb containers',
          said: 'UnixHTTPConnectionPool: Read timed out',
        },
      },
    });
    // Release 19.0.0 ends with 0 whatever happened.
    expect(codeOf(judge(failing, 0))).toBe('STOP_FAILED');
    const silent = failing.replace(/^failed: \[encouraging.*$/m, '[a line that was too long was left out]');
    expect(codeOf(judge(silent, 2))).toBe('STOP_FAILED');
    const unreachable = failing
      .replace(
        /(TASK \[Gather facts\].*\n)/,
        '$1fatal: [hardcore-rodent.local]: UNREACHABLE! => {"changed": false, "msg": "x", "unreachable": true}\n',
      )
      .replace(/^(hardcore-rodent.*)unreachable=0/m, '$1unreachable=1');
    expect(judge(unreachable, 4)).toMatchObject({ problem: { code: 'STOP_UNREACHABLE', params: { hosts: NODES[2] } } });
  });

  test('as far as is known, when it ended before its recap', () => {
    const cut = recorded('bash/30-stop.log').split('PLAY RECAP')[0] ?? '';
    for (const code of [null, 0, 2]) expect(codeOf(judge(cut, code))).toBe('STOP_UNCLEAR');
  });
});
