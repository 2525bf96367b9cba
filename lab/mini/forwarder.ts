/** The VIP: a port that hands connections to the first node that takes them, as a load balancer with spares does. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

const CONNECT_LIMIT_MS = 1_000;
/** MariaDB speaks first; a node whose port is open and which says nothing isn't in service. */
const GREETING_LIMIT_MS = 2_000;

export type Forwarder = { stop(): Promise<void> };

async function dial(host: string, port: number): Promise<{ backend: Socket; greeting: Buffer } | undefined> {
  const backend = connect({ host, port, timeout: CONNECT_LIMIT_MS });
  backend.on('timeout', () => backend.destroy(new Error('timeout')));
  try {
    await once(backend, 'connect');
    backend.setTimeout(GREETING_LIMIT_MS);
    const [greeting] = await once(backend, 'data');
    backend.setTimeout(0);
    backend.pause();
    return { backend, greeting };
  } catch {
    backend.destroy();
    return undefined;
  }
}

/** Listens on `address` and forwards to the first of `backends` that greets. */
export async function startForwarder(address: string, backends: readonly string[], port: number): Promise<Forwarder> {
  const open = new Set<Socket>();
  const server = createServer({ pauseOnConnect: true }, async (client) => {
    open.add(client);
    client.on('close', () => open.delete(client));
    client.on('error', () => client.destroy());
    for (const host of backends) {
      const found = await dial(host, port);
      if (found === undefined) continue;
      const { backend, greeting } = found;
      backend.on('error', () => client.destroy());
      backend.on('close', () => client.destroy());
      client.on('close', () => backend.destroy());
      client.write(greeting);
      client.pipe(backend);
      backend.pipe(client);
      return;
    }
    client.destroy();
  });
  server.listen(port, address);
  await once(server, 'listening');
  return {
    async stop() {
      server.close();
      for (const client of open) client.destroy();
    },
  };
}
