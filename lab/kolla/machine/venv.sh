#!/bin/sh
# Makes a Python virtual environment at the path where it will be used, as a layer over a root file system. Arguments:
# root, layer, a work directory beside it, folder of wheels, the environment's path, requirements.
set -eu
root=$1 layer=$2 work=$3 wheels=$4 path=$5
shift 5
mount --make-rprivate /
mkdir -p "$layer" "$work/work" "$work/root"
mount -t overlay overlay -o "lowerdir=$root,upperdir=$layer,workdir=$work/work" "$work/root"
mount -t proc proc "$work/root/proc"
mount -t tmpfs tmpfs "$work/root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$work/root/dev"
for name in null zero urandom; do
  : > "$work/root/dev/$name"
  mount --bind "/dev/$name" "$work/root/dev/$name"
done
mount --bind -o ro "$wheels" "$work/root/mnt"
chroot "$work/root" /usr/bin/env -i PATH=/usr/bin:/bin HOME=/tmp LC_ALL=C.UTF-8 sh -euc '
path=$1
shift
mkdir -p "${path%/*}"
python3 -m venv "$path"
"$path/bin/pip" install --quiet --no-cache-dir --disable-pip-version-check --no-index --find-links /mnt "$@"
' venv "$path" "$@"
