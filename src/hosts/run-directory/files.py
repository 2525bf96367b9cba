# Part 1 of 5 of the program that keeps run directories; the parts are sent as one text, in the order of their numbers.
# Python 3.6 and up, standard library only. This part: names, and files that survive a crash.
import fcntl
import json
import os
import pwd
import re
import select
import shutil
import signal
import subprocess
import sys
import time

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
OVER = ".over"
LOCK_SECONDS = 10
FILE_BYTES = 1024 * 1024


class Refused(Exception):
    """The act can't be done; `code` is for programs, `detail` for people."""

    def __init__(self, code, detail):
        Exception.__init__(self, detail)
        self.code = code


def name_of(request, key):
    value = request.get(key)
    if not isinstance(value, str) or not NAME.match(value) or value.endswith(OVER):
        raise Refused("bad_request", "%s is not a name" % key)
    return value


def operation_path(request):
    return os.path.join(base_of(request), name_of(request, "operation"))


def plan_path(request):
    return os.path.join(operation_path(request), name_of(request, "plan"))


def step_path(request):
    return os.path.join(plan_path(request), name_of(request, "step"))


def sync(path):
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def make(path):
    """A plain mkdir, 0700, on disk when it returns. FileExistsError says that another was first."""
    os.mkdir(path, 0o700)
    sync(os.path.dirname(path))


def make_if_missing(path):
    try:
        make(path)
    except FileExistsError:
        pass


def base_of(request):
    """The base directory, made if missing. It must be ours alone: what is in it decides what runs."""
    base = request.get("base")
    if not isinstance(base, str) or os.path.normpath(base) != base or not base.startswith("/") or base == "/":
        raise Refused("bad_request", "base is not an absolute path")
    missing = []
    while not os.path.isdir(base):
        missing.append(base)
        base = os.path.dirname(base)
    for path in reversed(missing):
        make_if_missing(path)
    status = os.stat(request["base"])
    if status.st_uid != os.geteuid():
        raise Refused("base_unsafe", "%s belongs to uid %d" % (request["base"], status.st_uid))
    if status.st_mode & 0o022:
        raise Refused("base_unsafe", "%s can be written by others (mode %o)" % (request["base"], status.st_mode & 0o7777))
    return request["base"]


def write_new(directory, name, data):
    """A file that is there whole or not at all. `directory` is a descriptor, so a rename of the folder doesn't matter."""
    fresh = name + ".new"
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600, dir_fd=directory)
    try:
        while data:
            data = data[os.write(fd, data) :]
        os.fsync(fd)
    finally:
        os.close(fd)
    os.rename(fresh, name, src_dir_fd=directory, dst_dir_fd=directory)
    os.fsync(directory)


def write_json(directory, name, value):
    write_new(directory, name, json.dumps(value).encode("ascii"))


def read_json(directory, name):
    """What `write_json` wrote, or None where there is no such file. Padding at the end is ignored."""
    try:
        fd = os.open(name, os.O_RDONLY, dir_fd=directory)
    except (FileNotFoundError, NotADirectoryError):
        return None
    with os.fdopen(fd, "rb") as file:
        try:
            return json.loads(file.read(FILE_BYTES).decode("ascii"))
        except ValueError:
            return None


def exists(directory, name):
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
        return True
    except (FileNotFoundError, NotADirectoryError):
        return False


def open_directory(path):
    """A descriptor, or None where there is no such directory."""
    try:
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except (FileNotFoundError, NotADirectoryError):
        return None


def lock(path):
    """Takes the lock of an operation's directory (made if missing) until this process ends. Opening and closing plans take turns."""
    until = time.monotonic() + LOCK_SECONDS
    while True:
        make_if_missing(path)
        fd = open_directory(path)
        if fd is None:
            continue
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.exists(path) and os.stat(path).st_ino == os.fstat(fd).st_ino:
                return fd
        except BlockingIOError:
            pass
        os.close(fd)
        if time.monotonic() > until:
            raise Refused("busy", "another process has held the lock on %s for %d s" % (path, LOCK_SECONDS))
        time.sleep(0.05)
