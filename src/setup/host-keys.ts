import { execFile } from 'node:child_process';
import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { helperEnvironment } from '../hosts/helper-environment.ts';
import { filedName, fingerprint, knownKeys } from '../hosts/known-hosts.ts';
import type { Host } from '../operation/host.ts';
import type { Asker } from './ask.ts';
import type { HostToKnow } from './draft.ts';
import type { HostPlace } from './init-options.ts';

/** Host keys that aren't on file: shown, and taken only when a person has said that they are right. */

/** How long a host may take to show its keys (s). */
const SCAN_S = 8;
const SCAN_BYTES = 1024 * 1024;
const TYPES = /^(?:ssh-ed25519|ecdsa-sha2-nistp(?:256|384|521)|ssh-rsa)$/;

type Offered = { readonly line: string; readonly type: string; readonly fingerprint: string };

export type Recognition = {
  readonly ask: Asker;
  /** Fingerprints that were compared beforehand. */
  readonly trusted: readonly string[];
  readonly tell: (line: string) => void;
  /** The first host on the way to all others: only it is reached from here directly. */
  readonly behind: HostPlace | null;
};

/** The keys that a host shows; none where it can't be reached, which whoever connects will tell. */
function offeredBy(address: string, port: number): Promise<Offered[]> {
  return new Promise((resolve) => {
    const limits = { timeout: SCAN_S * 2000, maxBuffer: SCAN_BYTES, env: helperEnvironment() };
    execFile('ssh-keyscan', ['-T', String(SCAN_S), '-p', String(port), '--', address], limits, (_, stdout) => {
      const lines = stdout.split('\n').filter((line) => !line.startsWith('#'));
      resolve(
        lines.flatMap((line) => {
          const [, type, key, ...more] = line.trim().split(/\s+/);
          if (type === undefined || key === undefined || more.length > 0 || !TYPES.test(type)) return [];
          return [{ line: line.trim(), type, fingerprint: fingerprint(Buffer.from(key, 'base64')) }];
        }),
      );
    });
  });
}

/** How long a host may take to look into its own known_hosts (ms). */
const LOOK_MS = 20_000;

/** The fingerprints under which another host, which is logged in to already, has this one on file. */
export async function onFileAt(other: Host, address: string, port: number): Promise<string[]> {
  const { stdout } = await other.run({ argv: ['ssh-keygen', '-F', filedName(address, port)], timeoutMs: LOOK_MS });
  return stdout.split('\n').flatMap((line) => {
    const [names = '', , key] = line.trim().split(/\s+/);
    // Comments, and keys that are revoked or of authorities.
    return key === undefined || /^[#@]/.test(names) ? [] : [fingerprint(Buffer.from(key, 'base64'))];
  });
}

/**
 * Puts the keys of a host into the first of `files` (known_hosts) where it has none there yet and somebody says that
 * they are the host's own. What is on file stays, and a host that now shows another key is refused when connecting.
 */
export async function recognise(
  host: HostToKnow,
  files: readonly [string, ...string[]],
  { ask, trusted, tell, behind }: Recognition,
  atDeployHost: () => Promise<readonly string[]> = async () => [],
): Promise<void> {
  const [file] = files;
  // Asked past the jump host, another machine might answer under this address.
  if (behind !== null && host.address !== behind.address) return;
  if ((await knownKeys(files, filedName(host.address, host.port))).length > 0) return;
  const offered = await offeredBy(host.address, host.port);
  if (offered.length === 0) return;
  const compared = offered.filter((key) => trusted.includes(key.fingerprint));
  const where = `${host.name} (${host.address}, port ${host.port})`;
  if (compared.length === 0) {
    tell(`The host key of ${where} is not in ${files.join(', ')}. It shows:`);
    const vouched = await atDeployHost();
    for (const { type, fingerprint: print } of offered)
      tell(`  ${type} ${print}${vouched.includes(print) ? ' (the deploy host has this one on file)' : ''}`);
    tell('Compare one of them on the host itself: for f in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $f; done');
    if (!(await ask.confirm(`Compared: these are the keys of ${host.name}, write them into ${file}?`))) return;
  }
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const lines = (compared.length > 0 ? compared : offered).map(({ line }) => `${line}\n`);
  await appendFile(file, lines.join(''), { mode: 0o644 });
  tell(`The host key of ${where} was written into ${file}.`);
}
