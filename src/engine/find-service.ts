import type { CloudConfig } from '../config.ts';
import { SERVICE_PORT } from '../kolla/names.ts';
import { readServiceAddress, serviceAddressCommand } from '../kolla/service-address.ts';
import type { Facts } from '../operation/facts.ts';
import { type CloudHosts, patiently } from './hosts.ts';

type Service = NonNullable<Facts['restore']>['service'];

/** Where services find the database; what can't be learnt is shown as not checked. */
export async function findService(
  config: CloudConfig,
  facts: Facts,
  hosts: CloudHosts,
  signal: AbortSignal,
): Promise<Service> {
  if (config.service_address !== undefined) return { host: config.service_address, port: SERVICE_PORT };
  const [first] = facts.nodes;
  if (first === undefined) return null;
  const question = serviceAddressCommand(facts.dialect, facts.deploy, first.name);
  const read = readServiceAddress(await patiently(signal, () => hosts.deploy.run(question)), first.name);
  return read.kind === 'address' ? { host: read.address.host, port: read.address.port } : null;
}
