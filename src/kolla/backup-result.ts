import type { Code, Problem } from '../operation/catalogue.ts';
import type { Status } from './ansible-events.ts';
import { lost, unreachableHosts } from './ansible-failures.ts';
import type { AnsibleRun, TaskRun } from './ansible-run.ts';
import { explainBackupFailure, quote } from './backup-failures.ts';
import { cliRefusal, type Exit, matchedNobody } from './cli-refusal.ts';
import { quoteHost, shorten } from './quoted.ts';

/** What a run of `mariadb_backup` did. Its exit code alone says nothing: it is 0 when no backup was taken, too. */

type BackupKind = 'full' | 'incremental';

/** What became of the backup; `nothing_done` where no node took one, `unclear` where the output doesn't tell. */
export type BackupResult =
  | {
      readonly kind: 'taken';
      /** The inventory's name of the host that took it. */
      readonly host: string;
      readonly backup: BackupKind;
      /** Nodes that Ansible couldn't reach: later releases take the backup all the same. */
      readonly unreachable: readonly string[];
      /** Whether mariabackup's own "completed OK!" was seen; undefined where its report wasn't printed (no `-v`). */
      readonly completedOk: boolean | undefined;
    }
  | { readonly kind: 'failed'; readonly host: string; readonly problem: Problem }
  | { readonly kind: 'nothing_done'; readonly problem: Problem }
  | { readonly kind: 'unreachable'; readonly hosts: readonly string[]; readonly problem: Problem }
  | { readonly kind: 'several_hosts'; readonly hosts: readonly string[]; readonly problem: Problem }
  | { readonly kind: 'refused'; readonly problem: Problem }
  /** It ended before it told; the backup may be running still. */
  | { readonly kind: 'unclear'; readonly problem: Problem };

const BACKUP_TASK =
  /^mariadb : Taking (?:(full|incremental) database backup via Mariabackup|database backup via Mariabackup - backup type (full|incremental))$/;

function backupKind(task: TaskRun): BackupKind | undefined {
  const match = BACKUP_TASK.exec(task.name);
  const kind = match?.[1] ?? match?.[2];
  return kind === 'full' || kind === 'incremental' ? kind : undefined;
}

/** Judges a run by what its hosts reported. */
export function judgeBackup(run: AnsibleRun, exit: Exit): BackupResult {
  const refusal = cliRefusal(run, exit);
  if (refusal !== undefined) {
    return matchedNobody(run) ? nothingDone('BACKUP_NO_HOSTS', exit, []) : { kind: 'refused', problem: refusal };
  }
  return backupFailure(run) ?? taken(run) ?? otherFailure(run) ?? lostLine(run) ?? withoutBackup(run, exit);
}

const backupTasks = (run: AnsibleRun) => run.tasks.filter((task) => backupKind(task) !== undefined);

function hostsOf(task: TaskRun, status: Status): string[] {
  return [...task.results].filter(([, result]) => result.status === status).map(([host]) => host);
}

function backupFailure(run: AnsibleRun): BackupResult | undefined {
  for (const task of backupTasks(run)) {
    const [host] = hostsOf(task, 'failed');
    if (host === undefined) continue;
    const { code, said } = explainBackupFailure(task.results.get(host)?.details);
    return { kind: 'failed', host, problem: { code, params: { host: quoteHost(host), said } } };
  }
  return undefined;
}

function taken(run: AnsibleRun): BackupResult | undefined {
  const found = backupTasks(run).flatMap((task) => hostsOf(task, 'changed').map((host) => ({ task, host })));
  const [first, second] = found;
  if (first === undefined) return undefined;
  const hosts = found.map(({ host }) => host);
  if (second !== undefined) {
    const problem: Problem = { code: 'BACKUP_SEVERAL_HOSTS', params: { hosts: shorten(hosts.join(', ')) } };
    return { kind: 'several_hosts', hosts, problem };
  }
  const report = first.task.results.get(first.host)?.details?.stderr;
  const completedOk = report === undefined ? undefined : report.some((line) => line.endsWith('completed OK!'));
  const backup = backupKind(first.task) ?? 'full';
  return { kind: 'taken', host: first.host, backup, unreachable: unreachableHosts(run.failures), completedOk };
}

/** Unreachable hosts come first: other tasks then fail for want of those hosts' facts, in misleading words. */
function otherFailure(run: AnsibleRun): BackupResult | undefined {
  const failures = run.failures.filter(({ host, ignored }) => !ignored && lost(run, host));
  const hosts = unreachableHosts(failures);
  const failure = failures.find(({ unreachable }) => unreachable === hosts.length > 0);
  if (failure === undefined) return undefined;
  const said = quote(failure.details?.msg ?? 'it gave no reason');
  if (failure.unreachable) {
    // What SSH lost there goes on: the container waits for nobody.
    const during = failures.find(({ unreachable, task }) => unreachable && BACKUP_TASK.test(task));
    if (during) return unclear(`Ansible lost ${quoteHost(during.host)} while it took the backup`);
    const params = { hosts: shorten(hosts.join(', ')), said };
    return { kind: 'unreachable', hosts, problem: { code: 'NODES_UNREACHABLE', params } };
  }
  const { host, task } = failure;
  const params = { host: quoteHost(host), task: quoteHost(task), said };
  return { kind: 'failed', host, problem: { code: 'KOLLA_TASK_FAILED', params } };
}

/**
 * A host whose line under the backup task is missing though the recap has it: a failure's line can be longer than what
 * passes the host's filter. Nothing else in this play changes a host.
 */
function lostLine(run: AnsibleRun): BackupResult | undefined {
  const [task, other] = backupTasks(run);
  if (task === undefined || other !== undefined || run.recap === undefined) return undefined;
  const silent = [...run.recap].filter(
    ([host, { failed, changed }]) => !task.results.has(host) && failed + changed > 0,
  );
  const [first, second] = silent;
  if (first === undefined || second !== undefined) return undefined;
  const [host, { failed }] = first;
  if (failed > 0) {
    const said = 'its report was too long to be kept';
    return { kind: 'failed', host, problem: { code: 'BACKUP_FAILED', params: { host, said } } };
  }
  const unreachable = unreachableHosts(run.failures);
  return { kind: 'taken', host, backup: backupKind(task) ?? 'full', unreachable, completedOk: undefined };
}

function withoutBackup(run: AnsibleRun, exit: Exit): BackupResult {
  if (run.recap === undefined || exit.code === null) {
    return unclear(exit.code === null ? `signal ${exit.signal ?? 'unknown'}` : `code ${exit.code}`);
  }
  if (run.recap.size === 0) return nothingDone('BACKUP_NO_HOSTS', exit, []);
  const tasks = backupTasks(run);
  if (tasks.length === 0) return nothingDone('BACKUP_DISABLED', exit, [...run.recap.keys()]);
  return nothingDone(
    'BACKUP_SKIPPED',
    exit,
    tasks.flatMap((task) => hostsOf(task, 'skipping')),
  );
}

function unclear(ended: string): BackupResult {
  return { kind: 'unclear', problem: { code: 'BACKUP_UNCLEAR', params: { ended } } };
}

function nothingDone(code: Code, exit: Exit, hosts: readonly string[]): BackupResult {
  const params = { code: String(exit.code ?? exit.signal), hosts: shorten(hosts.join(', ')) };
  return { kind: 'nothing_done', problem: { code, params } };
}
