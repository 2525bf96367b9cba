import { once } from 'node:events';
import { unlinkSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { Logger } from 'pino';
import { listenOptions } from './listen-options.ts';
import type { Vitals } from './metrics/vitals.ts';
import { KollaBackupError } from './operation/catalogue.ts';

/** How long a client may take for its request (ms), and how many may be connected. */
const REQUEST_MS = 5_000;
const CONNECTIONS = 64;

/**
 * Tells how a process does: `/healthz` (it answers at all), `/readyz` (it can do its work; 503 and why where it
 * can't), `/metrics` (Prometheus). It tells no secret and takes no order. Rejects with LISTEN_….
 */
export async function startHttp(value: string, vitals: Vitals, log: Logger): Promise<{ close(): Promise<void> }> {
  const options = listenOptions(value);
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, answering(vitals, log));
  server.maxConnections = CONNECTIONS;
  // A process that was killed leaves its socket's file.
  if ('path' in options) removeStale(options.path);
  try {
    server.listen(options);
    await once(server, 'listening');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new KollaBackupError('LISTEN_FAILED', { value, reason }, { cause });
  }
  log.info({ listen: value }, 'tells how it does');
  return {
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function removeStale(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // There is none, or listening will say why not.
  }
}

type Answer = { readonly status: number; readonly type: string; readonly body: string };

const json = (status: number, value: unknown): Answer => ({
  status,
  type: 'application/json',
  body: `${JSON.stringify(value)}\n`,
});

function answering(vitals: Vitals, log: Logger): RequestListener {
  const pages: Readonly<Record<string, () => Promise<Answer>>> = {
    '/healthz': async () => json(200, { alive: true }),
    '/readyz': async () => {
      const missing = await vitals.notReady();
      return json(missing.length === 0 ? 200 : 503, { ready: missing.length === 0, missing });
    },
    '/metrics': async () => ({ status: 200, ...(await vitals.metrics()) }),
  };
  return (request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    const reads = request.method === 'GET' || request.method === 'HEAD';
    const asked = !reads ? json(405, { error: 'GET' }) : (page?.() ?? json(404, { pages: Object.keys(pages) }));
    Promise.resolve(asked)
      .catch((error: unknown) => {
        log.error({ path, error: String(error) }, 'a page could not be made');
        return json(500, { error: 'see the log' });
      })
      .then(({ status, type, body }) => {
        response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
        response.end(request.method === 'HEAD' ? '' : body);
      });
  };
}
