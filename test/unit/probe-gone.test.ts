import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Config } from '../../src/config.ts';
import type { CloudHosts } from '../../src/engine/hosts.ts';
import { probeFor } from '../../src/engine/probe.ts';
import { explain, KollaBackupError, type Problem } from '../../src/operation/catalogue.ts';
import type { Command, Host, Outcome } from '../../src/operation/host.ts';
import type { Journal } from '../../src/operation/journal.ts';
import type { Operation } from '../../src/operation/operation.ts';
import { restoreModal } from '../../src/slack/cards/modals.ts';

/** Nodes that don't answer when a restore is asked for, and those that it is to go on without. */

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const NAMES = ['node-a', 'node-b', 'node-c', 'node-d'];
const done = (stdout: string, code = 0): Outcome => ({ code, signal: null, stdout, stderr: '' });

type Cloud = {
  readonly nodes?: number;
  readonly without?: readonly string[];
  readonly silent?: readonly string[];
  readonly archiveOn?: string;
};

/** Why a restore in such a cloud is refused; a kind one goes on until it asks for the nodes' surveys. */
async function refused({ nodes = 3, without = [], silent = [], archiveOn }: Cloud): Promise<Problem> {
  const names = NAMES.slice(0, nodes);
  const vars = Object.fromEntries(names.map((name, at) => [name, { ansible_host: `192.0.2.${at + 1}` }]));
  const inventory = JSON.stringify({ _meta: { hostvars: vars }, mariadb: { hosts: names } });
  const id = 'a'.repeat(32);
  const onDeploy = async ({ argv }: Command) => {
    if (argv.includes('--version')) return done('17.9.0\n');
    if (argv.some((one) => one.endsWith('ansible-inventory'))) return done(inventory);
    if (argv.includes('debug')) return done('', 1);
    return done(
      names
        .map((name) =>
          silent.includes(name) ? `${name} | UNREACHABLE! => {\n}\n` : `${name} | CHANGED | rc=0 >>\n${id}\n`,
        )
        .join(''),
      silent.length > 0 ? 4 : 0,
    );
  };
  const onNode = (name: string) => async (command: Command) => {
    if (silent.includes(name))
      throw new KollaBackupError('HOST_UNREACHABLE', { host: name, reason: 'no route to host' });
    return command.argv[0] === 'cat' ? done(`${id}\n`) : done('', 1);
  };
  const host = (name: string, run: Host['run']): Host => ({ name, run, close: async () => {} });
  const hosts: CloudHosts = {
    deploy: host('deploy', onDeploy),
    node: (name) => host(name, onNode(name)),
    runs: () => expect.fail('nothing is run'),
  };
  const config = {
    limits: { proof_minutes: 1, free_space_gib: 1 },
    clouds: {
      lab: {
        deploy_host: {
          executable: '/opt/kolla-ansible',
          cwd: '/',
          config_directory: '/etc/kolla',
          extra_arguments: [],
        },
        inventories: ['/inventory'],
        nodes: Object.fromEntries(names.map((name) => [name, { engine: 'docker' }])),
      },
    },
  } as unknown as Config; // what probing reads of it
  const wish = {
    ...{ kind: 'restore', reason: 'x', olderSchemas: false },
    archive: { path: 'full.gz', node: archiveOn ?? null, sha256: null },
    ...(without.length > 0 ? { without } : {}),
  };
  const operation = { cloud: 'lab', wish } as unknown as Operation; // and of this
  const journal = {} as Journal; // nothing yet
  const asked = probeFor(config, journal)(operation, hosts, new AbortController().signal).then(
    () => expect.fail('it went on'),
    (error: unknown) => (error instanceof KollaBackupError ? error.problem : expect.fail(String(error))),
  );
  await vi.runAllTimersAsync();
  return asked;
}
const code = async (cloud: Cloud) => (await refused(cloud)).code;
/** Whoever is asked for a survey here has no Python. */
const WENT_ON = 'RESTORE_PROGRAM_FAILED';

describe('without nodes that are gone', () => {
  test('a restore goes on, if the others are more than half and have the archive', async () => {
    expect(await code({ without: ['node-c'], silent: ['node-c'] })).toBe(WENT_ON);
    expect(await code({ without: ['node-c'], silent: ['node-c'], archiveOn: 'node-a' })).toBe(WENT_ON);
    expect(await code({ without: ['node-c'], silent: ['node-c'], archiveOn: 'node-c' })).toBe('GONE_HAS_ARCHIVE');
    expect(await code({ without: ['node-c'] })).toBe('GONE_NODE_ANSWERS');
  });

  test('never without half of them, or one that the inventory doesn’t name', async () => {
    expect(await code({ without: ['node-b', 'node-c'], silent: ['node-b', 'node-c'] })).toBe('GONE_TOO_MANY');
    expect(await code({ nodes: 2, without: ['node-b'], silent: ['node-b'] })).toBe('GONE_TOO_MANY');
    expect(await code({ nodes: 4, without: ['node-b', 'node-c'] })).toBe('GONE_TOO_MANY');
    expect(await refused({ without: ['node-c', 'node-x'] })).toMatchObject({ code: 'GONE_UNKNOWN' });
  });
});

describe('a node that is silent', () => {
  test('is named with the form’s own word for going on without it', async () => {
    const problem = await refused({ silent: ['node-c'] });
    expect(problem).toMatchObject({ code: 'RESTORE_NODE_SILENT', params: { host: 'node-c' } });
    expect(explain(problem).wrong).toContain('node-c could not be reached over SSH (no route to host)');
    const [, field = ''] = /“(.*)”/.exec(explain(problem).next) ?? [];
    const form = restoreModal({ cloud: 'lab', archives: [], chosen: null, now: 0, nodes: NAMES.slice(0, 3) });
    expect(JSON.stringify(form)).toContain(`"${field}"`);
  });

  test('is only out of reach where too few would be left', async () => {
    expect(await code({ nodes: 2, silent: ['node-b'] })).toBe('HOST_UNREACHABLE');
    expect(await code({ without: ['node-c'], silent: ['node-b', 'node-c'] })).toBe('HOST_UNREACHABLE');
  });
});
