import type { CloudNode } from '../../lab/cloud-type.ts';
import type { MiniCloud, MiniNode } from '../../lab/mini/cloud.ts';
import { copyChecksums } from '../../lab/mini/open-archive.ts';
import { findChain } from '../../src/engine/find-chain.ts';
import type { CloudHosts } from '../../src/engine/hosts.ts';
import { listVolume } from '../../src/engine/node-questions.ts';
import { sqlCommand } from '../../src/kolla/containers.ts';
import { proveArchiveCommand, readProof } from '../../src/kolla/prove-archive.ts';
import type { VolumeEntry } from '../../src/operation/checks.ts';
import type { ChainLink } from '../../src/operation/facts.ts';
import type { Host } from '../../src/operation/host.ts';
import { argvOf, type Plan, type Step } from '../../src/operation/plan.ts';
import { sourcesOf } from '../../src/runbooks/assemble.ts';
import { chainSteps } from '../../src/runbooks/chain-copy.ts';
import { containerLabels, containerName } from '../../src/runbooks/copy-container.ts';
import { readPrepare, readUnpack } from '../../src/runbooks/copy-result.ts';
import { pythonArgv } from '../../src/runbooks/programs/program.ts';
import { type Report, readReport } from '../../src/runbooks/programs/reports.ts';
import type { ProgramName, ProgramRequests } from '../../src/runbooks/programs/requests.ts';
import { kollaBackupScript } from './kolla-script.ts';
import { until } from './until.ts';

/** Archives by Kolla's own scripts on a small cloud, and what our code makes of them without any journal. */

export const VOLUME = '/var/lib/docker/volumes/mariadb_backup/_data';
const PLACE = '/var/lib/docker/kolla-backup';
const CONFIG = '/etc/kolla/mariadb/galera.cnf';
const OWNER = { uid: 42434, gid: 42434 } as const;
const LIMIT_MS = 180_000;
const FLOOR = 1_000_000;

/** Stands before the container's `date`: its clock is so many hours ahead, or behind. */
const CLOCK = '#!/bin/sh\nexec /bin/date -d "$HOURS_AHEAD hours" "$@"\n';

/** Has a node run the script of a release as Kolla does. Rejects where it ends with another code than `code`. */
export async function runScript(
  { image }: MiniCloud,
  node: MiniNode,
  script: { readonly release: string; readonly name: 'backup.sh' | 'backup_replica.sh' },
  type: 'full' | 'incremental',
  hoursAhead: number,
): Promise<void> {
  const put = (path: string, stdin: string) =>
    node.must(['sh', '-c', 'cat > "$1" && chmod 755 "$1"', 'sh', path], { stdin });
  await put('/run/backup.sh', await kollaBackupScript(script.release, script.name));
  await put('/run/date', CLOCK);
  const environment = ['KOLLA_CONFIG_STRATEGY=COPY_ALWAYS', `BACKUP_TYPE=${type}`, `HOURS_AHEAD=${hoursAhead}`];
  const volumes = [
    '/etc/kolla/mariabackup/:/var/lib/kolla/config_files/:ro',
    'mariadb:/var/lib/mysql',
    'mariadb_backup:/backup',
    'kolla_logs:/var/log/kolla/',
    '/run/backup.sh:/usr/local/bin/backup.sh:ro',
    '/run/date:/usr/local/bin/date:ro',
  ];
  await node.must(
    [
      ...(['docker', 'run', '--rm', '--network', 'host'] as const),
      ...environment.flatMap((one) => ['-e', one]),
      ...volumes.flatMap((one) => ['-v', one]),
      ...[image, 'bash', '-c', 'sudo -E kolla_set_configs && /usr/local/bin/backup.sh'],
    ],
    { timeoutMs: LIMIT_MS },
  );
}

/** Has the changes written into the data files: else they travel in the redo log, and no incremental needs another. */
export async function checkpoint(node: CloudNode): Promise<void> {
  await node.sql('SET GLOBAL innodb_max_dirty_pages_pct_lwm = 0; SET GLOBAL innodb_max_dirty_pages_pct = 0');
  const age = async () => Number((await node.sql("SHOW STATUS LIKE 'Innodb_checkpoint_age'")).trim().split('\t')[1]);
  await until(async () => ((await age()) < 1_000 ? true : null), 'a checkpoint', 60_000);
}

/** The nodes as the engine asks them. */
export function hostsOf(cloud: MiniCloud): CloudHosts {
  const hostOf = (node: MiniNode): Host => ({
    name: node.name,
    async run({ argv, stdin, timeoutMs }) {
      const { code, stdout, stderr } = await node.exec(argv, { timeoutMs, ...(stdin === undefined ? {} : { stdin }) });
      return { code, signal: null, stdout, stderr };
    },
    close: async () => {},
  });
  const never = () => {
    throw new Error('nothing is asked of it here');
  };
  return {
    get deploy() {
      return never();
    },
    node: (name) => hostOf(cloud.nodes.find((node) => node.name === name) ?? never()),
    runs: never,
  };
}

/** The files of a node's backup volume. */
export const listed = async (cloud: MiniCloud, { name }: MiniNode): Promise<readonly VolumeEntry[]> =>
  (await listVolume(hostsOf(cloud), { node: name, engine: 'docker' }, 'mariadb_backup')).entries;

/**
 * What a restore of `path` would need, the full first; found by reading, for no journal knows of it. `restores` are the
 * moments (ms) at which the databases were replaced.
 */
export async function chainOf(
  cloud: MiniCloud,
  node: MiniNode,
  path: string,
  restores: readonly number[] = [],
): Promise<readonly ChainLink[]> {
  const hosts = hostsOf(cloud);
  const entries = await listed(cloud, node);
  const chosen = entries.find((entry) => entry.path === path);
  if (chosen === undefined) throw new Error(`${path} is not there`);
  const archive = { node: node.name, directory: VOLUME, path, bytes: chosen.bytes, sha256: null };
  const past = { proven: [], restores: [{ label: 'RST-1', at: restores }], read: [] };
  const look = { past, listed: entries, omitted: 0, hosts, signal: new AbortController().signal, proofMs: LIMIT_MS };
  const chain = await findChain(archive, look);
  if (chain.length > 0) return chain;
  const file = `${VOLUME}/${path}`;
  const proof = readProof(node.name, file, await hosts.node(node.name).run(proveArchiveCommand(file, LIMIT_MS)));
  if (proof.kind !== 'whole') throw new Error(JSON.stringify(proof.problem));
  const { fromLsn, toLsn } = proof.checkpoints;
  return [{ ...archive, sha256: proof.sha256, kind: 'full', fromLsn, toLsn }];
}

async function ask<N extends ProgramName>(node: MiniNode, name: N, request: ProgramRequests[N]): Promise<Report<N>> {
  const { code, stdout, stderr } = await node.exec(pythonArgv(name, request), { timeoutMs: LIMIT_MS });
  const answer = readReport(name, node.name, { code, signal: null, stdout, stderr });
  if ('problem' in answer) throw new Error(JSON.stringify(answer.problem));
  return answer.report;
}

async function runStep(node: MiniNode, { id, program }: Step, sources: Plan['sources'], path: string): Promise<void> {
  if (program === null) throw new Error(`${id} runs nothing`);
  const [command = '', ...rest] = argvOf({ sources }, program);
  const { code, stdout, stderr } = await node.exec([command, ...rest], { timeoutMs: LIMIT_MS });
  const ended = { exit: code, output: stdout + stderr };
  const problem = id.startsWith('unpack') ? readUnpack(ended, node.name, path) : readPrepare(ended, node.name);
  if (problem !== null) throw new Error(`${id} of ${path}: ${JSON.stringify(problem)}`);
}

/** Which of an operation's copies it is: each has a plan of its own. */
let plans = 0;

/** A chain unpacked, prepared and tried by the bot's own programs: the checksum of each of its tables. */
export async function restoredChecksums(
  cloud: MiniCloud,
  node: MiniNode,
  chain: readonly ChainLink[],
): Promise<ReadonlyMap<string, string>> {
  plans += 1;
  const operation = 'c0ffee00c0ffee00c0ff';
  const directory = `${PLACE}/${operation}/${plans}`;
  const live = '/var/lib/docker/volumes/mariadb/_data';
  const engine = 'docker';
  const image = (await node.must(['docker', 'inspect', '-f', '{{.Image}}', 'mariadb'])).trim();
  const room = { needBytes: 0, floorBytes: FLOOR, incrementals: chain.length - 1 };
  const { data, new: fresh } = await ask(node, 'stage', {
    ...{ directory, live, engine, label: operation, mode: 0o755, ...OWNER, ...room },
  });
  const copy = { engine, operation, plan: plans, image, data, ...OWNER } as const;
  const limits = { unpackMs: LIMIT_MS, prepareMs: LIMIT_MS, floorBytes: FLOOR };
  const steps = chainSteps(copy, chain, { host: node.name, touches: 'change' }, limits);
  const sources = sourcesOf(steps);
  for (const step of steps) await runStep(node, step, sources, chain.at(-1)?.path ?? '');
  const tried = await ask(node, 'trial', {
    ...{ engine, name: containerName(copy, 'trial'), labels: containerLabels(copy, 'trial'), image, data, new: fresh },
    ...{ ...OWNER, config: CONFIG, checkTables: chain.length > 1 },
    live: sqlCommand({ node: node.name, engine }, 'mariadb', '').argv.slice(0, -1),
  });
  const last = chain.at(-1);
  if (tried.checkpoints?.to_lsn !== last?.toLsn) throw new Error(`it stands at ${tried.checkpoints?.to_lsn}`);
  const sums = await copyChecksums(cloud, node, data);
  await node.must(['rm', '-rf', directory]);
  return sums;
}
