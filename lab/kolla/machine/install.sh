#!/bin/sh
# Installs .deb files into a root file system that has the unpacked files of the essential ones, with that system's own
# dpkg, in name spaces of this script's own. Arguments: root, folder of archives, list of the archives' names.
set -eu
root=$1 archives=$2 list=$3
mount --make-rprivate /
mkdir -p "$root/proc" "$root/dev" "$root/mnt" "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for name in null zero full random urandom; do
  : > "$root/dev/$name"
  mount --bind "/dev/$name" "$root/dev/$name"
done
ln -s /proc/self/fd "$root/dev/fd"
mount --bind -o ro "$archives" "$root/mnt"
touch "$root/var/lib/dpkg/status" "$root/var/lib/dpkg/available"
# Asked by invoke-rc.d: nothing starts.
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
sed 's|^|/mnt/|' "$list" > "$root/dev/list"
chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
  DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true \
  sh -euc '
# A package whose script needs one that was not configured yet fails the first time.
install() { xargs dpkg --force-depends --force-unsafe-io --force-confnew --skip-same-version --install < /dev/list; }
install || install
test -z "$(dpkg --audit)"
'
rm "$root/usr/sbin/policy-rc.d"
rm -f "$root/etc/machine-id" "$root"/etc/ssh/ssh_host_*
