import { copyFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, expect, test } from 'vitest';
import { backupAskers } from '../../src/engine/backup-askers.ts';
import type { Drive } from '../../src/engine/drive.ts';
import type { Host } from '../../src/operation/host.ts';
import type { Operation } from '../../src/operation/operation.ts';
import { runCommand } from '../support/python.ts';
import { recordedBackup } from '../support/recorded-backup.ts';

/** What the proof of an incremental says of the chain that it continues, by the journals and the archive itself. */

const volume = mkdtempSync(join(tmpdir(), 'kolla-backup-chain-'));
afterAll(() => rmSync(volume, { recursive: true }));
const NEW = 'incremental-10-mysqlbackup-25-11-2026-1795680000.qp.xbc.xbs.gz';
copyFileSync(new URL('../fixtures/kolla/archives/incremental.gz', import.meta.url), join(volume, NEW));
const { ino: inode, size } = statSync(join(volume, NEW));

/** A full that lies there; only its length is looked at. */
function full(label: string, datadir: string, ends: { readonly toLsn: string; readonly lastLsn: string }): Operation {
  const archive = `mysqlbackup-25-11-2026-${label.replace('BKP-', '179564900')}.qp.xbc.xbs.gz`;
  writeFileSync(join(volume, archive), label);
  return recordedBackup({ label, datadir, archive, volume, bytes: label.length, ...ends });
}

const never = () => {
  throw new Error('nothing is asked of it here');
};

/** The drive of a backup whose new archive is that incremental; `earlier` are the cloud's other operations, newest first. */
function driveOf(operation: Operation, earlier: readonly Operation[]): Drive {
  const host: Host = {
    name: 'lark',
    close: async () => {},
    run: async (command) =>
      command.argv[0] === 'docker' ? { code: 0, signal: null, stdout: `${volume}\n`, stderr: '' } : runCommand(command),
  };
  return {
    operation: () => operation,
    hosts: { deploy: host, node: () => host, runs: never },
    journal: {
      now: async () => operation.headAt,
      owner: async () => operation.id,
      restores: async () => [],
      recent: async () => earlier.map(({ label }) => ({ id: label, at: 0 })),
      read: async (id) => {
        const found = earlier.find(({ label }) => label === id);
        return found === undefined ? { state: 'missing' } : { state: 'sound', records: [], operation: found };
      },
    },
    ...{ claim: 'c'.repeat(20), keeper: { mayStart: () => true, signal: new AbortController().signal, stop: never } },
    notes: {
      ...{ progress: never, setProgress: async () => {}, log: never, setLog: never },
      ...{ sighting: never, setSighting: never, sightingDue: never },
    },
    ...{ signal: new AbortController().signal, log: pino({ level: 'silent' }), logDirectory: '/nonexistent' },
    ...{ write: never, writeStart: never, refresh: never, durable: never },
  };
}

/** The answer of an incremental that is taken on that datadir. */
function proved(datadir: string, earlier: readonly Operation[]) {
  const own = { label: 'BKP-9', datadir, archive: NEW, volume, bytes: size, inode };
  const operation = recordedBackup(own, (event) => event['step'] !== 'prove-archive');
  const node = { node: operation.plan?.plan.backupHost ?? '', engine: 'docker' } as const;
  return backupAskers['archive-complete'](
    { check: 'archive-complete', node, foundBy: 'find-archive', type: 'incremental' },
    { drive: driveOf(operation, earlier), timeLimitMs: 60_000, patience: (_, question) => question() },
  );
}

test('an incremental continues the full of its own datadir, never that of one which a state transfer has replaced', async () => {
  const old = full('BKP-1', '41:1795000000', { toLsn: '44420', lastLsn: '44420' });
  const now = full('BKP-2', '42:1795000900', { toLsn: '44000', lastLsn: '44400' });
  expect(await proved('41:1795000000', [old])).toMatchObject({ complete: true, problem: null, needs: ['BKP-1'] });
  // mariabackup begins at the highest position of the day, which is the old full's.
  expect(await proved('42:1795000900', [now, old])).toMatchObject({ problem: { code: 'INCREMENTAL_OFF_CHAIN' } });
});
