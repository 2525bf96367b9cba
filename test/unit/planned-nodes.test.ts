import { describe, expect, test } from 'vitest';
import type { Context } from '../../src/engine/asker.ts';
import { findArchive } from '../../src/engine/find-archive.ts';
import type { CloudHosts } from '../../src/engine/hosts.ts';
import { notAsPlanned } from '../../src/engine/planned-nodes.ts';
import { KollaBackupError } from '../../src/operation/catalogue.ts';
import type { Command, Host, Outcome } from '../../src/operation/host.ts';
import type { PlannedNode } from '../../src/operation/restore-checks.ts';
import { restoreFacts } from '../support/slack-restores.ts';
import { surveyed } from '../support/surveyed.ts';

/** What a plan says of its nodes and where its archive lies, beside what they answer. */

const done = (stdout: string, code = 0, stderr = ''): Outcome => ({ code, signal: null, stdout, stderr });
const none = () => expect.fail('nothing is run');
const host = (name: string, run: Host['run']): Host => ({ name, run, close: async () => {} });

describe('a node that is not as the plan has it', () => {
  const ID = '0'.repeat(32);
  const IMAGE = `sha256:${'a'.repeat(64)}`;
  const LIVE = '/var/lib/docker/volumes/mariadb/_data';
  const [survey] = restoreFacts.restore?.surveys ?? [];
  const planned: PlannedNode = {
    ...{ node: { node: 'node-a', engine: 'docker' }, machineId: ID, live: LIVE, old: [1, 42], image: IMAGE },
  };

  /** The detail of NODE_CHANGED, or another code; null where all is as planned. */
  async function changed({ machine = ID, ino = 42, path = LIVE, images = {} as Record<string, string> } = {}) {
    const there: Readonly<Record<string, string>> = { [IMAGE]: IMAGE, [survey?.image ?? '']: IMAGE, ...images };
    const onNode = async ({ argv }: Command) => {
      if (argv[0] === 'cat') return done(`${machine}\n`);
      const image = there[argv.at(-1) ?? ''];
      if (argv.includes('image')) return image ? done(`${image}\n`) : done('', 1);
      return done(`${JSON.stringify(surveyed({ datadir: { path, dev: 7, ino } }))}\n`);
    };
    const hosts: CloudHosts = {
      deploy: host('deploy', async () => done(`node-a | CHANGED | rc=0 >>\n${machine}\n`)),
      node: (name) => host(name, onNode),
      runs: none,
    };
    const drive = { hosts, operation: () => ({ facts: restoreFacts }) };
    const patience: Context['patience'] = (_, question) => question();
    const context = { drive, timeLimitMs: 1_000, patience } as unknown as Context; // what is asked of it
    const problem = await notAsPlanned([planned], context);
    return problem?.code === 'NODE_CHANGED' ? problem.params['detail'] : (problem?.code ?? null);
  }

  test('is one whose machine, datadir or image is another; a device’s number is not looked at', async () => {
    expect(await changed()).toBeNull();
    expect(await changed({ machine: '1'.repeat(32) })).toContain('it is another machine');
    expect(await changed({ ino: 43 })).toBe(`its datadir is ${LIVE} (7:43)`);
    expect(await changed({ path: '/elsewhere' })).toContain('its datadir is /elsewhere');
    expect(await changed({ images: { [IMAGE]: '' } })).toContain('is not there any more');
    const other = { [survey?.image ?? '']: `sha256:${'b'.repeat(64)}` };
    expect(await changed({ images: other })).toContain('stands for another image now');
  });
});

describe('the archive that is wished for', () => {
  const volumes: Readonly<Record<string, readonly string[]>> = { a: ['one.gz', 'both.gz'], b: ['both.gz'], c: [] };
  const nodes = Object.keys(volumes).map((node) => ({ node, engine: 'docker' as const }));
  const onNode = (name: string) => async (command: Command) => {
    if (command.argv[0] === 'docker') {
      return name === 'c' ? done('', 1, 'Error: no such volume: mariadb_backup') : done('/volume\n');
    }
    const entries = (volumes[name] ?? []).map((path, index) => ({
      ...{ path, kind: 'file', bytes: 100, mtime_ns: '1795392758000000000', inode: String(index + 1) },
    }));
    return done(`${JSON.stringify({ found: true, entries, omitted: 0 })}\n`);
  };
  const hosts: CloudHosts = { deploy: host('deploy', none), node: (name) => host(name, onNode(name)), runs: none };
  const found = (path: string, node: string | null = null) => {
    const wish = { kind: 'restore' as const, archive: { path, node, sha256: null }, reason: 'x', olderSchemas: false };
    return findArchive('lab', wish, nodes, hosts, new AbortController().signal).then(
      ({ archive }) => archive.node,
      (error: unknown) => (error instanceof KollaBackupError ? error.problem : expect.fail(String(error))),
    );
  };

  test('is looked for on every node that isn’t named, and must lie on one', async () => {
    expect(await found('one.gz')).toBe('a');
    expect(await found('both.gz', 'b')).toBe('b');
    expect(await found('both.gz')).toMatchObject({ code: 'ARCHIVE_ON_SEVERAL', params: { hosts: 'a, b' } });
    expect(await found('none.gz')).toMatchObject({ code: 'ARCHIVE_NOWHERE', params: { path: 'none.gz' } });
    expect(await found('one.gz', 'b')).toMatchObject({ code: 'ARCHIVE_NOWHERE' });
  });
});
