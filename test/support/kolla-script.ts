import { glob, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cacheFolder, finishedFolder } from '../../lab/cache.ts';

/** Kolla's own backup script of a release, out of its package on the Python package index; kept in the lab's cache. */
export async function kollaBackupScript(
  release: string,
  script: 'backup.sh' | 'backup_replica.sh' = 'backup.sh',
): Promise<string> {
  const folder = await finishedFolder(join(cacheFolder(), 'scripts', `kolla-${release}`), async (unfinished) => {
    await execa('pip', ['download', '--quiet', '--no-deps', '--dest', unfinished, `kolla==${release}`]);
    const [wheel = ''] = (await readdir(unfinished)).filter((name) => name.endsWith('.whl'));
    await execa('python3', ['-m', 'zipfile', '-e', join(unfinished, wheel), unfinished]);
  });
  // Each series has put it elsewhere.
  for await (const found of glob(`**/mariadb-server/${script}`, { cwd: folder }))
    return readFile(join(folder, found), 'utf8');
  throw new Error(`kolla ${release} has no ${script}`);
}
