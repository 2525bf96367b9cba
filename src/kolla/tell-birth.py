# Tells by what a file is known for as long as it is the same one. Python 3.6 or later, standard library only.
#
# It is sent to the host like its siblings, with {"path": "/absolute/file"}, and prints INODE:SECONDS: its inode and its
# time of birth, 0 where none is known. The kernel itself is asked: neither Python nor coreutils before 8.31 (those of
# CentOS 8 and Ubuntu 20.04) can tell it.
import ctypes
import os
import struct
import sys

AT_FDCWD = -100
AT_SYMLINK_NOFOLLOW = 0x100
STATX_BTIME = 0x800
STATX_BYTES = 256        # struct statx of the kernel, the same on every machine
MASK_AT, BIRTH_AT = 0, 80


def birth(path):
    told = ctypes.create_string_buffer(STATX_BYTES)
    try:
        statx = ctypes.CDLL(None).statx
    except AttributeError:
        return 0  # glibc before 2.28
    if statx(AT_FDCWD, os.fsencode(path), AT_SYMLINK_NOFOLLOW, STATX_BTIME, told) != 0:
        return 0
    known = struct.unpack_from("=I", told, MASK_AT)[0] & STATX_BTIME
    return struct.unpack_from("=q", told, BIRTH_AT)[0] if known else 0


path = request["path"]  # noqa: F821
sys.stdout.write("%d:%d\n" % (os.lstat(path).st_ino, birth(path)))
