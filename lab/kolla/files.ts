/** What a machine's own layer adds to the Debian installation. */
import { readFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineName } from '../engines.ts';
import type { Files } from '../mini/machine.ts';
import { PLACES, type Place, SSH_PORT } from './layout.ts';

/** Units that are of no use here, or would change the machine that this runs on. */
const MASKED = [
  ...['systemd-sysctl.service', 'systemd-modules-load.service', 'systemd-binfmt.service', 'systemd-pstore.service'],
  ...['systemd-udevd.service', 'systemd-udev-trigger.service', 'systemd-udevd-control.socket'],
  ...['systemd-udevd-kernel.socket', 'systemd-remount-fs.service', 'systemd-random-seed.service'],
  ...['systemd-networkd.service', 'systemd-networkd.socket', 'systemd-timesyncd.service', 'systemd-resolved.service'],
  ...['getty.target', 'console-getty.service', 'sys-kernel-debug.mount', 'sys-kernel-tracing.mount'],
  ...['sys-kernel-config.mount', 'sys-fs-fuse-connections.mount', 'dev-hugepages.mount', 'dev-mqueue.mount'],
  ...['proc-sys-fs-binfmt_misc.automount', 'kmod-static-nodes.service', 'fstrim.timer', 'dpkg-db-backup.timer'],
  ...['e2scrub_all.timer', 'e2scrub_reap.service', 'systemd-tmpfiles-clean.timer', 'systemd-firstboot.service'],
] as const;

const RUNC = '/usr/local/sbin/runc-lab';

const DAEMON = {
  bridge: 'none',
  iptables: false,
  ip6tables: false,
  'ip-forward': false,
  'ip-masq': false,
  'userland-proxy': false,
  runtimes: { lab: { path: RUNC } },
  'default-runtime': 'lab',
};

/** What an engine needs to run on a machine that lacks capabilities. */
export const ENGINE_FILES = {
  docker: { '/etc/docker/daemon.json': `${JSON.stringify(DAEMON, null, 2)}\n` },
  podman: {
    '/etc/containers/containers.conf': `[engine]\nruntime = "runc"\n\n[engine.runtimes]\nrunc = ["${RUNC}"]\n`,
  },
} as const satisfies Record<EngineName, Files>;

/** runc as the engines call it. */
export const RUNC_FILES: Files = {
  [RUNC]: { content: readFileSync(join(import.meta.dirname, 'machine/runc.py'), 'utf8'), mode: 0o755 },
};

const SSHD = `Port ${SSH_PORT}
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UseDNS no
MaxStartups 200
MaxSessions 100
`;

export function machineFiles(
  place: Place,
  engine: EngineName,
  keys: { readonly shared: string; readonly hostKeys: Files; readonly machineId: string },
): Files {
  const hosts = PLACES.map(({ address, name, hostname }) => `${address} ${[...new Set([name, hostname])].join(' ')}\n`);
  return {
    '/etc/hostname': `${place.hostname}\n`,
    '/etc/machine-id': { content: `${keys.machineId}\n`, mode: 0o444 },
    '/etc/hosts': `127.0.0.1 localhost\n${hosts.join('')}`,
    ...ENGINE_FILES[engine],
    ...RUNC_FILES,
    '/etc/ssh/sshd_config.d/lab.conf': SSHD,
    ...keys.hostKeys,
    '/root/.ssh/authorized_keys': { content: keys.shared, mode: 0o600 },
  };
}

/** Masks units in a machine's own layer; `more` are those of which this machine has no need. */
export async function maskUnits(upper: string, more: readonly string[] = []): Promise<void> {
  const folder = join(upper, 'etc/systemd/system');
  await mkdir(folder, { recursive: true });
  for (const unit of [...MASKED, ...more]) await symlink('/dev/null', join(folder, unit));
}
