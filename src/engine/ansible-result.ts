import { readRun } from '../kolla/ansible-run.ts';
import { judgeBackup } from '../kolla/backup-result.ts';
import { shorten } from '../kolla/quoted.ts';
import { recapLines } from '../kolla/recap.ts';
import type { AnswerTo } from '../operation/checks.ts';
import { hostName } from '../operation/ids.ts';
import { signalName } from './signals.ts';

/** Which host took the backup, as the run's own output has it. */
export function changedHost(
  output: string,
  end: { readonly code: number | null; readonly signal: number | null },
): AnswerTo<'one-host-changed'> {
  const run = readRun(output);
  const result = judgeBackup(run, { code: end.code, signal: end.signal === null ? null : signalName(end.signal) });
  const recap = recapLines(run);
  if (result.kind === 'taken') {
    const host = hostName.safeParse(result.host);
    if (host.success) return { host: host.data, recap, problem: null };
    const said = shorten(result.host);
    return { host: null, recap, problem: { code: 'BACKUP_ON_ANOTHER_HOST', params: { host: said } } };
  }
  return { host: null, recap, problem: result.problem };
}
