import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SshOptions, sshHost } from '../../src/hosts/ssh.ts';
import type { Host } from '../../src/operation/host.ts';
import { canRunSshd, knownHostsLine, type Sshd, startSshd } from '../support/sshd.ts';
import { until } from '../support/until.ts';

const LIMIT = { timeoutMs: 20_000 };

describe.skipIf(!canRunSshd).each([
  ['straight', 0],
  ['through two jump hosts', 2],
])('a host over a real sshd, %s', (_, between) => {
  let sshd: Sshd;
  const jumps: Sshd[] = [];
  const opened: Host[] = [];

  beforeAll(async () => {
    sshd = await startSshd();
    for (let count = 0; count < between; count += 1) jumps.push(await startSshd());
  });
  afterAll(async () => {
    await Promise.all(opened.map((host) => host.close()));
    await Promise.all([sshd, ...jumps].map((one) => one?.stop()));
  });

  function host(options: Partial<SshOptions> = {}): Host {
    const { address, port, keyFile, knownHosts } = sshd;
    const made = sshHost({
      name: 'node1',
      address,
      port,
      user: 'root',
      keyFiles: [keyFile],
      knownHosts: [knownHosts],
      jump: jumps.map((one) => ({
        ...{ address: one.address, port: one.port, user: 'operator' },
        ...{ keyFiles: [one.keyFile], knownHosts: [one.knownHosts] },
      })),
      sudo: false,
      ...options,
    });
    opened.push(made);
    return made;
  }
  const refusal = (code: string, params = {}) =>
    expect.objectContaining({ problem: { code, params: expect.objectContaining(params) } });
  async function knownHosts(name: string, text: string): Promise<string[]> {
    const file = join(sshd.dir, name);
    await writeFile(file, text);
    return [file];
  }

  test('gives exit code, signal, both outputs, and takes the whole of stdin', async () => {
    const one = host();
    const stdin = 'ä'.repeat(300_000);
    const seen: string[] = [];
    const counted = await one.run({ argv: ['cat'], stdin, ...LIMIT, onStdout: (text) => seen.push(text) });
    expect(counted.stdout === stdin && seen.join('') === stdin).toBe(true);
    expect(await one.run({ argv: ['sh', '-c', 'echo out; echo err >&2; exit 7'], ...LIMIT })).toEqual({
      code: 7,
      signal: null,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    const killed = await one.run({ argv: ['sh', '-c', 'kill -TERM $$'], ...LIMIT });
    expect([killed.code, killed.signal]).toEqual([null, 'SIGTERM']);
    expect((await one.run({ argv: ['/does/not/exist'], ...LIMIT })).code).toBe(127);
  });

  test('an answer that arrives in one piece with the opening of its channel is whole', async () => {
    const [address, between] = ['127.0.0.1', 300];
    // What the server says waits, and then comes at once, as on a busy machine.
    const proxy = createServer((near) => {
      const far = connect({ host: sshd.address, port: sshd.port });
      let held: Buffer[] = [];
      const timer = setInterval(() => {
        if (held.length > 0) near.write(Buffer.concat(held));
        held = [];
      }, between);
      far.on('data', (chunk: Buffer) => held.push(chunk));
      near.on('data', (chunk: Buffer) => far.write(chunk));
      for (const socket of [near, far]) socket.on('error', () => {}).on('close', () => clearInterval(timer));
    }).listen(0, address);
    await once(proxy, 'listening');
    const at = proxy.address();
    if (at === null || typeof at === 'string') throw new Error('no port');
    const [known] = await knownHosts(
      'known_hosts.proxy',
      knownHostsLine({ address, port: at.port }, sshd.hostKeys.ed25519),
    );
    const one = host({ address, port: at.port, knownHosts: [known ?? ''] });
    for (let tries = 0; tries < 5; tries += 1)
      expect(await one.run({ argv: ['sh', '-c', 'echo out; exit 7'], ...LIMIT })).toMatchObject({
        code: 7,
        stdout: 'out\n',
      });
    await one.close();
    proxy.close();
  });

  test('every word arrives as it was', async () => {
    const one = host();
    const word = fc.string({
      unit: fc.oneof(
        fc.constantFrom("'", '"', '\\', '$', '`', '\n', '!', '*', ' ', '~', '-'),
        fc.string({ unit: 'binary', maxLength: 1 }),
      ),
    });
    const words = fc.array(
      word.map((text) => text.replaceAll('\0', '')),
      { maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(words, async (argv) => {
        const { stdout } = await one.run({ argv: ['printf', '%s\\0', '-', ...argv], ...LIMIT });
        expect(stdout.split('\0').slice(1, -1)).toEqual(argv);
      }),
      { numRuns: 30 },
    );
  });

  test('more questions than places are all answered over one connection', async () => {
    const one = host({ limits: { concurrent: 4 } });
    const argv = ['sh', '-c', 'echo $SSH_CONNECTION'] as const;
    const answers = await Promise.all(Array.from({ length: 30 }, () => one.run({ argv, ...LIMIT })));
    expect(new Set(answers.map((answer) => answer.stdout)).size).toBe(1);
  });

  test('more sessions than the server allows are refused before anything runs', async () => {
    const one = host({ limits: { concurrent: 12 } });
    const asked = Array.from({ length: 12 }, () => one.run({ argv: ['sleep', '1'], ...LIMIT }));
    const answers = await Promise.allSettled(asked);
    const refused = answers.filter((answer) => answer.status === 'rejected').map((answer) => answer.reason);
    expect(refused).toEqual([refusal('HOST_UNREACHABLE'), refusal('HOST_UNREACHABLE')]);
  });

  test('a broken connection is told, and the next question makes a new one', async () => {
    const one = host();
    const asked = one.run({ argv: ['sleep', '30'], ...LIMIT });
    const told = expect(asked).rejects.toEqual(refusal('HOST_CONNECTION_LOST'));
    await one.run({ argv: ['true'], ...LIMIT });
    await sshd.signalConnections('SIGKILL');
    await told;
    expect((await one.run({ argv: ['echo', 'back'], ...LIMIT })).stdout).toBe('back\n');
  });

  test('a question has a time limit, and those after it are answered', async () => {
    const one = host({ limits: { concurrent: 1 } });
    await expect(one.run({ argv: ['sleep', '60'], timeoutMs: 300 })).rejects.toEqual(refusal('HOST_TIMEOUT'));
    const slow = one.run({ argv: ['sleep', '1'], ...LIMIT });
    await expect(one.run({ argv: ['true'], timeoutMs: 200 })).rejects.toEqual(refusal('HOST_TIMEOUT'));
    await slow;
    expect((await one.run({ argv: ['true'], ...LIMIT })).code).toBe(0);
  });

  test('a command that begins after its time limit, for its connection was frozen, is let go of', async () => {
    const one = host({ limits: { concurrent: 20 } });
    const mark = join(sshd.dir, 'let-go');
    await one.run({ argv: ['true'], ...LIMIT });
    await sshd.signalConnections('SIGSTOP');
    // Each holds a session until its input ends. The server has ten, of which the first question's may not be free yet.
    const argv = ['sh', '-c', 'cat; echo >> "$0"', mark] as const;
    const late = Array.from({ length: 9 }, () => one.run({ argv, timeoutMs: 300 }));
    for (const asked of late) await expect(asked).rejects.toEqual(refusal('HOST_TIMEOUT'));
    await sshd.signalConnections('SIGCONT');
    const ended = () => readFile(mark, 'utf8').catch(() => '');
    await until(async () => ((await ended()) === '\n'.repeat(9) ? true : null), 'all nine ended', 10_000);
    expect((await one.run({ argv: ['echo', 'next'], ...LIMIT })).stdout).toBe('next\n');
  });

  test('an answer that is too large is refused', async () => {
    const one = host({ limits: { outputBytes: 100_000 } });
    await expect(one.run({ argv: ['head', '-c', '100001', '/dev/zero'], ...LIMIT })).rejects.toEqual(
      refusal('HOST_OUTPUT_TOO_LARGE'),
    );
    expect((await one.run({ argv: ['head', '-c', '100000', '/dev/zero'], ...LIMIT })).stdout).toHaveLength(100_000);
  });

  test('a server that is silent or gone is unreachable', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const deaf = host({ port, limits: { connectMs: 300 } });
    await expect(deaf.run({ argv: ['true'], ...LIMIT })).rejects.toEqual(refusal('HOST_UNREACHABLE'));
    silent.close();
    await expect(host({ port }).run({ argv: ['true'], ...LIMIT })).rejects.toEqual(refusal('HOST_UNREACHABLE'));
  });

  test('a connection that goes dumb is found out by its keep-alive', async () => {
    const one = host({ limits: { keepaliveMs: 100, keepaliveCount: 2 } });
    await one.run({ argv: ['true'], ...LIMIT });
    // The process that holds this connection stops; only the keep-alive can tell.
    const frozen = one.run({ argv: ['sh', '-c', 'kill -STOP $PPID; sleep 30'], ...LIMIT });
    await expect(frozen).rejects.toEqual(refusal('HOST_CONNECTION_LOST'));
  });

  test('a key that is not on file, another than on file, or revoked', async () => {
    const { ed25519, rsa } = sshd.hostKeys;
    const line = (key: string) => knownHostsLine(sshd, key);
    const ask = (files: string[]) => host({ knownHosts: files }).run({ argv: ['true'], ...LIMIT });
    await expect(ask([join(sshd.dir, 'absent')])).rejects.toEqual(refusal('HOST_KEY_UNKNOWN'));
    await expect(ask(await knownHosts('other-port', line(ed25519).replace(/:\d+\]?/, ':1')))).rejects.toEqual(
      refusal('HOST_KEY_UNKNOWN'),
    );
    await expect(ask(await knownHosts('ca', `@cert-authority ${line(ed25519)}`))).rejects.toEqual(
      refusal('HOST_KEY_BY_AUTHORITY_ONLY'),
    );
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(sshd.dir, 'stranger')]);
    const { stdout: stranger } = await execa('ssh-keygen', ['-y', '-f', join(sshd.dir, 'stranger')]);
    const fingerprint = async (key: string) => {
      const { stdout } = await execa('ssh-keygen', ['-l', '-f', '-'], { input: key });
      return stdout.split(' ')[1];
    };
    // The expected key is told beside the one that was shown.
    await expect(ask(await knownHosts('changed', line(stranger)))).rejects.toEqual(
      refusal('HOST_KEY_CHANGED', {
        expected: `ssh-ed25519 ${await fingerprint(stranger)}`,
        fingerprint: await fingerprint(ed25519),
      }),
    );
    const ecdsa = 'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY=';
    await expect(ask(await knownHosts('other-type', line(ecdsa)))).rejects.toEqual(
      refusal('HOST_KEY_OF_OTHER_TYPE', { expected: expect.stringMatching(/^ecdsa-sha2-nistp256 SHA256:/) }),
    );
    // By a pattern, and of the type that the server doesn't prefer.
    expect((await ask(await knownHosts('patterns', line(rsa).replace(/^\S+/, '[127.0.0.*]:*')))).code).toBe(0);
    await expect(ask(await knownHosts('revoked', `${line(ed25519)}@revoked ${line(ed25519)}`))).rejects.toEqual(
      refusal('HOST_KEY_REVOKED'),
    );
    // Only RSA on file: the server, which prefers ed25519, is asked for that one.
    expect((await ask(await knownHosts('rsa', line(rsa)))).code).toBe(0);
    const [hashed = ''] = await knownHosts('hashed', line(ed25519));
    await execa('ssh-keygen', ['-H', '-f', hashed]);
    expect((await ask([join(sshd.dir, 'absent'), hashed])).code).toBe(0);
  });

  test('keys of ours: a stranger, an encrypted one, a missing one, a public one', async () => {
    const ask = (file: string) => host({ keyFiles: [join(sshd.dir, file)] }).run({ argv: ['true'], ...LIMIT });
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(sshd.dir, 'nobodys')]);
    await expect(ask('nobodys')).rejects.toEqual(refusal('HOST_LOGIN_REFUSED'));
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', join(sshd.dir, 'locked')]);
    await execa('ssh-keygen', ['-q', '-t', 'rsa', '-m', 'PEM', '-N', 'secret', '-f', join(sshd.dir, 'locked-pem')]);
    await execa('ssh-keygen', ['-q', '-t', 'rsa', '-m', 'PKCS8', '-N', 'secret', '-f', join(sshd.dir, 'locked-pkcs8')]);
    for (const file of ['locked', 'locked-pem', 'locked-pkcs8'])
      await expect(ask(file)).rejects.toEqual(refusal('SSH_KEY_ENCRYPTED'));
    await expect(ask('absent')).rejects.toEqual(refusal('SSH_KEY_UNUSABLE'));
    await expect(ask('client.pub')).rejects.toEqual(refusal('SSH_KEY_UNUSABLE'));
    const both = host({ keyFiles: [join(sshd.dir, 'nobodys'), sshd.keyFile] });
    expect((await both.run({ argv: ['true'], ...LIMIT })).code).toBe(0);
  });

  test('sudo: with the right, without it, and when it is not wanted', async () => {
    const operator = host({ user: 'operator', sudo: true });
    expect((await operator.run({ argv: ['id', '-u'], ...LIMIT })).stdout).toBe('0\n');
    expect((await operator.run({ argv: ['id', '-u'], ...LIMIT, privileged: false })).stdout).toBe('2001\n');
    expect((await operator.run({ argv: ['sh', '-c', 'exit 1'], ...LIMIT })).code).toBe(1);
    const guest = host({ user: 'guest', sudo: true });
    await expect(guest.run({ argv: ['id', '-u'], ...LIMIT })).rejects.toEqual(refusal('SUDO_WANTS_PASSWORD'));
    expect((await guest.run({ argv: ['id', '-u'], ...LIMIT, privileged: false })).stdout).toBe('2002\n');
  });
});
