/** Keys: one that reaches all machines, and two host keys for each. Made once a cloud, kept over `reset`. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { inTree } from '../packages.ts';
import { SSH_PORT } from './layout.ts';
import type { Files } from './machine.ts';
import { machineTree } from './trees.ts';

const HOST_KEYS = ['ed25519', 'ecdsa'] as const;

async function keygen(...args: string[]): Promise<void> {
  const [program, ...rest] = inTree(await machineTree(), 'usr/bin/ssh-keygen');
  await execa(program, [...rest, '-q', ...args]);
}

async function key(file: string, type: string): Promise<{ secret: string; shared: string }> {
  if (!existsSync(file)) await keygen('-t', type, '-N', '', '-C', 'lab', '-f', file);
  return { secret: await readFile(file, 'utf8'), shared: await readFile(`${file}.pub`, 'utf8') };
}

export type Keys = {
  /** Path of the private key of people and programs. */
  readonly keyFile: string;
  readonly secret: string;
  readonly shared: string;
  readonly hostKeys: (machine: string) => Promise<Files>;
  /** Lines for known_hosts, the second half hashed as ssh writes them by default on Debian. */
  readonly knownHosts: (machines: readonly { readonly name: string; readonly address: string }[]) => Promise<string>;
};

export async function openKeys(dir: string): Promise<Keys> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const keyFile = join(dir, 'id_ed25519');
  const { secret, shared } = await key(keyFile, 'ed25519');
  const hostKey = (machine: string, type: string) => key(join(dir, `${machine}_${type}`), type);
  return {
    keyFile,
    secret,
    shared,
    async hostKeys(machine) {
      const files: Record<string, Files[string]> = {};
      for (const type of HOST_KEYS) {
        const made = await hostKey(machine, type);
        files[`/etc/ssh/ssh_host_${type}_key`] = { content: made.secret, mode: 0o600 };
        files[`/etc/ssh/ssh_host_${type}_key.pub`] = made.shared;
      }
      return files;
    },
    async knownHosts(machines) {
      const lines: string[] = [];
      for (const { name, address } of machines)
        for (const type of HOST_KEYS) {
          const { shared: line } = await hostKey(name, type);
          const [kind, value] = line.split(' ');
          lines.push(`[${address}]:${SSH_PORT} ${kind} ${value}`);
        }
      const file = join(dir, 'known_hosts.plain');
      const half = Math.ceil(lines.length / 2);
      await writeFile(file, `${lines.slice(half).join('\n')}\n`);
      await keygen('-H', '-f', file);
      return `${lines.slice(0, half).join('\n')}\n${await readFile(file, 'utf8')}`;
    },
  };
}
