/** The cache folder of the lab, and locks and finished-or-absent folders in it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** Where packages, trees and seeds are kept: `$KOLLA_BACKUP_CACHE`, else `kolla-backup` in the user's cache folder. */
export function cacheFolder(): string {
  const { KOLLA_BACKUP_CACHE: own, XDG_CACHE_HOME: xdg } = process.env;
  return own || join(xdg || join(homedir(), '.cache'), 'kolla-backup');
}

/**
 * Takes an exclusive lock on a file and resolves with the call that gives it back. The lock belongs to a child
 * that reads our pipe, so it ends with this process, however that ends. With `wait: false` it resolves with
 * undefined where another holds it.
 */
export async function lockFile(file: string, { wait = true } = {}): Promise<(() => Promise<void>) | undefined> {
  await mkdir(dirname(file), { recursive: true });
  const child = spawn(
    'flock',
    [...(wait ? [] : ['--nonblock']), file, 'sh', '-c', 'echo locked; exec cat >/dev/null'],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      // Ctrl-C at a terminal is for us, not for our locks.
      detached: true,
    },
  );
  const exited = once(child, 'exit');
  const locked = await Promise.race([once(child.stdout, 'data').then(() => true), exited.then(() => false)]);
  if (!locked && wait) throw new Error(`flock ${file} failed`);
  if (!locked) return undefined;
  child.unref();
  child.stdout.destroy();
  return async () => {
    child.ref();
    child.stdin.end();
    await exited;
  };
}

/** Runs `act` while holding the lock on `file`. */
export async function withLock<T>(file: string, act: () => Promise<T>): Promise<T> {
  const unlock = await lockFile(file);
  try {
    return await act();
  } finally {
    await unlock?.();
  }
}

/**
 * A folder that exists whole or not at all: `make` fills a temporary one that is then renamed. Two runs at once
 * wait for each other; what a killed run left is removed by the next.
 */
export async function finishedFolder(folder: string, make: (unfinished: string) => Promise<void>): Promise<string> {
  if (existsSync(folder)) return folder;
  return withLock(`${folder}.lock`, async () => {
    if (existsSync(folder)) return folder;
    const unfinished = `${folder}.unfinished`;
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true });
    await make(unfinished);
    await rename(unfinished, folder);
    return folder;
  });
}

const UNUSED_MS = 7 * 24 * 3600 * 1000;

/**
 * Marks a folder as used now, and removes its siblings that begin with `prefix`, were made from other sources and
 * have not been used for a week.
 */
export async function keepInUse(folder: string, prefix: string): Promise<void> {
  await utimes(folder, new Date(), new Date());
  const names = (await readdir(dirname(folder))).filter((name) => name.startsWith(prefix) && name !== basename(folder));
  for (const path of names.map((name) => join(dirname(folder), name))) {
    const used = await stat(path).catch(() => undefined);
    if (used?.isDirectory() && Date.now() - used.mtimeMs > UNUSED_MS) await rm(path, { recursive: true, force: true });
  }
}
