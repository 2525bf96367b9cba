# Lists one directory, and one level of the directories in it. Python 3.6 or later, standard library only.
#
# It is sent to the host on standard input behind one line of JSON, which its sender's `python3 -c` has put into
# `request`: {"path": "/absolute/directory"}. It only reads, follows no link, and prints one line of JSON:
# {"found": true, "entries": [{"path", "bytes", "mtime_ns", "inode"}, ...], "omitted": n} or
# {"found": false, "reason": ..., "detail": ...}. Only regular files are told; paths are relative; `omitted` counts the
# files that the limit left out.
import errno
import json
import os
import stat
import sys

MAX_ENTRIES = 5000       # files that are told
MAX_COUNTED = 200000     # names that are looked at: of what is beyond only that there is something is told
MAX_NAME_BYTES = 255


class Found:
    def __init__(self):
        self.entries = []
        self.omitted = 0
        self.looked = 0


def open_directory(path, parent):
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)


def readable(name):
    """Names that aren't UTF-8 are told with their bad bytes marked: they are nobody's archive."""
    return os.fsencode(name)[:MAX_NAME_BYTES].decode("utf-8", "backslashreplace")


def look(directory, prefix, found):
    """Adds the files in an open directory; gives back the names of the directories in it."""
    inner = []
    for name in sorted(os.listdir(directory)):
        found.looked += 1
        if found.looked > MAX_COUNTED:
            found.omitted += 1
            break
        try:
            status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        except OSError:
            continue  # gone since
        if stat.S_ISDIR(status.st_mode):
            inner.append(name)
        elif stat.S_ISREG(status.st_mode) and len(found.entries) < MAX_ENTRIES:
            found.entries.append({"path": prefix + readable(name), "bytes": status.st_size,
                                  "mtime_ns": str(status.st_mtime_ns), "inode": str(status.st_ino)})
        elif stat.S_ISREG(status.st_mode):
            found.omitted += 1
    return inner


def list_volume(path):
    directory = open_directory(path, None)
    found = Found()
    try:
        for name in look(directory, "", found):
            try:
                below = open_directory(name, directory)
            except OSError:
                continue
            try:
                look(below, readable(name) + "/", found)
            finally:
                os.close(below)
    finally:
        os.close(directory)
    return {"found": True, "entries": found.entries, "omitted": found.omitted}


def refusal(error):
    reasons = {errno.ENOENT: "missing", errno.ENOTDIR: "not_a_directory", errno.ELOOP: "not_a_directory"}
    return {"found": False, "reason": reasons.get(error.errno, "unreadable"), "detail": os.strerror(error.errno)}


try:
    answer = list_volume(request["path"])  # noqa: F821
except OSError as problem:
    answer = refusal(problem)
sys.stdout.write(json.dumps(answer) + "\n")
