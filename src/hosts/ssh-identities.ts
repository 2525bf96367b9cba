/** What we show a server to be let in: certificates first, then keys, from files and from an agent. */
import type { AnyAuthMethod } from 'ssh2';
import { KollaBackupError } from '../operation/catalogue.ts';
import { fingerprint } from './known-hosts.ts';
import { agentIdentities } from './ssh-agent.ts';
import { CERTIFICATE_SUFFIX, type Certificate, flawOf, parseCertificate } from './ssh-certificate.ts';
import { type KeyFile, readCertificateFile, readKeyFile } from './ssh-keys.ts';
import { byAgent, byFile, certifiedKey, publicKey, type Sign, shownBy } from './ssh-signing.ts';
import { wireReader } from './ssh-wire.ts';

export type IdentitySources = {
  readonly user: string;
  /** Private keys without passphrase, or the public halves of keys in the agent; offered in this order. */
  readonly keyFiles: readonly string[];
  readonly certificateFiles: readonly string[];
  /** The socket of an agent. */
  readonly agent: string | null;
  /** Whether the agent's other keys are offered, too, after the listed ones. */
  readonly othersOfAgent: boolean;
  /** What can't be used is passed over, as OpenSSH does it with its own config; else it is a mistake. */
  readonly lenient: boolean;
};

export type Identity = {
  /** For people: type, fingerprint, where it is from. */
  readonly label: string;
  readonly method: AnyAuthMethod;
  readonly certificate: boolean;
};

/** What is offered, in this order, and why something isn't. */
export type Identities = { readonly offered: readonly Identity[]; readonly withheld: readonly KollaBackupError[] };

type Key = { readonly blob: Buffer; readonly source: string; readonly sign: Sign };
type Vouched = { readonly certificate: Certificate; readonly source: string; readonly sign: Sign };

const typeOf = (blob: Buffer): string => wireReader(blob).text();
const badCertificate = (certificate: string, reason: string): KollaBackupError =>
  new KollaBackupError('SSH_CERTIFICATE_UNUSABLE', { certificate, reason });

/** What an agent holds: keys, and certificates that it can sign with. Other things are as if they weren't there. */
async function heldBy(agent: string | null): Promise<{ keys: Key[]; certificates: Vouched[] }> {
  if (agent === null) return { keys: [], certificates: [] };
  const source = `agent ${agent}`;
  const held = await agentIdentities(agent);
  const signing = (blob: Buffer, keyType: string) => ({ source, sign: byAgent(agent, blob, keyType) });
  const keys = held.filter(({ blob }) => publicKey(blob) !== null);
  const certificates = held.flatMap(({ type, blob }): Vouched[] => {
    if (!type.endsWith(CERTIFICATE_SUFFIX)) return [];
    try {
      const certificate = parseCertificate(blob);
      return [{ certificate, ...signing(blob, certificate.keyType) }];
    } catch {
      return [];
    }
  });
  return { keys: keys.map(({ type, blob }) => ({ blob, ...signing(blob, type) })), certificates };
}

function keyOf({ file, blob, parsed }: KeyFile, held: readonly Key[], agent: string | null): Key {
  if (parsed !== null) return { blob, source: file, sign: byFile(parsed) };
  if (agent === null)
    throw new KollaBackupError('SSH_KEY_UNUSABLE', { file, reason: 'it is a public key, and no agent is configured' });
  const key = held.find((one) => one.blob.equals(blob));
  if (key === undefined) throw new KollaBackupError('SSH_KEY_NOT_IN_AGENT', { file, agent });
  return key;
}

/** Throws SSH_KEY_…, SSH_CERTIFICATE_… and SSH_AGENT_… where what is configured can't be had, or nothing is left to offer. */
export async function identities(sources: IdentitySources): Promise<Identities> {
  const { user, agent, lenient } = sources;
  const withheld: KollaBackupError[] = [];
  /** What came of all the tries; a failure is thrown, or noted where that is allowed. */
  async function usable<From, To>(all: readonly From[], use: (one: From) => To | Promise<To>): Promise<To[]> {
    const tried = await Promise.allSettled(all.map(async (one) => use(one)));
    return tried.flatMap((one) => {
      if (one.status === 'fulfilled') return [one.value];
      if (!lenient || !(one.reason instanceof KollaBackupError)) throw one.reason;
      withheld.push(one.reason);
      return [];
    });
  }

  const held = await heldBy(agent).catch((error: unknown) => {
    if (!lenient || !(error instanceof KollaBackupError)) throw error;
    withheld.push(error);
    return { keys: [], certificates: [] };
  });
  const files = await usable(sources.keyFiles, (file) => readKeyFile(file, agent !== null));
  const listed = await usable(files, (file) => keyOf(file, held.keys, agent));
  const isListed = (blob: Buffer): boolean => listed.some((key) => key.blob.equals(blob));
  const others = sources.othersOfAgent ? held.keys.filter(({ blob }) => !isListed(blob)) : [];
  const keys = [...listed, ...others];
  const ofFiles = await usable(sources.certificateFiles, async (source): Promise<Vouched> => {
    const certificate = await readCertificateFile(source);
    const sign = [...keys, ...held.keys].find((key) => key.blob.equals(certificate.key))?.sign;
    if (sign === undefined) throw badCertificate(source, 'neither key_files nor an agent has the key that it is for');
    return { certificate, source, sign };
  });
  const ofAgent = held.certificates.filter((one) => sources.othersOfAgent || isListed(one.certificate.key));

  const offered: Identity[] = [];
  for (const { certificate, source, sign } of [...ofFiles, ...ofAgent]) {
    const flaw = flawOf(certificate, user, Date.now());
    const key = certifiedKey(certificate);
    const label = `certificate ${certificate.name} (${source})`;
    if (flaw !== null) withheld.push(badCertificate(source, flaw));
    else if (key !== null) offered.push({ label, method: shownBy(user, key, sign), certificate: true });
  }
  for (const { blob, source, sign } of keys) {
    const key = publicKey(blob);
    const label = `${typeOf(blob)} ${fingerprint(blob)} (${source})`;
    if (key !== null) offered.push({ label, method: shownBy(user, key, sign), certificate: false });
  }
  if (offered.length > 0) return { offered, withheld };
  throw withheld.at(-1) ?? new KollaBackupError('SSH_NOTHING_TO_OFFER', { agent: agent ?? 'no agent' });
}
