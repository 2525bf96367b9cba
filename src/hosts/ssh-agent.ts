/**
 * Asking a running ssh-agent, certificates included (ssh2's own client leaves those out). The protocol is that of
 * draft-miller-ssh-agent: which identities there are, and a signature by one of them.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { KollaBackupError } from '../operation/catalogue.ts';
import { field, uint32, type WireReader, wireReader } from './ssh-wire.ts';

/** How long an agent may take; one that asks somebody to confirm takes forever (ms). */
const AGENT_LIMIT_MS = 10_000;
/** What OpenSSH's own agent limits its messages to (bytes). */
const MESSAGE_BYTES = 256 * 1024;

const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;

/** Which hash an RSA key signs with; other keys have one of their own. */
const FLAGS = { sha1: 0, sha256: 2, sha512: 4 } as const;
export type SignatureHash = keyof typeof FLAGS;

/** `type`: of the key or certificate, as it goes over the wire in `blob`. */
export type AgentIdentity = { readonly type: string; readonly blob: Buffer; readonly comment: string };

const unusable = (agent: string, reason: string, cause?: unknown): KollaBackupError =>
  new KollaBackupError('SSH_AGENT_UNUSABLE', { agent, reason }, { cause });

/** Sends one request, and reads the answer, which must be of type `wanted`. */
async function ask<T>(agent: string, request: Buffer, wanted: number, read: (answer: WireReader) => T): Promise<T> {
  const signal = AbortSignal.timeout(AGENT_LIMIT_MS);
  const socket = connect(agent);
  const late = () => socket.destroy(new Error(`it did not answer within ${AGENT_LIMIT_MS / 1000} s`));
  signal.addEventListener('abort', late, { once: true });
  try {
    await once(socket, 'connect');
    socket.write(field(request));
    let answer = Buffer.alloc(0);
    const whole = (): boolean => answer.length >= 4 && answer.length >= 4 + answer.readUInt32BE();
    for await (const chunk of socket) {
      answer = Buffer.concat([answer, chunk]);
      if (answer.length > MESSAGE_BYTES) throw new Error('its answer is too long');
      if (whole()) break;
    }
    if (!whole()) throw new Error('it ended the conversation');
    const content = wireReader(wireReader(answer).field());
    if (content.byte() !== wanted) throw new Error('it refused');
    return read(content);
  } catch (error) {
    throw unusable(agent, error instanceof Error ? error.message : String(error), error);
  } finally {
    signal.removeEventListener('abort', late);
    socket.destroy();
  }
}

/** Every identity that an agent holds, in its order. Throws SSH_AGENT_UNUSABLE. */
export function agentIdentities(agent: string): Promise<AgentIdentity[]> {
  return ask(agent, Buffer.of(REQUEST_IDENTITIES), IDENTITIES_ANSWER, (answer) =>
    Array.from({ length: answer.uint32() }, () => {
      const [blob, comment] = [answer.field(), answer.text()];
      return { type: wireReader(blob).text(), blob, comment };
    }),
  );
}

/** A signature without its name. Throws SSH_AGENT_UNUSABLE, also where it was made by another algorithm. */
export function agentSignature(
  agent: string,
  blob: Buffer,
  data: Buffer,
  algorithm: string,
  hash: SignatureHash = 'sha1',
): Promise<Buffer> {
  const request = Buffer.concat([Buffer.of(SIGN_REQUEST), field(blob), field(data), uint32(FLAGS[hash])]);
  return ask(agent, request, SIGN_RESPONSE, (answer) => {
    const signature = wireReader(answer.field());
    const used = signature.text();
    if (used !== algorithm) throw new Error(`it signed with ${used} where ${algorithm} was asked for`);
    return signature.field();
  });
}
