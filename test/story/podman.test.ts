import { afterAll, beforeAll, expect, test } from 'vitest';
import { ENGINES } from '../../lab/engines.ts';
import { liveChecksums } from '../../lab/mini/open-archive.ts';
import type { CloudHosts } from '../../src/engine/hosts.ts';
import {
  containerRuns,
  galeraStatus,
  listVolume,
  lockOf,
  roomForArchive,
  volumePath,
} from '../../src/engine/node-questions.ts';
import { chooseImage } from '../../src/engine/probe-image.ts';
import { surveyNode } from '../../src/engine/survey.ts';
import { runDirectory } from '../../src/hosts/run-directory.ts';
import { BACKUP_CONFIG } from '../../src/kolla/backup-config.ts';
import { explainBackupFailure } from '../../src/kolla/backup-failures.ts';
import * as containers from '../../src/kolla/containers.ts';
import { imagesCommand, serverImages } from '../../src/kolla/images.ts';
import { GALERA_CONFIG } from '../../src/kolla/names.ts';
import { proveArchiveCommand, readProof } from '../../src/kolla/prove-archive.ts';
import type { Command, Host, Outcome } from '../../src/operation/host.ts';
import { prepareArgv, unpackArgv } from '../../src/runbooks/copy.ts';
import { containerLabels, containerName } from '../../src/runbooks/copy-container.ts';
import { readPrepare, readUnpack } from '../../src/runbooks/copy-result.ts';
import { pythonArgv } from '../../src/runbooks/programs/program.ts';
import { type Report, readReport } from '../../src/runbooks/programs/reports.ts';
import type { ProgramName, ProgramRequests } from '../../src/runbooks/programs/requests.ts';
import { lookAtNode } from '../../src/setup/look-at-node.ts';
import { HOSTNAME, IMAGE, MACHINE_ID, type PodmanNode, startPodmanNode, UNIT } from '../support/podman-node.ts';
import { until } from '../support/until.ts';

/** All that the bot asks of a node's engine, and all that it runs there, where the engine is podman: one after the other. */

const NODE = { node: 'lark', engine: 'podman' } as const;
const ENGINE = { engine: 'podman', container: 'mariadb' } as const;
const { volumes: VOLUMES, kept: BASE } = ENGINES.podman;
const LIVE = `${VOLUMES}/mariadb/_data`;
const FLAG = '/var/lib/kolla-backup/hold';
const OPERATION = 'a1b2c3d4e5f6a7b8c9d0';
const DIRECTORY = `${BASE}/${OPERATION}/1`;
const FLOOR = 1_000_000;
const LIMIT_MS = 120_000;

let node: PodmanNode;
let hosts: CloudHosts;
let host: Host;
beforeAll(async () => {
  node = await startPodmanNode();
  host = {
    name: NODE.node,
    close: async () => {},
    run: async ({ argv, stdin, timeoutMs }) => ({
      ...(await node.exec(argv, { timeoutMs, ...(stdin === undefined ? {} : { stdin }) })),
      signal: null,
    }),
  };
  const runs = runDirectory(host);
  hosts = { deploy: host, node: () => host, runs: () => runs };
});
afterAll(async () => {
  await node?.stop();
});

const ask = (command: Command): Promise<Outcome> => host.run(command);
const survey = () => surveyNode(hosts, NODE, UNIT);

/** A step as a plan's: by the node's run directory, in a unit of systemd's. */
let steps = 0;
async function step(argv: readonly string[]): Promise<{ exit: number | null; output: string }> {
  steps += 1;
  const name = { operation: OPERATION, plan: '1', step: `step-${steps}` };
  const runs = hosts.runs(NODE.node);
  await runs.open(name);
  const [program = '', ...rest] = argv;
  const head = { seq: 1, hash: '0'.repeat(64) };
  const sent = await runs.start({ ...name, head, argv: [program, ...rest], redact: { files: [], patterns: [] } });
  expect(sent).toMatchObject({ state: 'sent', supervisedBy: 'systemd', note: null });
  const ended = async () => {
    const look = await runs.look(name);
    return look.state === 'finished' ? { exit: look.code, output: look.output.text } : null;
  };
  return until(ended, `${name.step} ended`, LIMIT_MS);
}
async function program<N extends ProgramName>(name: N, request: ProgramRequests[N]) {
  const { exit, output } = await step(pythonArgv(name, request));
  return readReport(name, NODE.node, { code: exit, signal: null, stdout: output, stderr: '' });
}
async function must<N extends ProgramName>(name: N, request: ProgramRequests[N]): Promise<Report<N>> {
  const answer = await program(name, request);
  if ('problem' in answer) throw new Error(JSON.stringify(answer.problem));
  return answer.report;
}
const codeOf = (answer: object) => ('problem' in answer ? (answer.problem as { code: string }).code : answer);
const hold = (act: ProgramRequests['hold']['act'], unit: string | null = UNIT) =>
  must('hold', { act, unit, flag: FLAG, live: LIVE, ...ENGINE });

test('questions to the engine while MariaDB runs', async () => {
  expect(await lookAtNode(hosts, NODE.node)).toEqual({ kind: 'seen', engine: 'podman', container: true, unit: true });
  expect(await containerRuns(hosts, NODE, 'mariadb')).toBe(true);
  expect(await containerRuns(hosts, NODE, 'mariabackup')).toBe(false);
  expect(await volumePath(hosts, NODE, 'mariadb')).toBe(LIVE);
  expect(await volumePath(hosts, NODE, 'mariadb_backup')).toBeNull();
  expect(await listVolume(hosts, NODE, 'mariadb_backup')).toEqual({ directory: null, entries: [], omitted: 0 });
  expect((await ask(containers.datadirSourceCommand(NODE, 'mariadb'))).stdout.trim()).toBe(LIVE);
  expect((await ask(containers.datadirCommand(LIVE))).stdout).toMatch(/^\d+:\d+\n$/);
  expect(await roomForArchive(hosts, NODE, 'mariadb_backup', 'mariadb')).toMatchObject({
    directory: LIVE,
    datadirBytes: expect.any(Number),
    largestFullBytes: null,
  });
  expect(await galeraStatus(hosts, NODE, 'mariadb')).toMatchObject({
    answered: true,
    status: { wsrep_cluster_status: 'Primary', wsrep_local_state_comment: 'Synced', wsrep_cluster_size: '1' },
  });
  const taken = await node.exec(['podman', 'create', '--name', 'mariadb', '--network', 'host', '--pull=never', IMAGE]);
  const said = { msg: taken.stderr, rc: undefined, stderr: [], stdout: [] };
  expect(explainBackupFailure(said)).toMatchObject({ code: 'BACKUP_CONTAINER_REMOVED' });
  expect(await lockOf(hosts, NODE, 'mariadb', BACKUP_CONFIG)).toMatchObject({
    host: '127.0.0.1',
    own: expect.stringContaining(HOSTNAME),
    answeredBy: expect.stringContaining(HOSTNAME),
  });
});

test('images: an id is the same with its algorithm and without', async () => {
  const found = await survey();
  const id = found.container?.imageId ?? '';
  expect(id).toMatch(/^[0-9a-f]{64}$/);
  expect((await ask(containers.imageCommand(NODE, IMAGE))).stdout.trim()).toBe(id);
  expect((await ask(containers.imageCommand(NODE, id))).stdout.trim()).toBe(id);
  expect((await ask(containers.imageCommand(NODE, `sha256:${id}`))).stdout.trim()).toBe(id);
  expect((await ask(containers.imageCommand(NODE, 'quay.io/nothing:1'))).code).not.toBe(0);
  expect((await ask(containers.containerImageCommand(NODE, 'mariadb'))).stdout.trim()).toBe(`${id} ${IMAGE}`);
  const listed = await ask(imagesCommand(NODE));
  expect(serverImages(listed, id)).toEqual([]);
  expect(serverImages(listed, 'f'.repeat(64))).toEqual([{ id: `sha256:${id}`, name: IMAGE }]);
  const archive = { node: NODE.node, path: 'full.gz', series: '10.11' };
  const signal = new AbortController().signal;
  expect(await chooseImage('prod', [{ node: NODE, survey: found }], archive, hosts, signal)).toEqual({
    name: IMAGE,
    ids: new Map([[NODE.node, id]]),
    series: '10.11',
    suspicions: [],
  });
  await expect(
    chooseImage('prod', [{ node: NODE, survey: found }], { ...archive, series: '10.6' }, hosts, signal),
  ).rejects.toMatchObject({ problem: { code: 'ARCHIVE_OTHER_SERIES' } });
});

test('a survey', async () => {
  expect(await survey()).toMatchObject({
    machineId: MACHINE_ID,
    hostname: HOSTNAME,
    engineRoot: '/var/lib/containers/storage',
    container: { state: 'running', image: IMAGE },
    datadir: { path: LIVE, uid: 42434, gid: 42434, mountPoint: false },
    backupVolumePath: null,
    base: BASE,
    baseTrouble: null,
    unit: { present: true, active: 'active' },
    servers: [expect.any(Number)],
    foreign: [],
    grastate: { seqno: '-1' },
  });
});

test('the engine’s stop is undone by the unit; a hold keeps MariaDB down, over a power cut too', async () => {
  await node.must(['podman', 'stop', '-t', '60', 'mariadb']);
  expect(await containerRuns(hosts, NODE, 'mariadb')).toBe(false);
  expect(await galeraStatus(hosts, NODE, 'mariadb')).toMatchObject({
    answered: false,
    problem: { code: 'GALERA_UNKNOWN', params: { reason: expect.stringContaining('running containers') } },
  });
  await node.synced();

  expect(await hold('hold')).toMatchObject({ state: 'held', position: { seqno: expect.stringMatching(/^\d+$/) } });
  expect(await survey()).toMatchObject({ container: { state: 'exited' }, unit: { active: 'inactive' }, servers: [] });
  await node.exec(['systemctl', 'start', UNIT]);
  expect(await hold('look')).toEqual({ state: 'down' });

  await node.must(['podman', 'start', 'mariadb']);
  await node.synced();
  expect(await hold('look')).toMatchObject({ state: 'up' });
  await node.kill();
  await node.start();
  // Of a container that ran podman says then that it was never started.
  expect(await survey()).toMatchObject({ container: { state: 'created' }, unit: { active: 'inactive' }, servers: [] });
  expect(await containerRuns(hosts, NODE, 'mariadb')).toBe(false);
  expect(await hold('look')).toEqual({ state: 'down' });
  expect(await hold('hold')).toMatchObject({ state: 'held', position: { seqno: '-1' } });
  expect(await hold('start')).toEqual({ state: 'started' });
  await node.synced();
  expect(await hold('look')).toMatchObject({ state: 'up' });
  expect(await hold('restart')).toEqual({ state: 'restarted' });
  await node.synced();

  // A node that is on its feet again by itself.
  await node.kill();
  await node.start();
  await node.synced();
  expect(await survey()).toMatchObject({ container: { state: 'running' }, unit: { active: 'active' } });
  expect(await hold('reload')).toEqual({ state: 'reloaded', done: true });
});

test('without a container nothing is missed, and without a unit the engine is asked', async () => {
  await hold('hold');
  await node.must(['podman', 'rm', 'mariadb']);
  expect(await survey()).toMatchObject({ container: null, datadir: { path: LIVE }, servers: [], foreign: [] });
  expect(await lookAtNode(hosts, NODE.node)).toEqual({ kind: 'seen', engine: 'podman', container: false, unit: true });
  expect(await hold('hold')).toMatchObject({ state: 'held' });
  await node.create();
  expect(await survey()).toMatchObject({ container: { state: 'created' } });
  expect(await containerRuns(hosts, NODE, 'mariadb')).toBe(true);
  expect(await hold('look')).toEqual({ state: 'down' });

  await node.must(['rm', `/etc/systemd/system/${UNIT}`]);
  expect(await hold('start')).toEqual({ state: 'started' });
  await node.synced();
  expect(await survey()).toMatchObject({ container: { state: 'running' }, unit: { present: false }, foreign: [] });
  expect(await hold('restart')).toEqual({ state: 'restarted' });
  await node.synced();
  expect(await hold('hold')).toMatchObject({ state: 'held', position: { seqno: expect.stringMatching(/^\d+$/) } });
  await node.install();
  expect(await hold('start')).toEqual({ state: 'started' });
  await node.synced();
});

test('a restore by the programs, there and back, and a power cut in it', async () => {
  const archive = await node.backup();
  const atBackup = await liveChecksums(node);
  await node.sql(
    "USE keystone; INSERT INTO project SELECT MD5(CONCAT('late', seq)), CONCAT('late-', seq), '{}', '', 1, 'default', 'default', 0 FROM seq_1_to_9",
  );
  const late = await liveChecksums(node);
  expect(late).not.toEqual(atBackup);
  const { directory, entries } = await listVolume(hosts, NODE, 'mariadb_backup');
  expect({ directory, files: entries.map(({ path }) => path) }).toEqual({
    directory: `${VOLUMES}/mariadb_backup/_data`,
    files: expect.arrayContaining([archive]),
  });
  const path = `${directory}/${archive}`;
  expect(readProof(NODE.node, path, await ask(proveArchiveCommand(path, LIMIT_MS)))).toMatchObject({ kind: 'whole' });

  const { datadir, container } = await survey();
  if (!datadir || !container || directory === null) throw new Error('nothing there');
  const { uid, gid, mode } = datadir;
  const place = { engine: 'podman', label: OPERATION, live: LIVE } as const;
  const wanted = { ...place, directory: DIRECTORY, uid, gid, mode, needBytes: 0, floorBytes: FLOOR } as const;
  const { data, new: fresh, live: old } = await must('stage', wanted);
  const copy = { engine: 'podman', operation: OPERATION, plan: 1, image: container.imageId, uid, gid, data } as const;
  const keep = { ...place, directory: `${BASE}/${OPERATION}`, keep: [old] } as const;

  // What was under way when the power went is still there, and is ended before anything else.
  const label = containerLabels(copy, 'unpack').flatMap((one) => ['--label', one]);
  const busy = (name: string) => {
    const alone = ['--rm', '--pull=never', '--network', 'none', '--entrypoint', 'sleep'];
    return node.must(['podman', 'run', '-d', '--name', name, ...label, ...alone, container.imageId, '600']);
  };
  const names = async () => (await node.must(['podman', 'ps', '-a', '--format', '{{.Names}}'])).trim().split('\n');
  await busy(containerName(copy, 'unpack'));
  await node.kill();
  await node.start();
  await node.synced();
  expect(await must('stage', wanted)).toMatchObject({ data, live: old, new: fresh });
  await busy('another');
  expect(await must('stage', wanted)).toMatchObject({ data, live: old, new: fresh });
  expect(await names()).toEqual(['mariadb']);

  expect(readUnpack(await step(unpackArgv(copy, directory, 'none.gz', FLOOR)), NODE.node, 'none.gz')).toMatchObject({
    code: 'ARCHIVE_UNREADABLE',
  });
  expect(readUnpack(await step(unpackArgv(copy, directory, archive, FLOOR)), NODE.node, archive)).toBeNull();
  expect(readUnpack(await step(unpackArgv(copy, directory, archive, FLOOR)), NODE.node, archive)).toMatchObject({
    code: 'STAGE_NOT_EMPTY',
  });
  expect(readPrepare(await step(prepareArgv(copy)), NODE.node)).toBeNull();
  const tried = await must('trial', {
    engine: 'podman',
    name: containerName(copy, 'trial'),
    labels: containerLabels(copy, 'trial'),
    image: copy.image,
    ...{ data, new: fresh, uid, gid, config: GALERA_CONFIG },
    live: containers.sqlCommand(NODE, 'mariadb', '').argv.slice(0, -1),
  });
  expect(tried).toMatchObject({ accountsChanged: [], checkpoints: { backup_type: 'log-applied' } });
  expect(await must('manifest', { data, new: fresh })).toMatchObject({ manifest: tried.manifest });
  expect(await names()).toEqual(['mariadb']);

  const swap = (direction: 'aside' | 'back') =>
    program('swap', {
      ...{ direction, live: LIVE, other: data, old, new: fresh, empty: false, unit: UNIT, ...ENGINE },
      manifest: direction === 'aside' ? tried.manifest : null,
    });
  expect(codeOf(await swap('aside'))).toBe('SWAP_UNIT_ACTIVE');
  await hold('hold');
  await node.must(['podman', 'start', 'mariadb']);
  expect(codeOf(await swap('aside'))).toBe('SWAP_CONTAINER_RUNS');
  await hold('hold');
  expect(await swap('aside')).toEqual({ report: { state: 'exchanged' } });
  expect(await swap('aside')).toEqual({ report: { state: 'already' } });
  expect(codeOf(await program('clear', keep))).toBe('CLEAR_OLD_DATA');
  expect(await hold('start')).toEqual({ state: 'started' });
  await node.synced();
  expect(await liveChecksums(node)).toEqual(atBackup);

  await hold('hold');
  await node.kill();
  await node.start();
  expect(await swap('back')).toEqual({ report: { state: 'exchanged' } });
  expect(await hold('start')).toEqual({ state: 'started' });
  await node.synced();
  expect(await liveChecksums(node)).toEqual(late);

  await hold('hold');
  // The copy was live, and isn't what was approved any more.
  expect(codeOf(await swap('aside'))).toBe('SWAP_COPY_CHANGED');
  const { manifest } = await must('manifest', { data, new: fresh });
  const again = { direction: 'aside', live: LIVE, other: data, old, new: fresh, empty: false, unit: UNIT } as const;
  expect(await must('swap', { ...again, manifest, ...ENGINE })).toEqual({ state: 'exchanged' });
  await hold('start');
  await node.synced();
  const discard = { data, directory: keep.directory, old, live: LIVE };
  expect(await must('discard', discard)).toMatchObject({ state: 'discarded' });
  expect(await must('discard', discard)).toEqual({ state: 'already', bytes: 0 });
  expect(await liveChecksums(node)).toEqual(atBackup);
});

test('a preparation that is withdrawn is removed', async () => {
  const { datadir, container } = await survey();
  if (!datadir || !container) throw new Error('nothing there');
  const { uid, gid, mode } = datadir;
  const place = { engine: 'podman', label: OPERATION, live: LIVE } as const;
  const directory = `${BASE}/${OPERATION}`;
  const wanted = { ...place, directory: `${directory}/2`, uid, gid, mode, needBytes: 0, floorBytes: FLOOR } as const;
  const { live } = await must('stage', wanted);
  expect(await must('clear', { ...place, directory, keep: [live] })).toEqual({ state: 'cleared' });
  expect(await must('clear', { ...place, directory, keep: [live] })).toEqual({ state: 'absent' });
});
