import { spawn } from 'node:child_process';
import type { Command, Outcome } from '../../src/operation/host.ts';

/** Runs a command as a host would: a real process with its standard input, and nothing of a shell. */
export function runCommand(command: Command): Promise<Outcome> {
  const [program, ...args] = command.argv;
  const child = spawn(program, args, { env: { PATH: process.env['PATH'], LC_ALL: 'C' }, timeout: command.timeoutMs });
  const out = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    out.stdout += piece;
    command.onStdout?.(piece);
  });
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    out.stderr += piece;
  });
  child.stdin.on('error', () => undefined).end(command.stdin ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code, signal) => resolve({ code, signal, ...out }));
  });
}
