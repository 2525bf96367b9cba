import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { listVolumeCommand, readListing } from '../../src/kolla/list-volume.ts';
import { volumeEntry } from '../../src/operation/checks.ts';
import { runCommand } from '../support/python.ts';

const dir = mkdtempSync(join(tmpdir(), 'kolla-list-'));
afterAll(() => rmSync(dir, { recursive: true }));

async function list(directory: string, limits: Record<string, number> = {}) {
  const command = listVolumeCommand(directory);
  const changed = Object.entries(limits).reduce(
    (source, [name, value]) => source.replace(new RegExp(`^${name} = \\d+`, 'm'), `${name} = ${value}`),
    command.stdin ?? '',
  );
  return readListing('node-1', directory, await runCommand({ ...command, stdin: changed }));
}

function volume(name: string): string {
  const path = join(dir, name);
  mkdirSync(path);
  return path;
}

test('files at the top and one level down, with size, time and inode; links, pipes and deeper ones not', async () => {
  const path = volume('nested');
  const full = 'full-23-11-2026-1795392758';
  mkdirSync(join(path, full, 'deeper'), { recursive: true });
  writeFileSync(join(path, full, 'a.gz'), '12345');
  writeFileSync(join(path, full, 'deeper', 'b.gz'), '1');
  writeFileSync(join(path, 'last_full_file'), `/backup//${full}/a.gz\n`);
  symlinkSync('/etc', join(path, 'etc'));
  symlinkSync('/etc/passwd', join(path, 'passwd'));
  execFileSync('mkfifo', [join(path, 'pipe')]);
  utimesSync(join(path, full, 'a.gz'), 1_795_392_758.25, 1_795_392_758.25);
  const { ino } = statSync(join(path, full, 'a.gz'));
  const { entries, omitted } = await list(path);
  expect(entries.map((entry) => entry.path)).toEqual(['last_full_file', `${full}/a.gz`]);
  expect(entries[1]).toEqual({ path: `${full}/a.gz`, bytes: 5, modified: 1_795_392_758_250, inode: ino });
  expect(omitted).toBe(0);
});

test('strange names do no harm', async () => {
  const path = volume('strange');
  writeFileSync(join(path, 'a\nb'), '');
  writeFileSync(join(path, 'größe'), '');
  writeFileSync(Buffer.concat([Buffer.from(`${path}/x`), Buffer.from([0xff])]), '');
  const { entries } = await list(path);
  expect(entries.map((entry) => entry.path)).toEqual(['a\nb', 'größe', 'x\\xff']);
});

test('names as long as can be fit into a journal, each with its beginning and end', async () => {
  const path = volume('long');
  const name = Buffer.concat([Buffer.from('begin'), Buffer.alloc(245, 0xff), Buffer.from('end')]);
  writeFileSync(Buffer.concat([Buffer.from(`${path}/`), name]), '');
  const { entries } = await list(path);
  expect(entries).toHaveLength(1);
  for (const entry of entries) expect(volumeEntry.parse(entry).path).toMatch(/^begin.* … .*end$/);
});

test('what the limit leaves out is said', async () => {
  const path = volume('many');
  mkdirSync(join(path, 'inner'));
  for (let n = 0; n < 20; n += 1) writeFileSync(join(path, n % 2 ? 'inner' : '', `f${n}`), '');
  const { entries, omitted } = await list(path, { MAX_ENTRIES: 15 });
  expect([entries.length, omitted]).toEqual([15, 5]);
  // A directory, of which newer layouts make one for each archive, takes no file's place.
  expect(await list(path, { MAX_ENTRIES: 20 })).toMatchObject({ omitted: 0 });
  expect((await list(path, { MAX_COUNTED: 19 })).omitted).toBeGreaterThan(0);
});

test('a directory that is missing, is a file, or is a link', async () => {
  const path = volume('real');
  writeFileSync(join(path, 'file'), '');
  symlinkSync(path, join(dir, 'link'));
  await expect(list(join(dir, 'nowhere'))).rejects.toThrow('VOLUME_DIRECTORY_MISSING');
  await expect(list(join(path, 'file'))).rejects.toThrow('VOLUME_DIRECTORY_UNREADABLE');
  await expect(list(join(dir, 'link'))).rejects.toThrow('VOLUME_DIRECTORY_UNREADABLE');
  expect(() => listVolumeCommand('relative')).toThrow();
});

test('a host without Python, or an answer that is none', () => {
  const outcome = { code: 127, signal: null, stdout: '', stderr: 'sh: python3: not found' };
  expect(() => readListing('node-1', '/a', outcome)).toThrow(/HOST_PROGRAM_FAILED.*python3: not found/);
  expect(() => readListing('node-1', '/a', { ...outcome, code: 0, stdout: '{"found": true}\n' })).toThrow(
    'HOST_PROGRAM_FAILED',
  );
});
