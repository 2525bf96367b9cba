import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { programQuestion, programSource, pythonArgv } from '../../src/runbooks/programs/program.ts';
import { readReport, reports } from '../../src/runbooks/programs/reports.ts';
import type { Identity, ProgramName, ProgramRequests } from '../../src/runbooks/programs/requests.ts';
import { openPidSpace, type PidSpace } from '../support/pid-space.ts';

/** The programs on plain directories, with an engine and a unit manager that say what they are told to. */

const OPERATION = 'a1b2c3d4e5f6a7b8c9d0';
const UNIT = 'kolla-mariadb-container.service';
const names = Object.keys(reports) as ProgramName[]; // the keys of a literal table
let dir = '';
let live = '';
let base = '';
let space: PidSpace;

beforeAll(async () => {
  space = await openPidSpace();
});
afterAll(() => space.close());
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kolla-backup-programs-'));
  live = join(dir, 'volumes/mariadb/_data');
  base = join(dir, 'kolla-backup');
  await mkdir(live, { recursive: true });
  await writeFile(join(live, 'ibdata1'), 'old');
  await program('docker', 'true');
  await program('systemctl', 'echo inactive');
});
afterEach(async () => {
  await space.endAll();
  await rm(dir, { recursive: true, force: true });
});

const program = async (name: string, script: string) => {
  await writeFile(join(dir, name), `#!/bin/sh\necho "$(basename "$0") $*" >> ${dir}/asked\n${script}\n`);
  await chmod(join(dir, name), 0o755);
};
const asked = async () => (await readFile(join(dir, 'asked'), 'utf8').catch(() => '')).split('\n').slice(0, -1);
const identity = async (path: string): Promise<Identity> => {
  const found = await stat(path);
  return [found.dev, found.ino];
};

async function ask<N extends ProgramName>(
  name: N,
  request: ProgramRequests[N],
  by: readonly string[] = [],
  otherwise: (source: string) => string = (source) => source,
) {
  const [nsenter, ...inside] = space.inside;
  const argv = pythonArgv(name, request).map((part, index) => (index === 2 ? otherwise(part) : part));
  const { exitCode, stdout, stderr } = await execa(nsenter, [...inside, ...by, ...argv], {
    env: { PATH: `${dir}:${process.env['PATH']}` },
    reject: false,
  });
  const answer = readReport(name, 'lark', { code: exitCode ?? null, signal: null, stdout, stderr });
  if ('problem' in answer && answer.problem.code === 'RESTORE_PROGRAM_FAILED') throw new Error(stderr);
  return answer;
}
const refused = (code: string) => ({ problem: { code } });
/** A program with other lines in it, to make it quick, or something happen while it runs. */
const withLines = (lines: Readonly<Record<string, string>>) => (source: string) =>
  Object.entries(lines).reduce((text, [line, other]) => {
    expect(text).toContain(line);
    return text.replace(line, other);
  }, source);

test('every program is ASCII, for the locale of a host is not known', () => {
  for (const name of names) expect(programSource(name)).toMatch(/^[\x20-\x7e\n]+$/);
});

describe('stage', () => {
  const request = (changes: Partial<ProgramRequests['stage']> = {}): ProgramRequests['stage'] => ({
    directory: join(base, OPERATION, '1'),
    live,
    engine: 'docker',
    label: OPERATION,
    uid: 42434,
    gid: 42434,
    mode: 0o755,
    needBytes: 1000,
    floorBytes: 1000,
    ...changes,
  });
  test('makes an empty directory like the datadir in one that is root’s alone, and says the same again', async () => {
    const data = join(base, OPERATION, '1/data');
    const answer = await ask('stage', request());
    expect(answer).toMatchObject({
      report: { state: 'staged', data, live: await identity(live), new: await identity(data) },
    });
    expect(await ask('stage', request())).toMatchObject({ report: { new: await identity(data) } });
    const found = await stat(data);
    expect([found.uid, found.gid, found.mode & 0o7777]).toEqual([42434, 42434, 0o755]);
    for (const path of [base, join(base, OPERATION), join(base, OPERATION, '1')])
      expect((await stat(path)).mode & 0o7777).toBe(0o700);
  });
  test('makes a place for each incremental beside the copy, in a directory that its container can pass', async () => {
    const own = join(base, OPERATION, '1');
    await ask('stage', request({ incrementals: 2 }));
    expect((await readdir(own)).toSorted()).toEqual(['data', 'incremental-1', 'incremental-2']);
    for (const name of ['incremental-1', 'incremental-2']) {
      const { uid, gid, mode } = await stat(join(own, name));
      expect([uid, gid, mode & 0o7777]).toEqual([42434, 42434, 0o755]);
    }
    expect((await stat(own)).mode & 0o7777).toBe(0o711);
    expect((await stat(join(base, OPERATION))).mode & 0o7777).toBe(0o700);
    await writeFile(join(own, 'incremental-2/x.delta'), 'of an earlier try');
    expect(await ask('stage', request({ incrementals: 2 }))).toMatchObject(refused('STAGE_NOT_EMPTY'));
  });
  test('ends what an earlier preparation of the same operation left running', async () => {
    await program('docker', '[ "$1" = ps ] && echo one && echo two; true');
    await ask('stage', request());
    expect(await asked()).toEqual([
      `docker ps -aq --filter label=kolla-backup.operation=${OPERATION}`,
      'docker rm -f one',
      'docker rm -f two',
    ]);
    await program('docker', 'echo no daemon >&2; exit 1');
    expect(await ask('stage', request({ directory: join(base, OPERATION, '2') }))).toMatchObject(
      refused('STAGE_ENGINE'),
    );
  });
  test('refuses what is not empty, too little room, and a path that is nobody’s', async () => {
    await ask('stage', request());
    await writeFile(join(base, OPERATION, '1/data/ibdata1'), 'perhaps old data');
    expect(await ask('stage', request())).toMatchObject(refused('STAGE_NOT_EMPTY'));
    expect(await ask('stage', request({ needBytes: 1e15 }))).toMatchObject(refused('STAGE_NO_ROOM'));
    expect(await ask('stage', request({ floorBytes: 1e15 }))).toMatchObject(refused('STAGE_NO_ROOM'));
    expect(await ask('stage', request({ live: join(dir, 'nowhere') }))).toMatchObject(refused('STAGE_NOT_A_DIRECTORY'));
    const elsewhere = request({ directory: join(dir, 'other', OPERATION, '1') });
    expect(await ask('stage', elsewhere)).toMatchObject(refused('STAGE_NOT_A_DIRECTORY'));
    expect(existsSync(join(dir, 'other'))).toBe(false);
  });
  test('refuses where two directories can’t be exchanged, long before MariaDB is stopped, and leaves nothing of its try', async () => {
    expect(await ask('stage', request(), ['setarch', 'i686'])).toMatchObject(refused('STAGE_NO_EXCHANGE'));
    expect(await readdir(join(base, OPERATION, '1'))).toEqual(['data']);
    // As a try leaves it that was killed.
    await mkdir(join(base, OPERATION, '1/exchange-1'));
    expect(await ask('stage', request())).toMatchObject({ report: { state: 'staged' } });
    expect(await readdir(join(base, OPERATION, '1'))).toEqual(['data']);
  });
  test('refuses another file system and a mount point', async () => {
    const shm = await mkdtemp('/dev/shm/kolla-backup-');
    await mkdir(join(shm, 'kolla-backup'));
    const there = request({ directory: join(shm, 'kolla-backup', OPERATION, '1') });
    expect(await ask('stage', there)).toMatchObject(refused('STAGE_FILE_SYSTEMS_DIFFER'));
    expect(await readdir(join(shm, 'kolla-backup'))).toEqual([]);
    await rm(shm, { recursive: true });
    await mkdir(base);
    // The same file system, but another mount of it: a rename fails between the two.
    for (const [path, code] of [
      [live, 'STAGE_MOUNT_POINT'],
      [base, 'STAGE_FILE_SYSTEMS_DIFFER'],
    ] as const) {
      const [nsenter, ...inside] = space.inside;
      const mounted = ['unshare', '--mount', 'sh', '-c', 'mount --bind "$1" "$1" && shift && exec "$@"', 'sh', path];
      const { stdout } = await execa(nsenter, [...inside, ...mounted, ...pythonArgv('stage', request())], {
        env: { PATH: `${dir}:${process.env['PATH']}` },
        reject: false,
      });
      expect(JSON.parse(stdout)).toMatchObject({ state: 'refused', code });
    }
  });
});

describe('the manifest', () => {
  let data = '';
  const manifest = async () => {
    const answer = await ask('manifest', { data, new: await identity(data) });
    if ('problem' in answer) throw new Error(answer.problem.code);
    return answer.report.manifest;
  };
  beforeEach(async () => {
    data = join(dir, 'copy');
    await mkdir(join(data, 'nova'), { recursive: true });
    for (const name of ['ibdata1', 'nova/instances.ibd']) await writeFile(join(data, name), 'x'.repeat(100));
  });
  test('is another whenever anything is touched, and the same when nothing is', async () => {
    const file = join(data, 'nova/instances.ibd');
    const touches: readonly (() => Promise<unknown>)[] = [
      () => writeFile(file, 'y'.repeat(100)),
      () => writeFile(file, 'x'),
      () => utimes(file, 1, 1),
      () => chmod(file, 0o600),
      () => execa('chown', ['42434', file]),
      () => rename(file, join(data, 'nova/other.ibd')),
      () => rm(join(data, 'nova'), { recursive: true }),
      () => writeFile(join(data, 'new'), ''),
      () => symlink('/etc/passwd', join(data, 'link')),
      () => chmod(data, 0o700),
    ];
    const seen = [await manifest()];
    expect(await manifest()).toBe(seen[0]);
    for (const touch of touches) {
      await touch();
      seen.push(await manifest());
    }
    expect(new Set(seen).size).toBe(touches.length + 1);
  });
  test('stays when the directory is renamed, and belongs to one directory', async () => {
    const before = await manifest();
    await rename(data, join(dir, 'renamed'));
    data = join(dir, 'renamed');
    expect(await manifest()).toBe(before);
    expect(await ask('manifest', { data, new: [1, 1] })).toMatchObject(refused('MANIFEST_NOT_THE_COPY'));
  });
  test('is none where something goes while it is read', async () => {
    const meanwhile = withLines({
      'in paths_of(root):': 'in paths_of(root):\n        path.endswith(".ibd") and os.unlink(path)',
    });
    const answer = await ask('manifest', { data, new: await identity(data) }, [], meanwhile);
    expect(answer).toMatchObject(refused('MANIFEST_CHANGING'));
  });
});

/** What a preparation leaves, or a restore: a directory of the operation with `data` in it. */
async function left(word: string): Promise<string> {
  const data = join(base, OPERATION, '1/data');
  await mkdir(data, { recursive: true });
  await writeFile(join(data, 'ibdata1'), word);
  return data;
}
/** A companion that holds or mounts `path` by a script. */
async function user(script: string, path: string): Promise<void> {
  const argv = ['unshare', '--mount', 'sh', '-c', script, 'sh', path];
  const child = space.companion(argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  if (child.stdout) await once(child.stdout, 'data');
}
const USES = {
  'has a file open': 'exec 3< "$1/ibdata1"; echo up; exec sleep 60',
  'stands in it': 'cd "$1"; echo up; exec sleep 60',
  'has it mounted elsewhere': 'mount --bind "$1" /mnt; echo up; exec sleep 60',
} as const;

describe('clear', () => {
  const request = async (keep: readonly Identity[] = []): Promise<ProgramRequests['clear']> => ({
    directory: join(base, OPERATION),
    engine: 'docker',
    label: OPERATION,
    live,
    keep: [await identity(live), ...keep],
  });
  test('removes the containers and the directory, once', async () => {
    await left('copy');
    await program('docker', '[ "$1" = ps ] && echo one; true');
    expect(await ask('clear', await request())).toEqual({ report: { state: 'cleared' } });
    expect(await readdir(base)).toEqual([]);
    expect(await asked()).toContain('docker rm -f one');
    expect(await ask('clear', await request())).toEqual({ report: { state: 'absent' } });
    expect(await readFile(join(live, 'ibdata1'), 'utf8')).toBe('old');
  });
  test('leaves everything where old data lies in it, whatever it is called there', async () => {
    const data = await left('old data');
    const keep = [await identity(data)];
    expect(await ask('clear', await request(keep))).toMatchObject(refused('CLEAR_OLD_DATA'));
    await rename(data, join(base, OPERATION, 'moved'));
    expect(await ask('clear', await request(keep))).toMatchObject(refused('CLEAR_OLD_DATA'));
    expect(await readFile(join(base, OPERATION, 'moved/ibdata1'), 'utf8')).toBe('old data');
    expect(await asked()).toEqual([]);
  });
  test('leaves everything after an exchange, also when nothing in it is known', async () => {
    const data = await left('perhaps old data');
    const wanted = await request();
    await rename(live, join(dir, 'elsewhere'));
    expect(await ask('clear', wanted)).toMatchObject(refused('CLEAR_OLD_DATA'));
    await mkdir(live);
    expect(await ask('clear', wanted)).toMatchObject(refused('CLEAR_OLD_DATA'));
    expect(await readFile(join(data, 'ibdata1'), 'utf8')).toBe('perhaps old data');
  });
  test.each(Object.entries(USES))('leaves it while somebody %s', async (_, script) => {
    const data = await left('copy');
    await user(script, data);
    expect(await ask('clear', await request())).toMatchObject(refused('CLEAR_IN_USE'));
    expect(await readFile(join(data, 'ibdata1'), 'utf8')).toBe('copy');
  });
  test('removes nothing that isn’t an operation’s directory', async () => {
    for (const directory of [dir, live, '/', join(dir, 'volumes')])
      expect(await ask('clear', { ...(await request()), directory })).toMatchObject(refused('CLEAR_NOT_A_DIRECTORY'));
    await mkdir(base);
    await symlink(live, join(base, OPERATION));
    expect(await ask('clear', await request())).toMatchObject(refused('CLEAR_NOT_A_DIRECTORY'));
    expect(await readFile(join(live, 'ibdata1'), 'utf8')).toBe('old');
  });
});

describe('discard', () => {
  const request = async (data: string): Promise<ProgramRequests['discard']> => ({
    data,
    directory: join(base, OPERATION),
    old: await identity(data),
    live,
  });
  test('removes that very directory and the empty ones above it, and goes on where it was ended', async () => {
    const data = await left('old data');
    const wanted = await request(data);
    expect(await ask('discard', wanted)).toMatchObject({ report: { state: 'discarded' } });
    expect(await readdir(base)).toEqual([]);
    expect(await ask('discard', wanted)).toEqual({ report: { state: 'already', bytes: 0 } });

    const again = await request(await left('old data'));
    await rename(data, `${data}.discarding`);
    await rm(join(`${data}.discarding`, 'ibdata1'));
    expect(await ask('discard', again)).toMatchObject({ report: { state: 'discarded' } });
    expect(await readdir(base)).toEqual([]);
  });
  test('removes the emptied places of incrementals with it, and leaves what is not empty', async () => {
    const data = await left('old data');
    for (const name of ['incremental-1', 'incremental-2']) await mkdir(join(data, '..', name));
    await writeFile(join(data, '../incremental-2/x.delta'), 'not applied');
    expect(await ask('discard', await request(data))).toMatchObject({ report: { state: 'discarded' } });
    expect(await readdir(join(data, '..'))).toEqual(['incremental-2']);
  });
  test('removes nothing else', async () => {
    const data = await left('old data');
    const wanted = await request(data);
    expect(await ask('discard', { ...wanted, old: [wanted.old[0], 1] })).toMatchObject(refused('DISCARD_ANOTHER'));
    expect(await ask('discard', { ...wanted, old: await identity(live) })).toMatchObject(refused('DISCARD_LIVE'));
    expect(await ask('discard', { ...wanted, live: join(dir, 'nowhere') })).toMatchObject(refused('DISCARD_LIVE'));
    expect(await ask('discard', { ...wanted, live: data })).toMatchObject(refused('DISCARD_LIVE'));
    expect(await ask('discard', { ...wanted, data: live })).toMatchObject(refused('DISCARD_NOT_OURS'));
    expect(await ask('discard', { ...wanted, directory: dir })).toMatchObject(refused('DISCARD_NOT_OURS'));
    await mkdir(`${data}.discarding`);
    expect(await ask('discard', wanted)).toMatchObject(refused('DISCARD_ANOTHER'));
    expect(await readFile(join(data, 'ibdata1'), 'utf8')).toBe('old data');
  });
  test.each(Object.entries(USES))('removes nothing while somebody %s', async (_, script) => {
    const data = await left('old data');
    await user(script, data);
    expect(await ask('discard', await request(data))).toMatchObject(refused('DISCARD_IN_USE'));
    expect(await readFile(join(data, 'ibdata1'), 'utf8')).toBe('old data');
  });
});

describe('hold', () => {
  const request = (act: ProgramRequests['hold']['act'], unit: string | null = null): ProgramRequests['hold'] => ({
    act,
    unit,
    flag: join(dir, 'flags/hold'),
    engine: 'docker',
    container: 'mariadb',
    live,
  });
  const LOADED = '[ "$1" = show ] && echo LoadState=loaded || echo';
  test('looks: down by every sign, or why not', async () => {
    await program('systemctl', `${LOADED} inactive`);
    await program('docker', 'echo exited');
    expect(await ask('hold', request('look', UNIT))).toEqual({ report: { state: 'down' } });
    await program('docker', 'echo "Error: No such container: mariadb" >&2; exit 1');
    expect(await ask('hold', request('look', UNIT))).toEqual({ report: { state: 'down' } });
    await program('systemctl', `${LOADED} activating`);
    expect(await ask('hold', request('look', UNIT))).toMatchObject({ report: { state: 'up' } });
    await program('docker', 'echo running');
    expect(await ask('hold', request('look'))).toMatchObject({ report: { state: 'up' } });
    await program('docker', 'echo no daemon >&2; exit 1');
    expect(await ask('hold', request('look'))).toMatchObject({ report: { state: 'up' } });
  });
  test('without unit and container is held at once a server was seen by nobody for long enough', async () => {
    await program('docker', 'echo "Error: No such container: mariadb" >&2; exit 1');
    const began = performance.now();
    expect(await ask('hold', request('hold'))).toEqual({ report: { state: 'held', position: null } });
    expect(performance.now() - began).toBeGreaterThan(15_000);
    expect(existsSync(join(dir, 'flags/hold'))).toBe(true);
    expect(await ask('hold', request('let-go'))).toEqual({ report: { state: 'free' } });
    expect(existsSync(join(dir, 'flags/hold'))).toBe(false);
  });
  test('holds no node whose container goes on running, nor one whose units were not read again', async () => {
    const here = withLines({
      'STOP_SECONDS = 150': 'STOP_SECONDS = 2',
      'UNITS = "/etc/systemd/system"': `UNITS = "${join(dir, 'units')}"`,
    });
    const act = (what: 'hold' | 'let-go') => ask('hold', request(what, UNIT), [], here);
    const flag = join(dir, 'flags/hold');
    await program('systemctl', `${LOADED} inactive`);
    await program('docker', 'echo running');
    const answer = await act('hold');
    expect(answer).toMatchObject(refused('HOLD_NOT_DOWN'));
    expect(answer).toMatchObject({ problem: { params: { detail: expect.stringContaining('container running') } } });
    expect(await asked()).toContain('docker stop -t 60 mariadb');
    expect(existsSync(flag)).toBe(true);
    await program('docker', 'echo exited');
    await program('systemctl', `[ "$1" != daemon-reload ] || { echo no bus >&2; exit 1; }\n${LOADED} inactive`);
    expect(await act('hold')).toMatchObject(refused('HOLD_UNITS'));
    // It stays held where it can't be let go.
    expect(await act('let-go')).toMatchObject(refused('HOLD_UNITS'));
    expect(existsSync(flag)).toBe(true);
    await program('systemctl', `${LOADED} inactive`);
    expect(await act('hold')).toEqual({ report: { state: 'held', position: null } });
    expect(await act('let-go')).toEqual({ report: { state: 'free' } });
  });
  test('starts and restarts the unit, or the container where there is no unit', async () => {
    await program('systemctl', `${LOADED} inactive`);
    expect(await ask('hold', request('restart', UNIT))).toEqual({ report: { state: 'restarted' } });
    expect(await ask('hold', request('reload', UNIT))).toEqual({ report: { state: 'reloaded', done: true } });
    expect(await asked()).toContain(`systemctl restart ${UNIT}`);
    await program('systemctl', 'echo LoadState=not-found');
    expect(await ask('hold', request('start', UNIT))).toEqual({ report: { state: 'started' } });
    expect(await asked()).toContain('docker start mariadb');
    await program('docker', 'echo no such container >&2; exit 1');
    expect(await ask('hold', request('start'))).toMatchObject(refused('HOLD_NOT_STARTED'));
  });
  test('restarts none that a recovery left as the first of a new cluster: it would begin another', async () => {
    await program('mariadbd', 'sleep 60');
    const [nsenter, ...inside] = space.inside;
    const server = execa(nsenter, [...inside, join(dir, 'mariadbd'), '--wsrep-new-cluster'], { reject: false });
    const again = () => ask('hold', request('restart', UNIT));
    await expect.poll(again, { timeout: 10_000 }).toMatchObject(refused('HOLD_BOOTSTRAPPED'));
    await writeFile(join(dir, 'asked'), '');
    await again();
    expect(await asked()).not.toContain(`systemctl restart ${UNIT}`);
    // Its parent, outside, sees it off; who is left over in there keeps its name.
    await execa(nsenter, [...inside, 'pkill', '-KILL', '-x', 'mariadbd']);
    await server;
  });
  test('nor starts one whose server is gone: its container has kept what made it the first', async () => {
    await program('systemctl', 'echo LoadState=not-found');
    const container = (state: string) =>
      program(
        'docker',
        `case "$4" in *Env*) echo PATH=/bin; echo BOOTSTRAP_ARGS=--wsrep-new-cluster;; *) echo ${state};; esac`,
      );
    await container('exited');
    expect(await ask('hold', request('restart', UNIT))).toMatchObject(refused('HOLD_BOOTSTRAPPED'));
    expect(await ask('hold', request('start', UNIT))).toMatchObject(refused('HOLD_BOOTSTRAPPED'));
    expect((await asked()).filter((line) => /^docker (re)?start/.test(line))).toEqual([]);
    await container('running');
    expect(await ask('hold', request('start', UNIT))).toEqual({ report: { state: 'started' } });
    await program('docker', 'case "$4" in *Env*) echo no daemon >&2; exit 1;; *) echo exited;; esac');
    expect(await ask('hold', request('restart', UNIT))).toMatchObject(refused('HOLD_NOT_STARTED'));
    expect(await ask('hold', request('start', UNIT))).toMatchObject(refused('HOLD_NOT_STARTED'));
  });
});

describe('survey', () => {
  const request = {
    engine: 'docker',
    container: 'mariadb',
    volume: 'mariadb',
    backupVolume: 'mariadb_backup',
  } as const;
  const survey = async () => {
    const { argv, stdin = '' } = programQuestion(
      'survey',
      { ...request, unit: UNIT, config: join(dir, 'galera.cnf') },
      1,
    );
    const [nsenter, ...inside] = space.inside;
    const { exitCode, stdout, stderr } = await execa(nsenter, [...inside, ...argv], {
      env: { PATH: `${dir}:${process.env['PATH']}` },
      input: stdin,
      reject: false,
    });
    return readReport('survey', 'lark', { code: exitCode ?? null, signal: null, stdout, stderr });
  };
  const GONE = `case "$1 $2" in
    "info --format") echo ${tmpdir()};;
    "volume inspect") [ "$5" = mariadb ] && echo "$live" || { echo "no such volume" >&2; exit 1; };;
    *) echo "Error: No such container: mariadb" >&2; exit 1;; esac`;
  test('of a node that has lost its container', async () => {
    await program('docker', `live=${live}\n${GONE}`);
    await writeFile(join(live, 'grastate.dat'), 'uuid:    b1\nseqno:   42\nsafe_to_bootstrap: 0\n');
    await writeFile(join(live, 'mysql-bin.000003'), '');
    await utimes(join(live, 'mysql-bin.000003'), 1_700_000_000, 1_700_000_000);
    await writeFile(
      join(dir, 'galera.cnf'),
      '[mysqld]\ninnodb-force-recovery = 1\nplugin_load_add = file_key_management\nfile_key_management_filename=/k\nlower_case_table_names=1\n[sst]\ninnodb_force_recovery=6\n',
    );
    expect(await survey()).toMatchObject({
      report: {
        container: null,
        datadir: { path: live, mountPoint: false },
        backupVolumePath: null,
        base,
        baseTrouble: null,
        unit: { present: false, active: 'inactive' },
        servers: [],
        newestBinlog: 1_700_000_000_000,
        grastate: { uuid: 'b1', seqno: '42', safe_to_bootstrap: '0' },
        config: {
          forceRecovery: '1',
          lowerCaseTableNames: '1',
          encryption: ['file_key_management_filename', 'plugin_load_add'],
        },
      },
    });
  });
  test('of a node into which a state transfer did not end, before anything is stopped', async () => {
    await program('docker', `live=${live}\n${GONE}`);
    await writeFile(join(live, 'sst_in_progress'), '');
    expect(await survey()).toMatchObject(refused('SURVEY_TRANSFER'));
  });
  test('of a node without data, and of one whose engine is silent', async () => {
    await program('docker', `live=${join(dir, 'nowhere')}\n${GONE}`);
    expect(await survey()).toMatchObject({ report: { datadir: null, grastate: null, config: null } });
    await program('docker', 'echo Cannot connect >&2; exit 1');
    expect(await survey()).toMatchObject(refused('SURVEY_ENGINE'));
  });
});

describe('a trial', () => {
  const MARK = 'IFS= read -r mark; cat > /dev/null;';
  const GOOD = {
    wrong: 1,
    login: '0 root@localhost',
    tables: 0,
    findings: '0',
    accounts: '0',
    server: '0 Shutdown complete',
  };
  /** An engine whose container says these parts. */
  const saying = (parts: Readonly<Record<string, string | number>>) => {
    const lines = Object.entries(parts).map(([name, told]) => {
      const [ended = '', ...words] = String(told).split(' ');
      return `echo '${words.join(' ')}'; echo "$mark ${name} ${ended}";`;
    });
    return program('docker', `[ "$1" = run ] || exit 1\n${MARK}\n${lines.join('\n')}`);
  };
  const trial = async (changes: Partial<ProgramRequests['trial']> = {}) => {
    const data = join(dir, 'copy');
    await mkdir(data, { recursive: true });
    const fresh = await identity(data);
    const where = { name: 'x', labels: [], image: 'sha256:1', data, new: fresh, config: join(dir, 'galera.cnf') };
    return ask('trial', { engine: 'docker', uid: 42434, gid: 42434, live: ['docker', 'exec'], ...where, ...changes });
  };
  beforeEach(() => writeFile(join(dir, 'galera.cnf'), '[mysqld]\nwsrep_sst_auth = root:n0tS3cret\n'));

  test.each([
    ['TRIAL_PREPARED_TRANSACTIONS', { server: '1 Found 1 prepared transactions! It means' }],
    ['TRIAL_FAILED', { server: '1 Aborting' }],
    ['TRIAL_FAILED', { ...GOOD, server: '137 killed' }],
    ['TRIAL_FAILED', { ...GOOD, server: '0 it ended without a word' }],
    ['TRIAL_FAILED', { ...GOOD, findings: '1 ERROR' }],
    ['TRIAL_FAILED', {}],
    ['TRIAL_LOGIN', { ...GOOD, login: '1 ERROR 1045 (28000): Access denied' }],
    ['TRIAL_LOGIN', { ...GOOD, wrong: 0 }],
    ['TRIAL_LOGIN', { ...GOOD, login: '0 @localhost' }],
    ['TRIAL_TABLE_BROKEN', { ...GOOD, tables: '80 ERROR 1932' }],
  ])('is refused with %s', async (code, parts) => {
    await saying(parts);
    expect(await trial()).toMatchObject(refused(code));
  });
  test.each(['grastate.dat', 'gvwstate.dat', 'galera.cache', 'tc.log', 'mysql-bin.000001', 'mysql-bin.index'])(
    'that leaves %s is refused',
    async (name) => {
      await saying(GOOD);
      await mkdir(join(dir, 'copy'));
      await writeFile(join(dir, 'copy', name), '');
      expect(await trial()).toMatchObject(refused('TRIAL_LEFTOVERS'));
    },
  );
  test('starts nothing on another directory, or without a password', async () => {
    await saying(GOOD);
    expect(await trial({ new: [1, 1] })).toMatchObject(refused('TRIAL_NOT_THE_COPY'));
    await writeFile(join(dir, 'galera.cnf'), '[mysqld]\n');
    expect(await trial()).toMatchObject(refused('TRIAL_NO_CREDENTIALS'));
    expect(await trial({ config: join(dir, 'nowhere') })).toMatchObject(refused('TRIAL_NO_CREDENTIALS'));
    expect(await asked()).toEqual([]);
  });
  test('has no password in an argument, and tells accounts by names alone', async () => {
    await saying({ ...GOOD, findings: '0 server\\t10.11.19-MariaDB' });
    expect(await trial()).toMatchObject({ report: { state: 'tried', accountsChanged: null, galera: null } });
    const arguments_ = (await asked()).join('\n');
    expect(arguments_).toContain('--network none');
    expect(arguments_).not.toMatch(/n0tS3cret/);
  });
});

test('an answer that is none is a problem, and never a report', () => {
  const ended = { code: 0, signal: null, stdout: '{"state": "exchanged", "more": 1}', stderr: '' };
  expect(readReport('swap', 'lark', ended)).toMatchObject(refused('RESTORE_PROGRAM_FAILED'));
  const good = { ...ended, stdout: 'noise\n{"state": "exchanged"}\n' };
  expect(readReport('swap', 'lark', good)).toEqual({ report: { state: 'exchanged' } });
  expect(readReport('swap', 'lark', { ...good, code: 1 })).toMatchObject(refused('RESTORE_PROGRAM_FAILED'));
  expect(readReport('clear', 'lark', good)).toMatchObject(refused('RESTORE_PROGRAM_FAILED'));
  const strange = { ...good, code: 3, stdout: '{"state": "refused", "code": "ELSE", "detail": "x"}' };
  expect(readReport('swap', 'lark', strange)).toMatchObject(refused('RESTORE_PROGRAM_FAILED'));
});
