"""A file that other programs use: whether anybody has it open, and whether a new one is finished, made durable."""

import os

from caching.disk.leases import Use, may_be_written, who_uses
from caching.disk.places import Fingerprint, Place

TO_ASK = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


def in_use(at: Place) -> Use:
    """Whether any process, in any container, has the file open: a write lease is refused then. Raises OSError."""
    fd = os.open(at.name, TO_ASK, dir_fd=at.directory)
    try:
        return who_uses(fd)
    finally:
        os.close(fd)


def settle(at: Place, rest_seconds: int) -> str | None:
    """Make somebody else's file durable; its fingerprint, or None while it may still be written or is replaced.

    `rest_seconds`: how long it must have been at rest where the kernel does not tell who writes it. Raises OSError.
    """
    fd = os.open(at.name, TO_ASK, dir_fd=at.directory)
    try:
        before = os.fstat(fd)
        if may_be_written(fd, before.st_ctime, rest_seconds):
            return None
        os.fsync(fd)
        after, named = os.fstat(fd), os.stat(at.name, dir_fd=at.directory, follow_symlinks=False)
    finally:
        os.close(fd)
    unchanged = Fingerprint.of(before) == Fingerprint.of(after) == Fingerprint.of(named)
    return str(Fingerprint.of(after)) if unchanged else None
