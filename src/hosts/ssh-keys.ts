/** Our own keys and certificates for SSH, as files hold them. */
import { sign } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { geteuid } from 'node:process';
import ssh2, { type ParsedKey } from 'ssh2';
import { KollaBackupError } from '../operation/catalogue.ts';
import { CERTIFICATE_SUFFIX, type Certificate, parseCertificate } from './ssh-certificate.ts';
import { field } from './ssh-wire.ts';

const ENCRYPTED = /^Proc-Type: 4,ENCRYPTED|BEGIN ENCRYPTED PRIVATE KEY/m;
/** A public key or certificate: type, base64, comment. */
const PUBLIC = /^([a-z0-9@.-]+) ([A-Za-z0-9+/]+=*)(?:\s|$)/;

/** What a file of `key_files` holds: a private key, or the public half of one that an agent holds. */
export type KeyFile = {
  readonly file: string;
  /** The public key as it goes over the wire. */
  readonly blob: Buffer;
  readonly parsed: ParsedKey | null;
};

const unusable = (file: string, reason: string, cause?: unknown): KollaBackupError =>
  new KollaBackupError('SSH_KEY_UNUSABLE', { file, reason }, { cause });

async function read(file: string): Promise<Buffer> {
  return readFile(file).catch((error: unknown) => {
    throw unusable(file, String(error), error);
  });
}

type Public = { readonly type: string; readonly blob: Buffer };

function publicPart(content: Buffer): Public | null {
  const [, type, base64 = ''] = PUBLIC.exec(content.toString('latin1')) ?? [];
  const blob = Buffer.from(base64, 'base64');
  return type !== undefined && blob.indexOf(field(type)) === 0 ? { type, blob } : null;
}

const publicHalf = (file: string): Promise<Public | null> => readFile(`${file}.pub`).then(publicPart, () => null);

function usablePublic(file: string, { type, blob }: Public): KeyFile {
  if (type.endsWith(CERTIFICATE_SUFFIX)) throw unusable(file, 'it is a certificate, for certificate_files');
  const parsed = ssh2.utils.parseKey(blob);
  if (parsed instanceof Error) throw unusable(file, `keys of the type ${type} are not supported`);
  return { file, blob, parsed: null };
}

/** As OpenSSH does it: our own private key must be ours alone. */
async function checkRights(file: string): Promise<void> {
  const { uid, mode } = await stat(file);
  const others = mode & 0o077;
  if (uid === geteuid?.() && others !== 0)
    throw unusable(file, `others may read it: its mode is ${(mode & 0o777).toString(8)}, not 600`);
}

/** Throws SSH_KEY_ENCRYPTED or SSH_KEY_UNUSABLE. With an agent, of an encrypted key the public half beside it will do. */
export async function readKeyFile(file: string, withAgent: boolean): Promise<KeyFile> {
  const content = await read(file);
  const shown = publicPart(content);
  if (shown !== null) return usablePublic(file, shown);
  await checkRights(file);
  const parsed = ssh2.utils.parseKey(content);
  if (parsed instanceof Error) {
    const encrypted = /encrypted/i.test(parsed.message) || ENCRYPTED.test(content.toString('latin1'));
    const half = encrypted && withAgent ? await publicHalf(file) : null;
    if (half !== null) return usablePublic(file, half);
    throw encrypted ? new KollaBackupError('SSH_KEY_ENCRYPTED', { file }) : unusable(file, parsed.message);
  }
  // Of a format that could hold several keys, OpenSSH itself writes and reads one.
  const [key] = [parsed].flat();
  if (!key?.isPrivateKey()) throw unusable(file, 'it is not a private key');
  return { file, blob: key.getPublicSSH(), parsed: key };
}

/** Throws SSH_CERTIFICATE_UNUSABLE. */
export async function readCertificateFile(file: string): Promise<Certificate> {
  const shown = publicPart(await read(file));
  try {
    if (shown === null) throw new Error('it is not in OpenSSH’s format');
    return parseCertificate(shown.blob);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KollaBackupError('SSH_CERTIFICATE_UNUSABLE', { certificate: file, reason }, { cause: error });
  }
}

const HASHES: Readonly<Record<string, string>> = {
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
};

/** A positive number without superfluous zeros before it. */
function mpint(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? Buffer.alloc(0) : bytes.subarray(first);
  return field((digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), digits]) : digits);
}

/** A signature by a private key in SSH's own form, without its name. `hash` is RSA's; other keys have their own. */
export function signature(key: ParsedKey, data: Buffer, hash: string): Buffer {
  const algorithm = key.type === 'ssh-rsa' ? hash : (HASHES[key.type] ?? null);
  const made = sign(algorithm, data, { key: key.getPrivatePEM(), dsaEncoding: 'ieee-p1363' });
  if (!key.type.startsWith('ecdsa-')) return made;
  const half = made.length / 2;
  return Buffer.concat([mpint(made.subarray(0, half)), mpint(made.subarray(half))]);
}
