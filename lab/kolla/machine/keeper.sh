#!/bin/sh
# First process of the lab's own mount, network and pid name spaces: holds the network that joins the machines. All of
# the lab ends with it. Arguments: the bridge's address with its prefix, then for each machine its name and address.
set -eu
mount --make-rprivate /
mount -t tmpfs tmpfs /run/netns 2>/dev/null || { mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns; }
prefix=${1#*/}
ip link set lo up
ip link add br0 type bridge
ip address add "$1" dev br0
ip link set br0 up
shift
number=0
while [ $# -gt 0 ]; do
  number=$((number + 1))
  ip netns add "$1"
  ip link add "veth$number" type veth peer name eth0 netns "$1"
  ip link set "veth$number" master br0 up
  ip -n "$1" link set lo up
  ip -n "$1" address add "$2/$prefix" dev eth0
  ip -n "$1" link set eth0 up
  shift 2
done
echo ready
exec sleep infinity
