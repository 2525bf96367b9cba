import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lastAnswer, programSource, pythonCommand } from '../../src/kolla/python-program.ts';
import { hostPath } from '../../src/operation/checks.ts';
import { runCommand } from '../support/python.ts';

const programs = readdirSync(new URL('../../src/kolla/', import.meta.url)).filter((name) => name.endsWith('.py'));

describe.each(programs)('%s', (name) => {
  test('is ASCII, and Python 3.6 can read it', () => {
    const source = programSource(name);
    expect([...source].every((character) => character.charCodeAt(0) < 127)).toBe(true);
    const check = 'import ast,sys; ast.parse(sys.stdin.read(), feature_version=(3, 6))';
    execFileSync('python3', ['-c', check], { input: source });
  });
});

test('a request arrives as it was sent, whatever is in it, and nothing of it is an argument', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), async (path, other) => {
      const command = pythonCommand('print(json.dumps({"got": request}))', { path, other }, 30_000);
      expect(command.argv).toEqual(['python3', '-c', expect.not.stringContaining('path')]);
      const { stdout } = await runCommand(command);
      expect(JSON.parse(stdout)).toEqual({ got: { path, other } });
    }),
    { numRuns: 15 },
  );
});

test('the last line is the answer, if it is the one that was agreed', () => {
  const outcome = { code: 0, signal: null, stdout: '{"progress": 1}\n"/a"\n', stderr: '' };
  expect(lastAnswer(outcome, hostPath)).toBe('/a');
  expect(lastAnswer({ ...outcome, stdout: '"a"\n' }, hostPath)).toBeUndefined();
  expect(lastAnswer({ ...outcome, stdout: '' }, hostPath)).toBeUndefined();
});
