/**
 * A real systemd as first process of namespaces of its own, without any unit but those that a test makes. Needs root
 * and cgroup v1's `name=systemd` hierarchy. `/tmp` is the machine's.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { localHost } from '../../src/hosts/local.ts';
import type { Host } from '../../src/operation/host.ts';

const START_LIMIT_MS = 20_000;
const BINARY = '/lib/systemd/systemd';
const HIERARCHY = '/sys/fs/cgroup/systemd';

export const canRunSystemd = process.getuid?.() === 0 && existsSync(BINARY) && existsSync(HIERARCHY);

/** The targets that every transient service names, empty. */
const TARGETS = ['sysinit', 'basic', 'shutdown', 'minimal', 'umount', 'final', 'rescue', 'emergency'] as const;

const BOOT = `
set -eu
mkdir "$2"
echo $$ > "$2/cgroup.procs"
exec unshare --mount --pid --uts --ipc --cgroup --fork --kill-child --mount-proc sh -c '
set -eu
mount --make-rprivate /
root="$1/root"
mount -t tmpfs tmpfs "$1/upper"
mkdir "$1/upper/files" "$1/upper/work"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper/files,workdir=$1/upper/work" overlay "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/run"
mount --bind /tmp "$root/tmp"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs tmpfs "$root/sys/fs/cgroup"
mkdir "$root/sys/fs/cgroup/systemd"
mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/systemd"
mount -o remount,ro "$root/sys/fs/cgroup"
mount --rbind /dev "$root/dev"
hostname node1
cd "$root"
mkdir .old
# As a machine boots: a root of its own, and mounts that show themselves in those of the units.
pivot_root . .old
umount -l /.old
cd /
mount --make-rshared /
exec env -i container=test "SYSTEMD_UNIT_PATH=$1/units" PATH=/usr/sbin:/usr/bin:/sbin:/bin ${BINARY} --unit=minimal.target --log-target=console --show-status=no
' sh "$1"
`;

export type Systemd = {
  readonly host: Host;
  /** Where it looks for units. */
  readonly units: string;
  stop(): Promise<void>;
};

export async function startSystemd(): Promise<Systemd> {
  const dir = await mkdtemp(join(tmpdir(), 'kolla-backup-systemd-'));
  for (const name of ['units', 'upper', 'root']) await mkdir(join(dir, name));
  for (const name of TARGETS)
    await writeFile(join(dir, 'units', `${name}.target`), `[Unit]\nDescription=${name}\nDefaultDependencies=no\n`);
  const cgroup = join(HIERARCHY, `kolla-backup-test-${process.pid}`);
  const argv = ['--pdeathsig', 'KILL', 'sh', '-c', BOOT, 'sh', dir, cgroup];
  const child = spawn('setpriv', argv, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (log = (log + text).slice(-4_000)));
  const exited = once(child, 'exit');
  const first = async () => {
    const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').catch(() => '');
    return children.trim();
  };
  const local = localHost({ name: 'node1', sudo: false });
  const host: Host = {
    ...local,
    run: async (command) => {
      const enter = ['nsenter', '--target', await first(), '--all', '--root', 'env', '--chdir=/'] as const;
      return local.run({ ...command, argv: [...enter, ...command.argv] });
    },
  };
  const isUp = async () =>
    (await host.run({ argv: ['systemctl', 'is-active', 'minimal.target'], timeoutMs: 5_000 })).code === 0;
  for (const until = Date.now() + START_LIMIT_MS; !((await first()) && (await isUp())); await sleep(100))
    if (Date.now() > until) throw new Error(`systemd did not come up:\n${log}`);
  return {
    host,
    units: join(dir, 'units'),
    async stop() {
      child.kill('SIGKILL');
      await exited;
      // Its processes end a moment later; only then can their groups go.
      for (let tries = 0; existsSync(cgroup) && tries < 50; tries += 1, await sleep(100))
        await execa('find', [cgroup, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', ';'], { reject: false });
      await rm(dir, { recursive: true, force: true });
    },
  };
}
