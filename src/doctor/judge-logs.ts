import type { LogsFacts } from './ask-logs.ts';
import { good, type Verdict, warning } from './check.ts';

/** What runs goes on without its log; but whoever looks for what a step said finds only the end that Redis keeps. */
export function judgeLogs({ directory, uid, at, trouble }: LogsFacts): Verdict {
  if (trouble === null) return good(`Logs of steps are kept in ${directory}; uid ${uid} may write there.`);
  const barred = at === directory ? `write in ${directory}` : `make ${directory} in ${at}`;
  return warning(
    `Logs of steps would be lost: uid ${uid} cannot ${barred} (${trouble}).`,
    `As root: install -d -m 0700 -o ${uid} ${directory}; or name another log_directory in the config. If the worker runs as another user, look as that one.`,
  );
}
