/** One identity that a server is shown: a key or a certificate, and who signs with it: a file's key or an agent. */
import ssh2, { type AnyAuthMethod, type ParsedKey, type SigningRequestOptions } from 'ssh2';
import { agentSignature, type SignatureHash } from './ssh-agent.ts';
import { CERTIFICATE_SUFFIX, type Certificate } from './ssh-certificate.ts';
import { signature } from './ssh-keys.ts';

/** Gives a signature in SSH's own form, without its name. */
export type Sign = (data: Buffer, hash: SignatureHash) => Promise<Buffer>;

const RSA_NAMES: Readonly<Record<SignatureHash, string>> = {
  sha1: 'ssh-rsa',
  sha256: 'rsa-sha2-256',
  sha512: 'rsa-sha2-512',
};

export const byFile =
  (key: ParsedKey): Sign =>
  async (data, hash) =>
    signature(key, data, hash);

/** `blob` is what the agent knows the key by: the public key, or a certificate. */
export function byAgent(agent: string, blob: Buffer, keyType: string): Sign {
  return (data, hash) =>
    keyType === 'ssh-rsa'
      ? agentSignature(agent, blob, data, RSA_NAMES[hash], hash)
      : agentSignature(agent, blob, data, keyType);
}

/** A certificate's key under the certificate's name; RSA signs with SHA-512. Null where ssh2 doesn't know the key. */
export function certifiedKey({ blob, keyType, key }: Certificate): ParsedKey | null {
  const plain = publicKey(key);
  const type = `${keyType === 'ssh-rsa' ? RSA_NAMES.sha512 : keyType}${CERTIFICATE_SUFFIX}`;
  return plain && Object.create(plain, { type: { value: type }, getPublicSSH: { value: () => blob } });
}

/** A key as it comes over the wire; null where ssh2 doesn't know its type, a security key's for one. */
export function publicKey(blob: Buffer): ParsedKey | null {
  const parsed = ssh2.utils.parseKey(blob);
  return parsed instanceof Error ? null : ([parsed].flat()[0] ?? null);
}

type Callback<T> = (error?: Error | null, value?: T) => void;

/** One identity, as ssh2 asks an agent for it: so a signature may take its time. */
class OneIdentity extends ssh2.BaseAgent<ParsedKey> {
  readonly #key: ParsedKey;
  readonly #sign: Sign;
  constructor(key: ParsedKey, sign: Sign) {
    super();
    this.#key = key;
    this.#sign = sign;
  }
  override getIdentities(done: Callback<ParsedKey[]>): void {
    done(null, [this.#key]);
  }
  override sign(
    _: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | Callback<Buffer>,
    done?: Callback<Buffer>,
  ) {
    const [hash, tell] = typeof options === 'function' ? [undefined, options] : [options.hash, done];
    this.#sign(data, hash ?? 'sha512').then(
      (made) => tell?.(null, made),
      (error: Error) => tell?.(error),
    );
  }
}

export const shownBy = (username: string, key: ParsedKey, sign: Sign): AnyAuthMethod => ({
  type: 'agent',
  username,
  agent: new OneIdentity(key, sign),
});
