/** One logged-in SSH connection whose server was recognised by its host key. */
import ssh2, { type Client, type ConnectConfig, type ServerHostKeyAlgorithm } from 'ssh2';
import { KollaBackupError } from '../operation/catalogue.ts';
import { fingerprint, judge, type KnownKey, knownKeys, type Verdict } from './known-hosts.ts';
import type { HostLimits } from './limits.ts';
import { readKeys } from './ssh-keys.ts';

export type SshTarget = {
  /** The name by which people know the host. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Private keys without passphrase, offered in this order. */
  readonly keyFiles: readonly string[];
  /** known_hosts files. */
  readonly knownHosts: readonly string[];
};

/** Without SHA-1. An RSA key on file can be shown under either signature. */
const ALGORITHMS: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];
const keyType = (algorithm: ServerHostKeyAlgorithm): string =>
  algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm;

/** Key types on file first, so that the server shows a key that can be compared, as OpenSSH does it. */
function algorithmOrder(known: readonly KnownKey[]): ServerHostKeyAlgorithm[] {
  const onFile = new Set(known.filter((entry) => !entry.revoked).map((entry) => entry.type));
  const rank = (algorithm: ServerHostKeyAlgorithm): number => (onFile.has(keyType(algorithm)) ? 0 : 1);
  return ALGORITHMS.toSorted((a, b) => rank(a) - rank(b));
}

const REFUSED = {
  unknown: 'HOST_KEY_UNKNOWN',
  changed: 'HOST_KEY_CHANGED',
  revoked: 'HOST_KEY_REVOKED',
} as const satisfies Record<Exclude<Verdict, 'known'>, string>;

type Shown = { readonly verdict: Verdict; readonly key: Buffer } | undefined;

function problem(error: Error & { level?: string }, shown: Shown, target: SshTarget): KollaBackupError {
  const { name: host, user } = target;
  if (shown !== undefined && shown.verdict !== 'known') {
    const params = { host, fingerprint: fingerprint(shown.key), file: target.knownHosts.join(', ') };
    return new KollaBackupError(REFUSED[shown.verdict], params);
  }
  if (error.level === 'client-authentication') return new KollaBackupError('HOST_LOGIN_REFUSED', { host, user });
  return new KollaBackupError('HOST_UNREACHABLE', { host, reason: error.message }, { cause: error });
}

async function readKnown(target: SshTarget): Promise<KnownKey[]> {
  return knownKeys(target.knownHosts, target.address, target.port).catch((error: unknown) => {
    const params = { file: target.knownHosts.join(', '), reason: String(error) };
    throw new KollaBackupError('KNOWN_HOSTS_UNREADABLE', params, { cause: error });
  });
}

/**
 * Connects and logs in. `onEnd` is called once when the connection is over, however that came about; not where this
 * rejects, with a `KollaBackupError`.
 */
export async function connect(target: SshTarget, limits: HostLimits, onEnd: () => void): Promise<Client> {
  const [known, keys] = await Promise.all([readKnown(target), readKeys(target.keyFiles)]);
  const client = new ssh2.Client();
  let shown: Shown;
  const config: ConnectConfig = {
    host: target.address,
    port: target.port,
    username: target.user,
    authHandler: keys.map((key) => ({ type: 'publickey', username: target.user, key })),
    algorithms: { serverHostKey: algorithmOrder(known) },
    hostVerifier: (key: Buffer) => {
      shown = { verdict: judge(known, key), key };
      return shown.verdict === 'known';
    },
    readyTimeout: limits.connectMs,
    keepaliveInterval: limits.keepaliveMs,
    keepaliveCountMax: limits.keepaliveCount,
  };
  return new Promise((resolve, reject) => {
    client.once('ready', () => {
      client.once('close', onEnd);
      resolve(client);
    });
    // Stays for the whole life of the connection: an error is followed by `close`, which ends what is under way.
    client.on('error', (error) => {
      reject(problem(error, shown, target));
      client.destroy();
    });
    client.once('close', () => reject(problem(new Error('the connection was closed'), shown, target)));
    client.connect(config);
  });
}
