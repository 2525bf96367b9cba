#!/bin/sh
# The root file system of Kolla's base image as an archive: an installation with the users that Kolla's images have,
# and its files. Arguments: lower directories, work directory, folder of files, archive.
set -eu
lower=$1 work=$2 files=$3 archive=$4
mount --make-rprivate /
mkdir -p "$work/upper" "$work/work" "$work/root"
root=$work/root
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$work/upper,workdir=$work/work" "$root"
cp -a "$files/." "$root/"
mount -t tmpfs tmpfs "$root/dev"
chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -euc '
groupadd --gid 42400 kolla
useradd -l -M --shell /usr/sbin/nologin --uid 42400 --gid 42400 kolla
groupadd --gid 42401 ansible
useradd -l --shell /usr/sbin/nologin --uid 42401 --gid 42401 --home-dir /var/lib/ansible --groups kolla ansible
rm -rf /var/lib/mysql /run/mysqld
usermod --uid 42434 --append --groups kolla --home /var/lib/mysql mysql
groupmod --gid 42434 mysql
usermod --gid 42434 mysql
install -d -o mysql -g mysql /var/lib/mysql /run/mysqld
install -d -o root -g kolla -m 2775 /var/log/kolla
install -d -o ansible -g ansible /var/lib/ansible
mkdir -p /etc/kolla/defaults /var/lib/kolla/config_files /etc/sudoers.d
rm -rf /var/log/mysql /usr/share/doc /usr/share/man /usr/share/locale /var/cache/*
touch /usr/local/bin/kolla_extend_start
chmod 644 /usr/local/bin/kolla_extend_start
'
umount "$root/dev"
tar --create --file "$archive" -C "$root" .
