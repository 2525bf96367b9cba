import { posix } from 'node:path';
import { MARIADB } from '../kolla/names.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Wish } from '../operation/events.ts';
import type { Facts } from '../operation/facts.ts';
import { whoIsThere } from './gone.ts';
import { type CloudHosts, patiently } from './hosts.ts';
import { galeraStatus } from './node-questions.ts';

/**
 * A cloud without the nodes that somebody says are gone. They must be fewer than half of all: of more, the others could
 * come back as a cluster of their own. Refuses a node that isn't one, or that is there.
 */
export async function leaveOut(
  facts: Facts,
  { without }: Extract<Wish, { kind: 'restore' }>,
  {
    hosts,
    signal,
    operation,
    runs,
  }: { readonly hosts: CloudHosts; readonly signal: AbortSignal; readonly operation: string; readonly runs: string },
): Promise<Facts> {
  if (without === undefined) return facts;
  const nodes = facts.nodes.filter(({ name }) => !without.includes(name));
  const gone = facts.nodes.filter(({ name }) => without.includes(name));
  const strange = without.find((name) => !facts.nodes.some((one) => one.name === name));
  if (strange !== undefined) throw new KollaBackupError('WITHOUT_UNKNOWN', { host: strange });
  const [first] = nodes;
  if (first === undefined || gone.length * 2 >= facts.nodes.length)
    throw new KollaBackupError('WITHOUT_TOO_MANY', { gone: without.join(', '), all: String(facts.nodes.length) });
  const refs = nodes.map(({ name, engine }) => ({ node: name, engine }));
  const left = await Promise.all(refs.map((node) => galeraStatus(hosts, node, MARIADB)));
  const [there] = await patiently(signal, () => whoIsThere(hosts, facts.deploy, without, left));
  if (there !== undefined) throw new KollaBackupError('NODE_NOT_GONE', { host: there.node, how: there.how });
  return {
    ...facts,
    nodes,
    backupHost: nodes.some(({ name }) => name === facts.backupHost) ? facts.backupHost : first.name,
    without: {
      inventory: posix.join(posix.dirname(runs), 'inventories', `${operation}.py`),
      nodes: gone.map(({ name, address }) => ({ name, address })),
    },
  };
}
