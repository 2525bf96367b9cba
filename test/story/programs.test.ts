import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MiniCloud, type MiniNode, startMini } from '../../lab/mini/cloud.ts';
import { liveChecksums } from '../../lab/mini/open-archive.ts';
import { sqlCommand } from '../../src/kolla/containers.ts';
import { findingsCommand, parseFindings } from '../../src/kolla/findings.ts';
import { prepareArgv, unpackArgv } from '../../src/runbooks/copy.ts';
import { type CopyContainer, containerLabels, containerName } from '../../src/runbooks/copy-container.ts';
import { readPrepare, readUnpack } from '../../src/runbooks/copy-result.ts';
import { programQuestion, pythonArgv } from '../../src/runbooks/programs/program.ts';
import { type Report, readReport } from '../../src/runbooks/programs/reports.ts';
import type { Identity, ProgramName, ProgramRequests } from '../../src/runbooks/programs/requests.ts';
import { emptyProblem } from '../../src/runbooks/trial.ts';
import { until } from '../support/until.ts';

/** The programs and containers of a restore on real nodes, one after the other, with what each must refuse. */

const UNIT = 'kolla-mariadb-container.service';
const ENGINE = { engine: 'docker', container: 'mariadb' } as const;
const CONFIG = '/etc/kolla/mariadb/galera.cnf';
const FLAG = '/var/lib/kolla-backup/hold';
const OPERATION = 'a1b2c3d4e5f6a7b8c9d0';
const FLOOR = 1_000_000;
const LIMIT_MS = 180_000;

let cloud: MiniCloud;
beforeAll(async () => {
  cloud = await startMini();
});
afterAll(async () => {
  await cloud?.stop();
});

type Answer<N extends ProgramName> = ReturnType<typeof readReport<N>>;
async function ask<N extends ProgramName>(node: MiniNode, name: N, request: ProgramRequests[N]): Promise<Answer<N>> {
  const { code, stdout, stderr } = await node.exec(pythonArgv(name, request), { timeoutMs: LIMIT_MS });
  return readReport(name, node.name, { code, signal: null, stdout, stderr });
}
async function must<N extends ProgramName>(node: MiniNode, name: N, request: ProgramRequests[N]): Promise<Report<N>> {
  const answer = await ask(node, name, request);
  if ('problem' in answer) throw new Error(JSON.stringify(answer.problem));
  return answer.report;
}
const codeOf = (answer: object) => ('problem' in answer ? (answer.problem as { code: string }).code : answer);

async function survey(node: MiniNode): Promise<Report<'survey'>> {
  const request = {
    engine: 'docker',
    container: 'mariadb',
    volume: 'mariadb',
    backupVolume: 'mariadb_backup',
  } as const;
  const { argv, stdin } = programQuestion('survey', { ...request, unit: UNIT, config: CONFIG }, LIMIT_MS);
  const { code, stdout, stderr } = await node.exec(argv, stdin === undefined ? {} : { stdin });
  const answer = readReport('survey', node.name, { code, signal: null, stdout, stderr });
  if ('problem' in answer) throw new Error(JSON.stringify(answer.problem));
  return answer.report;
}

type Place = {
  readonly node: MiniNode;
  readonly container: CopyContainer;
  readonly live: string;
  readonly old: Identity;
  readonly fresh: Identity;
  readonly directory: string;
};

/** A staged directory beside the datadir; each has a number of its own. */
let plans = 0;
async function stage(node: MiniNode, needBytes: number): Promise<Place> {
  const { datadir, base, container } = await survey(node);
  if (!datadir || !base || !container) throw new Error('nothing there');
  plans += 1;
  const directory = `${base}/${OPERATION}/${plans}`;
  const { uid, gid, mode, path: live } = datadir;
  const place = { directory, live, engine: 'docker', label: OPERATION, uid, gid, mode, floorBytes: FLOOR } as const;
  const staged = await must(node, 'stage', { ...place, needBytes });
  expect(await must(node, 'stage', { ...place, needBytes })).toEqual({ ...staged, freeBytes: expect.any(Number) });
  const { data } = staged;
  const image = container.imageId;
  return {
    node,
    live,
    directory,
    old: staged.live,
    fresh: staged.new,
    container: { engine: 'docker', operation: OPERATION, plan: plans, image, uid, gid, data },
  };
}

async function run(node: MiniNode, argv: readonly string[]) {
  const [program = '', ...rest] = argv;
  const { code, stdout, stderr } = await node.exec([program, ...rest], { timeoutMs: LIMIT_MS });
  return { exit: code, output: stdout + stderr };
}
const unpack = async ({ node, container }: Place, archive: string, floor = FLOOR) => {
  const { backupVolumePath } = await survey(node);
  return readUnpack(await run(node, unpackArgv(container, backupVolumePath ?? '', archive, floor)), node.name, archive);
};
const prepare = async ({ node, container }: Place) => readPrepare(await run(node, prepareArgv(container)), node.name);
const tryOut = ({ node, container, fresh }: Place, checkTables = false) =>
  ask(node, 'trial', {
    engine: 'docker',
    name: containerName(container, 'trial'),
    labels: containerLabels(container, 'trial'),
    image: container.image,
    data: container.data,
    new: fresh,
    uid: container.uid,
    gid: container.gid,
    config: CONFIG,
    live: sqlCommand({ node: node.name, engine: 'docker' }, 'mariadb', '').argv.slice(0, -1),
    checkTables,
  });
const hold = (node: MiniNode, act: ProgramRequests['hold']['act']) =>
  must(node, 'hold', { act, unit: UNIT, flag: FLAG, live: '/var/lib/docker/volumes/mariadb/_data', ...ENGINE });
const clear = (place: Place) =>
  ask(place.node, 'clear', {
    directory: place.directory.replace(/\/\d+$/, ''),
    engine: 'docker',
    label: OPERATION,
    live: place.live,
    keep: [place.old],
  });

async function backup(node: MiniNode): Promise<string> {
  const before = await archives(node);
  expect((await cloud.kolla(['mariadb_backup'], { timeoutMs: LIMIT_MS })).code).toBe(0);
  const [archive] = (await archives(node)).filter((name) => !before.includes(name));
  if (!archive) throw new Error('no archive');
  return archive;
}
const archives = async (node: MiniNode) =>
  (await node.exec(['sh', '-c', 'cd /var/lib/docker/volumes/mariadb_backup/_data && ls mysqlbackup-*.gz'])).stdout
    .split('\n')
    .filter((name) => name !== '');
/** An archive made of another one by a shell's pipe, owned as those are. */
const spoil = (node: MiniNode, archive: string, script: string, spoilt: string) =>
  node.must([
    'sh',
    '-ec',
    `cd /var/lib/docker/volumes/mariadb_backup/_data; ${script}; chown 42434:42434 "$2"`,
    'sh',
    archive,
    spoilt,
  ]);

test('a survey of a running node', async () => {
  const [first] = cloud.nodes;
  const found = await survey(first);
  expect(found).toMatchObject({
    machineId: first.machineId,
    engineRoot: '/var/lib/docker',
    container: { state: 'running', image: cloud.image },
    datadir: { path: '/var/lib/docker/volumes/mariadb/_data', uid: 42434, gid: 42434, mountPoint: false },
    base: '/var/lib/docker/kolla-backup',
    baseTrouble: null,
    unit: { present: true, active: 'active' },
    servers: [expect.any(Number)],
    grastate: { seqno: '-1' },
    config: {
      path: CONFIG,
      forceRecovery: null,
      lowerCaseTableNames: null,
      galeraAddress: `${first.address}:4567`,
      encryption: [],
    },
  });
  expect(found.datadir?.bytes).toBeGreaterThan(10_000_000);
  expect(found.newestBinlog).toBeGreaterThan(Date.now() - 3_600_000);
});

test('a node is held, seen down, started and restarted', async () => {
  const [, , third] = cloud.nodes;
  expect(await hold(third, 'hold')).toMatchObject({
    state: 'held',
    position: { seqno: expect.stringMatching(/^\d+$/) },
  });
  await third.exec(['systemctl', 'start', UNIT]);
  expect(await hold(third, 'look')).toEqual({ state: 'down' });
  expect((await survey(third)).servers).toEqual([]);
  expect(await hold(third, 'start')).toEqual({ state: 'started' });
  await cloud.synced();
  expect(await hold(third, 'restart')).toEqual({ state: 'restarted' });
  await cloud.synced();
  // As a recovery that failed leaves it: without its container.
  expect(await hold(third, 'hold')).toMatchObject({ state: 'held' });
  await third.must(['docker', 'rm', 'mariadb']);
  const found = await survey(third);
  expect(found).toMatchObject({ container: null, datadir: { path: '/var/lib/docker/volumes/mariadb/_data' } });
  expect(await hold(third, 'hold')).toMatchObject({ state: 'held' });
  await cloud.reset();
});

test('what bad archives are refused with', async () => {
  const [first] = cloud.nodes;
  const archive = await backup(first);
  const cases = [
    ['cut.gz', 'head -c 200000 "$1" > "$2"', 'ARCHIVE_CUT'],
    ['dead.gz', 'gunzip -c "$1" | head -c 3000000 | gzip > "$2"', 'ARCHIVE_UNFINISHED'],
    ['empty.gz', 'gzip < /dev/null > "$2"', 'ARCHIVE_UNFINISHED'],
    ['noise.gz', 'head -c 100000 /dev/urandom > "$2"', 'ARCHIVE_DAMAGED'],
  ] as const;
  for (const [name, script, code] of cases) {
    await spoil(first, archive, script, name);
    const place = await stage(first, 0);
    expect.soft(await unpack(place, name), name).toMatchObject({ code });
    expect(await clear(place)).toEqual({ report: { state: 'cleared' } });
  }
  const place = await stage(first, 0);
  expect(await unpack(place, archive, Number.MAX_SAFE_INTEGER)).toMatchObject({ code: 'STAGE_NO_ROOM' });
  const request = { directory: `${place.directory}0`, live: place.live, engine: 'docker', label: OPERATION } as const;
  const owner = { uid: 42434, gid: 42434, mode: 0o755 };
  expect(codeOf(await ask(first, 'stage', { ...request, ...owner, needBytes: 1e15, floorBytes: 0 }))).toBe(
    'STAGE_NO_ROOM',
  );
  expect(await clear(place)).toEqual({ report: { state: 'cleared' } });
  expect(await clear(place)).toEqual({ report: { state: 'absent' } });
});

const swap = ({ node, live, container, old, fresh }: Place, direction: 'aside' | 'back', manifest: string | null) =>
  ask(node, 'swap', {
    direction,
    live,
    other: container.data,
    old,
    new: fresh,
    manifest,
    empty: manifest === null,
    unit: UNIT,
    ...ENGINE,
  });
const liveFindings = async (node: MiniNode) => {
  const { argv } = findingsCommand({ node: node.name, engine: 'docker' }, 'mariadb');
  return parseFindings(await node.must(argv));
};
const prepared = async (node: MiniNode, archive: string): Promise<Place> => {
  const place = await stage(node, 10_000_000);
  expect(await unpack(place, archive)).toBe(null);
  expect(await prepare(place)).toBe(null);
  return place;
};

test('a restore by the programs, from the survey to the discarded old data', async () => {
  const [first, second, third] = cloud.nodes;
  const archive = await backup(first);
  const atBackup = await liveChecksums(first);
  const oldUuid = (await first.wsrep())?.['wsrep_cluster_state_uuid'];
  const before = await liveFindings(first);
  await first.sql(`CREATE USER late@'%' IDENTIFIED BY 'x'; ALTER USER glance@'%' IDENTIFIED BY 'another';
    USE keystone; INSERT INTO project SELECT MD5(CONCAT('late', seq)), CONCAT('late-', seq), '{}', '', 1, 'default', 'default', 0 FROM seq_1_to_9`);

  const place = await prepared(first, archive);
  const tried = await tryOut(place);
  if ('problem' in tried) throw new Error(JSON.stringify(tried.problem));
  const { report } = tried;
  expect(report).toMatchObject({ accountsChanged: ['glance@%', 'late@%'], galera: { uuid: oldUuid } });
  expect(report.checkpoints?.backup_type).toBe('log-applied');
  expect(report.findings.keyTables.find(({ table }) => table === 'keystone.project')).toEqual({
    table: 'keystone.project',
    rows: 23,
    newest: null,
  });
  expect(report.findings).toEqual(before);
  const again = await tryOut(place);
  expect('report' in again && again.report.findings).toEqual(report.findings);
  const manifest = 'report' in again ? again.report.manifest : '';
  const asked = { data: place.container.data, new: place.fresh };
  expect(await must(first, 'manifest', asked)).toMatchObject({ manifest });

  const others = [await stage(second, 0), await stage(third, 0)];
  const places = [place, ...others];
  expect(codeOf(await swap(place, 'aside', manifest))).toBe('SWAP_UNIT_ACTIVE');
  expect(await hold(first, 'look')).toMatchObject({ state: 'up' });
  await cloud.kolla(['stop', '--tags', 'mariadb', '--yes-i-really-really-mean-it'], { timeoutMs: LIMIT_MS });
  for (const node of cloud.nodes) expect(await hold(node, 'hold')).toMatchObject({ position: { uuid: oldUuid } });
  expect(await hold(first, 'look')).toEqual({ state: 'down' });

  await first.must(['touch', `${place.container.data}/ibdata1`]);
  expect(codeOf(await swap(place, 'aside', manifest))).toBe('SWAP_COPY_CHANGED');
  const touched = await must(first, 'manifest', asked);
  expect(touched.manifest).not.toBe(manifest);
  expect(await swap(place, 'aside', touched.manifest)).toEqual({ report: { state: 'exchanged' } });
  for (const other of others) expect(await swap(other, 'aside', null)).toEqual({ report: { state: 'exchanged' } });
  for (const one of places) expect(codeOf(await clear(one))).toBe('CLEAR_OLD_DATA');
  expect(codeOf(await tryOut(place))).toBe('TRIAL_NOT_THE_COPY');
  for (const node of cloud.nodes) expect(await hold(node, 'let-go')).toEqual({ state: 'free' });
  const recovery = ['mariadb_recovery', '-e', `mariadb_recover_inventory_name=${first.name}`];
  expect((await cloud.kolla(recovery, { timeoutMs: 300_000 })).code).toBe(0);
  await until(async () => ((await first.wsrep())?.['wsrep_cluster_size'] === '3' ? true : null), 'three', 60_000);
  await cloud.synced();
  for (const node of cloud.nodes) expect(await liveChecksums(node)).toEqual(atBackup);
  expect((await first.wsrep())?.['wsrep_cluster_state_uuid']).not.toBe(oldUuid);
  const now = await liveFindings(first);
  expect(now && { ...now, clusterUuid: null, members: [] }).toEqual({
    ...report.findings,
    clusterUuid: null,
    members: [],
  });

  const request = { data: place.container.data, directory: place.directory.replace(/\/\d+$/, '') };
  const wanted = { ...request, old: place.old, live: place.live };
  expect(codeOf(await ask(first, 'discard', { ...wanted, old: place.fresh }))).toBe('DISCARD_LIVE');
  expect(codeOf(await ask(first, 'discard', { ...wanted, old: [place.old[0], 1] }))).toBe('DISCARD_ANOTHER');
  expect(await must(first, 'discard', wanted)).toMatchObject({ state: 'discarded' });
  expect(await must(first, 'discard', wanted)).toEqual({ state: 'already', bytes: 0 });
  expect((await first.exec(['ls', request.directory])).code).not.toBe(0);
  for (const node of cloud.nodes) expect(await liveChecksums(node)).toEqual(atBackup);
}, 600_000);

test('a trial with another password, a broken table, and of a copy that is empty', async () => {
  const [first] = cloud.nodes;
  await first.sql(
    'USE nova; CREATE TABLE pages (a INT PRIMARY KEY, b CHAR(200)); INSERT INTO pages SELECT seq, seq FROM seq_1_to_9999',
  );
  const archive = await backup(first);
  const password = cloud.passwords.database_password;
  const replaced = (from: string, to: string) => first.must(['sed', '-i', `s/:${from}$/:${to}/`, CONFIG]);
  const place = await prepared(first, archive);
  await replaced(password, 'rotated');
  expect(await tryOut(place)).toMatchObject({ problem: { code: 'TRIAL_LOGIN' } });
  await replaced('rotated', password);
  // A page that nobody reads who only opens the table.
  const pages = `${place.container.data}/nova/pages.ibd`;
  const spoil = 'printf XXXXXXXX | dd of="$1" bs=1 seek=$((80 * 16384 + 8000)) conv=notrunc';
  await first.must(['sh', '-ec', spoil, 'sh', pages]);
  expect(await tryOut(place)).toMatchObject({ report: { state: 'tried' } });
  const checked = await tryOut(place, true);
  expect(checked).toMatchObject({ problem: { code: 'TRIAL_TABLE_BROKEN' } });
  expect(JSON.stringify(checked)).toContain('nova.pages');
  await first.must(['truncate', '-s', '0', `${place.container.data}/nova/instances.ibd`]);
  const broken = await tryOut(place);
  expect(broken).toMatchObject({ problem: { code: 'TRIAL_TABLE_BROKEN' } });
  expect(JSON.stringify(broken)).toContain('instances');

  const schemas = ['keystone', 'nova', 'nova_api', 'nova_cell0', 'neutron', 'glance', 'cinder', 'placement'];
  await first.sql(schemas.map((name) => `DROP DATABASE ${name}; CREATE DATABASE ${name};`).join(' '));
  const empty = await tryOut(await prepared(first, await backup(first)));
  if ('problem' in empty) throw new Error(JSON.stringify(empty.problem));
  expect(emptyProblem(first.name, empty.report.findings)).toMatchObject({ code: 'COPY_EMPTY' });
});
