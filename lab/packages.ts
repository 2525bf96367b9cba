/**
 * Debian packages as folders: downloaded with everything that they need (the C library too) and unpacked in the
 * cache, never installed. A tree is found again by the list of packages that it was made for; removing the cache
 * folder is always safe.
 */
import { createHash } from 'node:crypto';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { openApt } from './apt.ts';
import { cacheFolder, finishedFolder, withLock } from './cache.ts';

/** Raise it when trees are made differently. */
const FORMAT = 2;
const MERGED = ['bin', 'sbin', 'lib', 'lib64'] as const;

/** Puts the files of .deb archives into an empty folder, as `dpkg -x` would; nothing of them is configured. */
export async function unpack(archives: readonly string[], tree: string): Promise<void> {
  for (const name of MERGED) {
    await mkdir(join(tree, 'usr', name), { recursive: true });
    await symlink(`usr/${name}`, join(tree, name));
  }
  await mkdir(join(tree, 'run/lock'), { recursive: true });
  await mkdir(join(tree, 'var'));
  await symlink('../run', join(tree, 'var/run'));
  await symlink('../run/lock', join(tree, 'var/lock'));
  // What `dpkg -x` does, but keeping the links above: it would put folders in their place.
  const extract = ['--extract', '--keep-directory-symlink', '--warning=no-timestamp', '--directory', tree];
  for (const archive of archives)
    await execa('dpkg-deb', ['--fsys-tarfile', archive], { buffer: false }).pipe('tar', extract);
  await execa('/sbin/ldconfig', ['-r', tree]);
}

/**
 * The path of a tree with these packages and all their dependencies, made if it isn't there.
 * `name` is for people; the list of packages decides. Rejects where the mirror can't be reached.
 */
export async function packageTree(name: string, packages: readonly string[]): Promise<string> {
  const key = createHash('sha256')
    .update(JSON.stringify([FORMAT, packages]))
    .digest('hex')
    .slice(0, 12);
  const cache = cacheFolder();
  return finishedFolder(join(cache, 'trees', `${name}-${key}`), async (unfinished) =>
    unpack(await downloadPackages(packages), unfinished),
  );
}

/** The .deb files of these packages and of everything that they need, in the cache. */
export function downloadPackages(packages: readonly string[]): Promise<string[]> {
  const cache = cacheFolder();
  return withLock(join(cache, 'apt.lock'), async () => (await openApt(join(cache, 'apt'))).download(packages));
}

/**
 * The argv that runs a program of a tree with that tree's own loader and libraries, so that nothing depends on what
 * this machine has installed.
 */
export function inTree(tree: string, program: string): [string, ...string[]] {
  const libraries = ['usr/lib/x86_64-linux-gnu', 'usr/lib'].map((folder) => join(tree, folder)).join(':');
  return [
    join(tree, 'usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2'),
    '--library-path',
    libraries,
    join(tree, program),
  ];
}
