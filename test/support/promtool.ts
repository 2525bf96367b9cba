import { join } from 'node:path';
import { execa } from 'execa';
import { cacheFolder, finishedFolder } from '../../lab/cache.ts';
import { downloadPackages } from '../../lab/packages.ts';

/** Debian's promtool: its path in the cache. It needs nothing but the C library. */
export async function promtool(): Promise<string> {
  const folder = await finishedFolder(join(cacheFolder(), 'trees/promtool'), async (unfinished) => {
    const archive = (await downloadPackages(['prometheus'])).find((path) => /\/prometheus_[^/]*\.deb$/.test(path));
    if (archive === undefined) throw new Error('Debian’s mirror gave no package prometheus');
    const tar = ['--extract', '--directory', unfinished, './usr/bin/promtool'];
    await execa('dpkg-deb', ['--fsys-tarfile', archive], { buffer: false }).pipe('tar', tar);
  });
  return join(folder, 'usr/bin/promtool');
}
