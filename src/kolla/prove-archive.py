# Proves that one archive (a .gz of an xbstream) is whole. Python 3.6 or later, standard library only.
#
# It is sent to the host on standard input behind one line of JSON, which its sender's `python3 -c` has put into
# `request`: {"path": "/absolute/path.gz"}. It only reads. It prints {"progress": n, "of": m} lines while it reads, and
# one last line: {"complete": true, ...} or {"complete": false, "reason": ..., "detail": ...}.
#
# What an archive must be (the reader of MariaDB 10.11.19 was tried for each of these; it ends with code 0 on many of
# the bad ones): the gzip whole with its trailer; every chunk's magic, type, path and CRC right; the offsets of each
# path contiguous; every path ended; no ended path opened again unless the chunk says "rewrite"; and the two files
# that mariabackup writes last, checkpoints and info, both there, without which mariabackup died on its way.
# Chunks: P payload, E end of a path, S seek, R rename, D remove (S, R, D since DDL is allowed during a backup).
import ctypes
import errno
import hashlib
import json
import os
import platform
import stat
import struct
import sys
import time
import zlib

READ_BYTES = 1 << 20            # compressed bytes per read
INFLATE_BYTES = 4 << 20         # most that one call may inflate: bounds the memory, whatever the ratio
MAX_PATH_BYTES = 511            # FN_REFLEN - 1, as in MariaDB's reader
MAX_PATHS = 500000              # different paths that are kept track of
MAX_TEXT_BYTES = 65536          # size of a checkpoints or info file
PROGRESS_SECONDS = 5
NICENESS = 10
IOPRIO_SYSCALL = {"x86_64": 251, "aarch64": 30, "ppc64le": 273, "s390x": 282}
IOPRIO_BEST_EFFORT_LOWEST = (2 << 13) | 7

MAGIC = b"XBSTCK01"
HEADER_BYTES = len(MAGIC) + 1 + 1 + 4
FLAG_REWRITE = 2
KNOWN_FLAGS = (0, FLAG_REWRITE)
CHECKPOINTS = ("mariadb_backup_checkpoints", "xtrabackup_checkpoints")
INFO = ("mariadb_backup_info", "xtrabackup_info")


class Unproven(Exception):
    def __init__(self, reason, detail):
        Exception.__init__(self, detail)
        self.reason = reason
        self.detail = detail


def say(answer):
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def be_polite():
    """Low priority for CPU and disk: the host is a live database server. Refusals don't matter."""
    try:
        os.nice(NICENESS)
    except OSError:
        pass
    try:
        number = IOPRIO_SYSCALL.get(platform.machine())
        if number is not None:
            ctypes.CDLL(None, use_errno=True).syscall(number, 1, 0, IOPRIO_BEST_EFFORT_LOWEST)
    except (OSError, AttributeError):
        pass


def open_regular(path):
    """Opens without following a link and without waiting for a pipe's writer; refuses all but a regular file."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        reason = {errno.ENOENT: "missing", errno.ENOTDIR: "missing", errno.ELOOP: "not_a_file",
                  errno.ENXIO: "not_a_file"}.get(error.errno, "unreadable")
        raise Unproven(reason, os.strerror(error.errno))
    found = os.fstat(fd)
    if not stat.S_ISREG(found.st_mode):
        os.close(fd)
        raise Unproven("not_a_file", "it is not a regular file")
    return fd, found


def identity(found):
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


class Source:
    """The bytes of the file, counted and hashed, kept out of the page cache, with progress lines."""

    def __init__(self, fd, size):
        self.fd = fd
        self.size = size
        self.done = 0
        self.hash = hashlib.sha256()
        self.said = time.monotonic()

    def read(self):
        try:
            piece = os.read(self.fd, READ_BYTES)
        except OSError as error:
            raise Unproven("unreadable", os.strerror(error.errno))
        self.hash.update(piece)
        try:
            os.posix_fadvise(self.fd, self.done, len(piece), os.POSIX_FADV_DONTNEED)
        except OSError:
            pass
        self.done += len(piece)
        if time.monotonic() - self.said >= PROGRESS_SECONDS:
            self.said = time.monotonic()
            say({"progress": self.done, "of": self.size})
        return piece


def inflate(source):
    """Yields the unpacked bytes. Several gzip members in a row are one file, as for gunzip; anything else is not."""
    pending = source.read()
    if not pending:
        raise Unproven("empty", "the file has no bytes")
    where = "it is no gzip file"
    while pending:
        member = zlib.decompressobj(16 + zlib.MAX_WBITS)
        while not member.eof:
            try:
                plain = member.decompress(pending, INFLATE_BYTES)
            except zlib.error as error:
                raise Unproven("gzip_damaged", "%s (%s, before byte %d)" % (where, error, source.done))
            where = "it is damaged"
            pending = member.unconsumed_tail
            if plain:
                yield plain
            if not member.eof and not pending:
                pending = source.read()
                if not pending and not plain:
                    raise Unproven("gzip_cut", "it ends after %d bytes in the middle of the gzip" % source.done)
        where = "something else follows the end of the gzip"
        pending = member.unused_data or source.read()


class Plain:
    """The unpacked stream, read by exact lengths."""

    def __init__(self, pieces):
        self.pieces = pieces
        self.piece = memoryview(b"")
        self.offset = 0

    def some(self, most):
        """At most `most` bytes, b"" at the end."""
        while not self.piece:
            following = next(self.pieces, None)
            if following is None:
                return b""
            self.piece = memoryview(following)
        taken = self.piece[:most]
        self.piece = self.piece[most:]
        self.offset += len(taken)
        return taken

    def exactly(self, length):
        parts = []
        while length:
            part = self.some(length)
            if not part:
                raise Unproven("stream_cut", "the stream ends in the middle of a chunk, at byte %d" % self.offset)
            parts.append(bytes(part))
            length -= len(part)
        return b"".join(parts)

    def number(self, form):
        return struct.unpack(form, self.exactly(struct.calcsize(form)))[0]


def damaged(at, detail):
    return Unproven("stream_damaged", "%s, in the chunk at byte %d" % (detail, at))


class Archive:
    """Follows the chunks of an xbstream and keeps what has to be known of each path."""

    def __init__(self, plain):
        self.plain = plain
        self.open = {}       # path -> offset that its next payload must have
        self.ended = set()
        self.texts = {}      # checkpoints and info, by path
        self.payload = 0

    def path(self, at):
        length = self.plain.number("<I")
        if not 0 < length <= MAX_PATH_BYTES:
            raise damaged(at, "a path of %d bytes" % length)
        raw = self.plain.exactly(length)
        if b"\0" in raw or raw.startswith(b"/") or b".." in raw.split(b"/"):
            raise damaged(at, "a path that leads out of the directory")
        try:
            return raw.decode("ascii")
        except UnicodeDecodeError:
            return repr(raw)

    def begin(self, path, rewrite, at):
        """Opens a path for its first chunk."""
        if path in self.ended and not rewrite:
            raise damaged(at, "the path %s comes a second time" % path)
        self.ended.discard(path)
        if len(self.open) + len(self.ended) >= MAX_PATHS:
            raise Unproven("limit", "it holds more than %d paths" % MAX_PATHS)
        self.open[path] = 0
        if path in CHECKPOINTS + INFO:
            self.texts[path] = b""

    def take_payload(self, path, rewrite, at):
        length = self.plain.number("<Q")
        offset = self.plain.number("<Q")
        checksum = self.plain.number("<I")
        if path not in self.open:
            self.begin(path, rewrite, at)
        if offset != self.open[path]:
            raise damaged(at, "%s goes on at %d instead of %d" % (path, offset, self.open[path]))
        if path in self.texts and offset + length > MAX_TEXT_BYTES:
            raise Unproven("limit", "%s is larger than %d bytes" % (path, MAX_TEXT_BYTES))
        crc = 0
        left = length
        while left:
            part = self.plain.some(left)
            if not part:
                raise Unproven("stream_cut", "the stream ends in the middle of %s" % path)
            crc = zlib.crc32(part, crc)
            if path in self.texts:
                self.texts[path] += bytes(part)
            left -= len(part)
        if crc & 0xffffffff != checksum:
            raise damaged(at, "the checksum of %s is wrong" % path)
        self.open[path] = offset + length
        self.payload += length

    def take_end(self, path, rewrite, at):
        if path not in self.open:
            self.begin(path, rewrite, at)
        del self.open[path]
        self.ended.add(path)

    def take_seek(self, path, rewrite, at):
        offset = self.plain.number("<Q")
        if path not in self.open:
            self.begin(path, rewrite, at)
        if path in self.texts:
            raise damaged(at, "a seek in %s" % path)
        self.open[path] = offset

    def take_remove(self, path, _rewrite, at):
        if path in self.open:
            raise damaged(at, "%s is removed before it ended" % path)
        self.ended.discard(path)
        self.texts.pop(path, None)

    def take_rename(self, path, _rewrite, at):
        new = self.path(at)
        if path in self.open or new in self.open:
            raise damaged(at, "%s is renamed to %s before both ended" % (path, new))
        if path in self.ended:
            self.ended.discard(path)
            self.ended.add(new)
        if path in self.texts or new in CHECKPOINTS + INFO:
            raise damaged(at, "%s is renamed" % path)

    def follow(self):
        takers = {ord("P"): self.take_payload, ord("E"): self.take_end, ord("S"): self.take_seek,
                  ord("R"): self.take_rename, ord("D"): self.take_remove}
        while True:
            at = self.plain.offset
            first = self.plain.some(1)
            if not first:
                return
            header = bytes(first) + self.plain.exactly(HEADER_BYTES - 4 - 1)
            if header[:8] != MAGIC:
                raise damaged(at, "no chunk begins here")
            flags, kind = header[8], header[9]
            if kind not in takers or flags not in KNOWN_FLAGS:
                raise Unproven("unsupported", "a chunk of type %d with flags %d at byte %d" % (kind, flags, at))
            takers[kind](self.path(at), flags == FLAG_REWRITE, at)

    def text(self, names, what):
        for name in names:
            if name in self.ended and self.texts.get(name):
                return self.texts[name].decode("utf-8", "replace")
        raise Unproven("no_metadata", "it holds no %s file: mariabackup did not finish" % what)


def judge(archive):
    if archive.plain.offset == 0:
        raise Unproven("empty", "the gzip is whole but holds nothing")
    if archive.open:
        raise Unproven("not_ended", "%d paths never ended, such as %s" % (len(archive.open), sorted(archive.open)[0]))
    return archive.text(CHECKPOINTS, "checkpoints"), archive.text(INFO, "info")


def prove(path):
    fd, found = open_regular(path)
    try:
        source = Source(fd, found.st_size)
        archive = Archive(Plain(inflate(source)))
        written = Unproven("changed", "it changed while it was read: something still writes to it")
        try:
            archive.follow()
            checkpoints, info = judge(archive)
        except Unproven:
            # A reader that has caught up with the writer finds it cut off.
            if identity(os.fstat(fd)) != identity(found):
                raise written
            raise
        if identity(os.fstat(fd)) != identity(found) or source.done != found.st_size:
            raise written
        return {"complete": True, "files": len(archive.ended), "bytes": archive.payload,
                "compressed_bytes": found.st_size, "checkpoints": checkpoints, "info": info,
                "sha256": source.hash.hexdigest(), "mtime_ns": str(found.st_mtime_ns), "inode": str(found.st_ino)}
    finally:
        os.close(fd)


be_polite()
try:
    say(prove(request["path"]))  # noqa: F821
except Unproven as unproven:
    say({"complete": False, "reason": unproven.reason, "detail": unproven.detail})
