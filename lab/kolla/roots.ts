/** The two Debian installations that everything here is made of. */
import { debianRoot } from './root.ts';

const NODE = [
  ...['systemd', 'systemd-sysv', 'dbus', 'libpam-systemd', 'docker.io', 'openssh-server', 'openssh-client'],
  ...['python3', 'python3-docker', 'python3-dbus', 'python3-venv', 'iproute2', 'procps', 'sudo', 'less'],
] as const;
const PODMAN_NODE = [
  ...['systemd', 'systemd-sysv', 'dbus', 'libpam-systemd', 'openssh-server', 'openssh-client'],
  ...['python3', 'python3-dbus', 'python3-venv', 'iproute2', 'procps', 'sudo', 'less', 'podman', 'runc'],
] as const;
const IMAGE = [
  ...['mariadb-server', 'mariadb-backup', 'galera-4', 'socat', 'dumb-init', 'sudo', 'expect', 'lsof', 'pigz', 'procps'],
  ...['iproute2', 'xz-utils', 'openssl', 'python3', 'python3-venv', 'cron', 'logrotate'],
] as const;

/** Of every machine: systemd, sshd, Docker, and what Kolla's modules import. */
export const nodeRoot = () => debianRoot('node', NODE);

/** Of a machine whose engine is podman. */
export const podmanRoot = () => debianRoot('podman-node', PODMAN_NODE);

/** Of every image: MariaDB, and the tools that Kolla's scripts call. */
export const imageRoot = () => debianRoot('image', IMAGE);
