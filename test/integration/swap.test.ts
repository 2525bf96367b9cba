import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pythonArgv } from '../../src/runbooks/programs/program.ts';
import type { ProgramRequests } from '../../src/runbooks/programs/requests.ts';
import { openPidSpace, type PidSpace } from '../support/pid-space.ts';
import { until } from '../support/until.ts';

let dir = '';
let live = '';
let other = '';
let old: [number, number] = [0, 0];
let fresh: [number, number] = [0, 0];
let space: PidSpace;
beforeAll(async () => {
  space = await openPidSpace();
});
afterAll(() => space.close());

const identity = async (path: string): Promise<[number, number]> => {
  const found = await stat(path);
  return [found.dev, found.ino];
};

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kolla-backup-swap-'));
  live = join(dir, 'volumes/mariadb/_data');
  other = join(dir, 'aside/data');
  for (const [path, word] of [
    [live, 'old'],
    [other, 'new'],
  ] as const) {
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'ibdata1'), word);
  }
  [old, fresh] = [await identity(live), await identity(other)];
  await engine('exited');
  await unit('inactive');
});
afterEach(async () => {
  await space.endAll();
  await rm(dir, { recursive: true, force: true });
});

const program = async (name: string, script: string) => {
  await writeFile(join(dir, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(dir, name), 0o755);
};
const engine = (state: string) => program('docker', `echo ${state}`);
const unit = (state: string) => program('systemctl', `echo ${state}; [ ${state} = active ]`);

type Request = ProgramRequests['swap'];
const requestOf = (changes: Partial<Request> = {}): Request => ({
  direction: 'aside',
  live,
  other,
  old,
  new: fresh,
  manifest: null,
  empty: false,
  unit: 'kolla-mariadb-container.service',
  engine: 'docker',
  container: 'mariadb',
  ...changes,
});

async function swap(direction: 'aside' | 'back', changes: Partial<Request> = {}) {
  const request = requestOf({ direction, ...changes });
  const [python, ...argv] = pythonArgv('swap', request);
  const { stdout, exitCode, stderr } = await execa('nsenter', [...space.inside.slice(1), python, ...argv], {
    env: { PATH: `${dir}:${process.env['PATH']}` },
    reject: false,
  });
  if (stdout === '') throw new Error(stderr);
  return { exitCode, ...JSON.parse(stdout) } as { exitCode: number; state: string; code?: string };
}

async function manifestOf(data: string): Promise<string> {
  const [python, ...argv] = pythonArgv('manifest', { data, new: await identity(data) });
  return JSON.parse((await execa(python, argv)).stdout).manifest;
}

const words = async () => [
  await readFile(join(live, 'ibdata1'), 'utf8'),
  await readFile(join(other, 'ibdata1'), 'utf8'),
];
const untouched = async () => expect(await words()).toEqual(['old', 'new']);

test('exchanges once, says so when asked again, and goes back the same way', async () => {
  expect(await swap('aside')).toEqual({ exitCode: 0, state: 'exchanged' });
  expect(await words()).toEqual(['new', 'old']);
  expect(await swap('aside')).toEqual({ exitCode: 0, state: 'already' });
  expect(await words()).toEqual(['new', 'old']);
  expect(await swap('back')).toEqual({ exitCode: 0, state: 'exchanged' });
  expect(await swap('back')).toEqual({ exitCode: 0, state: 'already' });
  await untouched();
});

describe('refuses, and touches nothing,', () => {
  test.each(['active', 'activating', 'deactivating', 'reloading'])('while the unit is %s', async (state) => {
    await unit(state);
    expect(await swap('aside')).toMatchObject({ exitCode: 3, code: 'SWAP_UNIT_ACTIVE' });
    await untouched();
  });
  test.each(['running', 'restarting', 'paused', 'removing'])('while the container is %s', async (state) => {
    await engine(state);
    expect(await swap('aside')).toMatchObject({ code: 'SWAP_CONTAINER_RUNS' });
    await untouched();
  });
  test('when the engine does not answer', async () => {
    await program('docker', 'echo "Cannot connect" >&2; exit 1');
    expect(await swap('aside')).toMatchObject({ code: 'SWAP_CONTAINER_RUNS' });
    await untouched();
  });
  test('while a mariadbd runs, wherever its data is', async () => {
    await copyFile('/bin/sleep', join(dir, 'mariadbd'));
    space.companion([join(dir, 'mariadbd'), '60']);
    await until(
      async () =>
        (await execa('nsenter', [...space.inside.slice(1), 'pgrep', '-x', 'mariadbd'], { reject: false })).exitCode ===
          0 || null,
      'it runs',
      5_000,
    );
    expect(await swap('aside')).toMatchObject({ code: 'SWAP_SERVER_RUNS' });
    await untouched();
  });
  test.each(['live', 'other'])('while somebody holds InnoDB’s lock in %s', async (which) => {
    const path = join(which === 'live' ? live : other, 'ibdata1');
    const code = `import fcntl,sys,time; f=open(sys.argv[1],"r+b"); fcntl.lockf(f, fcntl.LOCK_EX); print("held",flush=True); time.sleep(60)`;
    const holder = space.companion(['python3', '-c', code, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    if (holder.stdout) await once(holder.stdout, 'data');
    expect(await swap('aside')).toMatchObject({ code: 'SWAP_LOCKED' });
    await untouched();
  });
  test('while a process has a file of it open, or stands in it', async () => {
    await writeFile(join(live, 'nova.ibd'), 'x');
    for (const script of ['exec 3< "$1/nova.ibd"; echo up; exec sleep 60', 'cd "$2"; echo up; exec sleep 60']) {
      const user = space.companion(['sh', '-c', script, 'sh', live, other], { stdio: ['ignore', 'pipe', 'inherit'] });
      if (user.stdout) await once(user.stdout, 'data');
      expect(await swap('aside')).toMatchObject({ code: 'SWAP_DIRECTORY_IN_USE' });
      await space.endAll();
    }
    await untouched();
  });
  test('a state transfer in progress', async () => {
    await writeFile(join(live, 'sst_in_progress'), '');
    expect(await swap('aside')).toMatchObject({ code: 'SWAP_TRANSFER_IN_PROGRESS' });
    await untouched();
  });
  test('any other pair of directories than the two that the plan names', async () => {
    expect(await swap('aside', { old: [old[0], 1] })).toMatchObject({ code: 'SWAP_THIRD_FINDING' });
    expect(await swap('aside', { new: [fresh[0], 1] })).toMatchObject({ code: 'SWAP_THIRD_FINDING' });
    expect(await swap('back', { new: old })).toMatchObject({ code: 'SWAP_THIRD_FINDING' });
    await untouched();
  });
  test('a directory that is not there, or is a link', async () => {
    expect(await swap('aside', { other: join(dir, 'nowhere') })).toMatchObject({ code: 'SWAP_THIRD_FINDING' });
    await symlink(other, join(dir, 'link'));
    expect(await swap('aside', { other: join(dir, 'link') })).toMatchObject({ code: 'SWAP_THIRD_FINDING' });
    await symlink(join(dir, 'aside'), join(dir, 'aside-link'));
    expect(await swap('aside', { other: join(dir, 'aside-link/data') })).toMatchObject({
      code: 'SWAP_NOT_A_DIRECTORY',
    });
    await untouched();
  });
  test('a copy that isn’t what was approved any more', async () => {
    const manifest = await manifestOf(other);
    await writeFile(join(other, 'nova.ibd'), 'x');
    expect(await swap('aside', { manifest })).toMatchObject({ code: 'SWAP_COPY_CHANGED' });
    await rm(join(other, 'nova.ibd'));
    expect(await swap('aside', { manifest: await manifestOf(other) })).toMatchObject({ state: 'exchanged' });
    expect(await swap('back', { manifest: '0'.repeat(64) })).toMatchObject({ state: 'exchanged' });
    await untouched();
  });
  test('a directory that should be empty and isn’t', async () => {
    expect(await swap('aside', { empty: true })).toMatchObject({ code: 'SWAP_NOT_EMPTY' });
    await untouched();
  });
  test.runIf(process.getuid?.() === 0)('a directory that is a mount point', async () => {
    const argv = pythonArgv('swap', requestOf({ unit: null }));
    const mounted = [
      'unshare',
      '--mount',
      'sh',
      '-c',
      'mount --bind "$1" "$1" && shift && exec "$@"',
      'sh',
      live,
      ...argv,
    ];
    const { stdout } = await execa('nsenter', [...space.inside.slice(1), ...mounted], {
      env: { PATH: `${dir}:${process.env['PATH']}` },
      reject: false,
    });
    expect(JSON.parse(stdout)).toMatchObject({ state: 'refused', code: 'SWAP_MOUNT_POINT' });
    await untouched();
  });
  test.runIf(process.getuid?.() === 0)('directories of two file systems', async () => {
    const shm = await mkdtemp('/dev/shm/kolla-backup-swap-');
    await mkdir(join(shm, 'data'));
    expect(await swap('aside', { other: join(shm, 'data'), new: await identity(join(shm, 'data')) })).toMatchObject({
      code: 'SWAP_FILE_SYSTEMS_DIFFER',
    });
    await rm(shm, { recursive: true });
    await untouched();
  });
});

test('old data that is back already, into which a transfer did not end, is none to recover from', async () => {
  await writeFile(join(live, 'sst_in_progress'), '');
  expect(await swap('back', { source: true })).toMatchObject({ exitCode: 3, code: 'SWAP_TRANSFER_IN_PROGRESS' });
  // A node that takes everything from that one needs no whole data.
  expect(await swap('back')).toMatchObject({ state: 'already' });
  await rm(join(live, 'sst_in_progress'));
  expect(await swap('back', { source: true })).toMatchObject({ state: 'already' });
});

test('going back is not held up by what a failed state transfer left in the new directory', async () => {
  await swap('aside');
  await writeFile(join(live, 'sst_in_progress'), '');
  expect(await swap('back')).toMatchObject({ state: 'exchanged' });
  await untouched();
});
