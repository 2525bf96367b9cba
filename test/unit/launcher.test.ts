import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const LAUNCHER = fileURLToPath(new URL('../../src/kolla-backup.js', import.meta.url));

function launch(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('the command starts', () => {
  expect(launch(LAUNCHER, 'help')).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^kolla-backup <command>/),
  });
});

test('a Node that is too old gets one sentence, not a stack', () => {
  const older = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.11.1" } })';
  const { status, stderr } = launch('--import', `data:text/javascript,${encodeURIComponent(older)}`, LAUNCHER, 'help');
  expect(status).toBe(2);
  expect(stderr).toMatch(/^kolla-backup needs Node 24 or newer, and this is .*\n$/);
});

test('so does a package in node_modules, where Node takes no TypeScript', () => {
  const dir = mkdtempSync(join(tmpdir(), 'launcher-'));
  const there = join(dir, 'node_modules/kolla-backup');
  mkdirSync(there, { recursive: true });
  cpSync(LAUNCHER, join(there, 'kolla-backup.js'));
  writeFileSync(join(there, 'main.ts'), 'const a: number = 1;');
  writeFileSync(join(there, 'package.json'), '{ "type": "module" }');
  const { status, stderr } = launch(join(there, 'kolla-backup.js'), 'help');
  rmSync(dir, { recursive: true });
  expect({ status, stderr }).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^kolla-backup does not run as a package.*\n$/),
  });
});
