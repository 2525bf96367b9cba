/** The page: static files, what one person sees, a stream that says when it changed, and the control over HTTP. */
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname } from 'node:path';
import { z } from 'zod';
import { Impossible } from './choices.ts';
import { runVerb } from './control-http.ts';
import type { Control } from './control-type.ts';
import { isText } from './files.ts';
import { addressOf, readBody, sendJson, sendText } from './http.ts';
import { REQUEST_BYTES } from './limits.ts';
import type { State } from './model.ts';
import { Refusal } from './refusal.ts';
import { snapshot } from './snapshot.ts';

const FOLDER = new URL('./page/', import.meta.url);
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** Nothing from elsewhere is loaded but images that a message names. */
const POLICY = "default-src 'self'; img-src * data:; style-src 'self' 'unsafe-inline'";
/** Changes that come closer together than this, in milliseconds, are told once. */
const QUIET = 40;

export type PageServer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

async function sendFile(response: ServerResponse, path: string): Promise<void> {
  const name = path === '/' ? 'index.html' : path.slice(1);
  const type = TYPES[extname(name)];
  if (type === undefined || !/^[a-z0-9-]+\.[a-z]+$/.test(name)) return sendText(response, 404, 'no such page');
  const content = await readFile(new URL(name, FOLDER)).catch(() => undefined);
  if (content === undefined) return sendText(response, 404, 'no such page');
  const headers = { 'content-type': type, 'cache-control': 'no-store', 'content-security-policy': POLICY };
  response.writeHead(200, headers).end(content);
}

function sendUpload(response: ServerResponse, state: State, id: string): void {
  const file = state.files.get(id);
  if (file?.content === undefined) {
    sendText(response, 404, 'no such file');
    return;
  }
  const headers = {
    'content-type': isText(file) ? 'text/plain; charset=utf-8' : 'application/octet-stream',
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`,
    'x-content-type-options': 'nosniff',
  };
  response.writeHead(200, headers).end(file.content);
}

function streamChanges(response: ServerResponse, state: State): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write('data: changed\n\n');
  let timer: NodeJS.Timeout | undefined;
  const stop = state.changes.listen(() => {
    timer ??= setTimeout(() => {
      timer = undefined;
      response.write('data: changed\n\n');
    }, QUIET);
  });
  response.on('close', () => {
    clearTimeout(timer);
    stop();
  });
}

function sameOrigin(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  return origin === undefined || origin === `http://${host}`;
}

async function controlAnswer(control: Control, request: IncomingMessage, name: string): Promise<[number, unknown]> {
  // Another site's page must not work the stand-in through somebody's browser.
  if (!sameOrigin(request)) return [403, { error: 'another origin' }];
  try {
    const body = await readBody(request, REQUEST_BYTES);
    const result = await runVerb(control, name, body.length === 0 ? {} : JSON.parse(body.toString()));
    return result === undefined ? [404, { error: `there is no ${name} to control` }] : [200, result];
  } catch (error) {
    if (error instanceof SyntaxError) return [400, { error: 'the body is not JSON' }];
    if (error instanceof z.ZodError) return [400, { error: z.prettifyError(error) }];
    if (error instanceof Impossible || error instanceof Refusal) return [409, { error: error.message }];
    throw error;
  }
}

export function makePageServer(state: State, control: Control): PageServer {
  return async (request, response) => {
    const { pathname, searchParams } = addressOf(request);
    const [, first = '', second = ''] = pathname.split('/');
    if (first === 'control' && request.method === 'POST') {
      const [status, answer] = await controlAnswer(control, request, second);
      return sendJson(response, status, answer);
    }
    if (first === 'events') return streamChanges(response, state);
    if (first === 'upload') return sendUpload(response, state, second);
    if (first === 'state') {
      const people = [...state.users.values()].filter((user) => user.id !== state.app.botUser);
      const asked = searchParams.get('as');
      const user = people.find((each) => each.id === asked || each.name === asked) ?? people[0];
      return user === undefined
        ? sendText(response, 404, 'nobody is here')
        : sendJson(response, 200, snapshot(state, user));
    }
    return sendFile(response, pathname);
  };
}
