import type { Logger as SlackLogger } from '@slack/bolt';
import {
  LogLevel,
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  WebClient,
  type WebClientOptions,
} from '@slack/web-api';
import type { Logger } from 'pino';

/** How long one call to Slack may take, in ms. */
const SLACK_CALL_MS = 10_000;
/** How long each of the three calls of a file's upload may take, in ms. */
const SLACK_UPLOAD_MS = 12_000;
/** How long to wait after a 429 that doesn't say. */
const RATE_WAIT_MS = 1_000;
/** The longest wait that a 429 may ask for; beyond it we ask again sooner. */
const RATE_WAIT_MAX_MS = 60_000;

/** The project's log: pino's levels, structured. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

/** One client for each kind of call: a 429 on one method pauses its whole client, and a progress update must not delay a click. */
export type Clients = {
  readonly lookups: WebClient;
  readonly interactive: WebClient;
  readonly posts: WebClient;
  readonly files: WebClient;
};

/**
 * The options of one client; always a fresh object, for the clients change what they are given. Nothing is retried
 * inside: a repeated post is a second message, so the projector decides.
 */
export function clientOptions(apiUrl: string | undefined, log: Log, timeout: number = SLACK_CALL_MS): WebClientOptions {
  return {
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
    retryConfig: { retries: 0 },
    timeout,
    rejectRateLimitedCalls: true,
    logger: slackLogger(log),
  };
}

export function webClients(token: string, apiUrl: string | undefined, log: Log): Clients {
  return {
    lookups: new WebClient(token, clientOptions(apiUrl, log)),
    interactive: new WebClient(token, clientOptions(apiUrl, log)),
    posts: new WebClient(token, clientOptions(apiUrl, log)),
    files: new WebClient(token, clientOptions(apiUrl, log, SLACK_UPLOAD_MS)),
  };
}

/** Slack's libraries write into our log, without their debug level, which holds whole messages and tickets. */
export function slackLogger(log: Log): SlackLogger {
  const words = (said: readonly unknown[]) =>
    said.map((one) => (one instanceof Error ? one.message : String(one))).join(' ');
  return {
    debug: () => {},
    info: (...said) => log.debug({ slack: words(said) }, 'Slack client'),
    warn: (...said) => log.warn({ slack: words(said) }, 'Slack client'),
    error: (...said) => log.warn({ slack: words(said) }, 'Slack client'),
    setLevel: () => {},
    getLevel: () => LogLevel.INFO,
    setName: () => {},
  };
}

/** What went wrong with a call. */
export type Trouble =
  /** Not done; ask again after the wait. */
  | { readonly kind: 'rate'; readonly waitMs: number }
  /** Not done, and Slack says why. */
  | { readonly kind: 'refused'; readonly error: string; readonly needed: string | null }
  /** It may or may not have been done. */
  | { readonly kind: 'unsure'; readonly reason: string };

/** Answers of Slack after which nobody knows whether the call was carried out. */
const UNSURE: ReadonlySet<string> = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
]);

/** Slack took a reply whose root was deleted and posted it into the channel, without a word. */
export class RootGone extends Error {
  constructor() {
    super('the root of the thread was deleted');
    this.name = 'RootGone';
  }
}

export function troubleOf(error: unknown): Trouble {
  if (error instanceof RootGone) return { kind: 'refused', error: 'thread_not_found', needed: null };
  if (error instanceof WebAPIRateLimitedError)
    return { kind: 'rate', waitMs: Math.min(RATE_WAIT_MAX_MS, error.retryAfter * 1000 || RATE_WAIT_MS) };
  if (error instanceof WebAPIPlatformError) {
    const said = error.data.error;
    if (said === 'ratelimited' || said === 'rate_limited') return { kind: 'rate', waitMs: RATE_WAIT_MS };
    if (UNSURE.has(said)) return { kind: 'unsure', reason: said };
    const needed = 'needed' in error.data && typeof error.data.needed === 'string' ? error.data.needed : null;
    return { kind: 'refused', error: said, needed };
  }
  if (error instanceof WebAPIHTTPError) {
    const said = `HTTP ${error.statusCode}`;
    // 4xx was answered and not done: asking the same again gets the same.
    const refused = error.statusCode >= 400 && error.statusCode < 500;
    return refused ? { kind: 'refused', error: said, needed: null } : { kind: 'unsure', reason: said };
  }
  if (error instanceof WebAPIRequestError) return { kind: 'unsure', reason: reasonOf(error.original) };
  return { kind: 'unsure', reason: reasonOf(error) };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message}${cause}`.slice(0, 200);
}
