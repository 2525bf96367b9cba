import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pino } from 'pino';
import { afterAll, expect, test } from 'vitest';
import { backupAskers } from '../../src/engine/backup-askers.ts';
import type { Drive } from '../../src/engine/drive.ts';
import type { Answered } from '../../src/operation/checks.ts';
import { fold } from '../../src/operation/fold.ts';
import type { Command, Host } from '../../src/operation/host.ts';
import type { Operation } from '../../src/operation/operation.ts';
import { journalRecord } from '../../src/operation/record.ts';
import { judge } from '../../src/runbooks/judge.ts';
import { runCommand } from '../support/python.ts';
import * as xb from '../support/xbstream.ts';

/** A new incremental is proved in a volume in which the full of a recorded backup lies, and its chain is looked for. */

const volume = mkdtempSync(join(tmpdir(), 'kolla-incremental-'));
afterAll(() => rmSync(volume, { recursive: true }));

const lines = readFileSync(new URL('../fixtures/journals/0.1.0/BKP-1.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n');
const records = lines.map((line) => journalRecord.parse(JSON.parse(line)));
const folded = fold(records);
if (!folded.ok) throw new Error(folded.why);
const taken = folded.operation;
const FULL = { path: 'mysqlbackup-25-11-2026-1795649486.qp.xbc.xbs.gz', bytes: 12_920_135, toLsn: '20942637' };
const PATH = 'incremental-04-mysqlbackup-25-11-2026-1795660000.qp.xbc.xbs.gz';
const NODE = { node: 'comfortable-lark.local', engine: 'docker' } as const;

/** Only its length is looked at again: that it is whole, its own backup has proved. */
function layFull(bytes: number): void {
  writeFileSync(join(volume, FULL.path), '');
  truncateSync(join(volume, FULL.path), bytes);
}

/** What lies in the volume when mariabackup has ended. */
function layIncremental(fromLsn: string): Operation {
  const told = (text: string) =>
    text
      .replace('full-backuped', 'incremental')
      .replace('incremental = N', 'incremental = Y')
      .replace('from_lsn = 0', `from_lsn = ${fromLsn}`);
  const files = [xb.file('xtrabackup_checkpoints', told(xb.CHECKPOINTS)), xb.file('xtrabackup_info', told(xb.INFO))];
  writeFileSync(join(volume, PATH), gzipSync(Buffer.concat(files)));
  const { size: bytes, ino: inode } = statSync(join(volume, PATH));
  const found: Answered = {
    check: 'new-archive',
    answer: { directory: volume, fresh: [{ path: PATH, bytes, modified: 0, inode }] },
  };
  const attempts = new Map(taken.attempts);
  const [sent] = attempts.get('find-archive') ?? [];
  if (sent?.end == null) throw new Error('nothing was found');
  attempts.set('find-archive', [{ ...sent, end: { ...sent.end, after: [found] } }]);
  return { ...taken, id: 'b'.repeat(20), label: 'BKP-2', end: null, attempts };
}

function driveOf(operation: Operation, version = ''): Drive {
  const never = () => {
    throw new Error('it is not asked here');
  };
  const run = async (command: Command) => {
    const [program, verb] = command.argv;
    if (program !== 'docker') return runCommand(command);
    return { code: 0, signal: null, stdout: verb === 'exec' ? version : `${volume}\n`, stderr: '' };
  };
  const host: Host = { name: NODE.node, run, close: async () => {} };
  const signal = new AbortController().signal;
  return {
    operation: () => operation,
    claim: 'c'.repeat(20),
    keeper: { mayStart: () => true, signal, stop: () => {} },
    signal,
    hosts: { deploy: host, node: () => host, runs: never },
    notes: {
      progress: async () => null,
      setProgress: async () => {},
      log: async () => null,
      setLog: async () => {},
      sighting: async () => null,
      setSighting: async () => {},
      sightingDue: async () => false,
    },
    log: pino({ level: 'silent' }),
    logDirectory: '/nonexistent',
    write: never,
    writeStart: never,
    refresh: never,
    journal: {
      now: async () => taken.headAt + 3_600_000,
      owner: async () => null,
      read: async () => ({ state: 'sound', records, operation: taken }),
      recent: async () => [{ id: taken.id, at: 0 }],
      restores: async () => [],
    },
    durable: async () => null,
  };
}

const patience = <T>(_: string, question: () => Promise<T>) => question();

/** What the backup ends with: the backups that its archive needs, or the code of why it doesn't count. */
async function proved(fromLsn: string) {
  const check = { check: 'archive-complete', node: NODE, foundBy: 'find-archive', type: 'incremental' } as const;
  const drive = driveOf(layIncremental(fromLsn));
  const answer = await backupAskers['archive-complete'](check, { drive, timeLimitMs: 60_000, patience });
  return judge(check, { check: 'archive-complete', answer })?.code ?? answer.needs;
}

test('it needs the full that it begins at', async () => {
  layFull(FULL.bytes);
  expect(await proved(FULL.toLsn)).toEqual(['BKP-1']);
});

test('it does not count where it begins at none that was proved, or at one whose file is not there any more', async () => {
  layFull(FULL.bytes);
  expect(await proved('20942638')).toBe('INCREMENTAL_OFF_CHAIN');
  layFull(FULL.bytes - 1);
  expect(await proved(FULL.toLsn)).toBe('INCREMENTAL_LINK_GONE');
  rmSync(join(volume, FULL.path));
  expect(await proved(FULL.toLsn)).toBe('INCREMENTAL_LINK_GONE');
});

test('before it is taken, it is asked which MariaDB will take it', async () => {
  layFull(FULL.bytes);
  const volumes = { volume: 'mariadb_backup', datadirVolume: 'mariadb' };
  const check = { check: 'backup-base', node: NODE, type: 'incremental', ...volumes } as const;
  const problem = async (version: string) => {
    const drive = driveOf(taken, version);
    return (await backupAskers['backup-base'](check, { drive, timeLimitMs: 60_000, patience })).problem;
  };
  const upgraded = await problem('11.4.7-MariaDB-log\n');
  expect(upgraded?.code).toBe('INCREMENTAL_NO_FULL');
  expect(upgraded?.params['why']).toContain('BKP-1, was taken of MariaDB 10.11');
  // That its datadir wasn't noted is the next thing that is asked.
  for (const version of ['10.11.20-MariaDB\n', 'not asked'])
    expect((await problem(version))?.code).toBe('INCREMENTAL_DATADIR_UNKNOWN');
});
