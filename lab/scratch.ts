import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'kolla-backup-lab';

/**
 * A temporary folder of this process, `/tmp/kolla-backup-lab-<pid>-<name>-…`. Those of processes that were killed and
 * could not remove theirs are removed on the way.
 */
export async function scratchFolder(name: string): Promise<string> {
  for (const folder of await readdir(tmpdir())) {
    const pid = new RegExp(`^${PREFIX}-(\\d+)-`).exec(folder)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`))
      await rm(join(tmpdir(), folder), { recursive: true, force: true });
  }
  return mkdtemp(join(tmpdir(), `${PREFIX}-${process.pid}-${name}-`));
}
