import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSyncedLines } from '../../src/kolla/synced-lines.ts';
import { recorded } from '../support/fixtures.ts';

const read = (stdout: string, code = 0) => readSyncedLines({ code, signal: null, stdout, stderr: '' });
const log = recorded('mariadb/first-node-of-a-recovery.log');
const START = '2026-11-23  0:44:21 0 [Note] Starting MariaDB 11.4.5-MariaDB source revision x';

describe('the lines by which the runbook confirms a recovery', () => {
  test('are those after the last start, though the node said them before, alone', () => {
    expect(read(log)).toEqual([
      '2026-11-23 0:44:24 0 [Note] WSREP: Shifting JOINED -> SYNCED (TO: 5)',
      '2026-11-23 0:44:24 2 [Note] WSREP: Server comfortable-lark synced with group',
      '2026-11-23 0:44:24 2 [Note] WSREP: Server status change joined -> synced',
      '2026-11-23 0:44:24 2 [Note] WSREP: Synchronized with group, ready for connections',
    ]);
  });

  test('are not there before the node has synced, or when it was left out', () => {
    const [before = ''] = log.split(/(?<=Starting MariaDB .*\n)(?![\s\S]*Starting MariaDB)/);
    expect(before.match(/Starting MariaDB/g)).toHaveLength(2);
    expect(read(before)).toEqual([]);
    expect(read(`${log}\n${START}\n`)).toEqual([]);
    expect(
      read(
        `${log}\n2026-11-23 0:44:21 0 [Note] /usr/sbin/mariadbd (server 10.6.5-MariaDB) starting as process 113 ...\n`,
      ),
    ).toEqual([]);
    expect(read(recorded('mariadb/node-left-out.log'))).toEqual([]);
    expect(read(log, 1)).toEqual([]);
    expect(read('')).toEqual([]);
  });

  test('are the newest of each kind in a tail that begins after the start, where the log is long', () => {
    const tail = log.slice(log.indexOf('\n', log.lastIndexOf('Starting MariaDB')));
    const again = '2026-11-23  1:00:00 0 [Note] WSREP: Shifting JOINED -> SYNCED (TO: 99)\n';
    expect(read(`${tail}\n${again}`)).toEqual([...read(log).slice(1), again.trim().replace('  ', ' ')]);
  });

  test('are at most 4 short lines, one of a kind, whatever the log holds', () => {
    const part = fc.constantFrom(
      'WSREP: Shifting JOINED -> SYNCED (TO: 1)',
      'WSREP: Server a synced with group',
      START,
      '\u001B[31m',
      '\u202E',
      'x'.repeat(300),
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string())), (parts) => {
        const lines = read(parts.join('\n'));
        expect(lines.length).toBeLessThanOrEqual(4);
        for (const line of lines) {
          expect(line.length).toBeLessThanOrEqual(160);
          expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        }
      }),
    );
  });
});
