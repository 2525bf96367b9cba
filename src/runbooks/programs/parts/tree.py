# The size of a directory, and the manifest that tells whether anything in it was touched.
import hashlib
import os
import stat

BLOCK_BYTES = 512


def fail(error):
    raise error


def paths_of(root):
    yield root
    for folder, folders, files in os.walk(root, onerror=fail):
        for name in folders + files:
            yield os.path.join(folder, name)


def measure(root):
    """
    The manifest (SHA-256 in hex, over path, type and mode, size, time of change, owner and group of everything in the
    directory, in the order of the paths), the bytes on disk, and how many files there are.
    """
    entries, taken, files = [], 0, 0
    for path in paths_of(root):
        found = os.lstat(path)
        taken += found.st_blocks * BLOCK_BYTES
        files += stat.S_ISREG(found.st_mode)
        numbers = (found.st_mode, found.st_size, found.st_mtime_ns, found.st_uid, found.st_gid)
        entries.append((os.fsencode(os.path.relpath(path, root)), "\0%d\0%d\0%d\0%d\0%d\0" % numbers))
    digest = hashlib.sha256()
    for path, rest in sorted(entries):
        digest.update(path + rest.encode("ascii"))
    return {"manifest": digest.hexdigest(), "bytes": taken, "files": files}
