# The atomic exchange of two directories, where this kernel and file system have it.
import ctypes
import os

RENAME_EXCHANGE = 2
AT_FDCWD = -100
RENAMEAT2 = {"x86_64": 316, "aarch64": 276, "ppc64le": 357, "s390x": 347}


def exchanged(one, other):
    """Exchanges two paths in one call; null where it worked, or why there is no such exchange here."""
    number = RENAMEAT2.get(os.uname().machine)
    if number is None:
        return os.uname().machine
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(number, AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) != 0:
        return os.strerror(ctypes.get_errno())
    return None
