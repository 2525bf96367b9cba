import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configSchema } from '../../src/config.ts';
import type { CloudHosts } from '../../src/engine/hosts.ts';
import { startLooking } from '../../src/engine/looking.ts';
import { readArchive } from '../../src/engine/read-archive.ts';
import { archivesCommand } from '../../src/list-archives.ts';
import { KollaBackupError } from '../../src/operation/catalogue.ts';
import type { Command, Host } from '../../src/operation/host.ts';
import type { ArchiveRead, SeenFile, Sighting } from '../../src/operation/ports.ts';
import { toRead, withRead } from '../../src/runbooks/archives-read.ts';
import { archivesSeen } from '../../src/runbooks/archives-seen.ts';
import { archivesBlock } from '../../src/slack/cards/archive-list.ts';
import { runCommand } from '../support/python.ts';
import { until } from '../support/until.ts';

/** A volume full of archives that no journal knows: after a disaster, or of somebody else's timer. */

const dir = mkdtempSync(join(tmpdir(), 'kolla-volume-'));
const recorded = new URL('../fixtures/kolla/archives/', import.meta.url);
const FULL = 'full-23-11-2026-1795392758/mysqlbackup-23-11-2026-1795392758.qp.xbc.xbs.gz';
const INCREMENT =
  'incr-04-00-00-23-11-2026-since-23-11-2026-1795392758/incremental-04-00-00-23-11-2026-mysqlbackup-23-11-2026-1795392758.qp.xbc.xbs.gz';
// What its name says of the day is of no account.
const CUT = 'mysqlbackup-31-12-2026-1795479158.qp.xbc.xbs.gz';
const FRESH = 'mysqlbackup-24-11-2026-1795479159.qp.xbc.xbs.gz';
const HOUR_S = 3600;

function lay(path: string, fixture: string, hoursAgo: number): void {
  mkdirSync(join(dir, path, '..'), { recursive: true });
  copyFileSync(new URL(fixture, recorded), join(dir, path));
  age(path, hoursAgo);
}
function age(path: string, hours: number): void {
  const at = Date.now() / 1000 - hours * HOUR_S;
  utimesSync(join(dir, path), at, at);
}

beforeAll(() => {
  lay(FULL, 'full.gz', 8);
  lay(INCREMENT, 'incremental.gz', 4);
  lay(CUT, 'full.gz', 2);
  truncateSync(join(dir, CUT), Math.floor(statSync(join(dir, CUT)).size / 2));
  age(CUT, 2);
  lay(FRESH, 'full.gz', 0);
  writeFileSync(join(dir, 'last_full_file'), `/backup//${FULL}\n`);
});
afterAll(() => rmSync(dir, { recursive: true }));

/** One node; of its engine nothing is asked but where the volume is. */
function hostsOf(): CloudHosts & { readonly proofs: () => number } {
  let proofs = 0;
  const run = async (command: Command) => {
    if (command.argv[0] === 'docker') return { code: 0, signal: null, stdout: `${dir}\n`, stderr: '' };
    if (command.stdin?.includes('XBSTCK01')) proofs += 1;
    return runCommand(command);
  };
  const host: Host = { name: 'lark', run, close: async () => {} };
  const none = () => {
    throw new Error('nothing runs here');
  };
  return { deploy: host, node: () => host, runs: none, proofs: () => proofs };
}

const config = configSchema.parse({
  clouds: {
    lab: {
      deploy_host: { local: true, executable: '/opt/kolla-ansible' },
      inventories: ['/i'],
      nodes: { lark: { ssh: { address: '192.0.2.1' } } },
      channel: 'C0OPS',
      requesters: { users: ['U0ALICE'] },
    },
  },
});

async function look(hosts: CloudHosts, earlier: Sighting | null): Promise<Sighting> {
  let seen = earlier;
  let due = true;
  const notes = {
    sighting: async () => seen,
    setSighting: async (_: string, next: Sighting) => {
      seen = next;
    },
    sightingDue: async () => {
      const was = due;
      due = false;
      return was;
    },
  };
  const journal = {
    read: async () => ({ state: 'missing' }) as const,
    recent: async () => [],
    restores: async () => [],
  };
  const looking = startLooking({ config, journal, notes, hostsOf: () => hosts, log: pino({ level: 'silent' }) });
  const read = () => (seen?.nodes[0]?.files ?? []).filter((file) => file.read !== null).length;
  const found = await until(async () => (seen !== earlier && read() >= 3 ? seen : null), 'read archives', 30_000);
  // What it would read beyond that it has begun by now.
  await new Promise((resolve) => setTimeout(resolve, 300));
  looking.stop();
  return found;
}

describe('a volume that no journal knows', () => {
  test('is read once: a chain by its LSNs, a partial archive, one that is perhaps still being written', async () => {
    const hosts = hostsOf();
    const seen = await look(hosts, null);
    expect(hosts.proofs()).toBe(3);
    const found = archivesSeen(seen, { proven: [], restores: [] });
    const full = FULL.split('/')[1];
    expect(
      found.map(({ path, type, serverVersion, standing }) => [path, type, serverVersion?.slice(0, 8), standing]),
    ).toEqual([
      [FRESH, 'full', undefined, { kind: 'unread' }],
      [CUT, 'full', undefined, { kind: 'unusable', code: 'ARCHIVE_CUT' }],
      [INCREMENT, 'incremental', '10.11.19', { kind: 'restorable', needs: [full] }],
      [FULL, 'full', '10.11.19', { kind: 'restorable', needs: [] }],
    ]);
    const said = JSON.stringify(archivesBlock(seen, found, Date.now()));
    for (const word of [
      'not ours',
      'partial, cut off: not restorable',
      'not read yet',
      `restorable with ${full}`,
      'MariaDB 10.11.19',
    ])
      expect(said).toContain(word);
    // A restore between the two makes them parts of two histories; one between the times at which they were copied doesn't.
    const restoredAt = (at: number) =>
      archivesSeen(seen, { proven: [], restores: [{ label: 'RST-1', at: [at] }] })[2]?.standing;
    expect(restoredAt(Date.UTC(2026, 10, 23, 20, 43, 22))).toEqual({ kind: 'no_chain', why: 'restore_inside' });
    expect(restoredAt(Date.now() - 6 * HOUR_S * 1000)?.kind).toBe('restorable');

    // The same files aren't read again; one that changed is.
    const again = hostsOf();
    expect(withRead(await look(again, seen), null).nodes).toEqual(seen.nodes);
    expect(again.proofs()).toBe(0);
    writeFileSync(join(dir, CUT), readFileSync(new URL('full-with-ddl.gz', recorded)));
    age(CUT, 2);
    const third = hostsOf();
    await until(
      async () => {
        const after = await look(third, seen);
        const standing = archivesSeen(after, { proven: [], restores: [] }).find(({ path }) => path === CUT)?.standing;
        return standing?.kind === 'restorable' ? true : null;
      },
      'the changed archive read',
      30_000,
    );
  });
});

test('the same without Redis and Slack, from the command line: whole archives with their checksums, chains, and what is of no use', async () => {
  const told: string[] = [];
  const { text, exit } = await archivesCommand(
    config,
    () => hostsOf(),
    'lab',
    (line) => told.push(line),
  );
  expect(exit).toBe(1);
  const full = readFileSync(new URL('full.gz', recorded));
  for (const word of [`lark:${FULL}`, createHash('sha256').update(full).digest('hex'), `after: ${FULL.split('/')[1]}`])
    expect(text).toContain(word);
  expect(text).toMatch(/not read: written to in the last 10 minutes, [^\n]*\n +lark:mysqlbackup-24-11-2026/);
  expect(text).toContain('A chain with one inside looks whole and is not');
  expect(told.filter((line) => line.startsWith('reading '))).toHaveLength(3);
  await expect(
    archivesCommand(
      config,
      () => hostsOf(),
      'other',
      () => {},
    ),
  ).rejects.toThrow('archives CLOUD (lab)');
});

test('each node’s volume is its own: what lies on another completes no chain, and one that is silent is told', async () => {
  const other = mkdtempSync(join(tmpdir(), 'kolla-volume-'));
  const directories: Readonly<Record<string, string>> = { lark: dir, bobcat: other };
  const path = join(other, INCREMENT);
  mkdirSync(join(path, '..'), { recursive: true });
  copyFileSync(new URL('incremental.gz', recorded), path);
  const at = Date.now() / 1000 - HOUR_S;
  utimesSync(path, at, at);
  const host = (name: string): Host => ({
    ...{ name, close: async () => {} },
    run: async (command) => {
      const directory = directories[name];
      if (directory === undefined) throw new KollaBackupError('HOST_UNREACHABLE', { host: name, reason: 'no route' });
      if (command.argv[0] !== 'docker') return runCommand(command);
      return { code: 0, signal: null, stdout: `${directory}\n`, stderr: '' };
    },
  });
  const { lab } = config.clouds;
  const node = lab?.nodes['lark'];
  if (lab === undefined || node === undefined) throw new Error('no cloud');
  const three = { ...config, clouds: { lab: { ...lab, nodes: { lark: node, bobcat: node, rodent: node } } } };
  const hosts = () => ({ ...hostsOf(), node: host });
  const { text, exit } = await archivesCommand(three, hosts, 'lab', () => {}).finally(() =>
    rmSync(other, { recursive: true }),
  );
  expect(exit).toBe(1);
  const [said = ''] = text
    .split('\n')
    .flatMap((line, index, lines) => (line.trim() === `bobcat:${INCREMENT}` ? [lines[index - 1] ?? ''] : []));
  expect(said).toContain('an archive of its chain is missing on that node');
  expect(text).toContain(`restorable\n    lark:${INCREMENT}\n`);
  expect(text).toContain('rodent could not be looked at: HOST_UNREACHABLE');
  expect(text.match(/^ +bobcat:/gm)).toHaveLength(1);
});

test('an archive that could not be read is told with the reason, and not as one that is new', async () => {
  const hosts = hostsOf();
  const { node } = hosts;
  const run = async (command: Command) =>
    command.stdin?.includes('XBSTCK01')
      ? { code: 1, signal: null, stdout: '', stderr: 'MemoryError' }
      : node('lark').run(command);
  const broken = () => ({ ...hosts, node: () => ({ ...node('lark'), run }) });
  const { text, exit } = await archivesCommand(config, broken, 'lab', () => {});
  expect(exit).toBe(1);
  expect(text.match(/not read: HOST_PROGRAM_FAILED: .*MemoryError/g)).toHaveLength(3);
  expect(text.match(/not read: written to in the last/g)).toHaveLength(1);
});

test.each([
  ['gzip_cut', 'ARCHIVE_CUT', null],
  ['unreadable', 'ARCHIVE_UNREADABLE', 'ARCHIVE_UNREADABLE'],
  ['unsupported', 'ARCHIVE_UNSUPPORTED', 'ARCHIVE_UNSUPPORTED'],
  ['too slow', 'PROOF_TOO_LONG', 'PROOF_TOO_LONG'],
  ['changed', null, 'ARCHIVE_CHANGED'],
  ['missing', null, 'ARCHIVE_MISSING'],
  ['out of memory', null, 'HOST_PROGRAM_FAILED'],
])('what is kept of an archive that was found %s, and what is told at once', async (reason, kept, told) => {
  const run = async (command: Command) => {
    if (command.argv[0] === 'docker') return { code: 0, signal: null, stdout: `${dir}\n`, stderr: '' };
    if (reason === 'too slow') throw new KollaBackupError('HOST_TIMEOUT', { host: 'lark', seconds: '60' });
    const stdout = `${JSON.stringify({ complete: false, reason, detail: 'so it is' })}\n`;
    return { code: 0, signal: null, stdout, stderr: '' };
  };
  const hosts = { ...hostsOf(), node: () => ({ name: 'lark', run, close: async () => {} }) };
  const seen = { path: FULL, bytes: 1, modified: 1, inode: 1, read: null };
  const { read, problem } = await readArchive(hosts, { node: 'lark', engine: 'docker' }, seen, 60_000);
  expect([read?.kind === 'unusable' ? read.code : read, problem?.code ?? null]).toEqual([kept, told]);
});

const file = fc.record({
  path: fc.constantFrom(FULL, INCREMENT, CUT, 'last_full_date'),
  bytes: fc.integer({ min: 1, max: 3 }),
  modified: fc.integer({ min: 0, max: 2_000_000 }),
  inode: fc.integer({ min: 1, max: 3 }),
  read: fc.constantFrom<(ArchiveRead | null)[]>(null, { kind: 'unusable', code: 'ARCHIVE_CUT' }),
});
const sightingOf = (files: readonly SeenFile[]): Sighting => ({
  at: 2_000_000,
  nodes: [{ node: 'lark', problem: null, files }],
});

test('what is known of a file stays, but what could not be read or understood is tried again, once a day and last', () => {
  const at = 10 * 86_400_000;
  const one = (path: string, code: string, hoursAgo: number): SeenFile => {
    const read = { kind: 'unusable', code, at: at - hoursAgo * HOUR_S * 1000 } as const;
    return { path, bytes: 1, modified: 1_000_000, inode: 1, read };
  };
  const next = (...files: readonly SeenFile[]) =>
    toRead({ ...sightingOf(files), at }, []).map(({ file: { path } }) => path);
  for (const code of ['ARCHIVE_EMPTY', 'ARCHIVE_CUT', 'ARCHIVE_UNFINISHED', 'ARCHIVE_DAMAGED', 'ARCHIVE_OTHER_HISTORY'])
    expect(next(one(FULL, code, 200))).toEqual([]);
  for (const code of ['ARCHIVE_UNREADABLE', 'ARCHIVE_UNSUPPORTED', 'ARCHIVE_MISSING']) {
    expect(next(one(FULL, code, 23))).toEqual([]);
    expect(next(one(FULL, code, 24), { ...one(CUT, code, 0), read: null, modified: 1 })).toEqual([CUT, FULL]);
  }
  // An earlier version of this software noted no time.
  const old = { ...one(FULL, '', 0), read: { kind: 'unusable', code: 'ARCHIVE_UNSUPPORTED' } as const };
  expect(next(old)).toEqual([FULL]);
  expect(
    JSON.stringify(archivesBlock(sightingOf([old]), archivesSeen(sightingOf([old]), { proven: [], restores: [] }), at)),
  ).toContain('could not be read (ARCHIVE_UNSUPPORTED)');
});

test('what was read stays with the very same file and goes to no other', () => {
  fc.assert(
    fc.property(fc.array(file, { maxLength: 4 }), fc.array(file, { maxLength: 4 }), (before, now) => {
      const bare = now.map((one) => ({ ...one, read: null }));
      const [node] = withRead(sightingOf(bare), sightingOf(before)).nodes;
      for (const one of node?.files ?? []) {
        if (one.read === null) continue;
        const same = before.filter(
          ({ path, bytes, modified, inode }) =>
            path === one.path && bytes === one.bytes && modified === one.modified && inode === one.inode,
        );
        expect(same.map(({ read }) => read)).toContainEqual(one.read);
      }
      for (const { file: chosen } of toRead(sightingOf(now), [])) {
        expect(chosen.read).toBeNull();
        expect(chosen.path).not.toBe('last_full_date');
        expect(2_000_000 - chosen.modified).toBeGreaterThanOrEqual(600_000);
      }
    }),
  );
});
