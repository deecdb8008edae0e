"""The manifest of a root: an append-only file of one JSON object a line, from which a lost database is rebuilt."""

import errno
import os

from caching.disk.roots import RootDir

MANIFEST = b".cacherr-manifest"


def append(root: RootDir, record: bytes, *, durable: bool) -> None:
    """Add a record. A line that a power cut tore does not spoil the next one: each begins with a line break.

    Raises OSError.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(MANIFEST, flags, 0o600, dir_fd=root.fd)
    try:
        line = b"\n" + record
        if os.write(fd, line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), MANIFEST.decode())
        if durable:
            os.fdatasync(fd)
    finally:
        os.close(fd)


def records(root: RootDir) -> list[bytes]:
    """Every line of the manifest, oldest first; none when there is no manifest."""
    try:
        fd = os.open(MANIFEST, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=root.fd)
    except FileNotFoundError:
        return []
    with os.fdopen(fd, "rb") as file:
        return [line for line in file.read().split(b"\n") if line]
