import { setTimeout as sleep } from 'node:timers/promises';
import { runDirectory } from '../hosts/run-directory.ts';
import { pythonCommand } from '../kolla/python-program.ts';
import type { Host } from '../operation/host.ts';
import { newId } from '../operation/ids.ts';
import type { Look } from '../operation/run-directory.ts';

/**
 * Whether what an operation detaches on a host outlives its login: the same program as an operation's starts a short
 * sleep in a run directory of its own, the connection is closed, and a new one looks for it. The directory lies in
 * `/run` and is removed; nothing else is touched.
 */

/** How long the trial runs (s), and how long after the logout it is looked for (ms). */
const TRIAL_S = 5;
const AFTER_LOGOUT_MS = 2_000;
/** How long it may take until its end is seen, and how often it is looked for (ms). */
const END_MS = 30_000;
const AGAIN_MS = 500;
const REMOVE_MS = 20_000;
const REMOVE = 'import shutil\nshutil.rmtree(request["base"], ignore_errors=True)';

/** How the trial stood after its login was over, and how it ended. */
export type Outlived = { readonly by: 'systemd' | 'setsid'; readonly note: string | null; readonly ended: Look };

/** `host` has a connection of its own, which this closes. Rejects with the host's problem. */
export async function tryDetached(host: Host): Promise<Outlived> {
  const base = `/run/kolla-backup-doctor-${newId()}`;
  const runs = runDirectory(host, base);
  const plan = { operation: newId(), plan: '1' };
  const step = { ...plan, step: 'trial' };
  try {
    await runs.open(plan);
    const started = await runs.start({
      ...step,
      head: { seq: 0, hash: '' },
      argv: ['sleep', String(TRIAL_S)],
      redact: { files: [], patterns: [] },
    });
    if (started.state !== 'sent') throw new TypeError(`a new run directory said ${started.state}`);
    await host.close();
    await sleep(AFTER_LOGOUT_MS);
    const until = performance.now() + END_MS;
    let ended = await runs.look(step);
    while (['sent', 'running'].includes(ended.state) && performance.now() < until) {
      await sleep(AGAIN_MS);
      ended = await runs.look(step);
    }
    return { by: started.supervisedBy, note: started.note, ended };
  } finally {
    await runs.close(plan, { evenIfRunning: true }).catch(() => {});
    await host.run(pythonCommand(REMOVE, { base }, REMOVE_MS)).catch(() => {});
  }
}
