/** The way to a host: straight, or through jump hosts, each logged in to and recognised like the host itself. */
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { HostLimits } from './limits.ts';
import { logIn } from './ssh-connection.ts';
import type { SshHop, SshTarget } from './ssh-target.ts';

const CLOSE_LIMIT_MS = 2_000;
/** `SSH_OPEN_ADMINISTRATIVELY_PROHIBITED`: the server doesn't forward, or not there. */
const PROHIBITED = 1;

/** A connection from a jump host to the next one, carried by the login on the former. */
function onward(client: Client, jump: SshHop, { name: host, address, port }: SshHop): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      const refused = 'reason' in error && error.reason === PROHIBITED;
      const params = { host, jump: jump.address, target: `${address}:${port}` };
      const reason = `${jump.name}: ${error.message}`;
      reject(
        refused
          ? new KollaBackupError('JUMP_REFUSED', params, { cause: error })
          : new KollaBackupError('HOST_UNREACHABLE', { host, reason }, { cause: error }),
      );
    };
    try {
      client.forwardOut('127.0.0.1', 0, address, port, (error, channel) => {
        if (error) return failed(error);
        // Unlike a socket it stays half open when the other side is gone, and nobody would be told.
        channel.once('end', () => channel.destroy());
        resolve(channel);
      });
    } catch (error) {
      failed(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

/** Ends a connection in good order, and in any case. */
async function end(client: Client): Promise<void> {
  const closed = once(client, 'close', { signal: AbortSignal.timeout(CLOSE_LIMIT_MS) }).catch(() => client.destroy());
  client.end();
  await closed;
}

export type Connection = { readonly client: Client; readonly user: string; end(): Promise<void> };

/** Connects, logs in on the way and in the end. `onEnd` is as for `logIn`. */
export async function connect(target: SshTarget, limits: HostLimits, onEnd: () => void): Promise<Connection> {
  const before: Client[] = [];
  const leave = (): void => {
    // Without the last one, which goes first, there is nothing to say on the others any more.
    for (const client of before.toReversed()) client.end();
  };
  try {
    let through: Duplex | undefined;
    for (const [index, hop] of target.jump.entries()) {
      const client = await logIn(hop, limits, through, () => {});
      before.push(client);
      through = await onward(client, hop, target.jump[index + 1] ?? target);
    }
    const client = await logIn(target, limits, through, () => {
      leave();
      onEnd();
    });
    const all = [client, ...before.toReversed()];
    return { client, user: target.user, end: async () => void (await Promise.all(all.map(end))) };
  } catch (error) {
    leave();
    throw error;
  }
}
