/**
 * Hands connections between two networks through sockets in the file system, which belong to none. Run once in each:
 * `node relay.ts '[{"from": place, "to": place}]'`; a place is `{path}`, `{host, port}`, or `{file, port}`, where the
 * file holds the host of the moment.
 */
import { readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type NetConnectOpts } from 'node:net';
import { z } from 'zod';

const port = z.int();
const place = z.union([
  z.strictObject({ path: z.string() }),
  z.strictObject({ host: z.string(), port }),
  z.strictObject({ file: z.string(), port }),
]);
const relays = z.array(z.strictObject({ from: place, to: place }));
export type Relay = z.infer<typeof relays>[number];

function now(where: Relay['to']): NetConnectOpts {
  return 'file' in where ? { host: readFileSync(where.file, 'utf8').trim(), port: where.port } : where;
}

const wanted = relays.parse(JSON.parse(process.argv[2] ?? ''));
let listening = 0;
for (const { from, to } of wanted) {
  if ('path' in from) rmSync(from.path, { force: true });
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const backend = connect({ ...now(to), allowHalfOpen: true });
    client.on('error', () => backend.destroy());
    backend.on('error', () => client.destroy());
    client.on('close', () => backend.destroy());
    backend.on('close', () => client.destroy());
    client.pipe(backend);
    backend.pipe(client);
  });
  server.listen(now(from), () => {
    listening += 1;
    if (listening === wanted.length) process.stdout.write('listening\n');
  });
}
