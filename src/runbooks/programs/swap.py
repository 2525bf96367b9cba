"""
Exchanges a node's datadir for another directory of the same file system, in one atomic call, and back.

    python3 -c <this> {"direction": "aside" | "back", "live": path, "other": path, "old": [dev, inode],
                       "new": [dev, inode], "unit": name or null, "engine": "docker", "container": name}

`aside` makes true that the old datadir is at `other`, `back` that it is at `live`. Where that is so already nothing is
done; on any other finding than these two it stops. It works only on a datadir that nothing uses, and sees to that itself:
unit inactive, container exited, no mariadbd, nobody holds a file of either directory, no state transfer in progress,
and InnoDB's own lock, which it keeps until it is done. No single one of these signs is enough.
Prints one line of JSON: {"state": "exchanged" | "already"}, or {"state": "refused", "code": ..., "detail": ...}, exit 3.
"""
import ctypes
import fcntl
import json
import os
import stat
import subprocess
import sys

RENAME_EXCHANGE = 2
AT_FDCWD = -100
RENAMEAT2 = {"x86_64": 316, "aarch64": 276, "ppc64le": 357, "s390x": 347}
SERVERS = ("mariadbd", "mysqld")
# How long the unit manager or the engine may take to answer.
ANSWER_SECONDS = 30
EXIT_REFUSED = 3


class Refused(Exception):
    def __init__(self, code, detail):
        super().__init__(detail)
        self.code, self.detail = code, detail


def identity(path):
    """Device and inode of a directory itself: a link in its place is not it."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    if not stat.S_ISDIR(found.st_mode):
        raise Refused("SWAP_NOT_A_DIRECTORY", path)
    return [found.st_dev, found.st_ino]


def ask(argv):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=ANSWER_SECONDS)
    return done.returncode, done.stdout.decode("utf-8", "replace").strip(), done.stderr.decode("utf-8", "replace").strip()


def see_unit_down(unit):
    if unit is None:
        return
    _, state, said = ask(["systemctl", "is-active", unit])
    if state not in ("inactive", "failed"):
        raise Refused("SWAP_UNIT_ACTIVE", "%s is %s" % (unit, state or said))


def see_container_down(engine, container):
    code, state, said = ask([engine, "container", "inspect", "--format", "{{.State.Status}}", container])
    if code != 0 and "no such container" in said.lower():
        return
    if code != 0 or state not in ("exited", "created", "dead"):
        raise Refused("SWAP_CONTAINER_RUNS", "%s is %s" % (container, state or said))


def processes():
    return [name for name in os.listdir("/proc") if name.isdigit()]


def see_no_server():
    for pid in processes():
        try:
            with open("/proc/%s/comm" % pid) as file:
                name = file.read().strip()
        except OSError:
            continue
        if name in SERVERS:
            raise Refused("SWAP_SERVER_RUNS", "%s runs with pid %s" % (name, pid))


def files_below(path):
    """Every file and directory, by device and inode: a container's process holds them under another path."""
    found = {tuple(identity(path))}
    for folder, folders, files in os.walk(path):
        for name in folders + files:
            try:
                entry = os.lstat(os.path.join(folder, name))
            except FileNotFoundError:
                continue
            found.add((entry.st_dev, entry.st_ino))
    return found


def held_by(pid):
    """What a process has open, mapped, or stands in."""
    base = "/proc/%s" % pid
    links = [base + "/cwd", base + "/root"]
    for folder in ("fd", "map_files"):
        try:
            links += [os.path.join(base, folder, name) for name in os.listdir(os.path.join(base, folder))]
        except OSError:
            pass
    for link in links:
        try:
            entry = os.stat(link)
        except OSError:
            continue
        yield entry.st_dev, entry.st_ino


def see_nobody_holds(directories):
    known = set().union(*(files_below(path) for path in directories))
    for pid in processes():
        if int(pid) != os.getpid() and any(held in known for held in held_by(pid)):
            raise Refused("SWAP_DIRECTORY_IN_USE", "pid %s holds something in it" % pid)


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


def mounted(path):
    """Also a bind mount of the same file system, which has the same device as its parent."""
    with open("/proc/self/mountinfo") as file:
        return any(line.split()[4].encode().decode("unicode_escape") == path for line in file)


def sync(path):
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def exchange(live, other):
    libc = ctypes.CDLL(None, use_errno=True)
    number = RENAMEAT2.get(os.uname().machine)
    if number is None:
        raise Refused("SWAP_UNSUPPORTED", os.uname().machine)
    if libc.syscall(number, AT_FDCWD, os.fsencode(live), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) != 0:
        error = ctypes.get_errno()
        raise Refused("SWAP_UNSUPPORTED", os.strerror(error))
    for parent in {os.path.dirname(live), os.path.dirname(other)}:
        sync(parent)


def swap(wanted):
    live, other = wanted["live"], wanted["other"]
    aside = (wanted["new"], wanted["old"])
    here = (wanted["old"], wanted["new"])
    target, origin = (aside, here) if wanted["direction"] == "aside" else (here, aside)
    found = (identity(live), identity(other))
    if found == target:
        return {"state": "already"}
    if found != origin:
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
        see_unit_down(wanted["unit"])
        if (identity(live), identity(other)) != origin:
            raise Refused("SWAP_THIRD_FINDING", "it changed while it was looked at")
        exchange(live, other)
    finally:
        for file in locked:
            file.close()
    if (identity(live), identity(other)) != target:
        raise Refused("SWAP_THIRD_FINDING", "after the exchange live is %s, other is %s" % (identity(live), identity(other)))
    return {"state": "exchanged"}


try:
    print(json.dumps(swap(json.loads(sys.argv[1]))))
except Refused as refused:
    print(json.dumps({"state": "refused", "code": refused.code, "detail": refused.detail}))
    sys.exit(EXIT_REFUSED)
