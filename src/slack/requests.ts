import type { IncomingMessage, Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { HTTPReceiver } from '@slack/bolt';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Line } from './line.ts';
import { type Log, slackLogger } from './web.ts';

/** Where Slack sends commands, clicks and forms: the path of the manifest's request URLs. */
export const REQUEST_PATH = '/slack/events';
/** The largest request that is read, in bytes; Slack's largest, a form with its blocks, is a quarter of it. */
const BODY_MAX = 1_000_000;
/** How long a request may take to arrive whole, in ms: Slack itself waits for 3 s. */
const ARRIVE_MS = 10_000;
/** How often it is looked whether one takes longer, in ms; Node looks every 30 s. */
const ARRIVE_LOOK_MS = 2_000;
/** How long an idle connection is kept, in ms: longer than proxies do, lest they send into one that just closed. */
const IDLE_MS = 75_000;
/** How many connections there may be. */
const CONNECTIONS_MAX = 200;
/** How far ahead of our clock a request's time may be, in ms: Slack's rule is five minutes, either way. */
const AHEAD_MAX_MS = 300_000;
/** How long answers under way may take when the listener is closed, in ms. */
const CLOSE_MS = 3_000;

export type Listen = { readonly host: string; readonly port: number };

/**
 * Listens for Slack's requests. Bolt reads the raw body, checks its signature and that it is at most five minutes old
 * before it parses anything, and answers 401 to whatever doesn't fit; so does this where the time is ahead of ours, which
 * Bolt lets pass. What Slack repeats is done once, like an envelope that came twice. TLS ends before it: Slack wants https
 * with a certificate that everybody trusts.
 */
export function requests({
  signingSecret,
  listen,
  log,
}: {
  readonly signingSecret: string;
  readonly listen: Listen;
  readonly log: Log;
}): Line {
  const receiver = new HTTPReceiver({
    signingSecret,
    endpoints: [REQUEST_PATH],
    bodyLimit: BODY_MAX,
    logger: slackLogger(log),
    // Whoever else finds the port learns nothing from it.
    dispatchErrorHandler: async ({ response }) => void response.writeHead(404).end(),
  });
  const answer = receiver.requestListener;
  receiver.requestListener = (request, response) => {
    if (aheadMs(request) <= AHEAD_MAX_MS) return answer(request, response);
    log.warn(
      { aheadMs: aheadMs(request) },
      'a request that claims to be of the future is refused; are the clocks right?',
    );
    return response.writeHead(401).end();
  };
  const limits = {
    headersTimeout: ARRIVE_MS,
    requestTimeout: ARRIVE_MS,
    connectionsCheckingInterval: ARRIVE_LOOK_MS,
    keepAliveTimeout: IDLE_MS,
  };
  let server: Server | null = null;

  return {
    receivers: [receiver],
    start: async () => {
      server = await receiver.start(listen, limits).catch((cause: unknown) => {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new KollaBackupError('SLACK_LISTEN', { listen: inWords(listen), reason }, { cause });
      });
      server.maxConnections = CONNECTIONS_MAX;
    },
    connected: () => (server?.listening ? 1 : 0),
    deafFor: () => 0,
    address: () => {
      const at = server?.address();
      return typeof at === 'object' && at !== null ? `http://${inWords({ host: at.address, port: at.port })}` : null;
    },
    stop: async () => {
      if (!server?.listening) return;
      const closed = receiver.stop().catch(() => {});
      server.closeIdleConnections();
      await Promise.race([closed, sleep(CLOSE_MS, undefined, { ref: false })]);
      server.closeAllConnections();
    },
  };
}

/** How far the time that a request claims is ahead of ours (ms); without one, the signature is what doesn't fit. */
function aheadMs({ headers }: IncomingMessage): number {
  const seconds = Number(headers['x-slack-request-timestamp']);
  return Number.isFinite(seconds) ? seconds * 1000 - Date.now() : 0;
}

function inWords({ host, port }: Listen): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
