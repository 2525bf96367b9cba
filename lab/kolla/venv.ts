/** Virtual environments as layers over a Debian installation, in the cache. */
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cacheFolder, finishedFolder } from '../cache.ts';
import { unzipWheel, wheels } from './wheels.ts';

const SCRIPT = join(import.meta.dirname, 'machine/venv.sh');

export type VenvOptions = {
  /** For people. */
  readonly name: string;
  /** The Debian installation whose Python it uses. */
  readonly root: string;
  /** Where it is there. */
  readonly path: string;
  readonly requirements: readonly string[];
  /** The package that carries Ansible's collections, and those that are needed of it: `community/general`. */
  readonly from: string;
  readonly collections: readonly string[];
};

/** The layer with the environment at its path. */
export async function venvLayer(options: VenvOptions): Promise<string> {
  const { name, root, path, requirements, from, collections } = options;
  const key = createHash('sha256')
    .update(JSON.stringify(options))
    .update(await readFile(SCRIPT))
    .digest('hex')
    .slice(0, 12);
  return finishedFolder(join(cacheFolder(), 'venvs', `${name}-${key}`), async (unfinished) => {
    const [packages, carrier] = [await wheels(name, requirements), await wheels('ansible', [from], { whole: false })];
    const work = `${unfinished}.work`;
    await rm(work, { recursive: true, force: true });
    const unshare = ['--mount', '--pid', '--net', '--fork', '--kill-child=SIGKILL', '--'];
    await execa('unshare', [...unshare, 'sh', SCRIPT, root, unfinished, work, packages, path, ...requirements]);
    await rm(work, { recursive: true, force: true });
    const library = join(unfinished, path, 'lib/python3.11/site-packages');
    const prefixes = collections.map((collection) => `ansible_collections/${collection}/`);
    await unzipWheel(carrier, 'ansible', library, prefixes);
  });
}
