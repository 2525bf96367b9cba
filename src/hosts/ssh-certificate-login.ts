/**
 * Lets ssh2 log in with a certificate. It names a signature after what was offered; a server wants the name of the
 * key's own algorithm there (`ssh-ed25519`, never `ssh-ed25519-cert-v01@openssh.com`) and refuses anything else. So the one
 * packet that has such a signature is written anew as it leaves. Only connections that offer a certificate are touched.
 * This reaches into ssh2's internals, whose version is pinned; the tests log in with every type of certificate.
 */
import type { Client } from 'ssh2';
import { z } from 'zod';
import { CERTIFICATE_SUFFIX } from './ssh-certificate.ts';
import { field, wireReader } from './ssh-wire.ts';

const USERAUTH_REQUEST = 50;
const SIGNED = 1;

type Writer = {
  /** Where the content begins in a packet. */
  readonly allocStart: number;
  alloc(bytes: number): Buffer;
  finalize: (packet: Buffer, ...rest: unknown[]) => Buffer;
};

const isWriter = (value: unknown): boolean =>
  z.object({ allocStart: z.number(), alloc: z.function(), finalize: z.function() }).safeParse(value).success;
const internals = z.object({ _protocol: z.object({ _packetRW: z.object({ write: z.custom<Writer>(isWriter) }) }) });

/** A signed request for login by a certificate, its signature named as servers want it; null for anything else. */
export function plainlyNamed(content: Buffer): Buffer | null {
  if (content[0] !== USERAUTH_REQUEST) return null;
  const request = wireReader(content);
  request.byte();
  const [user, service, method] = [request.field(), request.field(), request.text()];
  if (method !== 'publickey' || request.byte() !== SIGNED) return null;
  const [algorithm, blob] = [request.text(), request.field()];
  if (!algorithm.endsWith(CERTIFICATE_SUFFIX)) return null;
  const signature = wireReader(request.field());
  signature.field(); // the name that it has
  const named = [field(algorithm.slice(0, -CERTIFICATE_SUFFIX.length)), field(signature.field())];
  const head = [Buffer.of(USERAUTH_REQUEST), field(user), field(service), field(method), Buffer.of(SIGNED)];
  return Buffer.concat([...head, field(algorithm), field(blob), field(Buffer.concat(named))]);
}

/** To be called before the client connects. */
export function allowCertificates(client: Client): void {
  // Each handshake brings a new writer.
  client.on('handshake', () => {
    const { write } = internals.parse(client)._protocol._packetRW;
    const { finalize } = write;
    write.finalize = (packet, ...rest) => {
      const content = plainlyNamed(packet.subarray(write.allocStart));
      if (content === null) return finalize.call(write, packet, ...rest);
      const renamed = write.alloc(content.length);
      content.copy(renamed, write.allocStart);
      return finalize.call(write, renamed, ...rest);
    };
  });
}
