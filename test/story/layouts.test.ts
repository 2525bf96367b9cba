import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MiniCloud, type MiniNode, startMini } from '../../lab/mini/cloud.ts';
import { liveChecksums } from '../../lab/mini/open-archive.ts';
import { parseArchiveName } from '../../src/kolla/archives.ts';
import { chainOf, checkpoint, listed, restoredChecksums, runScript } from '../support/layouts.ts';

/** Each layout's own backup script, on the real mariabackup: what our code finds in the volume, and brings back. */

/**
 * A replica script locks another node than the service's, so its files are sound only on that one. `builds` is what an
 * incremental begins at: what was taken before it, or always the full.
 */
const LAYOUTS = [
  { layout: 'flat-active', release: '17.9.0', name: 'backup.sh', on: 0, builds: 'before' },
  { layout: 'flat-replica', release: '19.4.0', name: 'backup_replica.sh', on: 1, builds: 'before' },
  { layout: 'nested-active', release: '22.2.0', name: 'backup.sh', on: 0, builds: 'full' },
  { layout: 'nested-replica', release: '20.6.0', name: 'backup_replica.sh', on: 1, builds: 'full' },
  { layout: 'nested-replica', release: '21.3.0', name: 'backup_replica.sh', on: 1, builds: 'full' },
] as const;
type Layout = (typeof LAYOUTS)[number];

/** Hours at which the four are taken: within a day, and over midnight. */
const HOURS = [0, 1, 2, 27] as const;

let cloud: MiniCloud;
beforeAll(async () => {
  cloud = await startMini();
});
afterAll(async () => {
  await cloud?.stop();
});

/** Changes of every kind: rows, a table that comes, one that goes, one that is made anew. */
const changes = (schema: string) => [
  `CREATE DATABASE ${schema}; USE ${schema}; CREATE TABLE ${schema}.one (a INT PRIMARY KEY, b LONGTEXT);
   INSERT INTO ${schema}.one SELECT seq, REPEAT(MD5(seq), 90) FROM seq_1_to_300; UPDATE nova.instances SET vm_state = '${schema}' WHERE id % 3 = 0`,
  `USE ${schema}; DELETE FROM ${schema}.one WHERE a % 2 = 0; CREATE TABLE ${schema}.two (a INT PRIMARY KEY); INSERT INTO ${schema}.two SELECT seq FROM seq_1_to_500`,
  `USE ${schema}; ALTER TABLE ${schema}.one ADD COLUMN c INT DEFAULT 7, ADD KEY (c); TRUNCATE ${schema}.two; RENAME TABLE ${schema}.two TO ${schema}.three`,
  `USE ${schema}; DROP TABLE ${schema}.three; UPDATE ${schema}.one SET c = a; USE keystone; INSERT INTO project SELECT MD5(CONCAT('${schema}', seq)), CONCAT('${schema}-', seq), '{}', '', 1, 'default', 'default', 0 FROM seq_1_to_9`,
];

type Point = { readonly path: string; readonly held: ReadonlyMap<string, string> };

async function take(node: MiniNode, script: Layout, hoursAhead: number, type: 'full' | 'incremental'): Promise<Point> {
  const before = await listed(cloud, node);
  await runScript(cloud, node, script, type, hoursAhead);
  const fresh = (await listed(cloud, node)).filter(
    ({ path, inode }) => path.endsWith('.gz') && !before.some((one) => one.path === path && one.inode === inode),
  );
  const [only, ...others] = fresh;
  if (only === undefined || others.length > 0) throw new Error(`${fresh.length} new archives`);
  expect(parseArchiveName(only.path)).toMatchObject({ kind: type, layout: script.layout });
  return { path: only.path, held: await liveChecksums(node) };
}

const nodeOf = ({ on }: Layout): MiniNode => {
  const node = cloud.nodes[on];
  if (node === undefined) throw new Error('no such node');
  return node;
};

test('each point of a chain of each layout comes back as it was, byte for byte', async () => {
  const taken: { readonly script: Layout; readonly points: readonly Point[] }[] = [];
  for (const [index, script] of LAYOUTS.entries()) {
    const points: Point[] = [];
    for (const [turn, change] of changes(`layout_${index}`).entries()) {
      await nodeOf(script).sql(change);
      await checkpoint(nodeOf(script));
      points.push(await take(nodeOf(script), script, HOURS[turn] ?? 0, turn === 0 ? 'full' : 'incremental'));
    }
    taken.push({ script, points });
  }
  const restoreAll = async (node: MiniNode) => {
    for (const { script, points } of taken.filter(({ script }) => nodeOf(script) === node))
      for (const [turn, { path, held }] of points.entries()) {
        const chain = await chainOf(cloud, node, path);
        const needed = script.builds === 'before' ? points.slice(0, turn) : points.slice(0, Math.min(turn, 1));
        expect(chain.map((link) => link.path)).toEqual([...needed.map((one) => one.path), path]);
        expect(await restoredChecksums(cloud, node, chain), `${script.layout}: ${path}`).toEqual(held);
      }
  };
  await Promise.all(cloud.nodes.map(restoreAll));
});
