import { once } from 'node:events';
import { appendFile, chmod, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type SshOptions, sshHost } from '../../src/hosts/ssh.ts';
import type { SshLogin } from '../../src/hosts/ssh-login.ts';
import { field, uint32 } from '../../src/hosts/ssh-wire.ts';
import type { Host } from '../../src/operation/host.ts';
import { type Agent, certify, makeKey, publicKeyOf, startAgent } from '../support/ssh-identities.ts';
import { canRunSshd, knownHostsLine, type Sshd, startSshd } from '../support/sshd.ts';

const LIMIT = { timeoutMs: 20_000 };
const PATIENCE = { timeout: 10_000 };
const TYPES = ['ed25519', 'rsa:3072', 'ecdsa:256', 'ecdsa:384', 'ecdsa:521'];
const refusal = (code: string, params = {}) =>
  expect.objectContaining({ problem: { code, params: expect.objectContaining(params) } });

describe.skipIf(!canRunSshd)('logins to a real sshd', () => {
  let sshd: Sshd;
  let agent: Agent;
  const opened: Host[] = [];
  const at = (name: string) => join(sshd.dir, name);

  beforeAll(async () => {
    sshd = await startSshd({ first: (dir) => `TrustedUserCAKeys ${dir}/ca.pub` });
    agent = await startAgent(sshd.dir);
    await makeKey(at('ca'));
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((host) => host.close()));
    await authorize('');
    await execa('ssh-add', ['-q', '-D'], { env: { SSH_AUTH_SOCK: agent.socket } });
  });
  afterAll(async () => {
    await agent?.stop();
    await sshd?.stop();
  });

  const authorize = (keys: string) => writeFile(at('authorized_keys'), `${keys}\n`);
  function ask(options: Partial<SshOptions>, user = 'root') {
    const { address, port, knownHosts } = sshd;
    const host = sshHost({ name: 'node1', address, port, user, knownHosts: [knownHosts], sudo: false, ...options });
    opened.push(host);
    return host.run({ argv: ['id', '-un'], ...LIMIT }).then(({ stdout }) => stdout.trim());
  }
  async function fresh(name: string, type?: string, passphrase?: string): Promise<string> {
    await Promise.all(['', '.pub', '-cert.pub'].map((end) => rm(at(name) + end, { force: true })));
    return makeKey(at(name), type, passphrase);
  }

  describe.each(TYPES)('%s', (type) => {
    test('a key in a file, or in an agent', async () => {
      const file = await fresh('key', type);
      await authorize(await publicKeyOf(file));
      expect(await ask({ keyFiles: [file] })).toBe('root');
      await expect(ask({ agent: agent.socket })).rejects.toEqual(refusal('SSH_NOTHING_TO_OFFER'));
      await agent.add(file);
      expect(await ask({ agent: agent.socket })).toBe('root');
    });

    test('a certificate, whose key is in a file or in an agent, or that is in the agent', async () => {
      const file = await fresh('key', type);
      const certificate = await certify(at('ca'), file, ['-n', 'operator']);
      const certificateFiles = [certificate];
      const as = (options: Partial<SshOptions>) => ask(options, 'operator');
      await expect(as({ keyFiles: [file] })).rejects.toEqual(refusal('HOST_LOGIN_REFUSED'));
      expect(await as({ keyFiles: [file], certificateFiles })).toBe('operator');
      // ssh-add takes the certificate beside the key along.
      await agent.add(file);
      expect(await as({ agent: agent.socket })).toBe('operator');
      await execa('ssh-add', ['-q', '-D'], { env: { SSH_AUTH_SOCK: agent.socket } });
      await rm(certificate);
      await agent.add(file);
      await certify(at('ca'), file, ['-n', 'operator']);
      await expect(as({ agent: agent.socket })).rejects.toEqual(refusal('HOST_LOGIN_REFUSED'));
      expect(await as({ agent: agent.socket, certificateFiles })).toBe('operator');
    });
  });

  test('certificates that no server would take are named as such', async () => {
    const file = await fresh('key');
    const rejected = async (more: readonly string[], reason: RegExp, keyFiles = [file]) => {
      const certificateFiles = [await certify(at('ca'), file, more)];
      await expect(ask({ keyFiles, certificateFiles })).rejects.toEqual(
        refusal('SSH_CERTIFICATE_UNUSABLE', { reason: expect.stringMatching(reason) }),
      );
    };
    await rejected(['-n', 'root', '-V', '20200101:20200102'], /expired at 2020-01-0/);
    await rejected(['-n', 'root', '-V', '20500101:20500102'], /valid from 20(49-12-31|50-01-01)/);
    await rejected(['-n', 'guest,operator'], /is for guest, operator/);
    await rejected(['-h', '-n', 'root'], /host’s certificate/);
    await rejected(['-n', 'root'], /neither key_files nor an agent/, [await fresh('other')]);
    // With another key that is let in, an expired certificate is no hindrance.
    await authorize(await publicKeyOf(file));
    const certificateFiles = [await certify(at('ca'), file, ['-n', 'root', '-V', '20200101:20200102'])];
    expect(await ask({ keyFiles: [file], certificateFiles })).toBe('root');
  });

  test('an encrypted key works by the agent that holds it; without that, the reason is told', async () => {
    const file = await fresh('locked', 'ed25519', 'a passphrase');
    await authorize(await publicKeyOf(file));
    await expect(ask({ keyFiles: [file] })).rejects.toEqual(refusal('SSH_KEY_ENCRYPTED', { file }));
    await expect(ask({ keyFiles: [file], agent: agent.socket })).rejects.toEqual(refusal('SSH_KEY_NOT_IN_AGENT'));
    const open = await fresh('open');
    await execa('cp', [file, open]);
    await execa('ssh-keygen', ['-q', '-p', '-P', 'a passphrase', '-N', '', '-f', open]);
    await agent.add(open);
    expect(await ask({ keyFiles: [file], agent: agent.socket })).toBe('root');
    expect(await ask({ keyFiles: [`${file}.pub`], agent: agent.socket })).toBe('root');
    await expect(ask({ keyFiles: [`${file}.pub`] })).rejects.toEqual(refusal('SSH_KEY_UNUSABLE'));
  });

  test('of an agent with many keys only the listed one is offered', async () => {
    const files = [];
    for (let count = 0; count < 7; count += 1) files.push(await fresh(`many${count}`));
    for (const file of files) await agent.add(file);
    const last = files[6] ?? '';
    await authorize(await publicKeyOf(last));
    await expect(ask({ agent: agent.socket })).rejects.toEqual(refusal('HOST_LOGIN_CUT_SHORT', { tried: '6' }));
    expect(await ask({ agent: agent.socket, keyFiles: [`${last}.pub`] })).toBe('root');
  });

  test('an agent that is gone, silent, or asks somebody to confirm', async () => {
    const file = await fresh('key');
    await authorize(await publicKeyOf(file));
    await expect(ask({ agent: at('no.sock') })).rejects.toEqual(
      refusal('SSH_AGENT_UNUSABLE', { agent: at('no.sock') }),
    );
    const deaf = createServer((socket) => socket.on('error', () => {}).end()).listen(at('deaf.sock'));
    await expect(ask({ agent: at('deaf.sock') })).rejects.toEqual(refusal('SSH_AGENT_UNUSABLE'));
    deaf.close();
    await agent.add(file, '-c');
    await expect(ask({ agent: agent.socket })).rejects.toEqual(
      refusal('SSH_AGENT_UNUSABLE', { reason: expect.stringContaining('refused') }),
    );
    // The next identity is tried nevertheless.
    const other = await fresh('other');
    await authorize(`${await publicKeyOf(file)}\n${await publicKeyOf(other)}`);
    expect(await ask({ agent: agent.socket, keyFiles: [`${file}.pub`, other] })).toBe('root');
  });

  test('keys that need a touch are named; what an agent answers may be nonsense', async () => {
    const type = 'sk-ssh-ed25519@openssh.com';
    const touch = Buffer.concat([field(type), field(Buffer.alloc(32)), field('ssh:')]);
    const answers = {
      touch: Buffer.concat([Buffer.of(12), uint32(1), field(touch), field('touch me')]),
      short: Buffer.concat([Buffer.of(12), uint32(1), field('no key at all'), field('')]),
      cut: Buffer.concat([Buffer.of(12), uint32(7)]),
      other: Buffer.of(6),
    };
    const answered = async (answer: Buffer, code: string) => {
      const socket = at(`fake-${answer.length}.sock`);
      const fake = createServer((client) =>
        client.on('error', () => {}).once('data', () => client.write(field(answer))),
      );
      await once(fake.listen(socket), 'listening');
      await expect(ask({ agent: socket })).rejects.toEqual(refusal(code));
      fake.close();
    };
    await answered(answers.touch, 'SSH_NOTHING_TO_OFFER');
    await answered(answers.short, 'SSH_AGENT_UNUSABLE');
    await answered(answers.cut, 'SSH_AGENT_UNUSABLE');
    await answered(answers.other, 'SSH_AGENT_UNUSABLE');
    await writeFile(at('touch.pub'), `${type} ${touch.toString('base64')} me`);
    await expect(ask({ keyFiles: [at('touch.pub')], agent: agent.socket })).rejects.toEqual(
      refusal('SSH_KEY_UNUSABLE', { reason: `keys of the type ${type} are not supported` }),
    );
  });

  test('host keys of every type', async () => {
    const algorithms: Record<string, string> = {
      'rsa:3072': 'rsa-sha2-256',
      ...Object.fromEntries([256, 384, 521].map((bits) => [`ecdsa:${bits}`, `ecdsa-sha2-nistp${bits}`])),
    };
    for (const [type, algorithm] of Object.entries(algorithms)) {
      const first = async (dir: string) =>
        `HostKey ${await makeKey(join(dir, 'own'), type)}\nHostKeyAlgorithms ${algorithm}`;
      const other = await startSshd({ first });
      const { address, port, keyFile, dir } = other;
      const file = join(dir, 'own_hosts');
      await writeFile(file, knownHostsLine(other, await publicKeyOf(join(dir, 'own'))));
      expect(await ask({ address, port, keyFiles: [keyFile], knownHosts: [file] })).toBe('root');
      await other.stop();
    }
  });

  test('a server with SHA-1 alone, and one with a host certificate alone', async () => {
    const certified = async (dir: string) => {
      await execa('ssh-keygen', ['-q', '-s', at('ca'), '-I', 'node', '-h', join(dir, 'host_ed25519.pub')]);
      return `HostKeyAlgorithms ssh-ed25519-cert-v01@openssh.com\nHostCertificate ${dir}/host_ed25519-cert.pub`;
    };
    for (const first of [() => 'HostKeyAlgorithms ssh-rsa', certified]) {
      const odd = await startSshd({ first });
      const { address, port, keyFile, knownHosts } = odd;
      const login = { address, port, keyFiles: [keyFile], knownHosts: [knownHosts] };
      // Both sides find out at the same moment; where the server is first, its reason may arrive no more.
      const code = () => ask(login).catch((error) => error.problem.code);
      await expect.poll(code, PATIENCE).toBe('HOST_ALGORITHMS_DIFFER');
      await odd.stop();
    }
  });

  test('a server that wants more than a key says so', async () => {
    const strict = await startSshd({ first: () => 'AuthenticationMethods publickey,keyboard-interactive\nUsePAM yes' });
    const { address, port, keyFile, knownHosts } = strict;
    const login = { address, port, keyFiles: [keyFile], knownHosts: [knownHosts] };
    await expect(ask(login)).rejects.toEqual(refusal('HOST_LOGIN_WANTS_MORE', { methods: 'keyboard-interactive' }));
    await strict.stop();
  });

  test('a key that others may read, a file that holds none, a directory', async () => {
    const open = await fresh('open');
    await chmod(open, 0o640);
    await expect(ask({ keyFiles: [open] })).rejects.toEqual(
      refusal('SSH_KEY_UNUSABLE', { reason: expect.stringContaining('640') }),
    );
    await writeFile(at('nothing'), 'nothing');
    await expect(ask({ keyFiles: [at('nothing')] })).rejects.toEqual(refusal('SSH_KEY_UNUSABLE'));
    await expect(ask({ keyFiles: [sshd.dir] })).rejects.toEqual(refusal('SSH_KEY_UNUSABLE'));
  });

  test('by OpenSSH’s own config, a key with a passphrase in the agent, and a certificate beside a key', async () => {
    const locked = await fresh('locked', 'ed25519', 'a passphrase');
    const open = await fresh('open');
    await execa('cp', [locked, open]);
    await execa('ssh-keygen', ['-q', '-p', '-P', 'a passphrase', '-N', '', '-f', open]);
    const place = `HostName 127.0.0.1\nPort ${sshd.port}\nUser root\nUserKnownHostsFile ${sshd.knownHosts}`;
    const by = (options: string, socket: string | null = null) => {
      const openSshConfig = { file: at('config'), agent: socket };
      const host = sshHost({ name: 'node1', address: 'node', sudo: false, openSshConfig });
      opened.push(host);
      return writeFile(at('config'), `Host node\n${place}\n${options}\n`)
        .then(() => host.run({ argv: ['id', '-un'], ...LIMIT }))
        .then(({ stdout }) => stdout);
    };
    await authorize(await publicKeyOf(locked));
    await expect(by(`IdentityFile ${locked}`)).rejects.toEqual(refusal('SSH_KEY_ENCRYPTED'));
    await agent.add(open);
    expect(await by(`IdentityFile ${locked}`, agent.socket)).toBe('root\n');
    expect(await by(`IdentityFile ${at('absent')}\nIdentityAgent ${agent.socket}`)).toBe('root\n');
    const other = await fresh('other');
    const only = `IdentityFile ${other}\nIdentitiesOnly yes`;
    await expect(by(only, agent.socket)).rejects.toEqual(refusal('HOST_LOGIN_REFUSED'));
    await certify(at('ca'), other, ['-n', 'root']);
    expect(await by(only)).toBe('root\n');
  });

  describe('jump hosts', () => {
    let bastion: Sshd;
    beforeAll(async () => {
      bastion = await startSshd();
      const restricted = await publicKeyOf(await makeKey(at('restricted')));
      await appendFile(join(bastion.dir, 'authorized_keys'), `no-port-forwarding ${restricted}\n`);
    });
    afterAll(() => bastion?.stop());
    const through = (options: Partial<SshLogin> = {}): Partial<SshOptions> => {
      const { address, port, keyFile, knownHosts } = bastion;
      const jump = [{ address, port, user: 'operator', keyFiles: [keyFile], knownHosts: [knownHosts], ...options }];
      return { keyFiles: [at('client')], jump };
    };

    test('each refusal says whether it is the jump host’s', async () => {
      await authorize(await publicKeyOf(at('client')));
      expect(await ask(through())).toBe('root');
      const host = expect.stringMatching(/^the jump host 127\.0\.0\.1 before node1$/);
      await expect(ask(through({ knownHosts: [at('none')] }))).rejects.toEqual(refusal('HOST_KEY_UNKNOWN', { host }));
      await expect(ask(through({ keyFiles: [at('ca')] }))).rejects.toEqual(refusal('HOST_LOGIN_REFUSED', { host }));
      await expect(ask(through({ port: 1 }))).rejects.toEqual(refusal('HOST_UNREACHABLE', { host }));
      await expect(ask(through({ keyFiles: [at('restricted')] }))).rejects.toEqual(
        refusal('JUMP_REFUSED', { host: 'node1', jump: '127.0.0.1' }),
      );
      await expect(ask({ ...through(), port: 1 })).rejects.toEqual(refusal('HOST_UNREACHABLE', { host: 'node1' }));
      await expect(ask({ ...through(), knownHosts: [at('none')] })).rejects.toEqual(
        refusal('HOST_KEY_UNKNOWN', { host: 'node1' }),
      );
    });

    test('one that falls silent is found out, and one that comes back is used again', async () => {
      await authorize(await publicKeyOf(at('client')));
      const { address, port, knownHosts } = sshd;
      const limits = { keepaliveMs: 200, keepaliveCount: 2 };
      const place = { address, port, user: 'root', knownHosts: [knownHosts], sudo: false, limits };
      const host = sshHost({ name: 'node1', ...place, ...through() });
      opened.push(host);
      await host.run({ argv: ['true'], ...LIMIT });
      const asked = host.run({ argv: ['sleep', '30'], ...LIMIT });
      await bastion.signalConnections('SIGSTOP');
      await expect(asked).rejects.toEqual(refusal('HOST_CONNECTION_LOST'));
      await bastion.signalConnections('SIGCONT');
      expect((await host.run({ argv: ['echo', 'back'], ...LIMIT })).stdout).toBe('back\n');
      await bastion.signalConnections('SIGKILL');
      // The first question may be the one that finds the connection broken.
      await host.run({ argv: ['true'], ...LIMIT }).catch(() => undefined);
      expect((await host.run({ argv: ['echo', 'again'], ...LIMIT })).stdout).toBe('again\n');
    });

    test('leaving closes every connection on the way', async () => {
      await authorize(await publicKeyOf(at('client')));
      // What sshd has of connections that were stopped and killed before may outlast them.
      const [bastions, own] = [await bastion.connections(), await sshd.connections()];
      await ask(through());
      expect(await bastion.connections()).toBeGreaterThan(0);
      await Promise.all(opened.splice(0).map((one) => one.close()));
      await expect.poll(() => bastion.connections(), PATIENCE).toBeLessThanOrEqual(bastions);
      await expect.poll(() => sshd.connections(), PATIENCE).toBeLessThanOrEqual(own);
    });

    test('by OpenSSH’s own config, with Include, Match, ProxyJump and HostKeyAlias', async () => {
      const key = await fresh('key');
      await authorize(await publicKeyOf(key));
      await writeFile(at('alias_hosts'), knownHostsLine(sshd, sshd.hostKeys.ed25519).replace(/^\S+/, 'the-node'));
      await writeFile(
        at('included'),
        `Host node-*
           HostName 127.0.0.1
           Port ${sshd.port}
           HostKeyAlias the-node
           UserKnownHostsFile ${at('absent')} ${at('alias_hosts')}
           IdentityFile ${at('absent')}
           IdentityFile ${key}
           ProxyJump bastion
         Host bastion
           HostName 127.0.0.1
           Port ${bastion.port}
           User operator
           IdentityFile ${bastion.keyFile}
           UserKnownHostsFile ${bastion.knownHosts}
         Host odd
           ProxyCommand nc %h %p
         Match host 127.0.0.1 exec "true"
           User root`,
      );
      await writeFile(at('config'), `Include ${at('included')}\n`);
      const openSshConfig = { file: at('config'), agent: null };
      const run = (address: string) => {
        const host = sshHost({ name: 'node1', address, sudo: false, openSshConfig });
        opened.push(host);
        return host.run({ argv: ['id', '-un'], ...LIMIT });
      };
      const before = await bastion.connections();
      expect((await run('node-1')).stdout).toBe('root\n');
      expect(await bastion.connections()).toBeGreaterThan(before);
      await expect(run('odd')).rejects.toEqual(
        refusal('SSH_CONFIG_UNSUPPORTED', { option: 'proxycommand', value: 'nc %h %p' }),
      );
      await writeFile(at('config'), 'Host a\nProxyJump b\nHost b\nProxyJump a\n');
      await expect(run('a')).rejects.toEqual(refusal('SSH_CONFIG_UNSUPPORTED', { option: 'proxyjump' }));
      await writeFile(at('config'), 'Nonsense yes\n');
      await expect(run('node-1')).rejects.toEqual(
        refusal('SSH_CONFIG_UNREADABLE', { reason: expect.stringContaining('bad configuration') }),
      );
    });
  });
});
