/** The lab's machines as any cloud's. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CloudMachine, CloudNode } from '../cloud-type.ts';
import type { EngineName } from '../engines.ts';
import { sqlClient } from '../mini/sql-client.ts';
import { PASSWORDS, type Place, SSH_PORT } from './layout.ts';
import { exec, must, type Where } from './machine.ts';
import { initOf, killMachine, startMachine } from './processes.ts';

const UP_LIMIT_MS = 60_000;

/** Resolves when systemd has started everything that this machine has. */
export async function machineUp(place: Where): Promise<void> {
  for (const until = Date.now() + UP_LIMIT_MS; ; await sleep(100)) {
    const { stdout, stderr } = await exec(place, ['systemctl', 'is-system-running']);
    if (/^(running|degraded)$/m.test(stdout)) return;
    if (Date.now() > until) throw new Error(`${place.hostname} is not up: ${stdout}${stderr}`);
  }
}

export function labMachine(place: Place, machineId: string, lower: readonly string[]): CloudMachine {
  return {
    ...place,
    machineId,
    ssh: { host: place.login, port: SSH_PORT, user: 'root' },
    exec: (argv, options) => exec(place, argv, options),
    must: (argv, options) => must(place, argv, options),
    kill: () => killMachine(place),
    async start() {
      await startMachine(place, lower);
      await machineUp(place);
    },
  };
}

export type LabNode = CloudNode & { on(): Promise<boolean> };

export function labNode(place: Place, machineId: string, lower: readonly string[], engine: EngineName): LabNode {
  const client = sqlClient(PASSWORDS.database_password, engine);
  return {
    ...labMachine(place, machineId, lower),
    on: async () => (await initOf(place)) !== undefined,
    sql: (statements) => must(place, client, { stdin: statements }),
    async wsrep() {
      const { code, stdout } = await exec(place, client, { stdin: "SHOW STATUS LIKE 'wsrep%'" });
      if (code !== 0) return undefined;
      return Object.fromEntries(stdout.split('\n').map((line) => line.split('\t', 2)));
    },
  };
}

/** Resolves when every one of these that is on is Primary and Synced with `size` members. */
export async function allSynced(nodes: readonly LabNode[], size: number, limitMs: number): Promise<void> {
  const until = Date.now() + limitMs;
  const on = await Promise.all(nodes.map(async (node) => ((await node.on()) ? [node] : [])));
  for (const node of on.flat())
    for (;;) {
      const status = await node.wsrep().catch(() => undefined);
      if (
        status?.['wsrep_local_state_comment'] === 'Synced' &&
        status['wsrep_cluster_status'] === 'Primary' &&
        status['wsrep_cluster_size'] === String(size)
      )
        break;
      if (Date.now() > until) throw new Error(`${node.name} is not Synced: ${JSON.stringify(status)}`);
      await sleep(250);
    }
}
