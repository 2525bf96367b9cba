#!/bin/sh
# Gives a machine its control groups and its own name spaces. Arguments: name of its control group, the file of its
# network's name space, then those of boot.sh. It lives as long as the machine.
set -eu
group=$1 network=$2
shift 2
# A new group of the cpuset hierarchy is empty; the others need nothing.
copy() {
  for file in cpuset.cpus cpuset.mems; do
    [ ! -e "$1/$file" ] || cat "$1/$file" > "$2/$file"
  done
}
for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/*; do
  [ -e "$hierarchy/cgroup.procs" ] && [ ! -L "$hierarchy" ] && mountpoint -q "$hierarchy" || continue
  mkdir -p "$hierarchy/${group%%/*}"
  copy "$hierarchy" "$hierarchy/${group%%/*}"
  mkdir -p "$hierarchy/$group"
  copy "$hierarchy/${group%%/*}" "$hierarchy/$group"
  echo 0 > "$hierarchy/$group/cgroup.procs"
done
exec nsenter --net="$network" \
  unshare --mount --uts --ipc --cgroup --pid --fork --kill-child=SIGKILL sh "${0%/*}/boot.sh" "$@"
