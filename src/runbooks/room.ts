import type { Problem } from '../operation/catalogue.ts';
import type { ChainLink, FoundArchive, NodeSurvey } from '../operation/facts.ts';

/** Room for a restore: the copy, and what is live, lie beside each other on the datadir's file system. Bytes. */

/** What it depends on, of a restore’s facts. */
type Room = {
  readonly archive: Pick<FoundArchive, 'node' | 'bytes' | 'unpackedBytes'>;
  readonly chain: readonly Pick<ChainLink, 'kind' | 'bytes' | 'unpackedBytes'>[];
  readonly surveys: readonly Pick<NodeSurvey, 'node' | 'live' | 'bytes' | 'freeBytes'>[];
};

/** How much larger than its archive an incremental may be once unpacked; the floor guards against more. */
const UNPACKED = 6;
const GIB = 1_073_741_824;

/** What the operation's directory on a node may come to take. On the other nodes the state transfer brings the same data. */
export function roomNeeded({ archive, chain, surveys }: Room, node: string): number {
  const live = surveys.find((one) => one.node === archive.node)?.bytes ?? 0;
  // What is live may be little: a dropped database is what one restores for. The full is the most of a chain.
  const copy = Math.max(live, ...[archive, ...chain].flatMap((one) => [one.bytes, one.unpackedBytes ?? 0]));
  return copy + (node === archive.node ? largest(chain) : 0);
}

/** Room for the largest incremental: each is removed before the next one is unpacked. */
function largest(chain: Room['chain']): number {
  return UNPACKED * Math.max(0, ...chain.flatMap(({ kind, bytes }) => (kind === 'incremental' ? [bytes] : [])));
}

/** The file systems that have too little room, with what they have and need; null where all have enough. */
export function roomProblem(room: Room, floorBytes: number): Problem | null {
  const short = room.surveys.flatMap(({ node, live, freeBytes }) => {
    const needed = roomNeeded(room, node);
    return freeBytes >= needed + floorBytes ? [] : [shortOf(node, live, freeBytes, needed, floorBytes)];
  });
  return noRoom(short);
}

/**
 * The same once the copy's size is known: where a node has no room for the state transfer of it beside its old data, with
 * MariaDB down for the restore. `free` is what each had when its place was made.
 */
export function transferProblem(
  { archive, surveys }: Room,
  copyBytes: number,
  free: ReadonlyMap<string, number>,
  floorBytes: number,
): Problem | null {
  const others = surveys.filter(({ node }) => node !== archive.node);
  const short = others.flatMap(({ node, live, freeBytes }) => {
    const left = free.get(node) ?? freeBytes;
    return left >= copyBytes + floorBytes ? [] : [shortOf(node, live, left, copyBytes, floorBytes)];
  });
  return noRoom(short);
}

const noRoom = (short: readonly string[]): Problem | null =>
  short.length === 0 ? null : { code: 'RESTORE_NO_ROOM', params: { detail: short.join('; ').slice(0, 1500) } };

const shortOf = (node: string, live: string, free: number, needed: number, floor: number) =>
  `${node}, the file system of ${live}: ${gib(free)} free, ${gib(needed)} needed and ${gib(floor)} to stay free`;

const gib = (bytes: number) => `${(bytes / GIB).toFixed(1)} GiB`;
