import { describe, expect, test } from 'vitest';
import { readRun } from '../../src/kolla/ansible-run.ts';
import { type BackupResult, judgeBackup } from '../../src/kolla/backup-result.ts';
import { explain } from '../../src/operation/catalogue.ts';
import { recorded } from '../support/fixtures.ts';

const judge = (output: string, code: number | null): BackupResult =>
  judgeBackup(readRun(output), { code, signal: code === null ? 'SIGKILL' : null });

const HOST = 'comfortable-lark.local';

describe('a backup was taken', () => {
  test.each([
    ['bash/11-backup-full.log', 0, 'full', undefined],
    ['bash/12-backup-incremental.log', 0, 'incremental', undefined],
    ['bash/b1-18.8.0-backup.log', 0, 'full', undefined],
    ['podman/11-backup-full.log', 0, 'full', undefined],
    ['podman/12-backup-incremental.log', 0, 'incremental', undefined],
    ['cliff/11-backup-full.txt', 0, 'full', undefined],
    ['cliff/15-backup-verbose-no-colour.txt', 0, 'full', true],
    ['cliff/12-backup-incremental.txt', 0, 'incremental', undefined],
    ['cliff/13-backup-incremental-second.txt', 0, 'incremental', undefined],
    // Ends as if all were well, and is worthless: only what comes before it can tell.
    ['cliff/60-incremental-after-restore.txt', 0, 'incremental', undefined],
    // The last of both counts, and says so under its task.
    ['cliff/14-full-and-incremental-both-no-colour.txt', 0, 'incremental', undefined],
    ['cliff/91-limit-without-unreachable-node.txt', 0, 'full', undefined],
    // Its neighbour's container was removed by it: what else lies in the volume tells.
    ['cliff/a3-concurrent-2.txt', 0, 'full', undefined],
  ])('%s', (name, code, backup, completedOk) => {
    expect(judge(recorded(name), code)).toEqual({ kind: 'taken', host: HOST, backup, unreachable: [], completedOk });
  });

  test.each(['every-line-verbose', 'every-line-verbose-2.15.13-profiled', 'every-line-verbose-2.19.14-profiled'])(
    'by Ansible itself, with -v: %s',
    (name) => {
      const result = judge(recorded(`ansible/${name}.txt`), 4);
      expect(result).toEqual({ kind: 'taken', host: 'a', backup: 'full', unreachable: ['gone'], completedOk: true });
    },
  );

  test('though a node was unreachable and the exit code is 4', () => {
    expect(judge(recorded('cliff/91-one-node-unreachable.txt'), 4)).toMatchObject({
      kind: 'taken',
      host: HOST,
      unreachable: ['hardcore-rodent.local'],
    });
  });
});

describe('no backup was taken', () => {
  test.each<[string, number, BackupResult['kind'], string]>([
    ['bash/93-mariabackup-disabled.log', 0, 'nothing_done', 'BACKUP_DISABLED'],
    ['cliff/93-mariabackup-disabled.txt', 0, 'nothing_done', 'BACKUP_DISABLED'],
    ['bash/90a-inventory-file-missing.log', 0, 'nothing_done', 'BACKUP_NO_HOSTS'],
    ['bash/90b-inventory-without-groups.log', 0, 'nothing_done', 'BACKUP_NO_HOSTS'],
    ['bash/90f-no-inventory.log', 0, 'nothing_done', 'BACKUP_NO_HOSTS'],
    ['cliff/90-limit-matches-nothing.txt', 1, 'nothing_done', 'BACKUP_NO_HOSTS'],
    ['cliff/90-limit-one-node.txt', 0, 'nothing_done', 'BACKUP_SKIPPED'],
    ['bash/10-incremental-without-full.log', 2, 'failed', 'BACKUP_NO_FULL'],
    ['cliff/10-incremental-without-full.txt', 2, 'failed', 'BACKUP_NO_FULL'],
    ['bash/60-incremental-after-restore.log', 2, 'failed', 'BACKUP_HISTORY_GONE'],
    ['bash/63-backup-when-stopped.log', 2, 'failed', 'BACKUP_MARIADB_DOWN'],
    ['cliff/32-backup-when-stopped.txt', 2, 'failed', 'BACKUP_MARIADB_DOWN'],
    ['podman/63-backup-when-stopped.log', 2, 'failed', 'BACKUP_MARIADB_DOWN'],
    ['bash/a3-concurrent-1.log', 2, 'failed', 'BACKUP_CONTAINER_REMOVED'],
    ['cliff/a3-concurrent-1.txt', 2, 'failed', 'BACKUP_CONTAINER_REMOVED'],
    ['bash/91-one-host-unreachable.log', 4, 'unreachable', 'NODES_UNREACHABLE'],
    ['cliff/92-backup-host-unreachable.txt', 4, 'unreachable', 'NODES_UNREACHABLE'],
    ['bash/90e-unknown-command.log', 3, 'refused', 'KOLLA_CLI_USAGE'],
    ['bash/30a-stop-without-flag.log', 1, 'refused', 'KOLLA_CLI_FAILED'],
    ['cliff/90-underscore-command.txt', 2, 'refused', 'KOLLA_CLI_USAGE'],
    ['cliff/90-forks.txt', 2, 'refused', 'KOLLA_CLI_USAGE'],
    ['cliff/90-stop-without-flag.txt', 2, 'refused', 'KOLLA_CLI_USAGE'],
    ['cliff/90-unknown-command.txt', 2, 'refused', 'KOLLA_CLI_USAGE'],
    ['cliff/90-unknown-option.txt', 2, 'refused', 'KOLLA_CLI_USAGE'],
    ['cliff/90-key-option.txt', 2, 'refused', 'KOLLA_CLI_USAGE'],
    ['cliff/90-inventory-before-command.txt', 2, 'refused', 'KOLLA_CLI_USAGE'],
    ['cliff/90-inventory-missing.txt', 1, 'refused', 'KOLLA_INVENTORY_INVALID'],
    ['cliff/90-no-inventory.txt', 1, 'refused', 'KOLLA_INVENTORY_INVALID'],
    ['cliff/90-configdir-missing.txt', 1, 'refused', 'KOLLA_INVENTORY_INVALID'],
    ['cliff/01-no-arguments.txt', 1, 'refused', 'KOLLA_CLI_FAILED'],
    // What a check, a shortened command and -q do: nothing, with exit code 0.
    ['cliff/90-verbose-check.txt', 0, 'nothing_done', 'BACKUP_SKIPPED'],
    ['cliff/90-prefix-of-command.txt', 0, 'nothing_done', 'BACKUP_SKIPPED'],
    ['cliff/94-passwords-missing-check.txt', 0, 'nothing_done', 'BACKUP_SKIPPED'],
    ['cliff/17-backup-quiet.txt', 0, 'refused', 'KOLLA_CLI_FAILED'],
    ['cliff/91-limit-unreachable-node.txt', 4, 'unreachable', 'NODES_UNREACHABLE'],
  ])('%s', (name, code, kind, expected) => {
    const result = judge(recorded(name), code);
    expect([result.kind, result.kind === 'taken' ? '' : result.problem.code]).toEqual([kind, expected]);
    if (result.kind === 'taken') return;
    const { wrong, done, next } = explain(result.problem);
    expect(wrong + done + next).not.toMatch(/unknown\)|undefined|null/);
  });

  // Without every node's facts no node's configuration can be made: not even the backup host can be alone.
  test.each(['94a-limit-backup-host-alone', '94b-limit-without-backup-host'])('%s', (name) => {
    const result = judge(recorded(`bash/${name}.log`), 2);
    expect(result).toMatchObject({ kind: 'failed', problem: { code: 'KOLLA_TASK_FAILED' } });
  });

  test('that is known of: SSH broke while the container ran, which goes on', () => {
    const lost = { changed: false, msg: 'Failed to connect to the host via ssh', unreachable: true };
    const output = recorded('bash/11-backup-full.log')
      .replace(`changed: [${HOST}]`, `fatal: [${HOST}]: UNREACHABLE! => ${JSON.stringify(lost)}`)
      .replace(/(comfortable-lark\.local\s+: .*)changed=1(\s+)unreachable=0/, '$1changed=0$2unreachable=1');
    expect(output).toMatch(/unreachable=1/);
    const result = judge(output, 4);
    expect(result).toMatchObject({ kind: 'unclear', problem: { code: 'BACKUP_UNCLEAR' } });
    expect(result.kind === 'unclear' && explain(result.problem).wrong).toContain(`Ansible lost ${HOST} while it took`);
  });

  test('the quotation is the line that tells why', () => {
    const result = judge(recorded('bash/63-backup-when-stopped.log'), 2);
    const said = result.kind === 'failed' ? result.problem.params['said'] : '';
    expect(said).toBe(
      `Failed to connect to MariaDB server: Can't connect to server on '10.77.0.11' (111 "Connection refused")`,
    );
  });

  test('the misleading errors of other hosts do not hide the host that is unreachable', () => {
    const result = judge(recorded('bash/91-one-host-unreachable.log'), 4);
    expect(result).toMatchObject({ kind: 'unreachable', hosts: ['hardcore-rodent.local'] });
  });
});

const failingWith = (result: object) =>
  recorded('bash/11-backup-full.log').replace(
    'changed: [comfortable-lark.local]',
    `fatal: [comfortable-lark.local]: FAILED! => ${JSON.stringify(result)}`,
  );
const failing = (stderr: string, rc = 1) =>
  failingWith({
    ...{ changed: true, msg: `Container exited with non-zero return code ${rc}`, rc },
    ...{ stderr, stdout: 'Taking a full backup\n' },
  });

describe('why a backup failed', () => {
  test.each([
    [
      "[00] FATAL ERROR: failed to execute query ALTER TABLE mysql.mariadb_backup_history: ALTER command denied to user 'backup'@'10.77.0.11' for table `mysql`.`mariadb_backup_history`",
      'BACKUP_GRANT_MISSING',
    ],
    [
      'gzip: stdout: No space left on device\nmariabackup: Error writing file \'UNKNOWN\' (errno: 32 "Broken pipe")',
      'BACKUP_NO_SPACE',
    ],
    [
      "Failed to connect to MariaDB server: Access denied for user 'backup'@'10.0.0.1' (using password: YES).",
      'BACKUP_LOGIN_REFUSED',
    ],
    ['failed to execute query: WSREP has not yet prepared node for application use', 'BACKUP_NODE_NOT_READY'],
    ["[00] Can't connect to server on '10.0.0.1' (115)", 'BACKUP_MARIADB_DOWN'],
    ["Error: Unsupported server version: '8.0.11'", 'BACKUP_PROXY_VERSION'],
    [
      'Was only able to copy log from 44420 to 55555, not 66666; try increasing innodb_log_file_size',
      'BACKUP_REDO_OVERRUN',
    ],
    ["Error while attempting to find history record for name '23-11-2026'", 'BACKUP_HISTORY_GONE'],
    ['/usr/local/bin/kolla_mariadb_backup.sh: line 12: LAST_FULL_FILE: unbound variable', 'BACKUP_NO_FULL'],
    ['something new', 'BACKUP_FAILED'],
  ])('%s', (stderr, code) => {
    expect(judge(failing(stderr), 2)).toMatchObject({ kind: 'failed', host: HOST, problem: { code } });
  });

  test('a container that was ended from outside', () => {
    expect(judge(failing('', 137), 2)).toMatchObject({ problem: { code: 'BACKUP_CONTAINER_REMOVED' } });
  });

  // What Kolla's module for podman said, of podman 4.3.
  test.each([
    ['The requested image does not exist: quay.io/openstack.kolla/mariadb-server:1', 'BACKUP_IMAGE_MISSING'],
    ['No such container: mariabackup to stop', 'BACKUP_CONTAINER_REMOVED'],
    [
      '\'Traceback (most recent call last):\\n  File "kolla_podman_worker.py", line 284, in check_container\\n    cont.reload()\\npodman.errors.exceptions.NotFound: 404 Client Error: Not Found (no container with name or ID "1d79c097a551" found: no such container)\\n\'',
      'BACKUP_CONTAINER_REMOVED',
    ],
    [
      'the container name "mariabackup" is already in use by 1d79c097a551. You have to remove that container to be able to reuse that name',
      'BACKUP_CONTAINER_REMOVED',
    ],
  ])('%s', (msg, code) => {
    expect(judge(failingWith({ changed: true, msg }), 2)).toMatchObject({ kind: 'failed', problem: { code } });
  });

  test('podman’s empty lines hide no reason', () => {
    const after = Array.from({ length: 40 }, (_, index) => `[00] Streaming ./table-${index}.ibd to <STDOUT>`);
    const stderr = ["Access denied for user 'backup'@'10.77.0.11'", ...after].join('\n\n');
    expect(judge(failing(stderr), 2)).toMatchObject({ problem: { code: 'BACKUP_LOGIN_REFUSED' } });
  });

  test('an unknown reason is quoted', () => {
    const result = judge(
      failing('Streaming ./a.ibd\n[00] FATAL ERROR: 2026-11-23 00:40:47 something new happened\n'),
      2,
    );
    expect(result.kind === 'failed' && result.problem.params['said']).toContain('something new happened');
  });
});

describe('other ends', () => {
  test('killed while the backup ran: unclear, for the node goes on', () => {
    const cut = recorded('bash/11-backup-full.log').split('changed: [comfortable')[0] ?? '';
    expect(judge(cut, null)).toMatchObject({ kind: 'unclear', problem: { code: 'BACKUP_UNCLEAR' } });
    expect(judge(cut, 0)).toMatchObject({ kind: 'unclear' });
    expect(judge('', null)).toMatchObject({ kind: 'refused' });
  });

  test('several hosts, and one of several that failed', () => {
    const two = recorded('bash/11-backup-full.log').replace(
      'skipping: [hardcore-rodent.local]\nchanged',
      'changed: [hardcore-rodent.local]\nchanged',
    );
    expect(judge(two, 0)).toMatchObject({ kind: 'several_hosts', hosts: ['hardcore-rodent.local', HOST] });
    const failed = two.replace(
      'changed: [comfortable-lark.local]',
      'fatal: [comfortable-lark.local]: FAILED! => {"msg": "x"}',
    );
    expect(judge(failed, 2)).toMatchObject({ kind: 'failed', host: HOST });
  });

  test('a line that was too long to be kept is made up for by the recap', () => {
    const without = (name: string) =>
      recorded(name).replace(/^(?:changed|fatal): \[comfortable.*$/m, '[a line that was too long was left out]');
    expect(judge(without('bash/11-backup-full.log'), 0)).toMatchObject({
      kind: 'taken',
      host: HOST,
      completedOk: undefined,
    });
    expect(judge(without('bash/63-backup-when-stopped.log'), 2)).toMatchObject({
      kind: 'failed',
      host: HOST,
      problem: { code: 'BACKUP_FAILED' },
    });
    const twice = without('bash/11-backup-full.log')
      .replace(/^skipping: \[hardcore.*\n/m, '')
      .replace(/(hardcore\S+ +: ok=3 +changed=)0/, (_, before) => `${before}1`);
    expect(judge(twice, 0).kind).not.toBe('taken');
  });

  test('a failure that was rescued is none', () => {
    const rescued =
      'fatal: [comfortable-lark.local]: FAILED! => {"msg": "on purpose"}\n\nTASK [mariadb : include_tasks]';
    const output = recorded('bash/93-mariabackup-disabled.log').replace('\nTASK [mariadb : include_tasks]', rescued);
    expect(judge(output, 0)).toMatchObject({ kind: 'nothing_done', problem: { code: 'BACKUP_DISABLED' } });
    expect(judge(output.replace('failed=0', 'failed=1'), 2)).toMatchObject({ problem: { code: 'KOLLA_TASK_FAILED' } });
  });

  test('a change under another task is no backup', () => {
    const other = recorded('bash/11-backup-full.log').replace(
      'Taking full database backup via Mariabackup',
      'Taking a nap',
    );
    expect(judge(other, 0)).toMatchObject({ kind: 'nothing_done' });
  });

  test.each([
    [
      'ERROR: Ansible version should be between 2.14 and 2.15. Current version is 2.16.3 which is not supported.',
      1,
      'KOLLA_ANSIBLE_VERSION',
    ],
    ['bash: /opt/x/bin/kolla-ansible: No such file or directory', 127, 'KOLLA_CLI_MISSING'],
    ['', 127, 'KOLLA_CLI_MISSING'],
    [
      "ERROR! Could not find or access '/etc/kolla/passwords.yml' on the Ansible Controller.",
      1,
      'KOLLA_PASSWORDS_MISSING',
    ],
    ['ERROR! Attempting to decrypt but no vault secrets found', 1, 'KOLLA_VAULT_LOCKED'],
    ['Kolla inventory /nowhere is invalid: Path does not exist', 1, 'KOLLA_INVENTORY_INVALID'],
    ['Kolla Ansible configuration path /nowhere is invalid: Path does not exist', 1, 'KOLLA_INVENTORY_INVALID'],
    ['Segmentation fault', 139, 'KOLLA_CLI_FAILED'],
  ])('%s', (output, code, expected) => {
    expect(judge(output, code)).toMatchObject({ kind: 'refused', problem: { code: expected } });
  });
});
