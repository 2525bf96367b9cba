/**
 * Asks the process of this container whether it can do its work: exit code 0, or 1 with what is missing. Alone in its
 * file, because it is run every half minute and the program itself takes a second to load.
 */
import { request } from 'node:http';
import { listenOptions } from './listen-options.ts';

/** How long the answer may take (ms): Redis is asked for it. */
const ANSWER_MS = 8_000;

const listen = listenOptions(process.env['KOLLA_BACKUP_LISTEN'] ?? '127.0.0.1:9464');
/** What listens everywhere is asked at home. */
const HOME: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
const at =
  'path' in listen ? { socketPath: listen.path } : { port: listen.port, host: HOME[listen.host] ?? listen.host };
const asked = request({ ...at, path: '/readyz', timeout: ANSWER_MS }, (response) => {
  response.pipe(process.stdout);
  response.on('end', () => process.exit(response.statusCode === 200 ? 0 : 1));
});
asked.on('timeout', () => asked.destroy(new Error(`no answer within ${ANSWER_MS} ms`)));
asked.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
asked.end();
