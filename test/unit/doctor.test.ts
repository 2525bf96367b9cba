import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HostFacts } from '../../src/doctor/ask-host.ts';
import type { NodeFacts } from '../../src/doctor/ask-node.ts';
import type { PlaceFacts } from '../../src/doctor/ask-place.ts';
import type { PeopleFacts, SlackCloudFacts } from '../../src/doctor/ask-slack.ts';
import { bad, type Check, good, judged, type Result, type Seen, unknown, warning } from '../../src/doctor/check.ts';
import { seeEnvironment } from '../../src/doctor/environment.ts';
import { judgeDeploy } from '../../src/doctor/judge-deploy.ts';
import { CLOCK_OFF_MS, CLOCK_WORRY_MS, judgeHost } from '../../src/doctor/judge-host.ts';
import { judgeNode } from '../../src/doctor/judge-node.ts';
import { judgePlace } from '../../src/doctor/judge-place.ts';
import { judgeSlackCloud } from '../../src/doctor/judge-slack.ts';
import type { Look } from '../../src/doctor/look.ts';
import { exitOf, json, table, verdictOf } from '../../src/doctor/report.ts';
import { authorizedKeys, type HostRights, sudoers } from '../../src/doctor/rights.ts';
import { inTime, see } from '../../src/doctor/see.ts';
import { roomProblem } from '../../src/runbooks/room.ts';
import { surveyed } from '../support/surveyed.ts';

const VERDICTS = {
  good: good('It is fine.'),
  warning: warning('It could be better.', 'Make it better.'),
  bad: bad({ code: 'SUDO_REFUSED', params: { host: 'node-1', user: 'kolla' } }),
  unknown: unknown('Not looked at: nobody was there.'),
} as const satisfies Record<Result, object>;
const check = (result: Result, about = 'Slack'): Check => ({
  id: 'host.login',
  title: 'login',
  about,
  ...VERDICTS[result],
});

describe('the report', () => {
  const results = fc.array(fc.constantFrom<Result>('good', 'warning', 'bad', 'unknown'), { maxLength: 12 });

  test('exit code: 0 only where everything was seen good, 1 where something was found, else 2', () => {
    fc.assert(
      fc.property(results, (all) => {
        const found = all.some((one) => one === 'bad' || one === 'warning');
        const blind = all.length === 0 || all.includes('unknown');
        expect(exitOf(all.map((one) => check(one)))).toBe(found ? 1 : blind ? 2 : 0);
      }),
    );
  });

  test('every check is in the table and in the JSON, and the verdict comes last', () => {
    fc.assert(
      fc.property(results, fc.integer({ min: 20, max: 200 }), fc.boolean(), (all, columns, colour) => {
        const checks = all.map((one, index) => check(one, `Cloud ${index % 3}`));
        const text = table(checks, { colour, columns });
        expect(text.split('\n').filter((line) => /login {2}/.test(line))).toHaveLength(checks.length);
        expect(text.trimEnd().split('\n').at(-1)).toBe(verdictOf(checks));
        const end = text.trimEnd().split('\n\n').at(-1) ?? '';
        for (const [result, words] of [
          ['bad', 'To be mended: login (Cloud'],
          ['warning', 'To be looked at: login (Cloud'],
        ] as const)
          expect(end.replaceAll('\n', ' ').includes(words)).toBe(all.includes(result));
        expect(text.includes('\u001b')).toBe(colour && checks.length > 0);
        if (columns >= 80 && !colour)
          for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
        const read = JSON.parse(json(checks, 0));
        expect(read).toMatchObject({ at: '1970-01-01T00:00:00.000Z', exit: exitOf(checks), checks });
      }),
    );
  });

  test('what was not answered is unknown, what was found is bad, with the code of a refusal', () => {
    const host = { host: 'node-1', seconds: '20' };
    expect(judged({ problem: { code: 'HOST_TIMEOUT', params: host } }, () => good('seen')).result).toBe('unknown');
    expect(judged({ blocked: 'the login doesn’t work' }, () => good('seen')).result).toBe('unknown');
    const key = judged({ problem: { code: 'HOST_KEY_CHANGED', params: host } }, () => good('seen'));
    expect(key).toMatchObject({ result: 'bad', code: 'HOST_KEY_CHANGED' });
    expect(judged({ seen: 1 }, () => good('seen')).result).toBe('good');
  });
});

test('a look that takes too long is unknown, and nobody waits for it', async () => {
  const found = await see(() => inTime('node-1', () => new Promise<never>(() => {}), 20));
  expect(judged(found, () => good('seen'))).toMatchObject({ result: 'unknown' });
  expect(await inTime('node-1', async () => 7, 20)).toBe(7);
});

const LOOK: Look = {
  uid: 0,
  clock: 0,
  bootId: 'boot-of-node',
  machineId: 'f'.repeat(32),
  python: '3.9.2',
  systemd: true,
  addresses: ['192.0.2.11', '10.0.0.11'],
  paths: {},
  space: { at: '/var/lib', bytes: 1e12, inodes: 1e6, kind: 'ext4' },
  aheadMs: 0,
  unsureMs: 0,
};
const host = (look: Partial<Look> = {}, more: Partial<HostFacts> = {}): HostFacts => ({
  name: 'node-1',
  login: { user: 'root', place: '192.0.2.11:22', sudo: false, target: { blocked: 'not asked' } },
  from: { seen: '192.0.2.5' },
  look: { seen: { ...LOOK, ...look } },
  outlived: { blocked: 'not tried' },
  ...more,
});
const verdictsOf = (facts: HostFacts) => Object.fromEntries(judgeHost(facts).map(({ id, verdict }) => [id, verdict]));

describe('a host', () => {
  test('a clock is judged by what the way there and back can’t explain', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e7, max: 1e7 }), fc.integer({ min: 0, max: 60_000 }), (aheadMs, unsureMs) => {
        const off = Math.max(0, Math.abs(aheadMs) - unsureMs);
        const wanted = off > CLOCK_OFF_MS ? 'bad' : off > CLOCK_WORRY_MS ? 'warning' : 'good';
        const found = verdictsOf(host({ aheadMs, unsureMs }))['host.clock'];
        expect(found?.result).toBe(wanted);
        if (wanted !== 'good') expect(found?.finding).toContain(aheadMs > 0 ? 'ahead of' : 'behind');
      }),
    );
  });

  test('full of bytes, or of inodes; a file system without inodes has enough, one in memory is none', () => {
    const space = (free: number, inodes: number | null, kind = 'xfs') =>
      verdictsOf(host({ space: { at: '/var/lib', bytes: free, inodes, kind } }))['host.space']?.result;
    expect([space(1e9, 1e6), space(1e6, 1e6), space(1e9, 10), space(1e9, null)]).toEqual([
      'good',
      'bad',
      'bad',
      'good',
    ]);
    expect(space(1e9, 1e6, 'tmpfs')).toBe('warning');
  });

  test.each([
    [{ state: 'finished', code: 0, signal: null, started: 1, ended: 6, left: [] }, 'good'],
    [{ state: 'finished', code: null, signal: 15, started: 1, ended: 2, left: [] }, 'bad'],
    [{ state: 'unclear' }, 'bad'],
    [{ state: 'orphaned', pids: [7] }, 'bad'],
    [{ state: 'taken' }, 'bad'],
    [{ state: 'running', pid: 7 }, 'unknown'],
    [{ state: 'sent' }, 'unknown'],
  ] as const)('a trial run that is %o afterwards: %s', (state, result) => {
    const rest = { plan: 'open', now: 7, head: null, output: { text: '', next: 0, size: 0 } } as const;
    const outlived = { seen: { by: 'setsid', note: null, ended: { ...state, left: [], ...rest } } } as const;
    const found = verdictsOf(host({}, { outlived: outlived as HostFacts['outlived'] }))['host.detached'];
    expect(found?.result).toBe(result);
  });

  test('without root: which user, and what to do', () => {
    expect(verdictsOf(host({ uid: 1000 }))['host.rights']).toMatchObject({ result: 'bad', code: 'HOST_NOT_ROOT' });
  });
});

const none = { blocked: '' } as const;
const NO_DEPLOYMENT = {
  ...{ release: none, inventory: none, settings: none, backups: none, recoveries: none, service: none },
  machineIds: none,
};

test('a release that is newer than what is known is a warning, for it is called as its own help shows', () => {
  const cloud = {} as Parameters<typeof judgeDeploy>[0]; // of which nothing is asked
  const found = (newer: boolean) => {
    const release = { seen: { release: '23.0.0', dialect: 'cliff' as const, newer } };
    return judgeDeploy(cloud, { ...NO_DEPLOYMENT, release }).find(({ id }) => id === 'deploy.release')?.verdict;
  };
  expect(found(true)).toMatchObject({ result: 'warning', finding: expect.stringContaining('23.0.0 is newer') });
  expect(found(false)).toMatchObject({ result: 'good' });
});

describe('space for a copy', () => {
  const size = fc.integer({ min: 0, max: 20 });

  test('is told as a restore’s preflight tells it, whichever node has the backups', () => {
    fc.assert(
      fc.property(size, size, size, size, (source, own, freeBytes, floorBytes) => {
        const here = { node: 'node-2', live: '/live', bytes: own, freeBytes };
        const there = { node: 'node-1', live: '/live', bytes: source, freeBytes: 1_000 };
        const archive = { node: 'node-1', bytes: 0 };
        const problem = roomProblem({ archive, chain: [], surveys: [there, here] }, floorBytes);
        const facts: NodeFacts = {
          ref: { node: 'node-2', engine: 'docker' },
          survey: { seen: surveyed({ hostname: 'node-2', datadir: { bytes: own }, freeBytes }) },
          ...{ status: { blocked: '' }, room: { blocked: '' }, lock: { blocked: '' } },
        };
        const terms = { unit: null, takesBackups: false, floorBytes, source: { node: 'node-1', bytes: source } };
        const found = judgeNode(facts, { blocked: '' }, NO_DEPLOYMENT, terms).find(
          ({ id }) => id === 'node.copy-space',
        );
        expect(found?.verdict).toMatchObject(
          problem === null ? { result: 'good' } : { ...bad(problem), result: 'bad', code: 'RESTORE_NO_ROOM' },
        );
      }),
    );
  });
});

describe('where the bot lives', () => {
  const place = (more: Partial<PlaceFacts> = {}): PlaceFacts => ({
    bootId: 'own-boot',
    hardware: 'Dell PowerEdge',
    redis: { name: 'redis.example', addresses: ['198.51.100.7'], local: false },
    storage: [{ path: '/etc/kolla-backup', type: 'ext4', source: '/dev/sda1' }],
    ...more,
  });
  const cloud = { nodes: [host()], service: '192.0.2.100', addresses: ['192.0.2.11'] };
  const results = (facts: PlaceFacts, where: Parameters<typeof judgePlace>[1] = cloud) =>
    judgePlace(facts, where).map(({ verdict }) => verdict.result);

  test('on a machine of its own: good', () => expect(results(place())).toEqual(['good', 'good', 'good']));
  test('on a node, a container of it included: the same kernel', () =>
    expect(results(place({ bootId: 'boot-of-node' }))).toEqual(['warning', 'good', 'good']));
  test('on a guest of an OpenStack cloud', () =>
    expect(results(place({ hardware: 'OpenStack Foundation OpenStack Nova' }))[0]).toBe('warning'));
  test.each([['192.0.2.11'], ['10.0.0.11'], ['192.0.2.100']])('Redis at %s, which is the cloud’s', (address) => {
    expect(results(place({ redis: { name: 'r', addresses: [address], local: false } }))[1]).toBe('warning');
  });
  test('Redis beside a bot that is on a node', () =>
    expect(
      results(place({ bootId: 'boot-of-node', redis: { name: 'l', addresses: ['127.0.0.1'], local: true } })),
    ).toEqual(['warning', 'warning', 'good']));
  test.each([
    ['ceph', '192.0.2.11:6789:/'],
    ['nfs4', 'store.example:/srv'],
    ['ext4', '/dev/rbd0'],
  ])('storage of %s from %s', (type, source) => {
    expect(results(place({ storage: [{ path: '/var/log', type, source }] }))[2]).toBe('warning');
  });
  test('a node that could not be asked: never good', () => {
    const blind = { ...cloud, nodes: [host({}, { look: { blocked: 'it is off' } })] };
    expect(results(place(), blind)).toEqual(['unknown', 'unknown', 'good']);
  });
});

describe('people', () => {
  const seen = (ids: readonly string[]): Seen<PeopleFacts> => ({
    seen: { groups: [], persons: ids.map((id) => ({ id, problem: null })), omitted: 0 },
  });

  test('approvers are good only where each requester has enough others', () => {
    const ids = fc.uniqueArray(fc.constantFrom('U1', 'U2', 'U3', 'U4'), { minLength: 1 });
    fc.assert(
      fc.property(ids, ids, fc.integer({ min: 1, max: 3 }), (requesters, approvers, approvals) => {
        const people = { requesters: seen(requesters), approvers: seen(approvers) };
        const all: SlackCloudFacts = { cloud: 'prod', approvals, channels: [], people, alertGroup: null };
        const found = judgeSlackCloud(all).find(({ id }) => id === 'slack.approvers')?.verdict;
        const short = requesters.filter((one) => approvers.filter((other) => other !== one).length < approvals);
        const wanted = short.length === 0 ? 'good' : short.length === requesters.length ? 'bad' : 'warning';
        expect(found?.result).toBe(wanted);
      }),
    );
  });
});

describe('the environment', () => {
  const KEY = 'k'.repeat(64);
  test('each variable is told by itself, and never with its value', () => {
    const { values, problems } = seeEnvironment({
      SLACK_BOT_TOKEN: 'xapp-wrong-kind',
      SLACK_APP_TOKEN: 'xapp-right',
      REDIS_URL: 'http://redis.example',
      KOLLA_BACKUP_KEY: 'abc123',
    });
    expect([...problems.keys()]).toEqual(['SLACK_BOT_TOKEN', 'REDIS_URL', 'KOLLA_BACKUP_KEY']);
    expect(JSON.stringify([...problems])).not.toMatch(/xapp-wrong|http:\/\/redis|abc123/);
    expect(values.SLACK_APP_TOKEN).toBe('xapp-right');
    expect(values.SLACK_BOT_TOKEN).toBeUndefined();
  });
  test('as it must be', () => {
    const { values, problems } = seeEnvironment({ KOLLA_BACKUP_KEY: KEY, SLACK_BOT_TOKEN: 'xoxb-1' });
    expect([...problems]).toEqual([]);
    expect(values).toMatchObject({ KOLLA_BACKUP_KEY: KEY, SLACK_BOT_TOKEN: 'xoxb-1' });
  });
  test('no key is a problem', () => expect([...seeEnvironment({}).problems.keys()]).toEqual(['KOLLA_BACKUP_KEY']));
});

describe('rights', () => {
  const node = (more: Partial<HostRights> = {}): HostRights => ({
    name: 'prod: node-1',
    role: 'node',
    user: 'kolla',
    sudo: true,
    engine: 'podman',
    places: { python3: '/usr/bin/python3', podman: '/usr/local/bin/podman' },
    from: '192.0.2.5',
    keys: ['ssh-ed25519 AAAA'],
    certified: false,
    ...more,
  });

  test('programs where the host has them, and the engine that it has', () => {
    const text = sudoers([node(), node({ name: 'prod: node-2' })]);
    expect(text).toMatch(/^# On prod: node-1, prod: node-2: \/etc\/sudoers\.d\/kolla-backup/m);
    expect(text).toMatch(/^Cmnd_Alias KOLLA_BACKUP_NODE = .*\/usr\/bin\/python3.*$/m);
    expect(text).toContain('/usr/local/bin/podman');
    expect(text).not.toContain('docker');
    expect(text).toMatch(/^kolla ALL=\(root\) NOPASSWD: KOLLA_BACKUP_NODE$/m);
    expect(text).toMatch(/python3 as root is root/);
  });
  test('root needs none', () => expect(sudoers([node({ user: 'root', sudo: false })])).not.toMatch(/^root/m));
  test('a key only for commands, from where the bot is', () => {
    expect(authorizedKeys([node()], [])).toContain('\nrestrict,from="192.0.2.5" ssh-ed25519 AAAA kolla-backup\n');
    expect(authorizedKeys([node({ from: null })], [])).toMatch(
      /could not be asked where[\s\S]*\nrestrict ssh-ed25519 AAAA/,
    );
  });
  test('a jump host forwards to what is behind it, and runs nothing', () => {
    const jump = { name: 'hop@192.0.2.1:22', to: ['192.0.2.11:22'], keys: ['ssh-ed25519 AAAA'], certified: true };
    const text = authorizedKeys([node()], [jump]);
    expect(text).toContain('# On the jump host hop@192.0.2.1:22:');
    expect(text).toMatch(/^restrict,port-forwarding,permitopen="192\.0\.2\.11:22",command="\/bin\/false" ssh-ed25519/m);
    expect(text).toMatch(/certificate/);
  });
});
