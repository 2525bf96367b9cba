/** Python packages from the index that this machine's pip is set to use, with a pip of our own from Debian. */
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cacheFolder, finishedFolder } from '../cache.ts';
import { inTree, packageTree } from '../packages.ts';

const pipTree = () => packageTree('pip', ['python3', 'python3-pip', 'python3-distutils', 'ca-certificates']);

/** A folder with the wheels of these requirements and, if `whole`, of all that they need. */
export async function wheels(name: string, requirements: readonly string[], { whole = true } = {}): Promise<string> {
  const key = createHash('sha256')
    .update(JSON.stringify([requirements, whole]))
    .digest('hex')
    .slice(0, 12);
  return finishedFolder(join(cacheFolder(), 'wheels', `${name}-${key}`), async (unfinished) => {
    const tree = await pipTree();
    const options = ['--disable-pip-version-check', '--quiet', '--only-binary=:all:', ...(whole ? [] : ['--no-deps'])];
    const python = inTree(tree, 'usr/bin/python3.11');
    await execa(
      python[0],
      [...python.slice(1), '-m', 'pip', 'download', ...options, '-d', unfinished, ...requirements],
      {
        env: { PYTHONHOME: join(tree, 'usr') },
      },
    );
  });
}

/** Unpacks what of a wheel the names begin with; `python3` of this machine does it. */
export async function unzipWheel(folder: string, package_: string, target: string, prefixes: readonly string[]) {
  const name = (await readdir(folder)).find((file) => file.startsWith(`${package_}-`) && file.endsWith('.whl'));
  if (name === undefined) throw new Error(`no wheel of ${package_} in ${folder}`);
  const program = `
import sys, zipfile
source, target, *prefixes = sys.argv[1:]
with zipfile.ZipFile(source) as archive:
    archive.extractall(target, [name for name in archive.namelist() if name.startswith(tuple(prefixes))])
`;
  await execa('python3', ['-I', '-c', program, join(folder, name), target, ...prefixes]);
}
