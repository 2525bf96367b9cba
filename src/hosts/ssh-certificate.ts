/** A user's OpenSSH certificate (PROTOCOL.certkeys): which key it vouches for, for whom, and how long. */
import { field, fields, wireReader } from './ssh-wire.ts';

/** Key types of OpenSSH's certificates end so. */
export const CERTIFICATE_SUFFIX = '-cert-v01@openssh.com';
const USER = 1;
const FOREVER = 0xffff_ffff_ffff_ffffn;

/** How many fields the key itself has in a certificate of each type. */
const KEY_FIELDS: Readonly<Record<string, number>> = {
  'ssh-rsa': 2,
  'ssh-ed25519': 1,
  'ecdsa-sha2-nistp256': 2,
  'ecdsa-sha2-nistp384': 2,
  'ecdsa-sha2-nistp521': 2,
};

export type Certificate = {
  /** As it goes over the wire. */
  readonly blob: Buffer;
  /** The type of the key, without what marks a certificate. */
  readonly keyType: string;
  /** The public key that it vouches for, as it would go over the wire without it. */
  readonly key: Buffer;
  readonly name: string;
  /** The users that it is for; empty: any. */
  readonly principals: readonly string[];
  /** Milliseconds since the epoch; null: for ever. */
  readonly from: number;
  readonly until: number | null;
};

/** Throws an Error that says why it isn't one that a user could log in with. */
export function parseCertificate(blob: Buffer): Certificate {
  const reader = wireReader(blob);
  const type = reader.text();
  const keyType = type.endsWith(CERTIFICATE_SUFFIX) ? type.slice(0, -CERTIFICATE_SUFFIX.length) : '';
  const count = KEY_FIELDS[keyType];
  if (count === undefined) throw new Error(`a certificate of the type ${type} is not supported`);
  reader.field(); // nonce
  const key = Buffer.concat([field(keyType), ...fields(reader, count).map(field)]);
  reader.uint64(); // serial
  if (reader.uint32() !== USER) throw new Error('it is a host’s certificate, not a user’s');
  const name = reader.text();
  const list = wireReader(reader.field());
  const principals: string[] = [];
  while (list.left() > 0) principals.push(list.text());
  const [from, until] = [reader.uint64(), reader.uint64()];
  const milliseconds = (seconds: bigint): number => Number(seconds) * 1000;
  return {
    ...{ blob, keyType, key, name, principals },
    from: milliseconds(from),
    until: until === FOREVER ? null : milliseconds(until),
  };
}

/** Why a server would not take it; null where nothing speaks against it. `now` in milliseconds since the epoch. */
export function flawOf({ name, principals, from, until }: Certificate, user: string, now: number): string | null {
  const day = (at: number): string => new Date(at).toISOString();
  if (until !== null && now >= until) return `${name} expired at ${day(until)}`;
  if (now < from) return `${name} is valid from ${day(from)} on`;
  if (principals.length > 0 && !principals.includes(user)) return `${name} is for ${principals.join(', ')}`;
  return null;
}
