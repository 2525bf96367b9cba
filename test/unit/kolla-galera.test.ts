import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  aheadOf,
  further,
  notMember,
  type Position,
  parseStatus,
  STATUS_STATEMENT,
  wholeCluster,
} from '../../src/kolla/galera.ts';
import { compareLsn, parseBackupInfo, parseCheckpoints, parseServerVersion } from '../../src/kolla/xtrabackup.ts';
import type { AnswerTo, Check } from '../../src/operation/checks.ts';
import { judge } from '../../src/runbooks/judge.ts';
import { memberStatus } from '../support/galera-status.ts';
import { CHECKPOINTS, INFO } from '../support/xbstream.ts';

const UNDEFINED_UUID = '00000000-0000-0000-0000-000000000000';
const UUID = 'b13f0a8a-e6d1-11f1-8542-03be01f9004d';
const good = (changes: Record<string, string> = {}) => memberStatus(UUID, changes);

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
    expect(notMember(good())).toBeNull();
    const wrong: Record<string, string>[] = [
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
      expect(notMember(good(changes))).toContain(
        Object.values(changes)[0] === UNDEFINED_UUID ? 'UUID' : Object.values(changes)[0],
      );
    expect(notMember({})).toContain('wsrep_ready=unknown');
  });

  test('that is the backup host is named with what is wrong', () => {
    const check: Extract<Check, { check: 'backup-host-synced' }> = {
      check: 'backup-host-synced',
      host: 'a',
      nodes: [],
      container: 'mariadb',
    };
    const told = (status: Record<string, string>) =>
      judge(check, { check: check.check, answer: { nodes: [{ node: 'a', answered: true, status }] } });
    expect(told(good())).toBeNull();
    expect(told(good({ wsrep_ready: 'OFF' }))).toEqual({
      code: 'BACKUP_HOST_NOT_SYNCED',
      params: { host: 'a', state: 'wsrep_ready=OFF' },
    });
    expect(told(good({ wsrep_local_state_uuid: UNDEFINED_UUID }))).toMatchObject({ code: 'BACKUP_HOST_NOT_SYNCED' });
  });
});

describe('room for an archive', () => {
  const MIB = 1_048_576;
  const node = { node: 'a', engine: 'docker' } as const;
  const check: Check = { check: 'room-for-archive', node, volume: 'mariadb_backup', datadirVolume: 'mariadb' };
  type Room = AnswerTo<'room-for-archive'>;
  const told = (freeMib: number, unpacks: Pick<Room, 'unpacks'> = {}) => {
    const sizes = { freeBytes: freeMib * MIB, datadirBytes: 2000 * MIB, largestFullBytes: 100 * MIB };
    return judge(check, { check: 'room-for-archive', answer: { directory: '/v', ...sizes, ...unpacks } });
  };
  const unpacks = (freeMib: number, beside: boolean) => ({
    unpacks: { bytes: 1500 * MIB, freeBytes: freeMib * MIB, beside },
  });

  test('is a fifth more than the largest full, and something to stay free', () => {
    expect(told(376)).toBeNull();
    expect(told(375)).toMatchObject({
      code: 'NO_ROOM_FOR_ARCHIVE',
      params: { host: 'a', directory: '/v', free: '375 MiB', needed: '376 MiB' },
    });
  });

  test('is also what an incremental unpacks first, beside the archive or on a file system of its own', () => {
    const short = (needed: string) => ({ code: 'NO_ROOM_TO_UNPACK', params: { host: 'a', needed } });
    expect(told(1876, unpacks(1876, true))).toBeNull();
    expect(told(1875, unpacks(1875, true))).toMatchObject(short('1876 MiB'));
    expect(told(376, unpacks(1756, false))).toBeNull();
    expect(told(9000, unpacks(1755, false))).toMatchObject(short('1756 MiB'));
    expect(told(375, unpacks(9000, false))).toMatchObject({ code: 'NO_ROOM_FOR_ARCHIVE' });
  });
});

describe('a cluster', () => {
  const OTHER = 'ed0457a2-e6d6-11f1-84eb-e39e4be96393';
  const names = ['a', 'b', 'c'];
  const cluster = (changes: Record<string, string> = {}, at = -1) =>
    names.map((node, position) => ({ node, status: good(at === -1 || at === position ? changes : {}) }));
  const of = (id: string) => ({ wsrep_cluster_state_uuid: id, wsrep_local_state_uuid: id });

  test('is whole when every node is a full member of the same one, and it has no others', () => {
    expect(wholeCluster(cluster())).toBeNull();
    expect(
      wholeCluster(
        cluster()
          .slice(0, 1)
          .map(({ node }) => ({ node, status: good({ wsrep_cluster_size: '1' }) })),
      ),
    ).toBeNull();
    expect(wholeCluster(cluster(), { is: UUID, not: OTHER })).toBeNull();
    expect(wholeCluster(cluster(), { not: UUID })).toBe(`the cluster’s UUID is still ${UUID}`);
    expect(wholeCluster(cluster(), { is: OTHER })).toBe(`the cluster’s UUID is ${UUID} instead of ${OTHER}`);
    expect(wholeCluster([])).toBe('no node was asked');
  });

  test('is not when any one of them says otherwise, wherever it stands', () => {
    const wrong: [Record<string, string>, string][] = [
      [{ wsrep_local_state_comment: 'Donor/Desynced' }, 'b: wsrep_local_state_comment=Donor/Desynced'],
      [{ wsrep_cluster_size: '2' }, 'the cluster has 2 members instead of 3'],
      [{ wsrep_cluster_size: '4' }, 'the cluster has 4 members instead of 3'],
      [of(OTHER), 'the nodes are in different clusters'],
    ];
    for (const [changes, reason] of wrong) expect(wholeCluster(cluster(changes, 1))).toContain(reason);
    expect(wholeCluster(cluster({ wsrep_cluster_size: '2' }))).toContain('2 members instead of 3');
    fc.assert(
      fc.property(fc.nat(2), fc.constantFrom(...wrong), (at, [changes]) => {
        expect(wholeCluster(cluster(changes, at))).not.toBeNull();
      }),
    );
    const silent = cluster().map(({ node, status }) => ({ node, status: node === 'c' ? null : status }));
    expect(wholeCluster(silent)).toBe('c: it did not answer');
    expect(wholeCluster([{ node: 'a', status: {} }])).toContain('a: wsrep_cluster_status=unknown');
  });

  const position = (seqno: number, id = UUID): Position => ({ uuid: id, seqno });
  const known = fc.array(fc.integer({ min: 0, max: 2 ** 40 }), { minLength: 1, maxLength: 9 });

  const told = (all: readonly (Position | null)[]) => all.map((one, index) => ({ node: String(index), position: one }));

  test('has a node ahead of another where the highest seqno is, in any order', () => {
    expect(aheadOf('0', told([18, 28, 20].map((seqno) => position(seqno))))).toBe('1');
    expect(aheadOf('1', told([18, 28, 20].map((seqno) => position(seqno))))).toBe('1');
    expect(aheadOf('0', told([7, 7].map((seqno) => position(seqno))))).toBe('0');
    fc.assert(
      fc.property(known, fc.nat(), (seqnos, at) => {
        const own = at % seqnos.length;
        const ahead = aheadOf(String(own), told(seqnos.map((seqno) => position(seqno))));
        const most = Math.max(...seqnos);
        expect(seqnos[Number(ahead)]).toBe(most);
        if (seqnos[own] === most) expect(ahead).toBe(String(own));
      }),
    );
  });

  test('has that node whatever else is unknown, undefined or another cluster’s, and none where its own position is', () => {
    const bad = [
      null,
      position(-1),
      position(5, UNDEFINED_UUID),
      position(2 ** 50, OTHER),
      position(Number.NaN),
      position(0.5),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...bad), fc.constantFrom(0, 1, 2), (wrong, where) => {
        const all: (Position | null)[] = [position(100), position(120)];
        all.splice(where, 0, wrong);
        const at = (seqno: number) => String(all.findIndex((one) => one?.seqno === seqno && one.uuid === UUID));
        expect(aheadOf(at(100), told(all))).toBe(at(120));
        expect(aheadOf(at(120), told(all))).toBeNull();
        // What knows no cluster has lost what it had; of anything else nothing is known.
        expect(aheadOf(String(where), told(all))).toBe(wrong?.uuid === UNDEFINED_UUID ? at(120) : null);
      }),
    );
    expect(aheadOf('0', [])).toBeNull();
    expect(aheadOf('0', told([position(5, UNDEFINED_UUID), position(9, UNDEFINED_UUID)]))).toBeNull();
  });
});

describe('a node that went further than the one that is recovered from', () => {
  const OTHER = 'ed0457a2-e6d6-11f1-84eb-e39e4be96393';
  const position = (seqno: number, uuid = UUID): Position => ({ uuid, seqno });
  const nodes = (...positions: (Position | null)[]) =>
    positions.map((one, index) => ({ node: 'abc'.charAt(index), position: one }));
  test.each([
    ['nobody was in a cluster yet: a copy, and empty directories', nodes(null, null, null), null],
    ['it left the cluster last', nodes(position(20), position(18), position(19)), null],
    ['others have as much', nodes(position(20), position(20), null), null],
    ['another stayed on after it', nodes(position(20), null, position(21)), 'c'],
    ['another has another history', nodes(position(20), position(3, OTHER), null), 'b'],
    ['it was killed, and another knows how far it went', nodes(position(-1), null, position(4)), 'c'],
    [
      'all were killed: nobody can tell, and it is the one that has the copy',
      nodes(position(-1), position(-1), null),
      null,
    ],
    [
      'it was killed in a state transfer from another, and those were killed, too',
      nodes(null, position(-1), null),
      'b',
    ],
    [
      'the same, where its grastate.dat is the one of a transfer',
      nodes(position(-1, UNDEFINED_UUID), null, position(-1)),
      'c',
    ],
    ['another was killed in its state transfer', nodes(position(7), position(-1, UNDEFINED_UUID), null), null],
  ])('%s', (_, positions, expected) => expect(further('a', positions)).toBe(expected));

  test('is named as what it is: restored data, from which no way back leads', () => {
    const check: Check = { check: 'none-further', holds: [{ node: 'a', step: 'hold-1' }] };
    const answer = { positions: [], from: 'a', further: 'c' };
    const problem = judge(check, { check: 'none-further', answer });
    expect(problem).toMatchObject({ code: 'RECOVERED_NODE_IS_BEHIND', params: { host: 'a', ahead: 'c' } });
    expect(judge(check, { check: 'none-further', answer: { ...answer, further: null } })).toBeNull();
  });
});

describe('a node that is to be restarted', () => {
  const nodes = ['a', 'b', 'c'].map((node) => ({ node, engine: 'docker' as const }));
  const check: Check = { check: 'another-serves', host: 'a', nodes, container: 'mariadb' };
  const away = { code: 'GALERA_UNKNOWN', params: {} };
  const told = (...all: readonly (Record<string, string> | null)[]) =>
    judge(check, {
      check: 'another-serves',
      answer: {
        nodes: all.map((changes, index) => {
          const node = nodes[index]?.node ?? '';
          return changes ? { node, answered: true, status: good(changes) } : { node, answered: false, problem: away };
        }),
      },
    });
  const OUT = { wsrep_cluster_status: 'non-Primary', wsrep_local_state_comment: 'Initialized' };

  test('is not while it alone is Primary, in whatever state', () => {
    const alone = { code: 'NODE_SERVES_ALONE', params: { host: 'a' } };
    expect(told({}, OUT, null)).toEqual(alone);
    const donor = { wsrep_local_state_comment: 'Donor/Desynced' };
    expect(told(donor, { wsrep_local_state_comment: 'Joined' }, null)).toEqual(alone);
  });
  test('is where another one serves, or where it does not', () => {
    expect(told({}, {}, null)).toBeNull();
    expect(told({}, { wsrep_local_state_comment: 'Donor/Desynced' }, null)).toBeNull();
    expect(told(OUT, {}, OUT)).toBeNull();
    expect(told(null, OUT, null)).toBeNull();
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
