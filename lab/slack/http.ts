/** Reading requests and writing answers, for both servers. */
import type { IncomingMessage, ServerResponse } from 'node:http';

export class TooLarge extends Error {
  constructor(limit: number) {
    super(`the body has more than ${limit} bytes`);
    this.name = 'TooLarge';
  }
}

/** The whole body. Rejects with `TooLarge` beyond `limit` bytes. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const piece = Buffer.from(chunk);
    size += piece.length;
    if (size > limit) throw new TooLarge(limit);
    chunks.push(piece);
  }
  return Buffer.concat(chunks);
}

/** Node's own parser of forms does the multipart work. */
export async function readForm(body: Buffer, contentType: string): Promise<FormData> {
  return new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData();
}

export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(value));
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
}

/** What a browser or the WebClient asked, without the host. */
export function addressOf(request: IncomingMessage): URL {
  return new URL(request.url ?? '/', 'http://slack.invalid');
}
