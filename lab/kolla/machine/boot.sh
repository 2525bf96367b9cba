#!/bin/sh
# First process of a machine: puts its root file system together, goes there and becomes systemd. Arguments: the lower
# directories, the machine's folder (root, upper, work, and those of its engine), its host name.
set -eu
lower=$1 dir=$2
hostname "$3"
root=$dir/root
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$dir/upper,workdir=$dir/work" "$root"
cd "$root"
mkdir -p .old
# Engines keep overlays, which can't lie on one.
for name in docker containerd containers; do
  [ -d "$dir/$name" ] || continue
  mkdir -p "var/lib/$name"
  mount --bind "$dir/$name" "var/lib/$name"
done
mount -t proc proc proc
# The kernel's settings are the host's; those of the network are this machine's own.
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount --bind proc/sys/net proc/sys/net
mount -o remount,bind,rw proc/sys/net
if [ -e proc/sysrq-trigger ]; then
  mount --bind proc/sysrq-trigger proc/sysrq-trigger
  mount -o remount,bind,ro proc/sysrq-trigger
fi
mount -t sysfs -o ro sysfs sys
if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then
  mount -t cgroup2 cgroup2 sys/fs/cgroup
else
  mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
  for hierarchy in /sys/fs/cgroup/*; do
    [ ! -L "$hierarchy" ] && mountpoint -q "$hierarchy" || continue
    name=${hierarchy##*/}
    mkdir "sys/fs/cgroup/$name"
    case $name in
      unified) mount -t cgroup2 cgroup2 sys/fs/cgroup/unified ;;
      systemd) mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd ;;
      *) mount -t cgroup -o "$name" cgroup "sys/fs/cgroup/$name" ;;
    esac
  done
fi
mount -t tmpfs -o mode=755,nosuid tmpfs run
mount -t tmpfs -o mode=1777,nosuid tmpfs tmp
mount -t tmpfs -o mode=755,nosuid tmpfs dev
for name in null zero full random urandom tty; do
  : > "dev/$name"
  mount --bind "/dev/$name" "dev/$name"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
pivot_root . .old
umount -l /.old
# As systemd leaves them on a host; Kolla's toolbox asks for a shared /run.
mount --make-rshared /
exec /usr/bin/env -i container=lab PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  /usr/lib/systemd/systemd --show-status=no --log-target=journal
