import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cacheFolder, finishedFolder } from '../../lab/cache.ts';

/** Kolla's own backup script of a release, out of its package on the Python package index; kept in the lab's cache. */
export async function kollaBackupScript(release: string): Promise<string> {
  const folder = await finishedFolder(join(cacheFolder(), 'scripts', `kolla-${release}`), async (unfinished) => {
    await execa('pip', ['download', '--quiet', '--no-deps', '--dest', unfinished, `kolla==${release}`]);
    const [wheel = ''] = (await readdir(unfinished)).filter((name) => name.endsWith('.whl'));
    await execa('python3', ['-m', 'zipfile', '-e', join(unfinished, wheel), unfinished]);
  });
  const share = `kolla-${release}.data/data/share/kolla/docker/mariadb-server/backup.sh`;
  return readFile(join(folder, share), 'utf8');
}
