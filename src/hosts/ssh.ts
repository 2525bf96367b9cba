/** The port `Host` over SSH: one connection, used by every question, made anew by the next one after it broke. */
import { StringDecoder } from 'node:string_decoder';
import type { Client, ClientChannel } from 'ssh2';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Command, Host, Outcome } from '../operation/host.ts';
import { createTurns, HOST_LIMITS, type HostLimits, timedOut, tooLarge } from './limits.ts';
import { checkSudo, effectiveArgv } from './privilege.ts';
import { quote } from './quote.ts';
import type { SshLogin } from './ssh-login.ts';
import { resolveTarget } from './ssh-target.ts';
import { type Connection, connect } from './ssh-way.ts';

export type SshOptions = SshLogin & {
  /** The name by which people know the host. */
  readonly name: string;
  readonly sudo: boolean;
  readonly limits?: Partial<HostLimits>;
};

const lost = (host: string, cause?: unknown): KollaBackupError =>
  new KollaBackupError('HOST_CONNECTION_LOST', { host }, { cause });

/** The server said no, so nothing ran; any other error came from a connection that broke, and the command may be on its way. */
const isRefusal = (error: Error): boolean => 'reason' in error || error.message === 'Unable to exec';

/** A channel that opens after `signal` aborted has nobody left who would speak with it or end it. */
function endUnused(channel: ClientChannel): void {
  channel.on('error', () => {});
  channel.resume();
  channel.stderr.resume();
  channel.close();
}

/** `use` gets the channel at once: what came in one packet with its opening, an exit status too, is told in this turn. */
function onChannel<T>(
  client: Client,
  command: string,
  host: string,
  signal: AbortSignal,
  use: (channel: ClientChannel) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | undefined, channel: ClientChannel): void => {
      if (error === undefined && signal.aborted) endUnused(channel);
      else if (error === undefined) resolve(use(channel));
      else if (isRefusal(error))
        reject(new KollaBackupError('HOST_UNREACHABLE', { host, reason: error.message }, { cause: error }));
      else reject(lost(host, error));
    };
    try {
      client.exec(command, done);
    } catch (error) {
      reject(lost(host, error));
    }
  });
}

/** Collects one stream as text, whole characters only. `onFull` is called when it has more than `limit` bytes. */
function collect(stream: NodeJS.ReadableStream, limit: number, onFull: () => void, onText?: (text: string) => void) {
  const decoder = new StringDecoder('utf8');
  const texts: string[] = [];
  let bytes = 0;
  const take = (text: string): void => {
    if (text === '') return;
    texts.push(text);
    onText?.(text);
  };
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > limit) onFull();
    else take(decoder.write(chunk));
  });
  return (): string => {
    take(decoder.end());
    return texts.join('');
  };
}

/** Sends the whole of stdin, and resolves with the outcome when the channel is closed with one. */
function converse(channel: ClientChannel, command: Command, limits: HostLimits, signal: AbortSignal, host: string) {
  return new Promise<Outcome>((resolve, reject) => {
    let ended: Pick<Outcome, 'code' | 'signal'> | undefined;
    const giveUp = (error: Error): void => {
      reject(error);
      channel.close();
    };
    const full = (): void => giveUp(tooLarge(host, limits));
    const stdout = collect(channel, limits.outputBytes, full, command.onStdout);
    const stderr = collect(channel.stderr, limits.outputBytes, full);
    const abort = (): void => giveUp(timedOut(host, command));
    signal.addEventListener('abort', abort, { once: true });
    channel.on('exit', (code: number | null, name?: string) => {
      ended = { code, signal: name === undefined ? null : `SIG${name.replace(/^SIG/, '')}` };
    });
    channel.on('close', () => {
      signal.removeEventListener('abort', abort);
      // Without an exit status the connection broke, and nobody knows how the command ended.
      if (ended === undefined) reject(lost(host));
      else resolve({ ...ended, stdout: stdout(), stderr: stderr() });
    });
    // A command that doesn't read its input may end before it has all of it.
    channel.on('error', () => {});
    channel.end(command.stdin ?? '');
    if (signal.aborted) abort();
  });
}

/** Rejects with the signal's reason as soon as it aborts, whatever becomes of the promise. */
function untilAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/**
 * A host over SSH. Its time limit counts from the call: waiting for a turn and connecting included. A command that was
 * given up is not ended on the host.
 */
export function sshHost({ name, sudo, limits: own, ...login }: SshOptions): Host {
  const limits = { ...HOST_LIMITS, ...own };
  const inTurn = createTurns(limits.concurrent);
  let connection: Promise<Connection> | undefined;

  function connected(): Promise<Connection> {
    if (connection !== undefined) return connection;
    const forget = (): void => {
      if (connection === opening) connection = undefined;
    };
    // Files are read anew for each connection: a certificate may have been renewed, a host key corrected.
    const opening = resolveTarget(name, login).then((target) => connect(target, limits, forget));
    opening.catch(forget);
    connection = opening;
    return opening;
  }

  async function ask(command: Command, line: string, signal: AbortSignal): Promise<Outcome> {
    const { client, user } = await untilAborted(signal, connected());
    const use = (channel: ClientChannel) => converse(channel, command, limits, signal, name);
    const outcome = await untilAborted(signal, onChannel(client, line, name, signal, use));
    return checkSudo(outcome, command, sudo, { host: name, user });
  }

  return {
    name,
    async run(command) {
      const line = quote(effectiveArgv(command, sudo));
      const signal = AbortSignal.timeout(command.timeoutMs);
      return inTurn(signal, () => ask(command, line, signal)).catch((error: unknown) => {
        throw error === signal.reason ? timedOut(name, command) : error;
      });
    },
    async close() {
      const closing = connection;
      connection = undefined;
      await closing?.then(
        (one) => one.end(),
        () => undefined,
      );
    },
  };
}
