/** Whether a host key is on file, as OpenSSH itself reads known_hosts files: hashed names, markers, ports. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { helperEnvironment } from './helper-environment.ts';
import { wireReader } from './ssh-wire.ts';

const SEARCH_LIMIT_MS = 10_000;
const SEARCH_BYTES = 1024 * 1024;

/** One line of a known_hosts file: the key type, the key as base64, and what its marker says of it. */
export type KnownKey = { readonly type: string; readonly key: string; readonly as: 'own' | 'revoked' | 'authority' };

/** `other type`: there are keys on file, none of the type that was shown. `authority`: there is only who signs its keys. */
export type Verdict = 'known' | 'unknown' | 'changed' | 'other type' | 'authority' | 'revoked';

const MARKERS: Readonly<Record<string, KnownKey['as']>> = { '@revoked': 'revoked', '@cert-authority': 'authority' };

/** OpenSSH files a host on another port than 22 under `[host]:port`. */
export function filedName(address: string, port: number): string {
  return port === 22 ? address : `[${address}]:${port}`;
}

function search(file: string, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: SEARCH_LIMIT_MS, maxBuffer: SEARCH_BYTES, env: helperEnvironment() };
    execFile('ssh-keygen', ['-F', name, '-f', file], options, (error, stdout) => {
      // Exit code 1 says that nothing was found.
      if (error && error.code !== 1) reject(new Error(`ssh-keygen -F ${name} -f ${file} failed`, { cause: error }));
      else resolve(stdout);
    });
  });
}

function parse(line: string): KnownKey | undefined {
  const fields = line.trim().split(/\s+/);
  const marker = fields[0]?.startsWith('@') ? fields.shift() : undefined;
  const [names, type, key] = fields;
  if (names === undefined || names.startsWith('#') || type === undefined || key === undefined) return undefined;
  const as = marker === undefined ? 'own' : MARKERS[marker];
  return as && { type, key, as };
}

/** Every key on file under a name. Files that don't exist have none. Rejects where `ssh-keygen` fails. */
export async function knownKeys(files: readonly string[], name: string): Promise<KnownKey[]> {
  const found = await Promise.all(files.filter((file) => existsSync(file)).map((file) => search(file, name)));
  return found
    .flatMap((text) => text.split('\n'))
    .map(parse)
    .filter((known) => known !== undefined);
}

const typeOf = (key: Buffer): string => wireReader(key).text();

/** How a server's key (as it came over the wire) stands to what is on file. Host certificates are not supported. */
export function judge(known: readonly KnownKey[], shown: Buffer): Verdict {
  const same = known.filter((entry) => entry.key === shown.toString('base64'));
  if (same.some((entry) => entry.as === 'revoked')) return 'revoked';
  if (same.some((entry) => entry.as === 'own')) return 'known';
  const own = known.filter((entry) => entry.as === 'own');
  if (own.some((entry) => entry.type === typeOf(shown))) return 'changed';
  if (own.length > 0) return 'other type';
  return known.some((entry) => entry.as === 'authority') ? 'authority' : 'unknown';
}

/** For people: the keys on file, of the type that was shown where there are any. */
export function expected(known: readonly KnownKey[], shown: Buffer): string {
  const own = known.filter((entry) => entry.as === 'own');
  const alike = own.filter((entry) => entry.type === typeOf(shown));
  const told = (alike.length > 0 ? alike : own).map(
    ({ type, key }) => `${type} ${fingerprint(Buffer.from(key, 'base64'))}`,
  );
  return told.length > 0 ? told.join(', ') : 'none';
}

/** As `ssh` shows it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}
