import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRun } from '../../src/kolla/ansible-run.ts';
import { judgeBackup } from '../../src/kolla/backup-result.ts';
import { judgeRecovery } from '../../src/kolla/recovery-result.ts';
import { judgeStop } from '../../src/kolla/stop-result.ts';
import { readPrepare } from '../../src/runbooks/copy-result.ts';
import { recorded, recordings } from '../support/fixtures.ts';

/**
 * The same runs in the forms in which other releases, other settings of ansible.cfg and other ways to get at the output
 * print them. What is judged must be the same in each: by the hosts' own words, never by an exit code.
 */

const NODES = ['comfortable-lark.local', 'encouraging-bobcat.local', 'hardcore-rodent.local'];
const CODES = [0, 1, 2, 4] as const;

/** All three judgements of one output, but for what they quote. */
function judged(output: string, code: number): unknown {
  const run = readRun(output);
  const exit = { code, signal: null };
  const withoutWords = (result: { readonly kind: string; readonly problem?: { readonly code: string } }) => [
    result.kind,
    result.problem?.code ?? null,
    'host' in result ? result.host : null,
  ];
  return [
    withoutWords(judgeBackup(run, exit)),
    withoutWords(judgeStop(run, exit, NODES)),
    withoutWords(judgeRecovery(run, exit, { nodes: NODES, host: NODES[0] ?? '' })),
  ];
}

const STAMP = 'Monday 23 November 2026  00:12:38 +0000 (0:00:00.045)       0:00:01.123 ****** ';
const lines = (change: (line: string) => string) => (output: string) => output.split('\n').map(change).join('\n');
const HEADING = /^(?:TASK|RUNNING HANDLER) \[/;
const RESULT = /^(?:ok|changed|skipping|fatal|failed): \[/;
const plain = stripVTControlCharacters;
const coloured = (line: string, colour: string) => (line === '' ? line : `\u001b[${colour}m${line}\u001b[0m`);
/** The script's own line, of releases up to 18; later ones say on standard error what they are about to do. */
const COMMAND = /^.{1,80} : ansible-playbook .*$/m;

const FORMS: Readonly<Record<string, (output: string) => string>> = {
  'profile_tasks and timer in ansible.cfg': (output) =>
    `${lines((line) => (HEADING.test(plain(line)) ? `${line}\n${STAMP}` : line))(output)}\n${STAMP}\n${'='.repeat(79)} \nmariadb : Taking full database backup via Mariabackup ------------------- 6.04s\nPlaybook run took 0 days, 0 hours, 0 minutes, 12 seconds\n`,
  colours: lines((line) => (plain(line) !== line ? line : coloured(line, RESULT.test(line) ? '0;33' : '0;36'))),
  'a terminal’s carriage returns': lines((line) => `${line}\r`),
  'warnings between the hosts': lines((line) =>
    RESULT.test(plain(line))
      ? `[WARNING]: The value False (type bool) in a string field was converted to\n'False' (type string).\n${line}`
      : line,
  ),
  'deprecation warnings, of 2.19 with their origin': lines((line) =>
    HEADING.test(plain(line))
      ? `[DEPRECATION WARNING]: Importing 'to_text' is deprecated. This feature will be removed from ansible-core version 2.24.\n${line}`
      : line,
  ),
  'a recap without the later columns': lines((line) => plain(line).replace(/(failed=\d+)\s+skipped=.*$/, '$1')),
  'the Python command line (19 to 21): its words on standard error': (output) =>
    output
      .replace(COMMAND, 'Backup MariaDB databases')
      .replace(
        /^Command failed ansible-playbook.*$/m,
        'Kolla Ansible playbook(s) /x/ansible/mariadb_backup.yml exited 2',
      ),
  'the same, its words after all of Ansible’s': (output) =>
    COMMAND.test(output) ? `${output.replace(COMMAND, '')}\nBackup MariaDB databases\n` : output,
  'with -v': (output) =>
    `Running command: ansible-playbook -e @/etc/kolla/globals.yml x.yml\nUsing /etc/ansible/ansible.cfg as config file\n${output}`,
};

const runs = recordings().filter((name) => !name.startsWith('ansible/'));

describe.each(Object.entries(FORMS))('%s', (_, form) => {
  test('changes no judgement of any recorded run, whatever the exit code', () => {
    for (const name of runs)
      for (const code of CODES) {
        const output = recorded(name);
        expect(judged(form(output), code), `${name}, ${code}`).toEqual(judged(output, code));
      }
  });
});

test('forms together, and output that arrives in pieces, change none either', () => {
  const names = fc.constantFrom(...runs.filter((name) => recorded(name).length < 60_000));
  const forms = fc.uniqueArray(fc.constantFrom(...Object.keys(FORMS)), { maxLength: 4 });
  fc.assert(
    fc.property(names, forms, fc.constantFrom(...CODES), (name, chosen, code) => {
      const output = recorded(name);
      const formed = chosen.reduce((text, form) => FORMS[form]?.(text) ?? text, output);
      expect(judged(formed, code)).toEqual(judged(output, code));
    }),
    { numRuns: 60 },
  );
});

const TASK = /Taking (full|incremental) database backup via Mariabackup/g;

test('the name of the backup’s task changed with release 22, what it means did not', () => {
  for (const name of runs.filter((one) => one.startsWith('bash/'))) {
    const output = recorded(name);
    const renamed = output.replace(TASK, 'Taking database backup via Mariabackup - backup type $1');
    for (const code of CODES) expect(judged(renamed, code)).toEqual(judged(output, code));
  }
});

test('release 19.0.0 ends with 0 whatever happened: a failure stays one, and nothing done is no backup', () => {
  const failures = runs.filter((name) => {
    const result = judgeBackup(readRun(recorded(name)), { code: 2, signal: null });
    return result.kind === 'failed' || result.kind === 'unreachable' || result.kind === 'nothing_done';
  });
  expect(failures.length).toBeGreaterThan(15);
  for (const name of failures) {
    expect(judgeBackup(readRun(recorded(name)), { code: 0, signal: null }).kind, name).not.toBe('taken');
    if (/backup|limit|disabled|unreachable|inventory/.test(name))
      expect(judgeStop(readRun(recorded(name)), { code: 0, signal: null }, NODES).kind, name).not.toBe('stopped');
  }
});

test('what another callback prints is no answer: neither a backup, nor a stop, nor a recovery', () => {
  const stats = { 'comfortable-lark.local': { changed: 1, failures: 0, ok: 5, unreachable: 0 } };
  const jsonl = [
    { _event: 'v2_playbook_on_task_start', task: { name: 'mariadb : Taking full database backup via Mariabackup' } },
    { _event: 'v2_runner_on_ok', hosts: { 'comfortable-lark.local': { changed: true } } },
    { _event: 'v2_playbook_on_stats', stats },
  ];
  const yaml = `PLAY [Backup MariaDB] ****\n\nTASK [mariadb : Get MariaDB container facts] ****\nok: [${NODES[0]}] =>\n  changed: false\n`;
  const dense = 'PLAY: Backup MariaDB\ntask 1: comfortable-lark.local\ntask 2: comfortable-lark.local\n';
  for (const output of [jsonl.map((one) => JSON.stringify(one)).join('\n'), yaml, dense]) {
    const run = readRun(output);
    expect(judgeBackup(run, { code: 0, signal: null }).kind).not.toBe('taken');
    expect(judgeStop(run, { code: 0, signal: null }, NODES).kind).toBe('failed');
    expect(judgeRecovery(run, { code: 0, signal: null }, { nodes: NODES, host: NODES[0] ?? '' }).kind).toBe('failed');
  }
});

test('what mariabackup prints when it prepares', () => {
  const prepared = recorded('mariabackup/26-full-prepare.log');
  expect(readPrepare({ exit: 0, output: prepared }, 'lark')).toBeNull();
  expect(readPrepare({ exit: 0, output: prepared.replace(/completed OK!/, 'done') }, 'lark')?.code).toBe(
    'PREPARE_FAILED',
  );
  const wrong = recorded('mariabackup/76a-prepare-wrong-incremental.log');
  for (const exit of [0, 1]) expect(readPrepare({ exit, output: wrong }, 'lark')?.code).toBe('APPLY_MISMATCH');
});
