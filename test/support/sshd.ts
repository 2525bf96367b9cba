/**
 * A real sshd (and sudo) out of the package cache, in mount and pid namespaces of its own, on loopback. Needs root.
 * Its users are `root`, `operator` (may use sudo without a password) and `guest` (may not). Everything that a login
 * started ends with it. `/tmp` is the machine's.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { packageTree } from '../../lab/packages.ts';
import { freePort } from '../../lab/redis.ts';

const START_LIMIT_MS = 15_000;

export const canRunSshd = process.getuid?.() === 0;

export type Sshd = {
  readonly address: string;
  readonly port: number;
  readonly dir: string;
  /** A private key that every user accepts. */
  readonly keyFile: string;
  /** Public host keys, as the files hold them: `type base64 comment`. */
  readonly hostKeys: { readonly ed25519: string; readonly rsa: string };
  /** A known_hosts file with its ed25519 key. */
  readonly knownHosts: string;
  /** A signal to every connection's process; what logins started gets none. */
  signalConnections(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** How many logins there are now. */
  connections(): Promise<number>;
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
};

const config = (dir: string, port: number, first: string) => `
${first}
ListenAddress 127.0.0.1:${port}
HostKey ${dir}/host_ed25519
HostKey ${dir}/host_rsa
AuthorizedKeysFile ${dir}/authorized_keys
PermitRootLogin prohibit-password
PasswordAuthentication no
StrictModes no
UsePAM no
PidFile none
MaxStartups 100
`;

const SUDOERS = 'operator ALL=(ALL) NOPASSWD: ALL\n';
const USERS = ['operator:*:2001:', 'guest:*:2002:', 'sshd:*:2003:'] as const;

async function writeEtc(dir: string, sudoers: string): Promise<void> {
  const etc = join(dir, 'etc');
  await mkdir(join(etc, 'pam.d'), { recursive: true });
  await mkdir(join(dir, 'home'), { mode: 0o777 });
  const own = (file: string) => readFile(join('/etc', file), 'utf8');
  const ids = USERS.map((user) => user.split(':'));
  const lines = (make: (name: string, id: string) => string) =>
    ids.map(([n = '', , i = '']) => `${make(n, i)}\n`).join('');
  await writeFile(
    join(etc, 'passwd'),
    (await own('passwd')) + lines((n, i) => `${n}:x:${i}:${i}::${dir}/home:/bin/sh`),
  );
  await writeFile(join(etc, 'group'), (await own('group')) + lines((n, i) => `${n}:x:${i}:`));
  await writeFile(join(etc, 'shadow'), `root:*:19000::::::\n${lines((n) => `${n}:*:19000::::::`)}`, { mode: 0o600 });
  await writeFile(join(etc, 'sudoers'), sudoers, { mode: 0o440 });
  // As on many a host, sudo can't look up the machine's own name, and says so each time.
  await writeFile(join(etc, 'hosts'), '127.0.0.1 localhost\n');
  await writeFile(
    join(etc, 'nsswitch.conf'),
    ['passwd', 'group', 'shadow', 'hosts'].map((one) => `${one}: files\n`).join(''),
  );
  const pam = ['auth', 'account', 'session'].map((type) => `${type} sufficient pam_permit.so\n`).join('');
  // Authentication must fail without a password, as on a real host.
  await writeFile(join(etc, 'pam.d/sudo'), pam.replace('auth sufficient pam_permit.so', 'auth required pam_deny.so'));
}

async function makeKey(file: string, type: string): Promise<string> {
  await execa('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', 'test', '-f', file]);
  return (await readFile(`${file}.pub`, 'utf8')).trim();
}

/** `[address]:port type base64`, a line of known_hosts. */
export function knownHostsLine(sshd: Pick<Sshd, 'address' | 'port'>, publicKey: string): string {
  return `[${sshd.address}]:${sshd.port} ${publicKey.split(' ').slice(0, 2).join(' ')}\n`;
}

const MOUNTS = `
set -eu
mount -t overlay -o lowerdir="$1/etc":/etc overlay /etc
mount -t overlay -o lowerdir=/usr:"$2/usr" overlay /usr
mount -t tmpfs tmpfs /run
mkdir -p /run/sshd
exec /usr/sbin/sshd -D -e -f "$1/sshd_config"
`;

async function banner(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  try {
    const [first] = await once(socket, 'data', { signal: AbortSignal.timeout(1_000) });
    return String(first).startsWith('SSH-2.0');
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.split(' ').filter(Boolean).map(Number);
}

/** Without what a connection had started and left behind: the listener is the first process there, and takes orphans. */
async function sshdsOf(pid: number): Promise<number[]> {
  const named = (await childrenOf(pid)).map(async (child) => ({
    child,
    name: await readFile(`/proc/${child}/comm`, 'utf8').catch(() => ''),
  }));
  return (await Promise.all(named)).flatMap(({ child, name }) => (name.trim() === 'sshd' ? [child] : []));
}

type Settings = {
  /** Lines of sshd_config, which count before ours. Its directory has its keys already. */
  readonly first?: (dir: string) => string | Promise<string>;
  /** As /etc/sudoers. */
  readonly sudoers?: string;
};

export async function startSshd({ first = () => '', sudoers = SUDOERS }: Settings = {}): Promise<Sshd> {
  const tree = await packageTree('sshd', ['openssh-server', 'sudo']);
  const dir = await mkdtemp(join(tmpdir(), 'kolla-backup-sshd-'));
  await chmod(dir, 0o755);
  await writeEtc(dir, sudoers);
  const port = await freePort();
  const hostKeys = {
    ed25519: await makeKey(join(dir, 'host_ed25519'), 'ed25519'),
    rsa: await makeKey(join(dir, 'host_rsa'), 'rsa'),
  };
  const keyFile = join(dir, 'client');
  await writeFile(join(dir, 'authorized_keys'), `${await makeKey(keyFile, 'ed25519')}\n`);
  await writeFile(join(dir, 'sshd_config'), config(dir, port, await first(dir)));
  const place = { address: '127.0.0.1', port };
  const knownHosts = join(dir, 'known_hosts');
  await writeFile(knownHosts, knownHostsLine(place, hostKeys.ed25519));

  const isolate = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const argv = ['--pdeathsig', 'KILL', ...isolate, 'sh', '-c', MOUNTS, 'sh', dir, tree];
  const child = spawn('setpriv', argv, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk) => (log = (log + chunk).slice(-4_000)));
  let over = false;
  const exited = once(child, 'exit').then(() => (over = true));
  for (const until = Date.now() + START_LIMIT_MS; !(await banner(port)); await sleep(30))
    if (over || Date.now() > until) throw new Error(`sshd did not come up on port ${port}:\n${log}`);
  if (child.pid === undefined) throw new Error('sshd has no pid');
  const [listener] = await childrenOf(child.pid);
  if (listener === undefined) throw new Error('sshd has no listener');

  return {
    ...place,
    dir,
    keyFile,
    hostKeys,
    knownHosts,
    async signalConnections(signal) {
      // The monitor and, below it, the process with the user's rights that holds the connection.
      const monitors = await sshdsOf(listener);
      const all = [...monitors, ...(await Promise.all(monitors.map(sshdsOf))).flat()];
      for (const pid of all) process.kill(pid, signal);
    },
    connections: async () => (await sshdsOf(listener)).length,
    freeze: () => void process.kill(listener, 'SIGSTOP'),
    thaw: () => void process.kill(listener, 'SIGCONT'),
    async stop() {
      child.kill('SIGKILL');
      await exited;
      await rm(dir, { recursive: true, force: true });
    },
  };
}
