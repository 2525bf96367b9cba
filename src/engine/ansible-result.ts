import { readRun } from '../kolla/ansible-run.ts';
import { judgeBackup } from '../kolla/backup-result.ts';
import { shorten } from '../kolla/quoted.ts';
import type { AnswerTo } from '../operation/checks.ts';
import { hostName } from '../operation/ids.ts';
import { signalName } from './signals.ts';

/** How many lines of a recap are kept: as many as a large cloud has nodes. */
const RECAP_LINES = 100;
const RECAP_CHARS = 300;

/** Which host took the backup, as the run's own output has it. */
export function changedHost(
  output: string,
  end: { readonly code: number | null; readonly signal: number | null },
): AnswerTo<'one-host-changed'> {
  const run = readRun(output);
  const result = judgeBackup(run, { code: end.code, signal: end.signal === null ? null : signalName(end.signal) });
  const recap = [...(run.recap ?? [])].slice(0, RECAP_LINES).map(([host, counts]) =>
    shorten(
      `${host}: ${Object.entries(counts)
        .map(([name, times]) => `${name}=${times}`)
        .join(' ')}`,
      RECAP_CHARS,
    ),
  );
  if (result.kind === 'taken') {
    const host = hostName.safeParse(result.host);
    if (host.success) return { host: host.data, recap, problem: null };
    const said = shorten(result.host);
    return { host: null, recap, problem: { code: 'BACKUP_ON_ANOTHER_HOST', params: { host: said } } };
  }
  return { host: null, recap, problem: result.problem };
}
