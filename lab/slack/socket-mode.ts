/** Socket Mode: up to ten WebSockets, each envelope to one of them, and the acknowledgement awaited. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import type { Deliver, Delivery } from './delivery.ts';
import { addressOf } from './http.ts';
import { CONNECTIONS, TIME } from './limits.ts';
import type { State } from './model.ts';
import { secret } from './state.ts';

export type DisconnectReason = 'warning' | 'refresh_requested' | 'link_disabled';

export type SocketMode = {
  /** A fresh address, good for one connection. */
  readonly ticketUrl: (origin: string) => string;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Resolves with the acknowledgement, or when the time for it is over. */
  readonly deliver: Deliver;
  /** The next `times` envelopes are sent twice, the copy to another connection where there is one. */
  readonly duplicate: (times: number) => void;
  /** Sends `disconnect` to all, as Slack does every few hours. */
  readonly disconnect: (reason: DisconnectReason) => void;
  /** Cuts all connections without a word. */
  readonly drop: () => void;
  readonly connections: () => number;
  /** Every acknowledgement as it came: an envelope that was sent twice is in here twice. */
  readonly acks: readonly { readonly envelopeId: string; readonly at: number }[];
};

const acknowledgement = z.object({ envelope_id: z.string(), payload: z.record(z.string(), z.unknown()).optional() });

function parseAck(data: string): z.infer<typeof acknowledgement> | undefined {
  try {
    return acknowledgement.safeParse(JSON.parse(data)).data;
  } catch {
    return undefined;
  }
}

const debugInfo = (state: State) => ({
  host: 'applink-stand-in',
  started: new Date(state.clock.now()).toISOString(),
  build_number: 1,
  approximate_connection_time: 18_060,
});

export function makeSocketMode(state: State): SocketMode {
  const server = new WebSocketServer({ noServer: true });
  const tickets = new Map<string, number>();
  /** Those that get envelopes, the one that is next first. */
  const live: WebSocket[] = [];
  const waiting = new Map<string, (ack: Readonly<Record<string, unknown>>) => void>();
  const acks: { envelopeId: string; at: number }[] = [];
  let copies = 0;

  const retire = (socket: WebSocket) => {
    const index = live.indexOf(socket);
    if (index >= 0) live.splice(index, 1);
  };
  const next = (): WebSocket | undefined => {
    const index = live.findIndex((socket) => socket.readyState === WebSocket.OPEN);
    const [socket] = index < 0 ? [] : live.splice(index, 1);
    if (socket !== undefined) live.push(socket);
    return socket;
  };
  const onMessage = (data: string) => {
    const ack = parseAck(data);
    if (ack === undefined) return;
    acks.push({ envelopeId: ack.envelope_id, at: state.clock.now() });
    waiting.get(ack.envelope_id)?.(ack.payload ?? {});
    waiting.delete(ack.envelope_id);
  };
  const sayDisconnect = (socket: WebSocket, reason: string) => {
    retire(socket);
    socket.send(JSON.stringify({ type: 'disconnect', reason, debug_info: debugInfo(state) }));
    setTimeout(() => socket.close(1000), TIME.disconnect).unref();
  };
  const welcome = (socket: WebSocket) => {
    socket.on('error', () => socket.terminate());
    socket.on('close', () => retire(socket));
    socket.on('message', (data) => onMessage(String(data)));
    if (live.length >= CONNECTIONS) return sayDisconnect(socket, 'too_many_websockets');
    live.push(socket);
    const hello = { type: 'hello', num_connections: live.length, debug_info: debugInfo(state) };
    socket.send(JSON.stringify({ ...hello, connection_info: { app_id: state.app.id } }));
  };
  const send = (envelope: object): boolean => {
    const socket = next();
    socket?.send(JSON.stringify(envelope));
    return socket !== undefined;
  };

  return {
    acks,
    ticketUrl(origin) {
      const ticket = secret();
      tickets.set(ticket, state.clock.now() + TIME.ticket);
      return `${origin.replace(/^http/, 'ws')}/link/?ticket=${ticket}&app_id=${state.app.id}`;
    },
    upgrade(request, socket, head) {
      const ticket = addressOf(request).searchParams.get('ticket') ?? '';
      const expires = tickets.get(ticket) ?? 0;
      tickets.delete(ticket);
      if (expires < state.clock.now()) return void socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      server.handleUpgrade(request, socket, head, welcome);
    },
    deliver(type, payload, acceptsResponse) {
      const envelopeId = crypto.randomUUID();
      const envelope = { envelope_id: envelopeId, type, payload, accepts_response_payload: acceptsResponse };
      return new Promise<Delivery>((resolve) => {
        const timer = setTimeout(() => {
          waiting.delete(envelopeId);
          resolve({ outcome: 'not acked' });
        }, state.settings.ackMs);
        waiting.set(envelopeId, (ack) => {
          clearTimeout(timer);
          resolve({ outcome: 'acked', ack });
        });
        if (send(envelope)) {
          if (copies > 0) send(envelope);
          copies = Math.max(0, copies - 1);
          return;
        }
        clearTimeout(timer);
        waiting.delete(envelopeId);
        resolve({ outcome: 'no connection' });
      });
    },
    duplicate: (times) => {
      copies += times;
    },
    disconnect(reason) {
      for (const socket of [...live]) sayDisconnect(socket, reason);
    },
    drop() {
      for (const socket of server.clients) socket.terminate();
    },
    connections: () => live.filter((socket) => socket.readyState === WebSocket.OPEN).length,
  };
}
