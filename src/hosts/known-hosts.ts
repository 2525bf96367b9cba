/** Whether a host key is on file, as OpenSSH itself reads known_hosts files: hashed names, markers, ports. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';

const SEARCH_LIMIT_MS = 10_000;
const SEARCH_BYTES = 1024 * 1024;

/** One line of a known_hosts file: the key type and the key as base64. */
export type KnownKey = { readonly type: string; readonly key: string; readonly revoked: boolean };

export type Verdict = 'known' | 'unknown' | 'changed' | 'revoked';

/** OpenSSH files a host on another port than 22 under `[host]:port`. */
function filedName(address: string, port: number): string {
  return port === 22 ? address : `[${address}]:${port}`;
}

function search(file: string, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: SEARCH_LIMIT_MS, maxBuffer: SEARCH_BYTES };
    execFile('ssh-keygen', ['-F', name, '-f', file], options, (error, stdout) => {
      // Exit code 1 says that nothing was found.
      if (error && error.code !== 1) reject(new Error(`ssh-keygen -F ${name} -f ${file} failed`, { cause: error }));
      else resolve(stdout);
    });
  });
}

/** Host certificates are not supported, so lines of authorities don't count. */
function parse(line: string): KnownKey | undefined {
  const fields = line.trim().split(/\s+/);
  const marker = fields[0]?.startsWith('@') ? fields.shift() : undefined;
  const [names, type, key] = fields;
  if (names === undefined || names.startsWith('#') || type === undefined || key === undefined) return undefined;
  if (marker !== undefined && marker !== '@revoked') return undefined;
  return { type, key, revoked: marker === '@revoked' };
}

/** Every key on file for a host. Files that don't exist have none. Rejects where `ssh-keygen` fails. */
export async function knownKeys(files: readonly string[], address: string, port: number): Promise<KnownKey[]> {
  const name = filedName(address, port);
  const found = await Promise.all(files.filter((file) => existsSync(file)).map((file) => search(file, name)));
  return found
    .flatMap((text) => text.split('\n'))
    .map(parse)
    .filter((known) => known !== undefined);
}

/** How a server's key (as it came over the wire) stands to what is on file. */
export function judge(known: readonly KnownKey[], shown: Buffer): Verdict {
  const key = shown.toString('base64');
  const same = known.filter((entry) => entry.key === key);
  if (same.some((entry) => entry.revoked)) return 'revoked';
  if (same.length > 0) return 'known';
  return known.some((entry) => !entry.revoked) ? 'changed' : 'unknown';
}

/** As `ssh` shows it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}
