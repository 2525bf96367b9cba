import { expect, test } from 'vitest';
import type { CloudHosts } from '../../src/engine/hosts.ts';
import { chooseImage } from '../../src/engine/probe-image.ts';
import { imageVersionCommand, readImageVersion, serverImages } from '../../src/kolla/images.ts';
import { KollaBackupError } from '../../src/operation/catalogue.ts';
import type { Check } from '../../src/operation/checks.ts';
import type { Host, Outcome } from '../../src/operation/host.ts';
import { judge } from '../../src/runbooks/judge.ts';
import type { Report } from '../../src/runbooks/programs/reports.ts';

const outcome = (stdout: string, code = 0): Outcome => ({ code, signal: null, stdout, stderr: '' });
const NAMES = ['lark', 'bobcat', 'rodent'] as const;
const [NEW, OLD] = ['a'.repeat(64), 'b'.repeat(64)];
const NEW_NAME = 'quay.io/openstack.kolla/mariadb-server:2023.2-debian-bookworm';
const OLD_NAME = 'quay.io/openstack.kolla/mariadb-server:2023.1-debian-bullseye';
const VERSIONS: Readonly<Record<string, string>> = {
  [NEW]: 'mariadbd  Ver 10.11.19-MariaDB-deb12-log for debian-linux-gnu on x86_64 (mariadb.org binary distribution)',
  [OLD]: 'mariadbd  Ver 10.6.21-MariaDB-1:10.6.21+maria~deb11 for debian-linux-gnu on x86_64',
};

/** Nodes with these images, by name and id. */
function hostsWith(images: Readonly<Record<string, Readonly<Record<string, string>>>>): CloudHosts {
  const host = (name: string): Host => ({
    name,
    close: async () => {},
    run: async ({ argv }) => {
      const own = Object.entries(images[name] ?? {});
      const wanted = (argv.at(argv.includes('run') ? -3 : -1) ?? '').replace('sha256:', '');
      const found = own.find(([image, id]) => image === wanted || id === wanted);
      if (argv.includes('ls')) return outcome(own.map(([image, id]) => `sha256:${id} ${image}`).join('\n'));
      if (found === undefined) return outcome('', 125);
      return outcome(argv.includes('run') ? (VERSIONS[found[1]] ?? '') : found[1]);
    },
  });
  const none = () => {
    throw new Error('nothing runs here');
  };
  return { deploy: host('deploy'), node: host, runs: none };
}

const survey = (container: { imageId: string; image: string } | null) =>
  ({ container: container && { ...container, state: 'running', startedAt: '' } }) as unknown as Report<'survey'>;
const running = { imageId: NEW, image: NEW_NAME };
const surveyed = (...containers: readonly (typeof running | null)[]) =>
  NAMES.map((node, index) => ({
    node: { node, engine: 'docker' as const },
    survey: survey(containers[index] ?? null),
  }));
const all = <T>(value: T) => Object.fromEntries(NAMES.map((name) => [name, value]));
const choose = (series: string | null, hosts: CloudHosts, found = surveyed(running, running, running)) => {
  const archive = { node: NAMES[0], path: 'full.gz', series };
  return chooseImage('prod', found, archive, hosts, new AbortController().signal);
};
const codeOf = (chosen: Promise<unknown>) =>
  chosen.then(
    () => null,
    (error: unknown) => (error instanceof KollaBackupError ? error.problem.code : String(error)),
  );
const BOTH = { [NEW_NAME]: NEW, [OLD_NAME.replace('quay.io', 'other')]: 'c'.repeat(64), [OLD_NAME]: OLD };

test('an archive of the same series, or of which none is known, is restored with the running image', async () => {
  for (const series of ['10.11', null])
    expect(await choose(series, hostsWith(all({ [NEW_NAME]: NEW })))).toMatchObject({
      name: NEW_NAME,
      series: '10.11',
      suspicions: [],
    });
});

test('one of an older major version is restored with the image of back then, where every node has it', async () => {
  const chosen = await choose('10.6', hostsWith(all(BOTH)));
  expect(chosen).toMatchObject({ name: OLD_NAME, series: '10.6', suspicions: [{ code: 'OLD_IMAGE_USED' }] });
  expect([...chosen.ids.values()]).toEqual([OLD, OLD, OLD]);
  expect(await codeOf(choose('10.6', hostsWith(all({ [NEW_NAME]: NEW }))))).toBe('ARCHIVE_OTHER_SERIES');
  const lacking = { ...all(BOTH), rodent: { [NEW_NAME]: NEW } };
  expect(await codeOf(choose('10.6', hostsWith(lacking)))).toBe('ARCHIVE_OTHER_SERIES');
  expect(await codeOf(choose('11.4', hostsWith(all(BOTH))))).toBe('ARCHIVE_OTHER_SERIES');
});

test('a node without its container must have the image; nodes with different ones are not restored', async () => {
  const lost = surveyed(running, null, running);
  expect((await choose(null, hostsWith(all({ [NEW_NAME]: NEW })), lost)).ids.get('bobcat')).toBe(NEW);
  const lacking = { ...all({ [NEW_NAME]: NEW }), bobcat: {} };
  expect(await codeOf(choose(null, hostsWith(lacking), lost))).toBe('IMAGE_NOT_THERE');
  const other = surveyed(running, { imageId: OLD, image: OLD_NAME }, running);
  expect(await codeOf(choose(null, hostsWith(all(BOTH)), other))).toBe('IMAGES_DIFFER');
  expect(await codeOf(choose(null, hostsWith(all(BOTH)), surveyed()))).toBe('IMAGE_UNKNOWN');
});

test('a name that stands for another image than a container runs is refused: recovery would start that', async () => {
  const moved = { ...all({ [NEW_NAME]: NEW }), bobcat: { [NEW_NAME]: OLD, '<none>': NEW } };
  expect(await codeOf(choose(null, hostsWith(moved)))).toBe('IMAGE_NAME_MOVED');
  const nameless = { ...all({ [NEW_NAME]: NEW }), rodent: { '<none>': NEW } };
  expect(await codeOf(choose(null, hostsWith(nameless)))).toBe('IMAGE_NOT_THERE');
});

test('an image is asked alone: no network, no mounts, no pull', () => {
  const { argv } = imageVersionCommand({ node: 'lark', engine: 'podman' }, NEW);
  expect(argv.join(' ')).toMatch(/^podman run --rm --pull=never --network none --cap-drop ALL /);
  expect(argv).not.toContain('--mount');
  expect(argv.filter((word) => word === '-v' || word.startsWith('--volume'))).toEqual([]);
  expect(readImageVersion(outcome(VERSIONS[OLD] ?? ''))?.series).toBe('10.6');
  expect(readImageVersion(outcome('mysqld: not found', 127))).toBeNull();
  expect(serverImages(outcome(`sha256:${NEW} a/mariadb-server:<none>\nsha256:${OLD} ${OLD_NAME}\nx`), NEW)).toEqual([
    { id: `sha256:${OLD}`, name: OLD_NAME },
  ]);
});

test('an archive that only its reading shows to be of another series is refused before it is unpacked', () => {
  const check: Check = {
    check: 'archive-whole',
    node: { node: 'lark', engine: 'docker' },
    directory: '/v',
    path: 'full.gz',
    sha256: null,
    type: 'full',
    lsns: null,
    series: '10.11',
  };
  const answer = {
    ...{ problem: null, bytes: 1, unpackedBytes: 1, sha256: null, type: 'full', startedAt: null, endedAt: null },
  };
  const codeFor = (serverVersion: string | null) =>
    judge(check, { check: 'archive-whole', answer: { ...answer, serverVersion } })?.code ?? null;
  expect(codeFor('10.11.6-MariaDB-log')).toBeNull();
  expect(codeFor('10.6.21-MariaDB')).toBe('ARCHIVE_OTHER_SERIES');
  expect(codeFor(null)).toBeNull();
});
