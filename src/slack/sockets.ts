import { setTimeout as sleep } from 'node:timers/promises';
import { SocketModeReceiver } from '@slack/bolt';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Line } from './line.ts';
import { clientOptions, type Log, slackLogger, troubleOf } from './web.ts';

/** How many connections are kept: Slack closes each from time to time, and a click must reach one that is open. */
export const SOCKETS = 2;
/** How long one connection may take to be made, in ms. */
const CONNECT_MS = 20_000;
/** How long a connection may take to close, in ms. */
const CLOSE_MS = 3_000;
/** The first and the longest pause between two attempts, in ms. */
const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 15_000;
/** Without any connection for so long, the bot is deaf: it isn't ready, and asks to be ended. In ms. */
const DEAF_MS = 60_000;

/** Slack's words for a token that will not be taken again. */
const TOKEN_REFUSED: ReadonlySet<string> = new Set([
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'not_allowed_token_type',
  'no_permission',
  'missing_scope',
]);

/**
 * Keeps `SOCKETS` connections open. Reconnecting is done here and not by Slack's client: a reconnect of its own that
 * fails is a rejection that nobody can catch, and it waits 5 s before each.
 */
export function sockets({
  appToken,
  apiUrl,
  log,
  onFatal,
  deafMs = DEAF_MS,
}: {
  readonly appToken: string;
  readonly apiUrl: string | undefined;
  readonly log: Log;
  readonly onFatal: (error: Error) => void;
  readonly deafMs?: number;
}): Line {
  const receivers = Array.from({ length: SOCKETS }, () => receiver(appToken, apiUrl, log));
  const open = new Set<SocketModeReceiver>();
  const stopping = new AbortController();
  const keepers: Promise<void>[] = [];
  let lastOpen = Date.now();
  let fatal = false;

  function die(error: Error): void {
    if (fatal || stopping.signal.aborted) return;
    fatal = true;
    onFatal(error);
  }

  const watchdog = setInterval(
    () => {
      if (open.size > 0) lastOpen = Date.now();
      else if (Date.now() - lastOpen > deafMs)
        die(new KollaBackupError('SLACK_DEAF', { seconds: String(Math.round(deafMs / 1000)) }));
    },
    Math.min(5_000, deafMs / 4),
  ).unref();

  /** One connection's life: resolves when it is over. */
  async function hold(one: SocketModeReceiver, first: boolean): Promise<void> {
    const gone = new Promise<void>((resolve) => one.client.once('disconnected', () => resolve()));
    await connect(one);
    open.add(one);
    lastOpen = Date.now();
    if (first) keepers.push(keep(one, gone));
    else await ended(one, gone);
  }

  async function ended(one: SocketModeReceiver, gone: Promise<void>): Promise<void> {
    await gone;
    open.delete(one);
    lastOpen = Date.now();
  }

  async function keep(one: SocketModeReceiver, gone: Promise<void> | null): Promise<void> {
    if (gone !== null) await ended(one, gone);
    for (let failures = 0; !stopping.signal.aborted; ) {
      try {
        await hold(one, false);
        failures = 0;
      } catch (error) {
        const trouble = troubleOf(error);
        log.warn({ trouble, failures }, 'a connection to Slack could not be made');
        if (trouble.kind === 'refused' && TOKEN_REFUSED.has(trouble.error))
          die(new KollaBackupError('SLACK_TOKEN_REFUSED', { variable: 'SLACK_APP_TOKEN', error: trouble.error }));
        failures += 1;
      }
      const wait = failures === 0 ? 0 : Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(failures, 10));
      await sleep(wait, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  async function start(): Promise<void> {
    const [first, ...others] = receivers;
    if (first === undefined) return;
    try {
      await hold(first, true);
    } catch (error) {
      clearInterval(watchdog);
      throw startProblem(error, 'SLACK_APP_TOKEN', 'apps.connections.open');
    }
    for (const one of others) keepers.push(keep(one, null));
  }

  return {
    receivers,
    start,
    connected: () => open.size,
    deafFor: () => (open.size > 0 ? 0 : Date.now() - lastOpen),
    address: () => null,
    stop: async () => {
      stopping.abort();
      clearInterval(watchdog);
      await Promise.all(receivers.map(disconnect));
      await Promise.race([Promise.allSettled(keepers), sleep(CLOSE_MS)]);
    },
  };
}

function receiver(appToken: string, apiUrl: string | undefined, log: Log): SocketModeReceiver {
  return new SocketModeReceiver({
    appToken,
    autoReconnectEnabled: false,
    logger: slackLogger(log),
    installerOptions: { clientOptions: clientOptions(apiUrl, log) },
  });
}

async function connect(one: SocketModeReceiver): Promise<void> {
  const timeout = new AbortController();
  const late = sleep(CONNECT_MS, undefined, { signal: timeout.signal }).then(async () => {
    await disconnect(one);
    throw new Error(`no hello within ${CONNECT_MS / 1000} s`);
  });
  late.catch(() => {});
  try {
    const started = one.start().catch((error: unknown) => {
      throw error ?? new Error('the connection closed before its hello');
    });
    await Promise.race([started, late]);
  } finally {
    timeout.abort();
  }
}

async function disconnect(one: SocketModeReceiver): Promise<void> {
  await Promise.race([one.client.disconnect().catch(() => {}), sleep(CLOSE_MS)]);
}

/** What a failure at the start is called: the token's fault, or the network's. */
export function startProblem(error: unknown, variable: string, method: string): KollaBackupError {
  const trouble = troubleOf(error);
  if (trouble.kind === 'refused')
    return new KollaBackupError('SLACK_TOKEN_REFUSED', { variable, error: trouble.error }, { cause: error });
  const reason = trouble.kind === 'rate' ? 'too many calls' : trouble.reason;
  return new KollaBackupError('SLACK_UNREACHABLE', { method, reason }, { cause: error });
}
