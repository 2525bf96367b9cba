import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { expect, test } from 'vitest';
import { backupAskers } from '../../src/engine/backup-askers.ts';
import type { Drive } from '../../src/engine/drive.ts';
import type { Command, Host } from '../../src/operation/host.ts';
import type { Operation } from '../../src/operation/operation.ts';
import { runCommand } from '../support/python.ts';
import { recordedBackup } from '../support/recorded-backup.ts';

/** What the proof of an incremental says of the chain that it continues, by the journals and the archive itself. */

const INCREMENTAL = fileURLToPath(new URL('../fixtures/kolla/archives/incremental.gz', import.meta.url));
const BEGINS = { toLsn: '44420', lastLsn: '44420' };
const never = () => {
  throw new Error('nothing is asked of it here');
};

/** The drive of a backup whose new archive is that incremental; `earlier` are the cloud's other operations, newest first. */
function driveOf(operation: Operation, earlier: readonly Operation[]): Drive {
  const host: Host = {
    name: 'lark',
    close: async () => {},
    run: async (command: Command) => {
      const stdin = command.stdin?.replace(/"\/var\/lib[^"]*"/, JSON.stringify(INCREMENTAL)) ?? '';
      const { stdout, ...outcome } = await runCommand({ ...command, stdin });
      const [inode] = [...operation.attempts.values()]
        .flatMap((sent) => sent.at(-1)?.end?.after ?? [])
        .flatMap((one) => (one.check === 'new-archive' ? one.answer.fresh : []))
        .map((file) => String(file.inode));
      return { ...outcome, stdout: stdout.replace(/"inode": "\d+"/, `"inode": "${inode}"`) };
    },
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
  const operation = recordedBackup({ label: 'BKP-9', datadir }, (event) => event['step'] !== 'prove-archive');
  const node = { node: operation.plan?.plan.backupHost ?? '', engine: 'docker' } as const;
  return backupAskers['archive-complete'](
    { check: 'archive-complete', node, foundBy: 'find-archive', type: 'incremental' },
    { drive: driveOf(operation, earlier), timeLimitMs: 60_000, patience: (_, question) => question() },
  );
}

test('an incremental continues the full of its own datadir, never that of one which a state transfer has replaced', async () => {
  const old = recordedBackup({ label: 'BKP-1', datadir: '41:1795000000', ...BEGINS });
  const now = recordedBackup({ label: 'BKP-2', datadir: '42:1795000900', toLsn: '44000', lastLsn: '44400' });
  expect(await proved('41:1795000000', [old])).toMatchObject({ complete: true, problem: null, needs: ['BKP-1'] });
  // mariabackup begins at the highest position of the day, which is the old full's.
  expect(await proved('42:1795000900', [now, old])).toMatchObject({ problem: { code: 'INCREMENTAL_OFF_CHAIN' } });
});
