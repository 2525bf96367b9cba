import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const LAUNCHER = fileURLToPath(new URL('../../src/kolla-backup.js', import.meta.url));
const COMMAND = fileURLToPath(new URL('../../bin/kolla-backup', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'launcher-'));
afterAll(() => rmSync(folder, { recursive: true }));

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
  const there = join(folder, 'node_modules/kolla-backup');
  mkdirSync(there, { recursive: true });
  cpSync(LAUNCHER, join(there, 'kolla-backup.js'));
  writeFileSync(join(there, 'main.ts'), 'const a: number = 1;');
  writeFileSync(join(there, 'package.json'), '{ "type": "module" }');
  const { status, stderr } = launch(join(there, 'kolla-backup.js'), 'help');
  expect({ status, stderr }).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^kolla-backup does not run as a package.*\n$/),
  });
});

/** A Node of a machine or of npm, which only says whose it is and what it was given. */
function fakeNode(dir: string, whose: string): string {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'node'), `#!/bin/sh\necho "${whose}: $*"\n`);
  chmodSync(join(dir, 'node'), 0o755);
  return dir;
}

test('the command is found through a link, and takes the Node beside it rather than the machine’s', () => {
  const root = join(folder, 'a checkout');
  const command = join(root, 'bin/kolla-backup');
  cpSync(COMMAND, command);
  const machine = fakeNode(join(folder, 'usr-bin'), 'the machine’s');
  const links = join(folder, 'links');
  mkdirSync(links);
  symlinkSync(command, join(links, 'kolla-backup'));
  const PATH = [links, machine, process.env['PATH']].join(delimiter);
  const type = () =>
    spawnSync('sh', ['-c', 'kolla-backup audit "a file"'], { encoding: 'utf8', cwd: '/', env: { PATH } }).stdout;
  expect(type()).toBe(`the machine’s: ${root}/src/kolla-backup.js audit a file\n`);
  fakeNode(join(root, 'node_modules/node/bin'), 'its own');
  expect(type()).toBe(`its own: ${root}/src/kolla-backup.js audit a file\n`);
});

test.each([['help'], ['--help'], ['--version']])('%s touches no secret', (word) => {
  const env = { PATH: process.env['PATH'], KOLLA_BACKUP_KEY_FILE: '/nowhere', SLACK_BOT_TOKEN_FILE: folder };
  const { status, stdout, stderr } = spawnSync(COMMAND, [word], { encoding: 'utf8', env });
  expect({ status, stderr, stdout }).toEqual({
    status: 0,
    stderr: '',
    stdout: expect.stringMatching(/^kolla-backup /),
  });
});
