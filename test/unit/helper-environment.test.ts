import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { knownKeys } from '../../src/hosts/known-hosts.ts';
import { readSshConfig } from '../../src/hosts/ssh-config-file.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'helpers-'));
  for (const program of ['ssh', 'ssh-keygen'])
    await writeFile(join(dir, program), `#!/bin/sh\nenv > ${dir}/${program}.seen\n`, { mode: 0o755 });
  vi.stubEnv('PATH', `${dir}:${process.env['PATH']}`);
  vi.stubEnv('SSH_AUTH_SOCK', '/run/agent');
  // Where they come from a file, they stand in our own environment all the same.
  vi.stubEnv('KOLLA_BACKUP_KEY', 'kept-for-ourselves');
  vi.stubEnv('SLACK_BOT_TOKEN', 'xoxb-kept-for-ourselves');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true });
});

test('OpenSSH’s programs are handed no secret of ours', async () => {
  await writeFile(join(dir, 'known_hosts'), '');
  await knownKeys([join(dir, 'known_hosts')], 'lark.local');
  await readSshConfig({ file: join(dir, 'config'), agent: null }, { address: 'lark.local' });
  for (const program of ['ssh', 'ssh-keygen']) {
    const seen = await readFile(join(dir, `${program}.seen`), 'utf8');
    expect(seen).not.toContain('kept-for-ourselves');
    expect(seen).toContain('SSH_AUTH_SOCK=/run/agent');
  }
});
