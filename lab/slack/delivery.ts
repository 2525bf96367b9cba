/** How what people do reaches the app. */
import type { State } from './model.ts';
import type { SignedRequests } from './signed-requests.ts';
import type { SocketMode } from './socket-mode.ts';

export type EnvelopeType = 'slash_commands' | 'interactive';

/** `ack` is what the app sent with its acknowledgement. */
export type Delivery =
  | { readonly outcome: 'acked'; readonly ack: Readonly<Record<string, unknown>> }
  | { readonly outcome: 'not acked' }
  | { readonly outcome: 'no connection' };

/** Resolves with the acknowledgement, or when the time for it is over. */
export type Deliver = (type: EnvelopeType, payload: object, acceptsResponse: boolean) => Promise<Delivery>;

/** To the request URLs where the app has any, else through its sockets: an app has one way or the other. */
export function delivering(state: State, sockets: SocketMode, requests: SignedRequests): Deliver {
  return (...sent) => (state.settings.requestUrls.length > 0 ? requests : sockets).deliver(...sent);
}
