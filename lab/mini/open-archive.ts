import { posix } from 'node:path';
import type { Cloud, CloudNode } from '../cloud-type.ts';

/** Databases whose tables say nothing of the cloud. */
const OWN = ['mysql', 'information_schema', 'performance_schema', 'sys'];
const TABLES = `SELECT CONCAT('\`', table_schema, '\`.\`', table_name, '\`') FROM information_schema.tables
  WHERE table_type = 'BASE TABLE' AND table_schema NOT IN (${OWN.map((name) => `'${name}'`).join(', ')}) ORDER BY 1`;

/** The checksum of every table of the cloud, by its name, on a live node. */
export async function liveChecksums(node: Pick<CloudNode, 'sql'>): Promise<ReadonlyMap<string, string>> {
  const tables = (await node.sql(TABLES)).trim().split('\n');
  return rows(await node.sql(`CHECKSUM TABLE ${tables.join(', ')}`));
}

/** Opens a prepared copy in a container without network, and prints every table's checksum; $2 asks for the tables. */
const READ = `
mariadbd --defaults-file=/copy/data/backup-my.cnf --datadir=/copy/data --skip-networking --wsrep-on=OFF --skip-log-bin \\
  --socket=/tmp/open.sock --pid-file=/tmp/open.pid --log-error=/tmp/open.log --innodb-buffer-pool-size=64M \\
  --skip-grant-tables --performance-schema=OFF &
for _ in $(seq 300); do mariadb-admin --socket=/tmp/open.sock ping > /dev/null 2>&1 && break; sleep 0.1; done
sql() { mariadb --socket=/tmp/open.sock -N -B -e "$1"; }
tables=$(sql "$2" | paste -sd,)
sql "CHECKSUM TABLE $tables"
kill %1; wait
`;

/** Unpacks and prepares an archive before that. */
const OPEN = `
set -eu -o pipefail
mkdir /copy/data && gzip -dc "/backup/$1" | mbstream -x -C /copy/data
mariabackup --prepare --target-dir=/copy/data > /copy/prepare.log 2>&1
${READ}`;

const ALONE = ['run', '--rm', '--network', 'none', '--user', '42434'] as const;

/** The same of a prepared copy. It is started: nothing more can be applied to it. */
export async function copyChecksums(
  { image, engine }: Pick<Cloud, 'image' | 'engine'>,
  node: CloudNode,
  data: string,
): Promise<ReadonlyMap<string, string>> {
  const run = ['-v', `${data}:/copy/data`, '--entrypoint', 'bash', image, '-ec', READ, 'read', '', TABLES];
  return rows(await node.must([engine.name, ...ALONE, ...run]));
}

/** The same out of an archive: what a restore of it would bring back. `path` is relative to the backup volume. */
export async function archiveChecksums(
  cloud: Cloud,
  node: CloudNode,
  path: string,
): Promise<ReadonlyMap<string, string>> {
  const copy = posix.join(cloud.engine.volumes, '../open-archive');
  await node.must(['install', '-d', '-o', '42434', '-g', '42434', copy]);
  try {
    const mounts = ['-v', 'mariadb_backup:/backup:ro', '-v', `${copy}:/copy`];
    const run = [...mounts, '--entrypoint', 'bash', cloud.image, '-c', OPEN, 'open', path, TABLES];
    return rows(await node.must([cloud.engine.name, ...ALONE, ...run]));
  } finally {
    await node.must(['rm', '-rf', copy]);
  }
}

function rows(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .trim()
      .split('\n')
      .map((line) => line.split('\t'))
      .map(([table = '', sum = '']) => [table, sum]),
  );
}
