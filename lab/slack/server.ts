/** A strict, local stand-in for Slack: `startSlack`. State is in memory and ends with it. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { makeControl } from './control.ts';
import type { Control } from './control-type.ts';
import { delivering } from './delivery.ts';
import { makeFaults } from './faults.ts';
import { receiveFile } from './files.ts';
import { addressOf, readBody, readForm, sendJson, sendText, TooLarge } from './http.ts';
import { makeInteractivity } from './interactivity.ts';
import { FILE_BYTES, REQUEST_BYTES } from './limits.ts';
import type { State } from './model.ts';
import { makePageServer } from './page-server.ts';
import { makeRates } from './rates.ts';
import { answerAt } from './response-url.ts';
import { makeSignedRequests } from './signed-requests.ts';
import { makeSocketMode } from './socket-mode.ts';
import { emptyState } from './state.ts';
import { makeWebApi, misbehave } from './web-api.ts';
import { fillWorkspace } from './workspace.ts';

export type SlackOptions = {
  /** Of the Web API and its sockets. Default: any free one. */
  readonly port?: number;
  /** Of the page and the control over HTTP. Default: any free one. */
  readonly pagePort?: number;
  /** The host under which an app finds it, where that isn't loopback because something stands between. */
  readonly seenAs?: string;
};

export type SlackLab = Control & {
  /** For `slackApiUrl`; ends with `/api/`. */
  readonly apiUrl: string;
  /** For a browser; `POST <pageUrl>control/<verb>` controls it from another process. */
  readonly pageUrl: string;
  readonly botToken: string;
  readonly appToken: string;
  readonly signingSecret: string;
  readonly teamId: string;
  readonly botUserId: string;
  readonly stop: () => Promise<void>;
};

const HOST = '127.0.0.1';

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return address.port;
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, HOST);
  await once(server, 'listening');
  return portOf(server);
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** A server that answers 413 and 500 instead of dying. */
function guarded(handler: Handler): Server {
  return createServer((request, response) => {
    handler(request, response).catch((error: unknown) => {
      if (response.headersSent || response.destroyed) return void response.destroy();
      sendText(response, error instanceof TooLarge ? 413 : 500, String(error));
    });
  });
}

async function readUpload(request: IncomingMessage): Promise<Buffer> {
  const body = await readBody(request, FILE_BYTES);
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data')) return body;
  const form = await readForm(body, type);
  const part = [...form.values()].find((value) => typeof value !== 'string');
  return part === undefined ? Buffer.alloc(0) : Buffer.from(await part.arrayBuffer());
}

function makeApi(state: State, origin: () => string) {
  const faults = makeFaults();
  const sockets = makeSocketMode(state);
  const call = () => ({ state, origin: origin(), socketUrl: () => sockets.ticketUrl(origin()) });
  const api = makeWebApi({ state, faults, rates: makeRates(state), call });

  const upload: Handler = async (request, response) => {
    const content = await readUpload(request);
    const fault = faults.take('upload');
    const take = () => receiveFile(state, addressOf(request).pathname.split('/').at(-1) ?? '', content);
    if (fault?.committed) take();
    if (fault !== undefined) return misbehave(request, response, fault);
    const fine = take();
    sendText(response, fine ? 200 : 400, fine ? `OK - ${content.length}` : 'unknown ticket or another length');
  };
  const respond: Handler = async (request, response) => {
    const body: unknown = JSON.parse((await readBody(request, REQUEST_BYTES)).toString());
    const fault = faults.take('response_url');
    const take = () => answerAt(state, addressOf(request).pathname.split('/').at(-1) ?? '', body);
    if (fault?.committed) take();
    if (fault !== undefined) return misbehave(request, response, fault);
    const { status, body: text } = take();
    sendText(response, status, text);
  };
  const handler: Handler = async (request, response) => {
    const [, first, second = ''] = addressOf(request).pathname.split('/');
    if (first === 'api') return api.handle(request, response, second);
    if (first === 'upload' && request.method === 'POST') return upload(request, response);
    if (first === 'response' && request.method === 'POST') return respond(request, response);
    sendJson(response, 404, { ok: false, error: 'not_found' });
  };
  return { faults, sockets, api, handler };
}

/** Starts it on loopback with the default workspace. Rejects when a port is taken. */
export async function startSlack(options: SlackOptions = {}): Promise<SlackLab> {
  const state = emptyState();
  fillWorkspace(state);
  let port = options.port ?? 0;
  const origin = () => `http://${options.seenAs ?? HOST}:${port}`;
  const { faults, sockets, api, handler } = makeApi(state, origin);
  const server = guarded(handler).on('upgrade', sockets.upgrade);
  port = await listen(server, port);

  const requests = makeSignedRequests(state);
  const control = makeControl({
    state,
    faults,
    sockets,
    requests,
    interactivity: makeInteractivity({ state, origin }, delivering(state, sockets, requests)),
    calls: api.calls,
    async takeAway() {
      sockets.drop();
      await close(server);
    },
    async bringBack() {
      if (!server.listening) await listen(server, port);
    },
  });
  const pages = guarded(makePageServer(state, control));
  const pagePort = await listen(pages, options.pagePort ?? 0).catch(async (error: unknown) => {
    await close(server);
    throw error;
  });
  return {
    ...control,
    apiUrl: `${origin()}/api/`,
    pageUrl: `http://${HOST}:${pagePort}/`,
    botToken: state.tokens.bot,
    appToken: state.tokens.app,
    signingSecret: state.tokens.signing,
    teamId: state.team.id,
    botUserId: state.app.botUser,
    async stop() {
      sockets.drop();
      await Promise.all([close(server), close(pages)]);
    },
  };
}
