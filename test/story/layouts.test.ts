import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MiniCloud, type MiniNode, startMini } from '../../lab/mini/cloud.ts';
import { liveChecksums } from '../../lab/mini/open-archive.ts';
import { parseArchiveName } from '../../src/kolla/archives.ts';
import { archivesSeen } from '../../src/runbooks/archives-seen.ts';
import { chainOf, checkpoint, listed, restoredChecksums, runScript, VOLUME } from '../support/layouts.ts';

/** Each layout's own backup script, on the real mariabackup: what our code finds in the volume, and brings back. */

/**
 * A replica script locks another node than the service's, so its files are sound only on that one. `builds` is what an
 * incremental begins at: what was taken before it, or always the full. Other releases have one of these four to the
 * letter, or with another client for the question who the replica is.
 */
const LAYOUTS = [
  { layout: 'flat-active', release: '17.9.0', name: 'backup.sh', on: 0, builds: 'before' },
  { layout: 'flat-replica', release: '19.4.0', name: 'backup_replica.sh', on: 1, builds: 'before' },
  { layout: 'nested-active', release: '22.2.0', name: 'backup.sh', on: 0, builds: 'full' },
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

const A: Layout = LAYOUTS[0];
const B: Layout = LAYOUTS[1];
const YEAR = 365 * 24;
const NOTHING_KNOWN = { proven: [], restores: [], read: [] } as const;

/** What `list` tells of every node's volume where no journal knows any archive. */
async function seen() {
  const nodes = await Promise.all(
    cloud.nodes.map(async (node) => ({
      node: node.name,
      problem: null,
      files: (await listed(cloud, node)).map((file) => ({ ...file, read: null })),
    })),
  );
  return archivesSeen({ at: 0, nodes }, NOTHING_KNOWN);
}
const inVolume = (node: MiniNode, script: string, path = '', stdin = '') =>
  node.must(['sh', '-ec', `cd ${VOLUME}; ${script}`, 'sh', path], { stdin });
const paths = async (node: MiniNode, path: string) => (await chainOf(cloud, node, path)).map((link) => link.path);

test('archives that nobody of us named are listed for what they are, and their chains found whatever dates they bear', async () => {
  const [first, second, third] = cloud.nodes;
  for (const node of cloud.nodes) {
    await node.must(['docker', 'volume', 'create', 'mariadb_backup']);
    await inVolume(node, 'rm -rf ./*');
  }
  const step = async (node: MiniNode, statement: string) => {
    await node.sql(statement);
    await checkpoint(node);
  };
  // Two fulls on one day, a year ago by their names; two incrementals within one hour, and one from over midnight.
  const old = await take(first, A, -YEAR, 'full');
  await step(first, 'CREATE DATABASE strange; CREATE TABLE strange.a (a INT PRIMARY KEY)');
  const full = await take(first, A, -YEAR, 'full');
  await step(first, 'INSERT INTO strange.a VALUES (1), (2)');
  const restored = Date.now();
  const one = await take(first, A, -YEAR, 'incremental');
  await step(first, 'CREATE TABLE strange.b SELECT * FROM strange.a');
  const two = await take(first, A, -YEAR, 'incremental');
  await step(first, 'DROP TABLE strange.a');
  const three = await take(first, A, -YEAR + 24, 'incremental');
  // What died in the middle has a normal name, and is the newest; and what isn't an archive lies about.
  await step(first, 'INSERT INTO strange.b VALUES (3)');
  const partial = await take(first, A, 0, 'full');
  await inVolume(first, 'gunzip -c "$1" | head -c 3000000 | gzip > cut; mv cut "$1"', partial.path);
  const strange = `touch notes.txt mysqlbackup.gz; mkdir restore lost+found mysqlbackup-01-01-2026-1767225600.qp.xbc.xbs.gz;
    ln -s "$1" mysqlbackup-02-01-2026-1767312000.qp.xbc.xbs.gz; cp "$1" restore/`;
  await inVolume(first, strange, full.path);

  const all = [old, full, one, two, three, partial].map(({ path }) => path);
  const found = await seen();
  expect(found.map(({ path }) => path).toSorted()).toEqual(all.toSorted());
  expect(found[0]?.path).toBe(partial.path);
  for (const { path, type, standing } of found) {
    expect(type).toBe(path.startsWith('incremental') ? 'incremental' : 'full');
    expect(standing).toEqual({ kind: 'unread' });
  }
  expect(await paths(first, three.path)).toEqual([full, one, two, three].map(({ path }) => path));
  expect(await paths(first, old.path)).toEqual([old.path]);
  await expect(chainOf(cloud, first, partial.path)).rejects.toThrow('ARCHIVE_UNFINISHED');

  // A restore in between is seen in the archives, and still after they were copied.
  const acrossRestore = () => chainOf(cloud, first, two.path, [restored]);
  await expect(acrossRestore()).rejects.toThrow('CHAIN_RESTORE_INSIDE');
  await inVolume(first, 'touch ./*.gz');
  await expect(acrossRestore()).rejects.toThrow('CHAIN_RESTORE_INSIDE');

  // Copied to another node in the order of their names: the incrementals come first, and all are new.
  const pack = await inVolume(first, 'tar -c ./*.gz | base64');
  const copy = 'base64 -d | tar -x --touch; for file in incremental-*; do touch -d "-2 hours" "$file"; done';
  await inVolume(third, copy, '', pack);
  expect((await seen()).filter(({ node }) => node === third.name)).toHaveLength(all.length);
  const chain = await chainOf(cloud, third, two.path);
  expect(chain.map(({ path }) => path)).toEqual([full, one, two].map(({ path }) => path));
  expect(await restoredChecksums(cloud, third, chain)).toEqual(two.held);

  // This layout writes two incrementals of one hour into one file: what was between is lost, and that is said.
  await take(second, B, 0, 'full');
  await step(second, 'INSERT INTO strange.b VALUES (4)');
  await take(second, B, 1, 'incremental');
  await step(second, 'INSERT INTO strange.b VALUES (5)');
  await runScript(cloud, second, B, 'incremental', 1);
  const [overwritten] = (await seen()).filter(({ node, type }) => node === second.name && type === 'incremental');
  await expect(paths(second, overwritten?.path ?? '')).rejects.toThrow('CHAIN_GAP');
});
