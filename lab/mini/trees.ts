/** The two unpacked trees that the small cloud is made of: one for its machines, one for the MariaDB image. */
import { packageTree } from '../packages.ts';

const BASE = [
  ...[
    'base-files',
    'base-passwd',
    'bash',
    'coreutils',
    'dash',
    'debianutils',
    'diffutils',
    'findutils',
    'grep',
    'gzip',
  ],
  ...['hostname', 'libc-bin', 'login', 'mawk', 'ncurses-base', 'procps', 'sed', 'tar', 'tini', 'tzdata', 'util-linux'],
  ...['mount', 'python3', 'sudo', 'iproute2', 'lsof', 'pigz'],
] as const;
const MACHINE = [...BASE, 'docker.io', 'openssh-server', 'openssh-client', 'ansible-core', 'less'] as const;
const IMAGE = [...BASE, 'mariadb-server', 'mariadb-backup', 'galera-4', 'socat', 'dumb-init', 'xz-utils'] as const;

/** Root file system of every machine (lowest layer of its overlay): an engine, sshd, Python, ansible-core. */
export const machineTree = () => packageTree('machine', MACHINE);

/** Root file system of the MariaDB image, without Kolla's own files. */
export const imageTree = () => packageTree('image', IMAGE);
