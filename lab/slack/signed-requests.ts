/** Commands and clicks as signed HTTP requests, one to each request URL in turn, and the answer awaited. */
import { createHmac } from 'node:crypto';
import type { Deliver, Delivery, EnvelopeType } from './delivery.ts';
import type { State } from './model.ts';

export type SignedRequests = {
  readonly deliver: Deliver;
  /** The next `times` requests are sent twice, the copy to the next address and marked as a repetition. */
  readonly duplicate: (times: number) => void;
};

const VERSION = 'v0';

/** The headers that prove where a body comes from; `at` in ms. */
export function signature(secret: string, body: string, at: number): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(at / 1000));
  const digest = createHmac('sha256', secret).update(`${VERSION}:${timestamp}:${body}`).digest('hex');
  return { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': `${VERSION}=${digest}` };
}

/** A command is a form of its own; everything else is JSON in the field `payload` of one. */
export function formOf(type: EnvelopeType, payload: object): string {
  if (type === 'interactive') return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const fields = Object.entries(payload).map(([name, value]): [string, string] => [name, String(value)]);
  return new URLSearchParams(fields).toString();
}

export function makeSignedRequests(state: State): SignedRequests {
  let copies = 0;
  let turn = 0;

  const nextUrl = (): string => {
    const { requestUrls } = state.settings;
    turn += 1;
    return requestUrls[turn % requestUrls.length] ?? '';
  };
  const post = async (type: EnvelopeType, payload: object, more: Readonly<Record<string, string>>) => {
    const body = formOf(type, payload);
    const response = await fetch(nextUrl(), {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
        ...signature(state.tokens.signing, body, Date.now()),
        ...more,
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(state.settings.ackMs),
    });
    return understood(response.status, response.headers.get('content-type') ?? '', await response.text(), type);
  };

  return {
    async deliver(type, payload) {
      try {
        const first = post(type, payload, {});
        if (copies > 0) {
          copies -= 1;
          post(type, payload, { 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'http_timeout' }).catch(() => {});
        }
        return await first;
      } catch (error) {
        return { outcome: error instanceof Error && error.name === 'TimeoutError' ? 'not acked' : 'no connection' };
      }
    },
    duplicate: (times) => {
      copies += times;
    },
  };
}

/** What the app's answer means: only 200 acknowledges, and only JSON or nothing says something to a form. */
function understood(status: number, contentType: string, body: string, type: EnvelopeType): Delivery {
  if (status !== 200) return { outcome: 'no connection' };
  if (body === '') return { outcome: 'acked', ack: {} };
  const json = contentType.startsWith('application/json') ? parsed(body) : null;
  if (json !== null) return { outcome: 'acked', ack: json };
  // Plain text after a command is an answer for the person; anywhere else Slack can't use it.
  return type === 'slash_commands' ? { outcome: 'acked', ack: { text: body } } : { outcome: 'no connection' };
}

function parsed(body: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}
