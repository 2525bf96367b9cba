import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import type { Seen } from './check.ts';

/** Where this process and what it depends on live, as far as that can be seen from here. */
export type PlaceFacts = {
  /** Of the running kernel, the same in its containers; null where it can't be read. */
  readonly bootId: string | null;
  /** What the firmware says this machine is, e.g. `OpenStack Foundation OpenStack Nova`; null where it says nothing. */
  readonly hardware: string | null;
  /** Redis's addresses; empty where its name can't be resolved. */
  readonly redis: { readonly name: string; readonly addresses: readonly string[]; readonly local: boolean };
  /** What lies under the root of this machine: `ext4 /dev/vda1`. */
  readonly storage: readonly { readonly path: string; readonly type: string; readonly source: string }[];
};

const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const HARDWARE = ['/sys/class/dmi/id/sys_vendor', '/sys/class/dmi/id/product_name'] as const;

const textOf = (path: string) =>
  readFile(path, 'utf8').then(
    (text) => text.trim() || null,
    () => null,
  );

/** `paths` are those of this machine whose storage matters; `redisDirectory` is of Redis's, which may be another. */
export async function askPlace(
  redisUrl: Seen<string>,
  paths: readonly string[],
  redisDirectory: string | null,
): Promise<PlaceFacts> {
  const [bootId, mounts, ...hardware] = await Promise.all([
    textOf(BOOT_ID),
    textOf('/proc/self/mountinfo'),
    ...HARDWARE.map(textOf),
  ]);
  const name = 'seen' in redisUrl && URL.canParse(redisUrl.seen) ? hostOf(redisUrl.seen) : '';
  const addresses = await lookup(name, { all: true }).then(
    (found) => (name === '' ? [] : found.map(({ address }) => address)),
    () => [],
  );
  const own = ownAddresses();
  const local = addresses.some((address) => isLoopback(address) || own.includes(address));
  const words = hardware.filter((word) => word !== null).join(' ');
  return {
    bootId,
    hardware: words === '' ? null : words,
    redis: { name, addresses, local },
    storage: [...paths, ...(local && redisDirectory !== null ? [redisDirectory] : [])].flatMap((path) =>
      mountOf(path, mounts ?? ''),
    ),
  };
}

/** Empty where a sandbox keeps this process from asking. */
function ownAddresses(): readonly string[] {
  try {
    return Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? []);
  } catch {
    return [];
  }
}

/** Without the brackets of an IPv6 address. */
const hostOf = (url: string) => new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');

const isLoopback = (address: string) => address.startsWith('127.') || address === '::1';

/** The file system of a path: the longest mount point that it lies under, of several there the last. */
function mountOf(path: string, mountinfo: string): PlaceFacts['storage'] {
  let best: { where: string; type: string; source: string } | null = null;
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const where = before.split(' ')[4] ?? '';
    const [type = '', source = ''] = after.split(' ');
    const within = where === '/' || path === where || path.startsWith(`${where}/`);
    if (where !== '' && within && where.length >= (best?.where.length ?? 0)) best = { where, type, source };
  }
  return best === null ? [] : [{ path, type: best.type, source: best.source }];
}
