/**
 * What takes long and changes seldom, kept in the cache: an engine's data-root that holds the MariaDB image, and
 * datadirs with the databases of an OpenStack cloud, cleanly shut down.
 */
import { createHash } from 'node:crypto';
import { chown, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { cacheFolder, finishedFolder, keepInUse, withLock } from '../cache.ts';
import { seedStatements } from './databases.ts';
import { galeraConfig, kollaFiles, machineFiles } from './files.ts';
import {
  addresses,
  BUILDER_INDEX,
  DEFAULT_RELEASE,
  imageOf,
  KOLLA_UID,
  LOCKS,
  MYSQL_UID,
  type Release,
} from './layout.ts';
import { defineMachine, type Files, type Machine, must, writeFiles } from './machine.ts';
import { imageTree, machineTree } from './trees.ts';

const LOAD_LIMIT_S = 60;
const HERE = import.meta.dirname;
const SOURCES = [
  'image',
  'image-22',
  '../kolla/image/healthcheck.sh',
  'image.ts',
  'databases.ts',
  'files.ts',
  'layout.ts',
];
const LEFT_OUT = [
  'usr/share/doc',
  'usr/share/man',
  'usr/share/locale',
  'usr/share/perl',
  'usr/lib/x86_64-linux-gnu/perl',
];
const SUDOERS = `Defaults setenv
%kolla ALL=(root) NOPASSWD: /usr/local/bin/kolla_set_configs
`;
const PAM = 'auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n';

/** Changes with anything that these folders are made from. */
async function key(...more: readonly unknown[]): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([await machineTree(), await imageTree(), more]));
  for (const source of SOURCES) {
    const path = join(HERE, source);
    const files = extname(source) !== '' ? [path] : (await readdir(path)).sort().map((name) => join(path, name));
    for (const file of files) hash.update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 12);
}

/** Kolla's own part of the image. */
async function imageFiles(): Promise<Files> {
  const files: Record<string, Files[string]> = {
    '/etc/passwd': `root:x:0:0:root:/root:/bin/bash\nmysql:x:${MYSQL_UID}:${MYSQL_UID}::/var/lib/mysql:/bin/bash\nkolla:x:${KOLLA_UID}:${KOLLA_UID}::/var/lib/kolla:/bin/bash\n`,
    '/etc/group': `root:x:0:\nkolla:x:${KOLLA_UID}:mysql\nmysql:x:${MYSQL_UID}:\n`,
    '/etc/shadow': { content: 'root:*:19000::::::\nmysql:*:19000::::::\nkolla:*:19000::::::\n', mode: 0o600 },
    '/etc/nsswitch.conf': 'passwd: files\ngroup: files\nshadow: files\nhosts: files\n',
    '/etc/sudoers': { content: SUDOERS, mode: 0o440 },
    '/etc/pam.d/sudo': PAM,
    '/etc/pam.d/other': PAM,
    '/etc/mysql/my.cnf': '[mysqld]\n',
    '/etc/kolla/defaults/.keep': '',
    '/var/log/kolla/.keep': '',
  };
  for (const name of await readdir(join(HERE, 'image'))) {
    const place = name === 'clustercheck' ? '/usr/bin/clustercheck' : `/usr/local/bin/${name}`;
    files[place] = { content: await readFile(join(HERE, 'image', name), 'utf8'), mode: 0o755 };
  }
  const transfer = await readFile(join(await imageTree(), 'usr/bin/wsrep_sst_mariabackup'), 'utf8');
  // The donor waits for the joiner's port; on loopback a second is plenty.
  files['/usr/bin/wsrep_sst_mariabackup'] = { content: transfer.replace(/^(\s+)sleep 10$/m, '$1sleep 1'), mode: 0o755 };
  return files;
}

async function imageArchive(folder: string, archive: string): Promise<void> {
  // Hard links: only what isn't one is written below.
  await execa('cp', ['-al', await imageTree(), folder]);
  for (const path of LEFT_OUT) await rm(join(folder, path), { recursive: true, force: true });
  await writeFiles(folder, await imageFiles());
  await symlink('mawk', join(folder, 'usr/bin/awk'));
  await symlink('which.debianutils', join(folder, 'usr/bin/which'));
  for (const place of ['var/lib/mysql', 'run/mysqld']) await mkdir(join(folder, place), { recursive: true });
  for (const place of ['var/lib/mysql', 'run/mysqld', 'var/log/kolla'])
    await chown(join(folder, place), MYSQL_UID, KOLLA_UID);
  await mkdir(join(folder, 'tmp'), { recursive: true });
  await execa('chmod', ['1777', join(folder, 'tmp')]);
  await execa('tar', ['--create', '--file', archive, '-C', folder, '.']);
}

/** Boots the machine that makes things, does `act` on it and takes it away again. One at a time. */
export async function withBuilder<T>(
  engine: string,
  prepare: (machine: Machine) => Promise<void>,
  act: (machine: Machine) => Promise<T>,
): Promise<T> {
  const dir = join(cacheFolder(), 'mini/builder');
  return withLock(join(LOCKS, 'builder.lock'), async () => {
    await rm(dir, { recursive: true, force: true });
    const machine = await defineMachine(dir, 'builder', engine);
    const address = addresses(BUILDER_INDEX).nodes[0] ?? '';
    const common = {
      index: BUILDER_INDEX,
      hostname: 'builder',
      machineId: '0'.repeat(32),
      authorizedKeys: '',
      hostKeys: {},
    };
    await writeFiles(join(dir, 'upper'), machineFiles({ ...common, address, docker: true }));
    await writeFiles(join(dir, 'upper'), enabled(['docker.service']));
    try {
      await prepare(machine);
      await machine.start();
      return await act(machine);
    } finally {
      await machine.kill();
      await rm(dir, { recursive: true, force: true });
    }
  });
}

/** A file in `multi-user.target.wants` is all that the unit manager asks for. */
export const enabled = (units: readonly string[]): Files =>
  Object.fromEntries(units.map((unit) => [`/etc/systemd/system/multi-user.target.wants/${unit}`, '']));

/** The image that databases are made with, and what the others are made of. */
const IMAGE = imageOf(DEFAULT_RELEASE);
const label = (release: Release) => `LABEL kolla_version=${release}`;
const CHANGES = [
  'ENTRYPOINT ["dumb-init","--"]',
  'CMD ["kolla_start"]',
  'USER mysql',
  label(DEFAULT_RELEASE),
  'ENV KOLLA_BASE_DISTRO=debian KOLLA_BASE_ARCH=x86_64 KOLLA_DISTRO_PYTHON_VERSION=3.11 LANG=C.UTF-8',
].flatMap((change) => ['--change', change]);

/** What the images of the other releases have in other words, or besides. */
const OWN = [
  {
    release: '22.2.0',
    files: {
      'image-22/kolla_mariadb_backup.sh': '/usr/local/bin/kolla_mariadb_backup.sh',
      '../kolla/image/healthcheck.sh': '/usr/bin/healthcheck.sh',
    },
  },
] as const satisfies readonly { readonly release: Release; readonly files: Readonly<Record<string, string>> }[];

async function importOthers(machine: Machine): Promise<void> {
  for (const { release, files } of OWN) {
    await must(machine, ['docker', 'create', '--name', release, '--network', 'none', IMAGE]);
    for (const [source, target] of Object.entries(files)) {
      const stdin = await readFile(join(HERE, source), 'utf8');
      await must(machine, ['sh', '-c', 'cat > /var/tmp/file && chmod 755 /var/tmp/file'], { stdin });
      await must(machine, ['docker', 'cp', '/var/tmp/file', `${release}:${target}`]);
    }
    await must(machine, ['docker', 'commit', '--change', label(release), release, imageOf(release)]);
    await must(machine, ['docker', 'rm', release]);
  }
}

/** The data-root (its path) of an engine that has the images and the two volumes of a running Kolla, both empty. */
export async function engineRoot(): Promise<string> {
  const folder = join(cacheFolder(), 'mini', `engine-${await key()}`);
  await finishedFolder(folder, async (unfinished) => {
    const files = join(unfinished, 'files');
    const prepare = async ({ dir }: Machine) => {
      await mkdir(join(dir, 'upper/var/tmp'), { recursive: true });
      await imageArchive(files, join(dir, 'upper/var/tmp/image.tar'));
      await rm(files, { recursive: true });
    };
    await withBuilder('', prepare, async (machine) => {
      await must(machine, ['docker', 'import', ...CHANGES, '/var/tmp/image.tar', IMAGE]);
      await importOthers(machine);
      await must(machine, ['docker', 'volume', 'create', 'mariadb']);
      await must(machine, ['docker', 'volume', 'create', 'kolla_logs']);
      await must(machine, ['systemctl', 'stop', 'docker']);
      await machine.kill();
      await rename(join(machine.dir, 'docker'), join(unfinished, 'docker'));
    });
  });
  await keepInUse(folder, 'engine-');
  return join(folder, 'docker');
}

/** Copies an engine's data-root but the layers, which `defineMachine` mounts read-only in their places. */
export async function copyEngine(source: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  const names = await readdir(source);
  await execa('cp', ['-a', ...names.filter((name) => name !== 'overlay2').map((name) => join(source, name)), target]);
  for (const layer of await readdir(join(source, 'overlay2'))) {
    const [from, to] = [join(source, 'overlay2', layer), join(target, 'overlay2', layer)];
    await mkdir(join(to, layer === 'l' ? '' : 'diff'), { recursive: true });
    const files = (await readdir(from)).filter((name) => name !== 'diff');
    if (files.length > 0) await execa('cp', ['-a', ...files.map((name) => join(from, name)), to]);
  }
}

export const volumePath = (docker: string, volume: string) => join(docker, 'volumes', volume, '_data');

async function loadDatabases(machine: Machine, megabytes: number): Promise<void> {
  const run = (...argv: string[]) =>
    must(machine, ['docker', 'run', '--rm', '--network', 'none', '-v', 'mariadb:/var/lib/mysql', ...argv]);
  const install = [
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    '--datadir=/var/lib/mysql',
    '--user=mysql',
  ];
  await run(IMAGE, 'mariadb-install-db', ...install, '--innodb-log-file-size=16M', '--innodb-autoextend-increment=1');
  const mounts = [
    '-v',
    '/etc/kolla/mariadb/:/var/lib/kolla/config_files/:ro',
    '-v',
    'mariadb:/var/lib/mysql',
    '-v',
    'kolla_logs:/var/log/kolla/',
  ];
  const bootstrap = ['-e', 'BOOTSTRAP_ARGS=--wsrep-new-cluster --skip-log-bin --innodb-autoextend-increment=1'];
  await must(machine, [
    'docker',
    'run',
    '-d',
    '--name',
    'mariadb',
    '--network',
    'host',
    ...bootstrap,
    ...mounts,
    IMAGE,
  ]);
  const client = [
    'docker',
    'exec',
    '-i',
    'mariadb',
    'mariadb',
    '-uroot',
    '--socket=/var/lib/mysql/mysql.sock',
  ] as const;
  for (let second = 0; (await machine.exec([...client, '-e', 'SELECT 1'])).code !== 0; second += 0.2) {
    if (second > LOAD_LIMIT_S)
      throw new Error(
        `MariaDB did not start: ${await must(machine, ['sh', '-c', 'docker logs mariadb 2>&1; tail -50 /var/lib/docker/volumes/kolla_logs/_data/mariadb/mariadb.log'])}`,
      );
    await sleep(200);
  }
  await must(machine, client, { stdin: seedStatements(megabytes) });
  await must(machine, ['docker', 'stop', '-t', '60', 'mariadb']);
}

/** A datadir with about `megabytes` of rows in the databases of OpenStack, and grastate.dat of a clean stop. */
export async function seedDatadir(megabytes: number): Promise<string> {
  const engine = await engineRoot();
  const folder = join(cacheFolder(), 'mini', `seed-${megabytes}-${await key(megabytes)}`);
  await finishedFolder(folder, async (unfinished) => {
    const address = addresses(BUILDER_INDEX).nodes[0] ?? '';
    const prepare = async ({ dir }: Machine) => {
      await copyEngine(engine, join(dir, 'docker'));
      const config = { content: galeraConfig(DEFAULT_RELEASE, address, 'builder', []), mode: 0o660 };
      await writeFiles(join(dir, 'upper'), {
        ...kollaFiles(DEFAULT_RELEASE, BUILDER_INDEX, 0),
        '/etc/kolla/mariadb/galera.cnf': config,
      });
    };
    await withBuilder(engine, prepare, async (machine) => {
      await loadDatabases(machine, megabytes);
      const datadir = volumePath(join(machine.dir, 'docker'), 'mariadb');
      await rm(join(datadir, 'galera.cache'), { force: true });
      await execa('cp', ['-a', datadir, join(unfinished, 'datadir')]);
    });
  });
  await keepInUse(folder, 'seed-');
  return folder;
}
