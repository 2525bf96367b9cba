import { userInfo } from 'node:os';
import { afterEach, expect, test } from 'vitest';
import { localHost } from '../../src/hosts/local.ts';

const LIMIT = { timeoutMs: 20_000 };
const host = localHost({ name: 'deploy host', sudo: false });
const refusal = (code: string) => expect.objectContaining({ problem: expect.objectContaining({ code }) });

afterEach(() => {
  delete process.env['KOLLA_BACKUP_KEY'];
});

test('gives exit code, signal, both outputs, and takes the whole of stdin', async () => {
  const stdin = 'ä'.repeat(300_000);
  const seen: string[] = [];
  const copied = await host.run({ argv: ['cat'], stdin, ...LIMIT, onStdout: (text) => seen.push(text) });
  expect(copied.stdout === stdin && seen.join('') === stdin).toBe(true);
  const argv = ['sh', '-c', 'echo out; echo err >&2; exit 7'] as const;
  expect(await host.run({ argv, ...LIMIT })).toEqual({ code: 7, signal: null, stdout: 'out\n', stderr: 'err\n' });
  const killed = await host.run({ argv: ['sh', '-c', 'kill -TERM $$'], ...LIMIT });
  expect([killed.code, killed.signal]).toEqual([null, 'SIGTERM']);
  expect((await host.run({ argv: ['/does/not/exist'], ...LIMIT })).code).toBe(127);
});

test('input that the command does not read is no failure', async () => {
  expect((await host.run({ argv: ['true'], stdin: 'x'.repeat(1_000_000), ...LIMIT })).code).toBe(0);
});

test('nothing of our own environment reaches a command', async () => {
  process.env['KOLLA_BACKUP_KEY'] = 'not for others';
  const { stdout } = await host.run({ argv: ['env'], ...LIMIT });
  const names = stdout.split('\n').map((line) => line.split('=')[0]);
  expect(names.filter(Boolean).sort()).toEqual(['HOME', 'LC_ALL', 'LOGNAME', 'PATH', 'USER']);
});

test('limits of time and output', async () => {
  await expect(host.run({ argv: ['sleep', '60'], timeoutMs: 200 })).rejects.toEqual(refusal('HOST_TIMEOUT'));
  const small = localHost({ name: 'deploy host', sudo: false, limits: { outputBytes: 100_000, concurrent: 1 } });
  const zeros = (bytes: number) => small.run({ argv: ['head', '-c', String(bytes), '/dev/zero'], ...LIMIT });
  await expect(zeros(100_001)).rejects.toEqual(refusal('HOST_OUTPUT_TOO_LARGE'));
  expect((await zeros(100_000)).stdout).toHaveLength(100_000);
  const slow = small.run({ argv: ['sleep', '1'], ...LIMIT });
  await expect(small.run({ argv: ['true'], timeoutMs: 100 })).rejects.toEqual(refusal('HOST_TIMEOUT'));
  expect((await slow).code).toBe(0);
});

test('words that no argv can hold are refused, not cut', async () => {
  await expect(host.run({ argv: ['echo', 'a\0b'], ...LIMIT })).rejects.toThrow(RangeError);
});

test('sudo that is missing or says no is told as such', async () => {
  const needsSudo = localHost({ name: 'deploy host', sudo: true });
  const { code } = await host.run({ argv: ['sudo', '-n', 'true'], ...LIMIT });
  const asked = needsSudo.run({ argv: ['id', '-u'], ...LIMIT });
  if (code === 0) expect((await asked).stdout).toBe('0\n');
  else await expect(asked).rejects.toEqual(refusal(code === 127 ? 'SUDO_MISSING' : 'SUDO_WANTS_PASSWORD'));
  const own = await needsSudo.run({ argv: ['id', '-u'], ...LIMIT, privileged: false });
  expect(own.stdout).toBe(`${userInfo().uid}\n`);
});
