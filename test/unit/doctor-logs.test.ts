/** Whether a worker could keep the logs of steps, asked as a user that isn't root: root may write nearly anywhere. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import type { LogsFacts } from '../../src/doctor/ask-logs.ts';
import { judgeLogs } from '../../src/doctor/judge-logs.ts';

const MODULE = fileURLToPath(new URL('../../src/doctor/ask-logs.ts', import.meta.url));
const NOBODY = process.getuid?.() === 0 ? 65_534 : (process.getuid?.() ?? 0);
const script = `import { askLogs } from ${JSON.stringify(MODULE)}; console.log(JSON.stringify(await askLogs(process.argv[1])));`;
const dir = mkdtempSync(join(tmpdir(), 'doctor-logs-'));
chmodSync(dir, 0o755);
afterAll(() => rmSync(dir, { recursive: true }));

/** As nobody, who may write in `own` and in no other. */
function look(path: string) {
  const user = process.getuid?.() === 0 ? { uid: NOBODY } : {};
  const argv = ['--input-type=module', '-e', script, join(dir, path)];
  const facts: LogsFacts = JSON.parse(execFileSync(process.execPath, argv, { ...user, encoding: 'utf8' }));
  return judgeLogs(facts);
}
const make = (name: string, mode: number) => {
  mkdirSync(join(dir, name));
  chownSync(join(dir, name), NOBODY, process.getgid?.() ?? 0);
  chmodSync(join(dir, name), mode);
};
make('own', 0o700);
make('others', 0o555);

test.each([['own'], ['own/not/yet/there']])('%s: good, and nothing was made', (path) => {
  expect(look(path)).toMatchObject({ result: 'good', finding: expect.stringContaining(join(dir, path)) });
  expect(readdirSync(join(dir, 'own'))).toEqual([]);
});

test.each([['others'], ['others/not-yet-there']])('%s: a warning, with what mends it', (path) => {
  const { result, finding, remedy } = look(path);
  expect(result).toBe('warning');
  expect(finding).toContain(join(dir, 'others'));
  expect(finding).toContain('EACCES');
  const command = /^As root: (install [^;]+);/.exec(remedy ?? '')?.[1] ?? 'false';
  execFileSync('sh', ['-c', command]);
  expect(look(path)).toMatchObject({ result: 'good' });
  chmodSync(join(dir, 'others'), 0o555);
});
