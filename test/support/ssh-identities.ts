/** Keys, certificates and an agent for tests of logins, made by OpenSSH's own programs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { until } from './until.ts';

/** A private key of a type (as of `ssh-keygen -t`, with bits behind a colon); its public half is beside it. */
export async function makeKey(file: string, type = 'ed25519', passphrase = ''): Promise<string> {
  const [name = '', bits] = type.split(':');
  const size = bits === undefined ? [] : ['-b', bits];
  await execa('ssh-keygen', ['-q', '-t', name, ...size, '-N', passphrase, '-C', 'test', '-f', file]);
  return file;
}

export const publicKeyOf = async (file: string): Promise<string> => (await readFile(`${file}.pub`, 'utf8')).trim();

/** Signs `file`’s key; gives the certificate’s file. `more`: further arguments of `ssh-keygen -s`. */
export async function certify(authority: string, file: string, more: readonly string[]): Promise<string> {
  await execa('ssh-keygen', ['-q', '-s', authority, '-I', 'tester', ...more, `${file}.pub`]);
  return `${file}-cert.pub`;
}

export type Agent = {
  readonly socket: string;
  add(file: string, ...more: string[]): Promise<void>;
  stop(): Promise<void>;
};

export async function startAgent(dir: string, name = 'agent'): Promise<Agent> {
  const socket = join(dir, `${name}.sock`);
  // It ends some seconds after the command that it was started with, which ends with us: its own kind of rights (it has
  // a group of its own) would let it outlive the death of its parent.
  const child = spawn('ssh-agent', ['-a', socket, 'cat'], { stdio: ['pipe', 'ignore', 'ignore'] });
  await until(async () => (existsSync(socket) ? true : null), 'the agent listens', 10_000);
  return {
    socket,
    async add(file, ...more) {
      await execa('ssh-add', ['-q', ...more, file], { env: { SSH_AUTH_SOCK: socket } });
    },
    async stop() {
      child.stdin.end();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}
