#!/bin/sh
# First process of a machine's own mount, pid and host name spaces: puts its root file system together and goes there.
# Arguments: tree (read-only), folder of the machine (root, upper, work, docker), host name and, if it has an engine
# with images, the data-root in the cache that holds their layers.
set -eu
tree=$1 dir=$2
hostname "$3"
root=$dir/root
mount -t overlay overlay -o "lowerdir=$tree,upperdir=$dir/upper,workdir=$dir/work" "$root"
cd "$root"
mkdir -p proc sys run tmp dev var/lib/docker .old
mount -t proc proc proc
mount --rbind /sys sys
mount -t tmpfs -o mode=755,nosuid tmpfs run
# A machine of its own has a boot of its own.
cat proc/sys/kernel/random/uuid > run/boot_id
mount --bind run/boot_id proc/sys/kernel/random/boot_id
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
# overlay2 can't lie on an overlay.
mount --bind "$dir/docker" var/lib/docker
if [ -n "${4:-}" ]; then
  for layer in "$4"/overlay2/*/diff; do
    mount --bind "$layer" "var/lib/docker/${layer#"$4/"}"
    mount -o remount,bind,ro "var/lib/docker/${layer#"$4/"}"
  done
fi
pivot_root . .old
umount -l /.old
mkdir -p /run/sshd /run/lock
exec /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin HOME=/root LANG=C.UTF-8 \
  /usr/bin/tini -s -- /usr/bin/python3 -I /usr/lib/mini/units.py
