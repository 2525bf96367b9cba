"""
Exchanges a node's datadir for another directory of the same file system, in one atomic call, and back.

    request: {"direction": "aside" | "back", "live": path, "other": path, "old": [dev, inode], "new": [dev, inode],
              "manifest": hex or null, "empty": whether `new` must be empty, "source": whether the cluster is recovered from
              what is live then, "unit": name or null, "engine": "docker", "container": name}

`aside` makes true that the old datadir is at `other`, `back` that it is at `live`. Where that is so already nothing is
done; on any other finding than these two it stops. It works only on a datadir that nothing uses, and sees to that itself:
unit inactive, container exited, no mariadbd, nobody holds a file of either directory, no state transfer in progress,
and InnoDB's own lock, which it keeps until it is done. No single one of these signs is enough. Aside, the new directory
must be what it was when it was approved: the manifest fits, or it is empty.
Prints one line of JSON: {"state": "exchanged" | "already"}, or {"state": "refused", "code": ..., "detail": ...}, exit 3.
"""
import fcntl
import os


def see_unit_down(unit):
    state = unit_state(unit)
    if state not in UNIT_DOWN:
        raise Refused("SWAP_UNIT_ACTIVE", "%s is %s" % (unit, state))


def see_container_down(engine, container):
    state = container_state(engine, container)
    if not container_down(state):
        raise Refused("SWAP_CONTAINER_RUNS", "%s is %s" % (container, state))


def see_no_server():
    running = servers()
    if running:
        raise Refused("SWAP_SERVER_RUNS", "mariadbd runs with pid %s" % ", ".join(str(pid) for pid in running))


def see_nobody_holds(directories):
    pid = holder(directories)
    if pid is not None:
        raise Refused("SWAP_DIRECTORY_IN_USE", "pid %d holds something in it" % pid)


def see_unchanged(path, wanted):
    """What is exchanged in is what was approved."""
    if wanted.get("empty") and os.listdir(path):
        raise Refused("SWAP_NOT_EMPTY", path)
    if wanted.get("manifest") is not None and measure(path)["manifest"] != wanted["manifest"]:
        raise Refused("SWAP_COPY_CHANGED", path)


def see_no_transfer(directories):
    for path in directories:
        if os.path.exists(os.path.join(path, "sst_in_progress")):
            raise Refused("SWAP_TRANSFER_IN_PROGRESS", path)


def lock_innodb(directories):
    """The lock that mariadbd itself takes; the files stay open, and so locked, until the caller lets them go."""
    locked = []
    for path in directories:
        try:
            file = open(os.path.join(path, "ibdata1"), "r+b")
        except FileNotFoundError:
            continue
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Refused("SWAP_LOCKED", os.path.join(path, "ibdata1"))
        locked.append(file)
    return locked


def see_exchangeable(live, other):
    for path in (live, other):
        if os.path.realpath(path) != path:
            raise Refused("SWAP_NOT_A_DIRECTORY", "%s leads elsewhere" % path)
        if os.lstat(path).st_dev != os.lstat(os.path.dirname(path)).st_dev or mounted(path):
            raise Refused("SWAP_MOUNT_POINT", path)
    if os.lstat(live).st_dev != os.lstat(other).st_dev:
        raise Refused("SWAP_FILE_SYSTEMS_DIFFER", "%s and %s" % (live, other))


def exchange(live, other):
    why = exchanged(live, other)
    if why is not None:
        raise Refused("SWAP_UNSUPPORTED", why)
    for parent in {os.path.dirname(live), os.path.dirname(other)}:
        sync(parent)


def placed(found, wanted):
    """Whether both directories are where they are meant to be."""
    return all(same(*pair) for pair in zip(found, wanted))


def swap(wanted):
    live, other = wanted["live"], wanted["other"]
    aside = (wanted["new"], wanted["old"])
    here = (wanted["old"], wanted["new"])
    target, origin = (aside, here) if wanted["direction"] == "aside" else (here, aside)
    found = (identity(live), identity(other))
    # Inodes mean something on one file system only; where they are on two, what follows refuses.
    if placed(found, target) and found[0][0] == found[1][0]:
        # In an earlier way back, from another node, it may have been sent a transfer that did not end.
        if wanted.get("source"):
            see_no_transfer((live,))
        return {"state": "already"}
    if not placed(found, origin):
        raise Refused("SWAP_THIRD_FINDING", "live is %s, other is %s" % found)
    see_unit_down(wanted["unit"])
    see_container_down(wanted["engine"], wanted["container"])
    see_exchangeable(live, other)
    # Going back, the new directory may hold what a failed transfer left: only the old one must be whole.
    see_no_transfer((live, other) if wanted["direction"] == "aside" else (other,))
    locked = lock_innodb((live, other))
    try:
        see_no_server()
        see_nobody_holds((live, other))
        if wanted["direction"] == "aside":
            see_unchanged(other, wanted)
        see_unit_down(wanted["unit"])
        if not placed((identity(live), identity(other)), origin):
            raise Refused("SWAP_THIRD_FINDING", "it changed while it was looked at")
        exchange(live, other)
    finally:
        for file in locked:
            file.close()
    if not placed((identity(live), identity(other)), target):
        raise Refused("SWAP_THIRD_FINDING", "after the exchange live is %s, other is %s" % (identity(live), identity(other)))
    return {"state": "exchanged"}


main(swap)
