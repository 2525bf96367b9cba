import { copyFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { backupAskers } from '../../src/engine/backup-askers.ts';
import type { Drive } from '../../src/engine/drive.ts';
import type { Host } from '../../src/operation/host.ts';
import type { Operation } from '../../src/operation/operation.ts';
import { judge } from '../../src/runbooks/judge.ts';
import { idleDrive, unasked } from '../support/idle-drive.ts';
import { runCommand } from '../support/python.ts';
import { recordedBackup } from '../support/recorded-backup.ts';

/** What the questions of an incremental say of the chain that it continues, by journals, volume and the archive itself. */

const volume = mkdtempSync(join(tmpdir(), 'kolla-backup-chain-'));
afterAll(() => rmSync(volume, { recursive: true }));
/** It begins at LSN 44420, and nothing changed meanwhile. */
const NEW = 'incremental-10-mysqlbackup-25-11-2026-1795680000.qp.xbc.xbs.gz';
const BASE = { toLsn: '44420', lastLsn: '44420' };
copyFileSync(new URL('../fixtures/kolla/archives/incremental.gz', import.meta.url), join(volume, NEW));
const { ino: inode, size } = statSync(join(volume, NEW));
const [OLD_DATA, NEW_DATA] = ['41:1795000000', '42:1795000900'];
const patience = <T>(_: string, question: () => Promise<T>) => question();

const fileOf = (label: string) => `mysqlbackup-25-11-2026-${label.replace('BKP-', '179564900')}.qp.xbc.xbs.gz`;

/** A full that lies there; only its length is looked at again: that it is whole, its own backup has proved. */
function full(label: string, datadir: string, ends: { readonly toLsn: string; readonly lastLsn: string }): Operation {
  const archive = fileOf(label);
  writeFileSync(join(volume, archive), label);
  return recordedBackup({ label, datadir, archive, volume, bytes: label.length, ...ends });
}

/** `earlier` are the cloud's other operations, newest first; `version` is what MariaDB says of itself. */
function driveOf(operation: Operation, earlier: readonly Operation[], version = ''): Drive {
  const host: Host = {
    name: 'lark',
    close: async () => {},
    run: async (command) => {
      const [program, verb] = command.argv;
      if (program !== 'docker') return runCommand(command);
      return { code: 0, signal: null, stdout: verb === 'exec' ? version : `${volume}\n`, stderr: '' };
    },
  };
  return idleDrive({
    operation: () => operation,
    hosts: { deploy: host, node: () => host, runs: unasked },
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
  });
}

const nodeOf = ({ plan }: Operation) => ({ node: plan?.plan.backupHost ?? '', engine: 'docker' }) as const;

/** What such a backup ends with: the backups that its archive needs, or the code of why it doesn't count. */
async function proved(datadir: string, earlier: readonly Operation[]) {
  const own = { label: 'BKP-9', datadir, archive: NEW, volume, bytes: size, inode };
  const operation = recordedBackup(own, (event) => event['step'] !== 'prove-archive');
  const check = {
    ...({ check: 'archive-complete', foundBy: 'find-archive', type: 'incremental' } as const),
    node: nodeOf(operation),
  };
  const drive = driveOf(operation, earlier);
  const answer = await backupAskers['archive-complete'](check, { drive, timeLimitMs: 60_000, patience });
  return judge(check, { check: 'archive-complete', answer })?.code ?? answer.needs;
}

test('it needs the full of its own datadir, never that of one which a state transfer has replaced', async () => {
  const old = full('BKP-1', OLD_DATA, BASE);
  const now = full('BKP-2', NEW_DATA, { toLsn: '44000', lastLsn: '44400' });
  expect(await proved(OLD_DATA, [old])).toEqual(['BKP-1']);
  // mariabackup begins at the highest position of the day, which is the old full's.
  expect(await proved(NEW_DATA, [now, old])).toBe('INCREMENTAL_OFF_CHAIN');
});

test('it does not count where it begins at none that was proved, or at one whose file is not there any more', async () => {
  expect(await proved(OLD_DATA, [full('BKP-1', OLD_DATA, { ...BASE, toLsn: '44419' })])).toBe('INCREMENTAL_OFF_CHAIN');
  const base = full('BKP-1', OLD_DATA, BASE);
  writeFileSync(join(volume, fileOf('BKP-1')), 'another');
  expect(await proved(OLD_DATA, [base])).toBe('INCREMENTAL_LINK_GONE');
  rmSync(join(volume, fileOf('BKP-1')));
  expect(await proved(OLD_DATA, [base])).toBe('INCREMENTAL_LINK_GONE');
});

test('before it is taken, it is asked which MariaDB will take it', async () => {
  const base = full('BKP-1', OLD_DATA, BASE);
  const volumes = { volume: 'mariadb_backup', datadirVolume: 'mariadb' };
  const check = { check: 'backup-base', node: nodeOf(base), type: 'incremental', ...volumes } as const;
  const problem = async (version: string) => {
    const drive = driveOf(base, [base], version);
    return (await backupAskers['backup-base'](check, { drive, timeLimitMs: 60_000, patience })).problem;
  };
  const upgraded = await problem('11.4.7-MariaDB-log\n');
  expect(upgraded?.code).toBe('INCREMENTAL_NO_FULL');
  expect(upgraded?.params['why']).toContain('BKP-1, was taken of MariaDB 10.11');
  // That its datadir can't be looked at here is the next thing that is asked.
  for (const version of ['10.11.20-MariaDB\n', 'not asked'])
    expect((await problem(version))?.code).toBe('INCREMENTAL_DATADIR_UNKNOWN');
});
