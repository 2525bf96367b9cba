import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sshHost } from '../../src/hosts/ssh.ts';
import type { Host } from '../../src/operation/host.ts';
import { canRunSshd, type Sshd, startSshd } from '../support/sshd.ts';

const SUDOERS = `
Defaults:operator requiretty
operator ALL=(ALL) NOPASSWD: ALL
guest ALL=(ALL) NOPASSWD: /usr/bin/true, PASSWD: /usr/bin/id
Defaults:sshd !authenticate
sshd ALL=(ALL) /usr/bin/sh
`;
const LIMIT = { timeoutMs: 20_000 };

describe.skipIf(!canRunSshd)('what sudo says no for', () => {
  let sshd: Sshd;
  const opened: Host[] = [];
  beforeAll(async () => {
    sshd = await startSshd({ sudoers: SUDOERS });
  });
  afterAll(async () => {
    await Promise.all(opened.map((host) => host.close()));
    await sshd?.stop();
  });

  async function refused(user: string, ...argv: [string, ...string[]]) {
    const { address, port, keyFile, knownHosts } = sshd;
    const login = { address, port, user, keyFiles: [keyFile], knownHosts: [knownHosts] };
    const host = sshHost({ name: 'node1', ...login, sudo: true });
    opened.push(host);
    return host.run({ argv, ...LIMIT }).then(
      (outcome) => outcome,
      (error) => error.problem ?? error,
    );
  }

  test('a terminal that is wanted', async () => {
    expect(await refused('operator', 'id', '-u')).toMatchObject({ code: 'SUDO_WANTS_TERMINAL' });
  });

  test('a password that is wanted, for one command of two', async () => {
    expect(await refused('guest', 'true')).toMatchObject({ code: 0 });
    expect(await refused('guest', 'id', '-u')).toMatchObject({ code: 'SUDO_WANTS_PASSWORD' });
  });

  // Where it would ask for a password, it does that before it looks whether the command is allowed.
  test('a command that is not allowed', async () => {
    expect(await refused('sshd', 'ls', '/root')).toMatchObject({ code: 'SUDO_NOT_ALLOWED' });
  });

  test('what the command itself says is not taken for sudo’s', async () => {
    const said = await refused('sshd', 'sh', '-c', 'echo "node: a password is required" >&2; exit 1');
    // What sudo says beside, too: it only couldn't look up the machine's own name.
    const stderr = expect.stringMatching(/^sudo: unable to resolve host .*\nnode: a password is required\n$/);
    expect(said).toMatchObject({ code: 1, stderr });
  });
});
