"""A file that another program has put in place: whether it is finished, and made durable."""

import os

from caching.disk.leases import open_for_writing
from caching.disk.places import Fingerprint, Place


def settle(at: Place) -> str | None:
    """Make somebody else's file durable; its fingerprint, or None while it is still being written or replaced.

    Raises OSError.
    """
    fd = os.open(at.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=at.directory)
    try:
        if open_for_writing(fd):
            return None
        before = os.fstat(fd)
        os.fsync(fd)
        after, named = os.fstat(fd), os.stat(at.name, dir_fd=at.directory, follow_symlinks=False)
    finally:
        os.close(fd)
    unchanged = Fingerprint.of(before) == Fingerprint.of(after) == Fingerprint.of(named)
    return str(Fingerprint.of(after)) if unchanged else None
