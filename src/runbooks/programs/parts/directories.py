# Directories by what they are, not by what they are called; who uses them; and where an operation's own may lie.
import os
import stat

# The directory under which operations keep theirs is called so, and nothing of ours lies elsewhere.
BASES = ("kolla-backup", ".kolla-backup")


def identity(path):
    """Device and inode of a directory itself; null where there is none, or a link or file in its place."""
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return [found.st_dev, found.st_ino] if stat.S_ISDIR(found.st_mode) else None


def same(found, wanted):
    """Whether a directory is the one that is meant: by its inode, for a device may have another number after a reboot."""
    return found is not None and found[1] == wanted[1]


def is_own(path):
    """Whether a path is an operation's directory: right below a base, and no link leads elsewhere."""
    return os.path.basename(os.path.dirname(path)) in BASES and os.path.realpath(path) == path


def nearest(path):
    """The path itself or its nearest ancestor that exists."""
    while not os.path.lexists(path):
        path = os.path.dirname(path)
    return path


def sync(path):
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def mounts(pid="self"):
    """(device, the directory of its file system that is mounted, where) of every mount that a process sees."""
    with open("/proc/%s/mountinfo" % pid, errors="surrogateescape") as file:
        for line in file:
            fields = line.split()
            yield fields[2], unescaped(fields[3]), unescaped(fields[4])


def unescaped(field):
    return field.encode("utf-8", "surrogateescape").decode("unicode_escape").encode("latin-1").decode("utf-8", "surrogateescape")


def within(path, folder):
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def mount_of(path):
    """The mount that a path lies on; of several over one another the last."""
    found = ("", "", "")
    for mount in mounts():
        if within(path, mount[2]) and len(mount[2]) >= len(found[2]):
            found = mount
    return found


def mounted(path):
    """Also a bind mount of the same file system, which has the same device as its parent."""
    return any(where == path for _, _, where in mounts())


def see_same_file_system(live, other):
    """Why `other` (or where it would be) can't be exchanged with `live`: a kind and words; null where it can."""
    if mounted(live):
        return "mount", "%s is a mount point" % live
    there = nearest(other)
    if os.path.realpath(there) != there:
        return "differ", "%s leads elsewhere" % there
    if mount_of(there) != mount_of(live) or os.lstat(there).st_dev != os.lstat(live).st_dev:
        return "differ", "%s and %s are on different file systems" % (other, live)
    if there == other and mounted(other):
        return "mount", "%s is a mount point" % other
    return None


def free_bytes(path):
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize


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


def holder(directories):
    """The pid of a process that holds something in one of the directories; null where nobody does."""
    known = set().union(*(files_below(path) for path in directories))
    for pid in os.listdir("/proc"):
        if pid.isdigit() and int(pid) != os.getpid() and any(held in known for held in held_by(pid)):
            return int(pid)
    return None


def mounted_anywhere(path):
    """A place at which something in `path`, or `path` itself, is mounted, in whichever container; null where none is."""
    device, root, where = mount_of(path)
    inside = os.path.normpath(os.path.join(root, os.path.relpath(path, where)))
    seen = set()
    for pid in os.listdir("/proc"):
        try:
            space = os.readlink("/proc/%s/ns/mnt" % pid) if pid.isdigit() else None
            if space is None or space in seen:
                continue
            seen.add(space)
            for its_device, its_root, its_where in mounts(pid):
                if its_device == device and within(its_root, inside):
                    return its_where
        except OSError:
            continue
    below = [where for _, _, where in mounts() if within(where, path)]
    return below[0] if below else None
