/** Podman's library for Python, which Kolla's modules use and Debian 12 lacks, as a layer over a machine's root. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, finishedFolder } from '../cache.ts';
import { unzipWheel, wheels } from './wheels.ts';

/** Of the series that speaks to podman 4. */
const LIBRARY = 'podman==4.9.0';
/** Where Debian's Python looks for what isn't Debian's. */
const PLACE = 'usr/local/lib/python3.11/dist-packages';

/** The path of the layer. */
export async function podmanLibrary(): Promise<string> {
  return finishedFolder(join(cacheFolder(), 'venvs', LIBRARY), async (unfinished) => {
    const from = await wheels('podman', [LIBRARY]);
    for (const name of await readdir(from)) {
      const [distribution = ''] = name.split('-');
      await unzipWheel(from, distribution, join(unfinished, PLACE), ['']);
    }
  });
}
