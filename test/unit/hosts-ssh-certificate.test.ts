import fc from 'fast-check';
import { expect, test } from 'vitest';
import { flawOf, parseCertificate } from '../../src/hosts/ssh-certificate.ts';
import { plainlyNamed } from '../../src/hosts/ssh-certificate-login.ts';
import { field, uint32, wireReader } from '../../src/hosts/ssh-wire.ts';

const TYPE = 'ssh-ed25519-cert-v01@openssh.com';
const uint64 = (value: bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
};
const seconds = fc.bigInt({ min: 0n, max: 4_000_000_000n });
const shape = fc.record({
  key: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  name: fc.string({ maxLength: 20 }),
  principals: fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { maxLength: 3 }),
  from: seconds,
  until: fc.oneof(seconds, fc.constant(0xffff_ffff_ffff_ffffn)),
});
type Shape = typeof shape extends fc.Arbitrary<infer T> ? T : never;

function certificate({ key, name, principals, from, until }: Shape): Buffer {
  const list = field(Buffer.concat(principals.map(field)));
  const head = [field(TYPE), field('nonce'), field(Buffer.from(key)), uint64(7n), uint32(1), field(name), list];
  const tail = ['options', 'extensions', '', 'signer', 'signature'].map(field);
  return Buffer.concat([...head, uint64(from), uint64(until), ...tail]);
}

test('a certificate is read as it was made, and never from a part of it', () => {
  fc.assert(
    fc.property(shape, fc.nat(), (made, cut) => {
      const blob = certificate(made);
      expect(parseCertificate(blob)).toEqual({
        ...{ blob, keyType: 'ssh-ed25519', name: made.name, principals: made.principals },
        key: Buffer.concat([field('ssh-ed25519'), field(Buffer.from(made.key))]),
        from: Number(made.from) * 1000,
        until: made.until > 4_000_000_000n ? null : Number(made.until) * 1000,
      });
      const validity =
        blob.length - Buffer.concat(['options', 'extensions', '', 'signer', 'signature'].map(field)).length;
      expect(() => parseCertificate(blob.subarray(0, cut % validity))).toThrow(Error);
    }),
  );
});

test('whoever it is not for, and whenever it is not valid, there is a flaw', () => {
  fc.assert(
    fc.property(shape, seconds, fc.stringMatching(/^[a-z]{1,8}$/), (made, now, user) => {
      const within = made.from <= now && now < made.until;
      const meant = made.principals.length === 0 || made.principals.includes(user);
      expect(flawOf(parseCertificate(certificate(made)), user, Number(now) * 1000) === null).toBe(within && meant);
    }),
  );
});

test('of all that a client sends only a login signed for a certificate is changed, and of that only the signature’s name', () => {
  const login = (algorithm: string, named: string, signed: number) =>
    Buffer.concat([
      ...[Buffer.of(50), field('root'), field('ssh-connection'), field('publickey'), Buffer.of(signed)],
      ...[field(algorithm), field('blob'), field(Buffer.concat([field(named), field('signature')]))],
    ]);
  expect(plainlyNamed(login(TYPE, TYPE, 1))).toEqual(login(TYPE, 'ssh-ed25519', 1));
  expect(plainlyNamed(login(TYPE, TYPE, 0))).toBeNull();
  expect(plainlyNamed(login('ssh-ed25519', 'ssh-ed25519', 1))).toBeNull();
  const none = Buffer.concat([Buffer.of(50), field('root'), field('ssh-connection'), field('none')]);
  expect(plainlyNamed(none)).toBeNull();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      fc.pre(bytes[0] !== 50);
      expect(plainlyNamed(Buffer.from(bytes))).toBeNull();
    }),
  );
});

test('what ends too early is not read', () => {
  expect(() => wireReader(Buffer.of(0, 0, 0, 5, 1)).field()).toThrow(RangeError);
});
