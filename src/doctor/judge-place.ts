import type { HostFacts } from './ask-host.ts';
import type { PlaceFacts } from './ask-place.ts';
import { good, unknown, type Verdict, warning } from './check.ts';
import type { CheckId } from './titles.ts';

/**
 * Whether bot, Redis or their storage live on the cloud that they restore: then they go down with it, in the middle of
 * a restore. Only what can be seen from the machine on which the doctor runs.
 */

type Found = { readonly id: CheckId; readonly verdict: Verdict };

export type CloudPlaces = {
  readonly nodes: readonly HostFacts[];
  /** The databases' own address, where services reach them. */
  readonly service: string | null;
  /** Of the nodes by config and inventory. */
  readonly addresses: readonly string[];
};

const ELSEWHERE = 'Let bot, workers and Redis run on a machine that needs nothing of this cloud.';

export function judgePlace(place: PlaceFacts, cloud: CloudPlaces): readonly Found[] {
  const self = judgeSelf(place, cloud);
  return [
    { id: 'place.bot', verdict: self },
    { id: 'place.redis', verdict: judgeRedisPlace(place, cloud, self) },
    { id: 'place.storage', verdict: judgeStorage(place, cloud) },
  ];
}

function judgeSelf({ bootId, hardware }: PlaceFacts, { nodes }: CloudPlaces): Verdict {
  const looks = nodes.flatMap(({ name, look }) => ('seen' in look ? [{ name, bootId: look.seen.bootId }] : []));
  const same = looks.find((one) => bootId !== null && one.bootId === bootId);
  if (same !== undefined)
    return warning(`This machine is the node ${same.name}, whose MariaDB a restore stops.`, ELSEWHERE);
  if (hardware !== null && /openstack/i.test(hardware))
    return warning(
      `This machine is a guest of an OpenStack cloud (${hardware}); if of this one, it goes down with it.`,
      ELSEWHERE,
    );
  if (bootId === null || looks.length < nodes.length)
    return unknown('Not looked at: not every node could be asked which machine it is.');
  return good('This machine is none of the nodes.');
}

function judgeRedisPlace({ redis }: PlaceFacts, { nodes, service, addresses }: CloudPlaces, self: Verdict): Verdict {
  if (redis.local) return { ...self, finding: `Redis runs on this machine. ${self.finding}` };
  if (redis.addresses.length === 0) return unknown(`Not looked at: ${redis.name} has no address here.`);
  const looks = nodes.flatMap(({ look }) => ('seen' in look ? look.seen.addresses : []));
  const known = new Set([...looks, ...addresses, ...(service === null ? [] : [service])]);
  const hit = [redis.name, ...redis.addresses].find((address) => known.has(address));
  if (hit !== undefined) return warning(`Redis (${hit}) runs on this cloud’s own nodes.`, ELSEWHERE);
  return nodes.every(({ look }) => 'seen' in look)
    ? good(`Redis (${redis.addresses.join(', ')}) is at none of the nodes’ addresses.`)
    : unknown('Not looked at: not every node could be asked for its addresses.');
}

/** File systems that are served by others. */
const SERVED = /^(?:ceph|nfs|nfs4|fuse\.ceph|glusterfs|fuse\.glusterfs|cifs)$/;

function judgeStorage({ storage }: PlaceFacts, { nodes, addresses }: CloudPlaces): Verdict {
  const known = [...addresses, ...nodes.flatMap(({ look }) => ('seen' in look ? look.seen.addresses : []))];
  const served = storage.filter(({ type, source }) => SERVED.test(type) || source.startsWith('/dev/rbd'));
  const told = ({ path, type, source }: (typeof served)[number]) => `${path} lies on ${source} (${type})`;
  const own = served.find(({ source }) => known.some((address) => source.includes(address)));
  if (own !== undefined) return warning(`${told(own)}, which this cloud’s own nodes serve.`, ELSEWHERE);
  const [other] = served;
  if (other !== undefined)
    return warning(`${told(other)}; if this cloud’s own machines serve that, it goes away with them.`, ELSEWHERE);
  return good('What this machine keeps lies on disks of its own.');
}
