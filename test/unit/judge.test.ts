import { expect, test } from 'vitest';
import type { Answered, AnswerTo, Check, CheckName } from '../../src/operation/checks.ts';
import { judge } from '../../src/runbooks/judge.ts';
import { usableDatadir } from '../../src/runbooks/judge-survey.ts';
import { memberStatus } from '../support/galera-status.ts';
import { surveyed } from '../support/surveyed.ts';

/** What is asked is judged by its answer alone: each code beside the answer that it is given for. */

const node = { node: 'node-a', engine: 'docker' } as const;
const nodes = [node];
const container = 'mariadb';
const UUID = '5ffef8dc-e907-11f1-848a-6ee6f332f22d';
const address = { host: '192.0.2.9', port: 3306 };
const tried = { plan: 1, step: 'trial' };

/** A check's code by an answer; null where the answer is as it must be. */
function told<K extends CheckName>(check: Extract<Check, { check: K }>, answer: AnswerTo<K>): string | null {
  // The pairing of the two, which the compiler can't see.
  return judge(check, { check: check.check, answer } as unknown as Answered)?.code ?? null;
}

test('a node that was declared gone, or held down, and isn’t', () => {
  const gone = { check: 'nodes-gone', gone: [{ name: 'node-c', address: '192.0.2.3' }], nodes, container } as const;
  const check = { ...gone, gone: [...gone.gone], nodes: [...nodes] };
  expect(told(check, { back: [] })).toBeNull();
  expect(told(check, { back: [{ node: 'node-c', why: 'it answers by SSH' }] })).toBe('GONE_NODE_ANSWERS');
  const down = { check: 'nodes-down' as const, nodes: [...nodes], container, unit: null };
  expect(told(down, { up: [] })).toBeNull();
  expect(told(down, { up: [{ node: 'node-a', why: 'unit active' }] })).toBe('NODE_IS_UP');
});

test('the service after a recovery: the node itself, and the address at which services find it', () => {
  const check = { check: 'service-back' as const, node, container, address };
  const member = { node: 'node-a', answered: true as const, status: memberStatus(UUID, {}) };
  const joining = { ...member, status: memberStatus(UUID, { wsrep_local_state_comment: 'Joined' }) };
  const mute = { node: 'node-a', answered: false as const, problem: { code: 'GALERA_UNKNOWN', params: {} } };
  expect(told(check, { node: member, answeredBy: 'node-a' })).toBeNull();
  expect(told({ ...check, address: null }, { node: member, answeredBy: null })).toBeNull();
  expect(told(check, { node: member, answeredBy: null })).toBe('SERVICE_ADDRESS_SILENT');
  expect(told(check, { node: joining, answeredBy: 'node-a' })).toBe('SERVICE_NOT_BACK');
  expect(told(check, { node: mute, answeredBy: null })).toBe('SERVICE_NOT_BACK');
});

test('a backup that another host took than was meant, or none', () => {
  const check = { check: 'one-host-changed' as const, host: 'node-a' };
  const answer = { host: 'node-a', recap: [], problem: null };
  expect(told(check, answer)).toBeNull();
  expect(told(check, { ...answer, host: 'node-b' })).toBe('BACKUP_ON_ANOTHER_HOST');
  expect(told(check, { ...answer, host: null })).toBe('BACKUP_ON_ANOTHER_HOST');
  expect(told(check, { ...answer, host: null, problem: { code: 'BACKUP_SKIPPED', params: {} } })).toBe(
    'BACKUP_SKIPPED',
  );
});

test('databases that aren’t those that the trial start had shown', () => {
  const check = { check: 'databases-as-shown' as const, node, container, tried };
  expect(told(check, { differing: [] })).toBeNull();
  expect(told(check, { differing: ['nova has 3 tables'] })).toBe('DATABASES_DIFFER');
});

test('schemas of another release, unless they are meant', () => {
  const check = { ...{ check: 'copy-belongs' as const, nodes: [...nodes], addresses: [], container, tried } };
  const answer = { live: null, older: ['nova'], problem: null };
  expect(told({ ...check, olderSchemas: false }, { ...answer, older: [] })).toBeNull();
  expect(told({ ...check, olderSchemas: false }, answer)).toBe('COPY_SCHEMAS_OLDER');
  expect(told({ ...check, olderSchemas: true }, answer)).toBeNull();
  // That it isn't this cloud's nobody can mean.
  const other = { ...answer, problem: { code: 'COPY_OF_ANOTHER_CLOUD', params: {} } };
  expect(told({ ...check, olderSchemas: true }, other)).toBe('COPY_OF_ANOTHER_CLOUD');
});

test('an archive that is another kind than was asked for', () => {
  const check = { check: 'archive-complete' as const, node, foundBy: 'find-archive', type: 'full' as const };
  const answer: AnswerTo<'archive-complete'> = {
    ...{ path: '/v/a.gz', complete: true, problem: null, bytes: 1, unpackedBytes: 1, files: 1, sha256: null },
    ...{ type: 'full', fromLsn: '0', toLsn: '1', serverVersion: null, startedAt: null, endedAt: null },
  };
  expect(told(check, answer)).toBeNull();
  expect(told(check, { ...answer, type: 'incremental' })).toBe('ARCHIVE_NOT_FULL');
  expect(told(check, { ...answer, toLsn: null })).toBe('ARCHIVE_NOT_FULL');
  expect(told({ ...check, type: 'incremental' }, answer)).toBe('ARCHIVE_NOT_INCREMENTAL');
  expect(told(check, { ...answer, complete: false })).toBe('ARCHIVE_INCOMPLETE');
});

test('a datadir that can’t be exchanged, or would be started with force', () => {
  const config = { path: '/etc/kolla/mariadb/galera.cnf', lowerCaseTableNames: null, galeraAddress: null };
  const force = (forceRecovery: string | null) => ({ config: { ...config, encryption: [], forceRecovery } });
  const code = (...changes: Parameters<typeof surveyed>) => {
    const found = usableDatadir('node-a', surveyed(...changes));
    return 'problem' in found ? found.problem.code : null;
  };
  expect([null, '0'].map((value) => code(force(value)))).toEqual([null, null]);
  expect(code(force('3'))).toBe('FORCE_RECOVERY_SET');
  expect(code({ datadir: { mountPoint: true } })).toBe('DATADIR_NOT_EXCHANGEABLE');
  expect(code({ baseTrouble: 'another file system' })).toBe('DATADIR_NOT_EXCHANGEABLE');
  expect(code({ base: null })).toBe('DATADIR_MISSING');
});
