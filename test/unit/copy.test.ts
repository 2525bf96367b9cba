import { expect, test } from 'vitest';
import { program } from '../../src/operation/plan.ts';
import { prepareArgv, unpackArgv } from '../../src/runbooks/copy.ts';
import { containerLabels, containerName } from '../../src/runbooks/copy-container.ts';
import { readPrepare, readUnpack } from '../../src/runbooks/copy-result.ts';

const container = {
  engine: 'podman',
  operation: 'a1b2c3d4e5f6a7b8c9d0',
  plan: 2,
  image: 'sha256:1234',
  uid: 42434,
  gid: 42434,
  data: '/var/lib/containers/storage/kolla-backup/a1/2/data',
} as const;
const unpack = unpackArgv(container, '/volumes/mariadb_backup/_data', 'full-x/backup.gz', 1000);

test('a copy’s containers see the archive read-only and the copy, and nothing else', () => {
  const mounts = (argv: readonly string[]) => argv.filter((_, at) => argv[at - 1] === '--mount');
  expect(mounts(unpack)).toEqual([
    'type=bind,src=/volumes/mariadb_backup/_data,dst=/backup,readonly',
    `type=bind,src=${container.data},dst=/copy`,
  ]);
  expect(mounts(prepareArgv(container))).toEqual([`type=bind,src=${container.data},dst=/copy`]);
  for (const argv of [unpack, prepareArgv(container)]) {
    const line = argv.join(' ');
    for (const part of ['--pull=never', '--network none', '--cap-drop ALL', 'no-new-privileges', '--user 42434:42434'])
      expect(line).toContain(part);
    expect(argv.filter((word) => /^(?:-v|--volume|--volumes-from|--privileged|-it?|-t)$/.test(word))).toEqual([]);
    expect(program.parse({ argv, cwd: '/', env: {}, redact: [] }).argv).toEqual(argv);
  }
  expect(unpack.slice(-3)).toEqual(['unpack', 'full-x/backup.gz', '1000']);
  expect(containerName(container, 'trial')).toBe('kolla-backup-a1b2c3d4e5f6a7b8c9d0-2-trial');
  expect(containerLabels(container, 'unpack')[0]).toBe('kolla-backup.operation=a1b2c3d4e5f6a7b8c9d0');
});

test('an end is good by its code and its word together', () => {
  const unpacked = 'kolla-backup: unpacked\n';
  expect(readUnpack({ exit: 0, output: unpacked }, 'lark', 'x.gz')).toBe(null);
  expect(readUnpack({ exit: 0, output: '' }, 'lark', 'x.gz')).toMatchObject({ code: 'UNPACK_FAILED' });
  expect(readUnpack({ exit: null, output: unpacked }, 'lark', 'x.gz')).not.toBe(null);
  const noImage = {
    exit: 125,
    output: 'docker: No such image: sha256:1. See docker run --help; unexpected end of file',
  };
  expect(readUnpack(noImage, 'lark', 'x.gz')).toMatchObject({ code: 'UNPACK_FAILED' });
  const full = {
    exit: 1,
    output: 'mbstream: No space left on device\nkolla-backup: gunzip ended with 141, mbstream with 1',
  };
  expect(readUnpack(full, 'lark', 'x.gz')).toMatchObject({ code: 'STAGE_NO_ROOM' });
  const ok = '[00] 2026-11-23 00:12:51 completed OK!\n';
  expect(readPrepare({ exit: 0, output: ok }, 'lark')).toBe(null);
  expect(readPrepare({ exit: 1, output: ok }, 'lark')).toMatchObject({ code: 'PREPARE_FAILED' });
  expect(readPrepare({ exit: 0, output: `${ok}and more` }, 'lark')).toMatchObject({ code: 'PREPARE_FAILED' });
});
