import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { datadirCommand, mayRun, readDatadir } from '../../src/kolla/containers.ts';
import { runCommand } from '../support/python.ts';

/** Answers of docker 20.10 and podman 4.3. */
test.each([
  ['running 2026-11-26T01:10:45.646056039Z', true],
  ['created 0001-01-01T00:00:00Z', true],
  ['created 0001-01-01 00:00:00 +0000 UTC', true],
  ['exited 2026-11-26 01:12:45.646056039 +0000 UTC', false],
  ['stopped 2026-11-26 01:12:45.646056039 +0000 UTC', false],
  // podman, after its machine lost power while the container ran
  ['created 2026-11-26 01:12:57.565255808 +0000 UTC', false],
  ['paused 2026-11-26T01:10:45.646056039Z', true],
])('%s: may it run? %s', (answer, runs) => {
  expect(mayRun(`${answer}\n`)).toBe(runs);
});

test('a datadir is known by inode and time of birth, as the kernel tells them; where it tells no birth it is not known', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kolla-datadir-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  expect(await runCommand(datadirCommand(directory))).toMatchObject({ code: 1, stdout: '' });
  writeFileSync(join(directory, 'ibdata1'), '');
  const { code, stdout } = await runCommand(datadirCommand(directory));
  expect([code, stdout]).toEqual([
    0,
    execFileSync('stat', ['-c', '%i:%W', join(directory, 'ibdata1')], { encoding: 'utf8' }),
  ]);
  expect(readDatadir('42:1795000000')).toBe('42:1795000000');
  for (const told of ['42:0', '42', '', '42:1795000000\n'.repeat(2)]) expect(readDatadir(told)).toBeNull();
});
