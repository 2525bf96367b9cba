import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AnsibleEvent, readLine } from '../../src/kolla/ansible-events.ts';
import { CUT_LINE_KEPT, LINE_CHARS_MAX, LINE_CUT, lineReader } from '../../src/kolla/ansible-lines.ts';
import { ansibleParser } from '../../src/kolla/ansible-output.ts';
import { foldAnsible, readRun } from '../../src/kolla/ansible-run.ts';
import { recorded, recordings } from '../support/fixtures.ts';

const NODES = ['comfortable-lark.local', 'encouraging-bobcat.local', 'hardcore-rodent.local'];

function results(output: string, task: RegExp) {
  const found = readRun(output).tasks.findLast(({ name }) => task.test(name));
  return Object.fromEntries([...(found?.results ?? [])].map(([host, { status }]) => [host, status]));
}

describe('recorded runs', () => {
  test('a full backup', () => {
    const run = readRun(recorded('bash/11-backup-full.log'));
    expect(run.command).toMatch(/^Backup MariaDB databases : ansible-playbook /);
    expect(run.plays).toEqual([{ name: 'Backup MariaDB', matched: true }]);
    expect(run.tasks.map(({ name }) => name)).toEqual([
      'Gathering Facts',
      'mariadb : Group MariaDB hosts based on shards',
      'mariadb : include_tasks',
      'mariadb : Get MariaDB container facts',
      'mariadb : Taking full database backup via Mariabackup',
    ]);
    expect(results(recorded('bash/11-backup-full.log'), /Taking full/)).toEqual({
      'comfortable-lark.local': 'changed',
      'encouraging-bobcat.local': 'skipping',
      'hardcore-rodent.local': 'skipping',
    });
    expect([...(run.recap?.keys() ?? [])]).toEqual(NODES);
    expect(run.recap?.get('comfortable-lark.local')).toMatchObject({ ok: 5, changed: 1, failed: 0, skipped: 0 });
    expect(run.warnings).toEqual([
      'Invalid characters were found in group names but not replaced, use -vvvv to see details',
    ]);
    expect([run.failures, run.errors, run.others, run.commandFailed]).toEqual([[], [], [], undefined]);
  });

  test('in colour, of the newer command line', () => {
    const run = readRun(recorded('cliff/11-backup-full.txt'));
    expect(results(recorded('cliff/11-backup-full.txt'), /backup type full$/)['comfortable-lark.local']).toBe(
      'changed',
    );
    expect(run.recap?.get('comfortable-lark.local')).toMatchObject({ ok: 5, changed: 1 });
    expect(run.others).not.toContain(expect.stringMatching('\u001b'));
  });

  test('a failure has its message, its code and the last lines of its output', () => {
    const [failure, ...others] = readRun(recorded('bash/10-incremental-without-full.log')).failures;
    expect(others).toEqual([]);
    expect(failure).toMatchObject({ host: 'comfortable-lark.local', unreachable: false, ignored: false });
    expect(failure?.task).toBe('mariadb : Taking incremental database backup via Mariabackup');
    expect(failure?.details).toMatchObject({ msg: 'Container exited with non-zero return code 1', rc: 1 });
    expect(failure?.details?.stderr.at(-1)).toMatch(/LAST_FULL_DATE: unbound variable$/);
    expect(failure?.details?.stdout).toEqual(['Taking an incremental backup']);
  });

  test('with -v every result has its JSON, up to 62 kB in one line', () => {
    const run = readRun(recorded('cliff/15-backup-verbose-no-colour.txt'));
    const task = run.tasks.at(-1);
    expect(task?.results.get('comfortable-lark.local')?.status).toBe('changed');
    expect(task?.results.get('comfortable-lark.local')?.details?.stderr.at(-1)).toMatch(/completed OK!$/);
    expect(task?.results.get('hardcore-rodent.local')?.status).toBe('skipping');
    expect(run.tasks[1]?.results.get('comfortable-lark.local')?.status).toBe('ok');
  });

  test('errors of ansible-core 2.19 with origin, excerpt and cause, then the fatal line', () => {
    const failed = readRun(recorded('cliff/32-backup-when-stopped.txt'));
    expect(failed.errors).toEqual([expect.stringMatching(/^Task failed: Module failed: Container exited .* Origin: /)]);
    expect(failed.failures[0]?.details?.stderr.at(-1)).toContain("Can't connect to server on '10.77.0.11'");
    expect(failed.commandFailed).toMatch(/exited 2$/);
    const unreachable = readRun(recorded('cliff/91-one-node-unreachable.txt'));
    expect(unreachable.errors[0]).toContain('<<< caused by >>>');
    expect(unreachable.failures).toMatchObject([
      { host: 'hardcore-rodent.local', unreachable: true, task: 'Gathering Facts' },
    ]);
    expect(unreachable.tasks.at(-1)?.results.get('comfortable-lark.local')?.status).toBe('changed');
    expect(unreachable.recap?.get('hardcore-rodent.local')?.unreachable).toBe(1);
  });

  test('no hosts, however the inventory is wrong', () => {
    for (const name of ['90a-inventory-file-missing', '90b-inventory-without-groups', '90f-no-inventory']) {
      const run = readRun(recorded(`bash/${name}.log`));
      expect(run.plays).toEqual([{ name: 'Backup MariaDB', matched: false }]);
      expect([run.tasks, run.recap?.size]).toEqual([[], 0]);
    }
  });

  test('a stop: eighty plays, most without hosts, a loop with services', () => {
    const run = readRun(recorded('bash/30-stop.log'));
    expect(run.plays.filter(({ matched }) => matched).length).toBeLessThan(10);
    expect(results(recorded('bash/30-stop.log'), /service-stop : Stopping mariadb containers/)).toEqual(
      Object.fromEntries(NODES.map((node) => [node, 'changed'])),
    );
    const again = recorded('bash/62-stop-when-already-stopped.log');
    expect(Object.values(results(again, /Stopping mariadb containers/))).toEqual(['ok', 'ok', 'ok']);
  });

  test('a recovery: handlers, includes, debug output over several lines', () => {
    const run = readRun(recorded('cliff/40-recovery-host-named.txt'));
    expect(run.tasks.some(({ handler }) => handler)).toBe(true);
    expect(run.failures).toEqual([]);
    expect([...(run.recap?.values() ?? [])].every(({ failed, unreachable }) => failed + unreachable === 0)).toBe(true);
  });

  test('an ignored failure', () => {
    const run = readRun(recorded('cliff/33-deploy-when-stopped.txt'));
    const liveness = run.failures.filter(({ task }) => task === 'mariadb : Check MariaDB service port liveness');
    const stopped = run.failures.filter(({ task }) => task === 'mariadb : Fail on existing but stopped cluster');
    expect(liveness.map(({ ignored }) => ignored)).toEqual([true, true, true]);
    expect(stopped.map(({ ignored }) => ignored)).toEqual([false, false, false]);
    expect(stopped[0]?.details?.msg).toContain('MariaDB cluster exists but is stopped');
  });

  test.each([
    'every-line',
    'every-line-verbose',
    // With profile_tasks and timer, as operators like them; from 2.19 on with [ERROR] blocks before each failure.
    'every-line-2.15.13-profiled',
    'every-line-verbose-2.15.13-profiled',
    'every-line-2.19.14-profiled',
    'every-line-verbose-2.19.14-profiled',
  ])('a playbook with every kind of line: %s', (name) => {
    const text = recorded(`ansible/${name}.txt`);
    const run = readRun(text);
    expect(results(text, /^unreachable$/)).toEqual({ gone: 'unreachable', a: 'ok', b: 'ok' });
    expect(results(text, /^loop/)).toEqual({ a: 'failed', b: 'failed' });
    expect(results(text, /Taking full/)).toEqual({ a: 'changed', b: 'skipping' });
    expect(run.tasks.find((task) => task.name === 'delegated')?.results.get('a')?.delegate).toBe('localhost');
    expect(run.tasks.at(-1)).toMatchObject({ name: 'handler', handler: true });
    const failed = (task: string) => run.failures.filter((failure) => failure.task === task);
    expect(failed('loop with a failure').map(({ ignored }) => ignored)).toEqual([true, true]);
    expect(failed('retried')).toMatchObject([{ host: 'a', ignored: true, details: { rc: 1 } }]);
    expect(failed('hidden').map(({ details }) => details)).toEqual([undefined, undefined]);
    expect(failed('the end')).toMatchObject([
      { host: 'b', ignored: false, details: { rc: 7, stderr: ['two'], stdout: ['one'] } },
    ]);
    expect(run.recap?.get('a')).toEqual({
      ok: 9,
      changed: 7,
      unreachable: 0,
      failed: 0,
      skipped: 1,
      rescued: 1,
      ignored: 3,
    });
    // Two of 2.14's own, of which later versions say nothing.
    expect(run.warnings).toHaveLength(name.includes('profiled') ? 0 : 2);
  });

  test('what is no run at all', () => {
    const run = readRun(recorded('bash/90e-unknown-command.log'));
    expect([run.plays, run.tasks, run.recap]).toEqual([[], [], undefined]);
    expect(run.others[0]).toMatch(/^Usage: /);
  });
});

describe('single lines', () => {
  test.each<[string, object]>([
    ['ok: [a]', { kind: 'result', status: 'ok', host: 'a', delegate: undefined, item: undefined }],
    ['changed: [a -> b.local]', { status: 'changed', host: 'a', delegate: 'b.local' }],
    [
      "skipping: [a] => (item={'key': 'x', 'value': {'y': 'z)'}}) ",
      { status: 'skipping', item: "{'key': 'x', 'value': {'y': 'z)'}}" },
    ],
    [
      'changed: [a] => (item=x) => {"rc": 3, "stderr": "e"}',
      { item: 'x', details: { msg: '', rc: 3, stderr: ['e'], stdout: [] } },
    ],
    ['failed: [a] (item=x) => {"msg": "no"}', { status: 'failed', item: 'x', details: { msg: 'no' } }],
    [
      'fatal: [a -> b]: FAILED! => {"msg": "no"}',
      { status: 'failed', host: 'a', delegate: 'b', details: { msg: 'no' } },
    ],
    ['fatal: [a]: UNREACHABLE! => {"msg": "no", "unreachable": true}', { status: 'unreachable' }],
    ['fatal: [a]: FAILED! => {"censored": "the output has been hidden"}', { status: 'failed', details: undefined }],
    [
      'FAILED - RETRYING: [a]: mariadb : Wait for slave MariaDB (9 retries left).',
      { kind: 'retrying', host: 'a', task: 'mariadb : Wait for slave MariaDB', left: 9 },
    ],
    ['FAILED - RETRYING: Wait (1 retries left).', { kind: 'retrying', host: '', left: 1 }],
    ['included: /x/backup.yml for a, b', { kind: 'included', hosts: ['a', 'b'] }],
    ['PLAY [Backup MariaDB] [CHECK MODE] ****', { kind: 'play', name: 'Backup MariaDB' }],
    ['RUNNING HANDLER [mariadb : Restart x] ***', { kind: 'task', handler: true }],
    ['Command failed ansible-playbook -e @/x', { kind: 'command_failed' }],
    ['Monday 23 November 2026  00:12:38 +0000 (0:00:00.045)       0:00:01.123 ******', { kind: 'other' }],
    ['mariadb : Taking full database backup via Mariabackup ------------------ 6.04s', { kind: 'other' }],
    ['===============================================================================', { kind: 'other' }],
    ['a : ok=5    changed=1    unreachable=0    failed=0', { kind: 'recap', host: 'a', counts: { ok: 5, skipped: 0 } }],
  ])('%s', (line, expected) => {
    expect(readLine(line)).toMatchObject(expected);
  });

  test('a warning between the hosts of a task does not hide a result', () => {
    const text =
      'PLAY [p] ***\n\nTASK [t] ***\nskipping: [a]\n[WARNING]: The value False (type bool) in a string\nfield was converted\nchanged: [b]\n';
    const run = readRun(text);
    expect([...(run.tasks[0]?.results.keys() ?? [])]).toEqual(['a', 'b']);
    expect(run.warnings).toEqual(['The value False (type bool) in a string field was converted']);
  });

  test('of a loop the most that happened counts', () => {
    const run = readRun('TASK [t] ***\nok: [a] => (item=1)\nchanged: [a] => (item=2)\nskipping: [a] => (item=3) \n');
    expect(run.tasks[0]?.results.get('a')?.status).toBe('changed');
  });

  test('a host by the name of a property', () => {
    const run = readRun('PLAY [p] ***\n\nTASK [t] ***\nchanged: [__proto__]\n');
    expect(run.tasks[0]?.results.get('__proto__')?.status).toBe('changed');
  });
});

describe('however the output is cut', () => {
  const parse = (chunks: readonly string[]): AnsibleEvent[] => {
    const parser = ansibleParser();
    return [...chunks.flatMap((chunk) => parser.push(chunk)), ...parser.end()];
  };

  test.each(recordings())('%s gives the same events', (name) => {
    const text = recorded(name);
    const whole = parse([text]);
    const cut = fc.array(fc.integer({ min: 0, max: text.length }), { maxLength: 12 });
    fc.assert(
      fc.property(cut, (places) => {
        const edges = [0, ...places.toSorted((a, b) => a - b), text.length];
        const chunks = edges.slice(1).map((edge, at) => text.slice(edges[at], edge));
        expect(parse(chunks)).toEqual(whole);
      }),
      { numRuns: 15 },
    );
    expect(parse([...recorded(name).slice(0, 20_000)])).toEqual(parse([recorded(name).slice(0, 20_000)]));
    expect(foldAnsible(whole)).toEqual(readRun(text));
  });

  test('any text at all is read without an error', () => {
    const piece = fc.constantFrom(
      'ok: [',
      'fatal: [a]: FAILED! => ',
      '{"msg": ',
      'TASK [',
      ']',
      '\n',
      '\r\n',
      '\u001b[0;31m',
      ' => (item=',
      ') => {',
      '"',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 60 }), (chunks) => {
        expect(parse(chunks)).toEqual(parse([chunks.join('')]));
      }),
    );
  });
});

describe('lines without an end', () => {
  test('are bounded, and keep their beginning and their end', () => {
    const reader = lineReader();
    const piece = 'x'.repeat(1 << 20);
    reader.push('fatal: [a]: FAILED! => ');
    for (let pushed = 0; pushed <= LINE_CHARS_MAX * 2; pushed += piece.length) expect(reader.push(piece)).toEqual([]);
    const [line] = reader.push('the end\nnext');
    expect(line?.length).toBeLessThanOrEqual(2 * CUT_LINE_KEPT + LINE_CUT.length);
    expect(line?.startsWith('fatal: [a]: FAILED! => x')).toBe(true);
    expect(line?.endsWith('xthe end')).toBe(true);
    expect(reader.end()).toEqual(['next']);
  });

  test('of a failure that was cut, message, code and last words are saved', () => {
    const report = JSON.stringify({
      changed: true,
      msg: 'Container exited',
      rc: 1,
      stderr: `${'Streaming\n'.repeat(600_000)}No space left on device`,
    });
    const run = readRun(`TASK [t] ***\nfatal: [a]: FAILED! => ${report}\n`);
    expect(report.length).toBeGreaterThan(LINE_CHARS_MAX);
    expect(run.failures[0]?.details).toMatchObject({ msg: 'Container exited', rc: 1 });
    expect(run.failures[0]?.details?.stderr.at(-1)).toContain('No space left on device');
  });
});
