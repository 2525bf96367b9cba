/** One logged-in SSH connection whose server was recognised by its host key. */
import type { Duplex } from 'node:stream';
import ssh2, { type AuthHandlerMiddleware, type Client, type ConnectConfig, type ServerHostKeyAlgorithm } from 'ssh2';
import { type Code, KollaBackupError } from '../operation/catalogue.ts';
import { expected, fingerprint, judge, type KnownKey, knownKeys, type Verdict } from './known-hosts.ts';
import type { HostLimits } from './limits.ts';
import { allowCertificates } from './ssh-certificate-login.ts';
import { type Identities, identities } from './ssh-identities.ts';
import type { SshHop } from './ssh-target.ts';

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
  const onFile = new Set(known.filter((entry) => entry.as === 'own').map((entry) => entry.type));
  const rank = (algorithm: ServerHostKeyAlgorithm): number => (onFile.has(keyType(algorithm)) ? 0 : 1);
  return ALGORITHMS.toSorted((a, b) => rank(a) - rank(b));
}

const REFUSED = {
  unknown: 'HOST_KEY_UNKNOWN',
  changed: 'HOST_KEY_CHANGED',
  'other type': 'HOST_KEY_OF_OTHER_TYPE',
  authority: 'HOST_KEY_BY_AUTHORITY_ONLY',
  revoked: 'HOST_KEY_REVOKED',
} as const satisfies Record<Exclude<Verdict, 'known'>, Code>;

/** `SSH_DISCONNECT_PROTOCOL_ERROR`, with which OpenSSH ends a login that tried too often. */
const TOO_MANY = /^Too many authentication failures/;

/** What is known of an attempt when it fails. */
type Attempt = {
  readonly hop: SshHop;
  readonly known: readonly KnownKey[];
  readonly own: Identities;
  key: Buffer | undefined;
  /** What an agent said when it was asked to sign. */
  agent: KollaBackupError | undefined;
  tried: number;
  /** The ways to log in that the server still allows. */
  methods: readonly string[];
};

/** The most that a refusal tells of one thing, in characters: what a server says is its own. */
const TOLD_CHARS = 1_000;
const clipped = (text: string): string => (text.length > TOLD_CHARS ? `${text.slice(0, TOLD_CHARS)}…` : text);

function problem(error: Error & { level?: string }, attempt: Attempt): KollaBackupError {
  const { hop, known, key, own, methods } = attempt;
  const { name: host, user } = hop;
  const verdict = key === undefined ? 'known' : judge(known, key);
  if (key !== undefined && verdict !== 'known') {
    const file = hop.knownHosts.join(', ');
    return new KollaBackupError(REFUSED[verdict], {
      ...{ host, file, fingerprint: fingerprint(key), expected: clipped(expected(known, key)) },
    });
  }
  if (TOO_MANY.test(error.message))
    return new KollaBackupError('HOST_LOGIN_CUT_SHORT', { host, user, tried: String(attempt.tried) });
  if (error.level === 'client-authentication') {
    const certificate = own.withheld.find(({ problem: { code } }) => code === 'SSH_CERTIFICATE_UNUSABLE');
    const better = attempt.agent ?? certificate;
    if (better !== undefined) return better;
    if (!methods.includes('publickey'))
      return new KollaBackupError('HOST_LOGIN_WANTS_MORE', { host, user, methods: clipped(methods.join(', ')) });
    const offered = clipped(own.offered.map(({ label }) => label).join('; '));
    return new KollaBackupError('HOST_LOGIN_REFUSED', { host, user, offered });
  }
  const reason = clipped(error.message);
  if (error.level === 'handshake') return new KollaBackupError('HOST_ALGORITHMS_DIFFER', { host, reason });
  return new KollaBackupError('HOST_UNREACHABLE', { host, reason }, { cause: error });
}

async function readKnown({ knownHosts, filedAs }: SshHop): Promise<KnownKey[]> {
  return knownKeys(knownHosts, filedAs).catch((error: unknown) => {
    const params = { file: knownHosts.join(', '), reason: String(error) };
    throw new KollaBackupError('KNOWN_HOSTS_UNREADABLE', params, { cause: error });
  });
}

/** Each identity in turn, and at the end nothing: the answer tells what the server would have wanted. */
function inTurn(attempt: Attempt): AuthHandlerMiddleware {
  const methods = attempt.own.offered.map(({ method }) => method);
  return (left, _, next) => {
    attempt.methods = left ?? attempt.methods;
    const method = methods[attempt.tried];
    attempt.tried += 1;
    if (method !== undefined) next(method);
    else if (attempt.tried === methods.length + 1) next({ type: 'none', username: attempt.hop.user });
    else return false;
    return undefined;
  };
}

/**
 * Connects, over `through` where that is given, and logs in. `onEnd` is called once when the connection is over, however
 * that came about; not where this rejects, with a `KollaBackupError`.
 */
export async function logIn(
  hop: SshHop,
  limits: HostLimits,
  through: Duplex | undefined,
  onEnd: () => void,
): Promise<Client> {
  const [known, own] = await Promise.all([readKnown(hop), identities(hop)]);
  const attempt: Attempt = { hop, known, own, key: undefined, agent: undefined, tried: 0, methods: [] };
  const client = new ssh2.Client();
  if (own.offered.some(({ certificate }) => certificate)) allowCertificates(client);
  const config: ConnectConfig = {
    ...(through ? { sock: through } : { host: hop.address, port: hop.port }),
    username: hop.user,
    authHandler: inTurn(attempt),
    algorithms: { serverHostKey: algorithmOrder(known) },
    hostVerifier: (key: Buffer) => {
      attempt.key = key;
      return judge(known, key) === 'known';
    },
    readyTimeout: limits.connectMs,
    keepaliveInterval: limits.keepaliveMs,
    keepaliveCountMax: limits.keepaliveCount,
  };
  return new Promise((resolve, reject) => {
    client.once('ready', () => {
      // At once: the connection may be over before anybody who waits for it goes on.
      client.once('close', onEnd);
      resolve(client);
    });
    // Stays for the whole life of the connection: an error is followed by `close`, which ends what is under way.
    client.on('error', (error: Error & { level?: string }) => {
      // An agent that can't sign isn't the end: the next identity is tried.
      if (error.level === 'agent') attempt.agent = error instanceof KollaBackupError ? error : undefined;
      else {
        reject(problem(error, attempt));
        client.destroy();
      }
    });
    client.once('close', () => reject(problem(new Error('the connection was closed'), attempt)));
    client.connect(config);
  });
}
