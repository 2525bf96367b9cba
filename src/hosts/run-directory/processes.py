# Part 2 of 5: which processes live, whatever became of their parents and however pids were given out again.

MARKER = "KOLLA_BACKUP_RUN"


def boot_id():
    with open("/proc/sys/kernel/random/boot_id") as file:
        return file.read().strip()


def status_of(pid):
    """(state, session, start time in clock ticks since boot), or None where there is no such process."""
    try:
        with open("/proc/%d/stat" % pid, "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        return fields[0].decode("ascii"), int(fields[3]), int(fields[19])
    except (OSError, IndexError):
        return None


def identity(pid):
    """What tells this process from every other one that had or will have its pid."""
    status = status_of(pid)
    return {"pid": pid, "started": status[2] if status else None, "boot": boot_id()}


def is_alive(who):
    """A zombie isn't alive: it does nothing any more. Nor is another process with the same pid."""
    if not who or who["started"] is None or who["boot"] != boot_id():
        return False
    status = status_of(who["pid"])
    return status is not None and status[0] not in "ZX" and status[2] == who["started"]


def same_session(program):
    """The session that the program leads, or None where its number may be another's by now."""
    if not program or program["boot"] != boot_id():
        return None
    status = status_of(program["pid"])
    return program["pid"] if status is None or status[2] == program["started"] else None


def content(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def belongs(pid, marker, session, unit):
    """By its environment; by its session, since sudo cleans the environment; by its cgroup, where systemd keeps one."""
    status = status_of(pid)
    if status is None or status[0] in "ZX":
        return False
    if marker in content("/proc/%d/environ" % pid).split(b"\0"):
        return True
    if session is not None and status[1] == session:
        return True
    return unit is not None and (b"/%s\n" % unit) in content("/proc/%d/cgroup" % pid)


def descendants(request, program, unit):
    """The pids of what the step's program started and what still lives. Looks twice, for a fork could slip through."""
    marker = ("%s=%s" % (MARKER, marker_of(request))).encode("ascii")
    unit = None if unit is None else unit.encode("ascii")
    session = same_session(program)
    for _ in range(2):
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
        found = [pid for pid in pids if pid != os.getpid() and belongs(pid, marker, session, unit)]
        if found:
            return sorted(found)
    return []


def marker_of(request):
    return "%s/%s/%s" % (request["operation"], request["plan"], request["step"])
