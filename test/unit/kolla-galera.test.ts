import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  judgeCluster,
  judgeNode,
  parseGrastate,
  parseStatus,
  STATUS_STATEMENT,
  UNDEFINED_UUID,
} from '../../src/kolla/galera.ts';
import { compareLsn, parseBackupInfo, parseCheckpoints, parseServerVersion } from '../../src/kolla/xtrabackup.ts';
import { recorded } from '../support/fixtures.ts';
import { CHECKPOINTS, INFO } from '../support/xbstream.ts';

const UUID = 'b13f0a8a-e6d1-11f1-8542-03be01f9004d';
const good = (changes: Record<string, string> = {}) => ({
  wsrep_cluster_status: 'Primary',
  wsrep_local_state_comment: 'Synced',
  wsrep_ready: 'ON',
  wsrep_connected: 'ON',
  wsrep_cluster_size: '3',
  wsrep_cluster_state_uuid: UUID,
  wsrep_local_state_uuid: UUID,
  ...changes,
});

describe('status rows', () => {
  test('are read as mariadb -N -B prints them', () => {
    const output = `wsrep_cluster_size\t3\nwsrep_cluster_state_uuid\t${UUID}\nwsrep_local_state_comment\tSynced\nwsrep_other\tx\nnoise\n`;
    expect(parseStatus(output)).toEqual({
      wsrep_cluster_size: '3',
      wsrep_cluster_state_uuid: UUID,
      wsrep_local_state_comment: 'Synced',
    });
    expect(parseStatus('')).toEqual({});
    expect(STATUS_STATEMENT).toMatch(
      /^SHOW GLOBAL STATUS WHERE Variable_name IN \('wsrep_[a-z_]+'(?:, 'wsrep_[a-z_]+')*\)$/,
    );
  });

  test('of any text come strings of known names only', () => {
    fc.assert(
      fc.property(
        fc.string(),
        (text) => void expect(Object.keys(parseStatus(text)).every((name) => name.startsWith('wsrep_'))).toBe(true),
      ),
    );
  });
});

describe('a node', () => {
  test('is a full member only if all four say so and it has the cluster’s position', () => {
    expect(judgeNode('a', good())).toBeUndefined();
    const wrong = [
      { wsrep_cluster_status: 'non-Primary' },
      { wsrep_cluster_status: 'Disconnected' },
      { wsrep_local_state_comment: 'Joined' },
      { wsrep_local_state_comment: 'Donor/Desynced' },
      { wsrep_ready: 'OFF' },
      { wsrep_connected: 'OFF' },
      { wsrep_cluster_state_uuid: UNDEFINED_UUID, wsrep_local_state_uuid: UNDEFINED_UUID },
      { wsrep_local_state_uuid: UNDEFINED_UUID },
    ];
    for (const changes of wrong)
      expect(judgeNode('a', good(changes as Record<string, string>))).toMatchObject({ code: 'NODE_NOT_SYNCED' });
    expect(judgeNode('a', {})).toMatchObject({ code: 'NODE_NOT_SYNCED' });
  });
});

describe('a cluster', () => {
  const three = (...statuses: (Record<string, string> | undefined)[]) =>
    statuses.map((status, at) => ({ node: `n${at}`, status }));
  const codes = (...statuses: (Record<string, string> | undefined)[]) =>
    judgeCluster(three(...statuses)).problems.map(({ code }) => code);

  test('is healthy when all nodes are members of the same one and nobody else is', () => {
    expect(judgeCluster(three(good(), good(), good()))).toEqual({ healthy: true, uuid: UUID, problems: [] });
  });

  test('with a node left out', () => {
    const alone = good({ wsrep_cluster_size: '2' });
    const out = good({
      wsrep_cluster_status: 'Disconnected',
      wsrep_local_state_comment: 'Initialized',
      wsrep_connected: 'OFF',
      wsrep_ready: 'OFF',
    });
    expect(codes(alone, alone, out)).toEqual(['NODE_NOT_SYNCED', 'CLUSTER_SIZE']);
    expect(codes(alone, alone, undefined)).toEqual(['NODE_SILENT', 'CLUSTER_SIZE']);
  });

  test('two Primary components at once, as a recovery of a healthy cluster makes them', () => {
    const other = '00f40f6a-e6d2-11f1-9521-eec39ddad0dc';
    const split = good({ wsrep_cluster_size: '1', wsrep_cluster_state_uuid: other, wsrep_local_state_uuid: other });
    const rest = good({ wsrep_cluster_size: '2' });
    expect(codes(split, rest, rest)).toEqual(['CLUSTER_SPLIT', 'CLUSTER_SIZE']);
    expect(judgeCluster(three(split, rest, rest)).uuid).toBeUndefined();
  });

  test('the same with one UUID is still seen by its size; more members than nodes as well; nobody is no cluster', () => {
    const alone = good({ wsrep_cluster_size: '1' });
    expect(codes(alone, alone)).toEqual(['CLUSTER_SIZE']);
    expect(codes(good(), good())).toEqual(['CLUSTER_SIZE']);
    expect(judgeCluster([])).toMatchObject({ healthy: false });
  });
});

describe('grastate.dat', () => {
  test('of a running node', () => {
    const [first = ''] = recorded('12-grastate-before-stop.txt').split(/(?=# GALERA)/);
    expect(parseGrastate(first)).toEqual({ uuid: UUID, seqno: '-1', safeToBootstrap: false });
  });

  test('of the last to leave; of a recovery’s own making; of nothing', () => {
    expect(parseGrastate(`version: 2.1\nuuid:    ${UUID}\nseqno:   9007199254740993\nsafe_to_bootstrap: 1\n`)).toEqual({
      uuid: UUID,
      seqno: '9007199254740993',
      safeToBootstrap: true,
    });
    expect(parseGrastate('safe_to_bootstrap: 1\n')).toBeUndefined();
    expect(parseGrastate(`uuid: ${UUID}\nseqno: x\n`)).toBeUndefined();
    expect(parseGrastate('')).toBeUndefined();
  });
});

describe('mariabackup’s own files', () => {
  test('checkpoints', () => {
    expect(parseCheckpoints(CHECKPOINTS)).toEqual({
      kind: 'full',
      fromLsn: '0',
      toLsn: '360915725',
      lastLsn: '360915741',
    });
    expect(parseCheckpoints(CHECKPOINTS.replace('full-backuped', 'log-applied'))?.kind).toBe('prepared');
    expect(parseCheckpoints(CHECKPOINTS.replace('= 0', '= 360915726'))).toBeUndefined();
    for (const bad of [
      '',
      CHECKPOINTS.replace('full-backuped', 'other'),
      CHECKPOINTS.replace('360915725', '-1'),
      CHECKPOINTS.replace('to_lsn', 'too'),
    ]) {
      expect(parseCheckpoints(bad)).toBeUndefined();
    }
    expect(
      parseCheckpoints(
        'backup_type = incremental\nfrom_lsn = 18446744073709551614\nto_lsn = 18446744073709551615\nlast_lsn = 18446744073709551615\n',
      )?.toLsn,
    ).toBe('18446744073709551615');
  });

  test('info, without the command that took it', () => {
    const info = parseBackupInfo(`${INFO}tool_command = --password=secret\n`);
    expect(info).toMatchObject({
      historyName: '23-11-2026',
      incremental: false,
      partial: false,
      server: { series: '10.11', patch: 18 },
    });
    expect(JSON.stringify(info)).not.toContain('secret');
    expect(parseBackupInfo(INFO.replace('partial = N\n', ''))).toBeUndefined();
    expect(parseBackupInfo(INFO.replace(/server_version = .*/, 'server_version = new'))).toBeUndefined();
  });

  test('versions', () => {
    expect(parseServerVersion('10.11.18-MariaDB-0+deb12u1-log')).toMatchObject({ series: '10.11', patch: 18 });
    expect(parseServerVersion('5.5.5-11.4.7-MariaDB')).toMatchObject({ series: '11.4', patch: 7 });
    expect(parseServerVersion('11.4')).toBeUndefined();
  });

  test('LSNs are ordered beyond what a double can hold', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (a, b) => {
        expect(Math.sign(compareLsn(String(a), String(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });
});
