import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cacheFolder, finishedFolder, lockFile } from '../../lab/cache.ts';
import { inTree, packageTree } from '../../lab/packages.ts';
import { startRedis } from '../../lab/redis.ts';

let cache: string;
const real = process.env['KOLLA_BACKUP_CACHE'];
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'kolla-backup-packages-'));
  process.env['KOLLA_BACKUP_CACHE'] = cache;
});
afterAll(async () => {
  await rm(cache, { recursive: true, force: true });
  if (real === undefined) delete process.env['KOLLA_BACKUP_CACHE'];
  else process.env['KOLLA_BACKUP_CACHE'] = real;
});

test('a package comes with all that it needs, and its program runs on nothing of this machine', async () => {
  expect(cacheFolder()).toBe(cache);
  const [tree, same] = await Promise.all([packageTree('hello', ['hello']), packageTree('hello', ['hello'])]);
  expect(same).toBe(tree);
  const [program, ...args] = inTree(tree, 'usr/bin/hello');
  expect((await execa(program, args)).stdout).toBe('Hello, world!');
  const [loader, ...loaderArgs] = [program, '--list', ...args];
  const libraries = (await execa(loader, loaderArgs)).stdout;
  const found = libraries.split('\n').filter((line) => line.includes('=> /'));
  expect(found.length).toBeGreaterThan(0);
  for (const line of found) expect(line).toContain(tree);
  await expect(packageTree('nosuch', ['no-such-package-in-debian'])).rejects.toThrow(/Unable to locate package/);
  expect(existsSync('/usr/bin/hello')).toBe(false);
}, 120_000);

test('a folder is whole or not there: two at once make it once, a killed maker’s rest is swept away', async () => {
  const folder = join(cache, 'made');
  await mkdir(`${folder}.unfinished`, { recursive: true });
  await writeFile(join(`${folder}.unfinished`, 'rest'), '');
  let made = 0;
  const make = (unfinished: string) => {
    made += 1;
    return symlink('/', join(unfinished, 'done'));
  };
  await Promise.all([finishedFolder(folder, make), finishedFolder(folder, make)]);
  expect([made, await readdir(folder)]).toEqual([1, ['done']]);
});

test('a lock ends with the process that holds it', async () => {
  const file = join(cache, 'some.lock');
  const holder = `import { lockFile } from ${JSON.stringify(join(import.meta.dirname, '../../lab/cache.ts'))}; await lockFile(${JSON.stringify(file)}); console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', holder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  expect(await lockFile(file, { wait: false })).toBeUndefined();
  child.kill('SIGKILL');
  const unlock = await lockFile(file);
  await unlock?.();
  expect(unlock).toBeDefined();
});

test('Redis keeps what it acknowledged over a kill, answers nothing while frozen, and is durable by default', async () => {
  if (real === undefined) delete process.env['KOLLA_BACKUP_CACHE'];
  else process.env['KOLLA_BACKUP_CACHE'] = real;
  const dir = await mkdtemp(join(tmpdir(), 'kolla-backup-redis-'));
  const server = await startRedis({ dir });
  const client = new Redis(server.url, { retryStrategy: () => null, commandTimeout: 500 });
  client.on('error', () => undefined);
  await client.set('key', 'value');
  const settings = await client.config('GET', 'append*');
  expect(settings).toEqual(expect.arrayContaining(['appendonly', 'yes', 'appendfsync', 'always']));
  server.freeze();
  await expect(client.get('key')).rejects.toThrow(/timed out/);
  server.thaw();
  await server.kill();
  const again = await startRedis({ dir, port: server.port });
  const second = new Redis(again.url);
  expect([again.port, await second.get('key')]).toEqual([server.port, 'value']);
  second.disconnect();
  client.disconnect();
  await again.stop();
  await rm(dir, { recursive: true });
}, 120_000);

/** Whether it runs: a process that ended and was collected by nobody yet doesn't. */
async function alive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) Z /.test(stat);
}

test('Redis ends with the process that started it', async () => {
  const source = `import { startRedis } from ${JSON.stringify(join(import.meta.dirname, '../../lab/redis.ts'))}; console.log((await startRedis({ durable: false })).pid); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [pid] = await once(child.stdout, 'data');
  expect(await alive(Number(pid))).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await expect.poll(() => alive(Number(pid))).toBe(false);
}, 60_000);
