# Lists one directory, and one level of the directories in it. Python 3.6 or later, standard library only.
#
# It is sent to the host on standard input behind one line of JSON, which its sender's `python3 -c` has put into
# `request`: {"path": "/absolute/directory"}. It only reads, follows no link, and prints one line of JSON:
# {"found": true, "entries": [{"path", "kind", "bytes", "mtime_ns", "inode"}, ...], "omitted": n} or
# {"found": false, "reason": ..., "detail": ...}. Paths are relative; `omitted` counts what the limit left out.
import errno
import json
import os
import stat
import sys

MAX_ENTRIES = 5000       # entries that are told
MAX_COUNTED = 200000     # entries that are looked at: what is beyond isn't counted either
MAX_NAME_BYTES = 255

KINDS = ((stat.S_ISREG, "file"), (stat.S_ISDIR, "directory"), (stat.S_ISLNK, "link"))


def kind_of(mode):
    for test, name in KINDS:
        if test(mode):
            return name
    return "other"


def open_directory(path, parent):
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)


def readable(name):
    """Names that aren't UTF-8 are told with their bad bytes marked: they are nobody's archive."""
    return os.fsencode(name)[:MAX_NAME_BYTES].decode("utf-8", "backslashreplace")


def look(directory, prefix, entries, counted):
    """Adds what lies in an open directory; gives back the names of the directories in it."""
    inner = []
    for name in sorted(os.listdir(directory)):
        counted += 1
        if counted > MAX_COUNTED:
            break
        try:
            found = os.stat(name, dir_fd=directory, follow_symlinks=False)
        except OSError:
            continue  # gone since
        kind = kind_of(found.st_mode)
        if kind == "directory":
            inner.append(name)
        if len(entries) < MAX_ENTRIES:
            entries.append({"path": prefix + readable(name), "kind": kind, "bytes": found.st_size,
                            "mtime_ns": str(found.st_mtime_ns), "inode": str(found.st_ino)})
    return inner, counted


def list_volume(path):
    directory = open_directory(path, None)
    entries = []
    try:
        inner, counted = look(directory, "", entries, 0)
        for name in inner:
            try:
                below = open_directory(name, directory)
            except OSError:
                continue
            try:
                _, counted = look(below, readable(name) + "/", entries, counted)
            finally:
                os.close(below)
    finally:
        os.close(directory)
    return {"found": True, "entries": entries, "omitted": counted - len(entries)}


def refusal(error):
    reasons = {errno.ENOENT: "missing", errno.ENOTDIR: "not_a_directory", errno.ELOOP: "not_a_directory"}
    return {"found": False, "reason": reasons.get(error.errno, "unreadable"), "detail": os.strerror(error.errno)}


try:
    answer = list_volume(request["path"])  # noqa: F821
except OSError as problem:
    answer = refusal(problem)
sys.stdout.write(json.dumps(answer) + "\n")
